"""Runs made by hand, and the outcomes that a run can have."""

from collections.abc import Sequence
from typing import Any

from contracts.algebra import Run
from contracts.requirements import REQUIREMENTS, Level
from contracts.verdict import Check, Part, Status, Verdict
from tests.unit.contracts.verdicts import OPERATIONS, held, target

HELD, VIOLATED, INCONCLUSIVE, SKIPPED = Status


def run_of(checks: Sequence[Check], **changes: Any) -> Run:  # noqa: ANN401 -- any field
    """A whole run of the contract part over three operations."""
    fields: dict[str, Any] = {
        "target": target(),
        "parts": (Part.CONTRACT,),
        "operations": OPERATIONS,
        "narrowed": False,
        "required": ("D1", "D2", "D5", "D6"),
        "checks": tuple(checks),
        "warnings": (),
        "rate_limit": None,
        "reasons": (),
        "unfinished": (),
        "interrupted": None,
    }
    return Run(**fields | changes)


def outcome(verdict: Verdict) -> tuple[str, int]:
    return verdict.verdict, verdict.exit_code


def status_of(verdict: Verdict, id_: str) -> Status:
    return next(judged.status for judged in verdict.requirements if judged.id == id_)


JUDGED = [one.id for one in REQUIREMENTS if one.level is Level.JUDGED]

CONFORMANT = ("conformant", 0)
BROKEN = ("violated", 1)
OPEN = ("inconclusive", 3)


MANY = tuple(f"GET /things/{number}" for number in range(6))


def without(id_: str) -> list[Check]:
    """What a conformant run needs, but for one requirement."""
    return [one for one in held() if one.requirement.id != id_]
