"""How findings become a verdict: which outcome outranks which, and what a conformant run needs.

Pure. Each process of a run leaves records; `decide` reads nothing else, so a report can be rebuilt
from the files, and a killed process is seen by its missing footer.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final, Literal

from contracts.requirements import D5, REQUIREMENTS, Requirement
from contracts.verdict import Advisory, Check, Judged, Part, RateLimit, Status, Target, Verdict

Interruption = Literal["SIGINT", "SIGTERM"]

EXIT_CODES: dict[str, Literal[0, 1, 3]] = {"conformant": 0, "violated": 1, "inconclusive": 3}
INTERRUPTED: dict[Interruption, Literal[130, 143]] = {"SIGINT": 130, "SIGTERM": 143}


@dataclass(frozen=True, slots=True)
class Waiver:
    """A violation the operator lives with.

    Attributes:
        check: Glob over check ids, such as `D3.*`.
        operation: Glob over operations.
        reason: Why; it stands in the report.
    """

    check: str
    operation: str
    reason: str

    def covers(self, check: Check) -> bool:
        """Whether this check is meant."""
        return fnmatchcase(check.id, self.check) and fnmatchcase(
            check.operation or "", self.operation
        )


@dataclass(frozen=True, slots=True)
class Run:
    """All that the processes of one run left behind.

    Attributes:
        target: What was asked.
        parts: The parts the run was asked for.
        operations: Protected, permitted operations, by label.
        narrowed: Whether INCLUDE or EXCLUDE left operations out.
        required: Ids of the requirements that must be held.
        checks: Each key once, in the order first seen.
        warnings: What breaks no promise.
        rate_limit: The ramp's result.
        reasons: Sentences the processes left.
        unfinished: Processes whose findings end without a footer, or that left none.
        interrupted: The signal that ended the run.
    """

    target: Target
    parts: tuple[Part, ...]
    operations: tuple[str, ...]
    narrowed: bool
    required: tuple[str, ...]
    checks: tuple[Check, ...]
    warnings: tuple[Advisory, ...]
    rate_limit: RateLimit | None
    reasons: tuple[str, ...]
    unfinished: tuple[str, ...]
    interrupted: Interruption | None


def decide(run: Run, waivers: Sequence[Waiver] = ()) -> Verdict:
    """Turn findings into the verdict.

    Args:
        run: The findings of every process.
        waivers: The first that covers a violated check is written onto it.

    Returns:
        The verdict; exit code 0 only where every required requirement was held.
    """
    checks = [_waived(check, waivers) for check in run.checks]
    judged = tuple(
        _judge_requirement(
            requirement,
            [check for check in checks if check.requirement is requirement],
            required=requirement.id in run.required,
            all_operations=len(run.operations),
        )
        for requirement in REQUIREMENTS
    )
    violations = tuple(_violations(judged))
    breaks = tuple(_breaks(run))
    shortfalls = () if violations else tuple(_shortfalls(run, judged, checks))
    verdict: Literal["conformant", "violated", "inconclusive"] = "inconclusive"
    if violations:
        verdict = "violated"
    elif not breaks and _is_whole(run, judged, checks):
        verdict = "conformant"
    return Verdict(
        verdict=verdict,
        exit_code=INTERRUPTED[run.interrupted] if run.interrupted else EXIT_CODES[verdict],
        interrupted=run.interrupted,
        reasons=(*violations, *breaks, *shortfalls, *run.reasons),
        target=run.target,
        requirements=judged,
        warnings=run.warnings,
        rate_limit=run.rate_limit,
    )


def _waived(check: Check, waivers: Sequence[Waiver]) -> Check:
    if check.status is not Status.VIOLATED:
        return check
    covering = next((waiver for waiver in waivers if waiver.covers(check)), None)
    return check.model_copy(update={"waived": covering.reason}) if covering else check


def _judge_requirement(
    requirement: Requirement, checks: list[Check], *, required: bool, all_operations: int
) -> Judged:
    return Judged(
        id=requirement.id,
        sentence=requirement.sentence,
        status=_status(checks),
        required=required,
        tested_operations=len(
            {
                check.operation
                for check in checks
                if check.operation and check.status in {Status.HELD, Status.VIOLATED}
            }
        ),
        all_operations=all_operations,
        checks=tuple(checks) or (_nothing_tested(requirement),),
    )


_UNTESTED: Final = ".not-tested"


def _nothing_tested(requirement: Requirement) -> Check:
    return Check(
        id=f"{requirement.id}{_UNTESTED}",
        status=Status.SKIPPED,
        reason=f"nothing in this run tested it; out of reach in any run: {requirement.untestable}",
    )


def _status(checks: Collection[Check]) -> Status:
    core = {check.status for check in checks if check.core}
    if any(check.violates for check in checks):
        return Status.VIOLATED
    if Status.INCONCLUSIVE in core:
        return Status.INCONCLUSIVE
    return Status.HELD if Status.HELD in core else Status.SKIPPED


def _violations(judged: Sequence[Judged]) -> Iterator[str]:
    for requirement in judged:
        if requirement.status is not Status.VIOLATED:
            continue
        worst = min(
            (check for check in requirement.checks if check.violates),
            key=lambda check: (check.severity or "", not check.core),
        )
        yield f"{requirement.id} is violated: {describe(worst)}."


def describe(check: Check) -> str:
    """Say one check in one clause: request and key in words, expected, got."""
    asked = " with ".join(text for text in (check.operation, check.credential) if text)
    told = f"expected {check.expected}, got {check.got}" if check.got else check.reason or ""
    return f"{asked}: {told}" if asked and told else asked or told or check.id


def _breaks(run: Run) -> Iterator[str]:
    """What went wrong with the run itself."""
    if run.interrupted:
        yield f"The run was interrupted by {run.interrupted}."
    for process in run.unfinished:
        yield f"The {process} process ended without finishing its findings."


def _is_whole(run: Run, judged: Sequence[Judged], checks: Sequence[Check]) -> bool:
    """Whether everything that a conformant run needs was held; no sentence decides it."""
    required = [one for one in judged if one.required]
    enough = (
        Part.CONTRACT not in run.parts
        or run.narrowed
        or 2 * _held_operations(run, checks) >= len(run.operations)
    )
    return bool(required) and all(one.status is Status.HELD for one in required) and enough


def _held_operations(run: Run, checks: Sequence[Check]) -> int:
    return sum(_held_by_core(label, checks) for label in run.operations)


def _shortfalls(run: Run, judged: Sequence[Judged], checks: Sequence[Check]) -> Iterator[str]:
    """What a conformant run needs and this one does not have."""
    if not run.required:
        yield "No requirement is required, so nothing can be conformant."
    if not checks and run.reasons:
        return
    control = next(one for one in judged if one.id == D5.id)
    missing: dict[str, list[str]] = {}
    for requirement in judged:
        if requirement.required and requirement.status in {Status.INCONCLUSIVE, Status.SKIPPED}:
            cause = control if _is_untested(requirement) else requirement
            missing.setdefault(_why(cause), []).append(requirement.id)
    for why, ids in missing.items():
        were = "was" if len(ids) == 1 else "were"
        yield f"{_listed(ids)} {were} required and not held: {why}."
    if Part.CONTRACT in run.parts and not run.narrowed and not missing:
        held = _held_operations(run, checks)
        if 2 * held < len(run.operations):
            yield f"Only {held} of {len(run.operations)} operations were held by core checks."


def _is_untested(requirement: Judged) -> bool:
    """Whether no check was made: then what kept the controls from succeeding is the cause."""
    return requirement.checks[0].id.endswith(_UNTESTED)


def _listed(ids: Sequence[str]) -> str:
    *most, last = ids
    return f"{', '.join(most)} and {last}" if most else last


_CONTROL: Final = "the control did not succeed: "
"""Begins the reason of every check that could not be asked; what follows is the cause itself."""


def _why(requirement: Judged) -> str:
    wanted = [check for check in requirement.checks if check.status is requirement.status]
    deciding = [check for check in wanted if check.core] or wanted or list(requirement.checks)
    first = deciding[0]
    reason = (first.reason or describe(first)).removeprefix(_CONTROL).rstrip(".")
    place = f"{first.operation}: " if first.operation else ""
    hint = f"; BUSYBOARD_{first.setting} would change that" if first.setting else ""
    return f"{place}{reason}{hint}"


_DECIDING: Final = frozenset({"D1", "D2", "D5"})
"""An operation is held by core where the missing key, a wrong key and the control were."""


def _held_by_core(label: str, checks: Sequence[Check]) -> bool:
    mine = [check for check in checks if check.core and check.operation == label]
    held = {check.requirement.id for check in mine if check.status is Status.HELD}
    return held >= _DECIDING and not any(check.violates for check in mine)
