"""The committed proof: every check is there for a fault that no other one catches."""

import re
from collections.abc import Mapping
from typing import Final

import pytest

from contracts.children import ROOT
from contracts.traceability import checks

_FIRST_TO_ASK = "core: every run asks it, and it decides that a promise was held"
_WHOLE_RUN = "reads what other checks have asked, at no request"

NEEDED_FOR_MORE: Final[Mapping[str, str]] = {
    "D1.missing-key": _FIRST_TO_ASK,
    "D2.random-key": _FIRST_TO_ASK,
    "D3.insufficient-key": _FIRST_TO_ASK,
    "D6.missing-key": _FIRST_TO_ASK,
    "D6.random-key": _FIRST_TO_ASK,
    "D6.insufficient-key": _FIRST_TO_ASK,
    "D8.revoked-key": _FIRST_TO_ASK,
    "D8.deleted-key": _FIRST_TO_ASK,
    "D10.documented-call": _FIRST_TO_ASK,
    "D12.control": _FIRST_TO_ASK,
    "D12.missing-key": _FIRST_TO_ASK,
    "D12.random-key": _FIRST_TO_ASK,
    "D12.insufficient-key": _FIRST_TO_ASK,
    "D6.every-error": _WHOLE_RUN,
    "D6.waited-out": _WHOLE_RUN,
    "D12.every-answer": _WHOLE_RUN,
    "D8.just-deactivated": "E04 shows in this and D8.just-deleted before anything else",
    "D8.just-deleted": "E04 shows in this and D8.just-deactivated before anything else",
    "D4.ramp": "of the other part",
    "D6.rate-limited": "of the other part",
    "D12.rate-limited": "of the other part",
    "D8.drawn-orders": "thorough alone has room for it",
}
"""Checks without a fault of their own in the table, and why they are kept."""


@pytest.fixture(scope="module")
def alone() -> Mapping[str, str]:
    """The faults that go uncaught without a check, as the proof lists them."""
    page = (ROOT / "docs" / "proof.md").read_text("utf-8")
    _, _, table = page.partition("## What each check alone has caught")
    return dict(re.findall(r"^\| (D\d+\.[a-z-]+) \| (.+) \|$", table, re.MULTILINE))


@pytest.mark.parametrize("check", [check.id for check in checks()])
def test_a_check_bites(check: str, alone: Mapping[str, str]) -> None:
    has_its_own = re.match(r"[A-Z]\d\d", alone[check]) is not None

    assert has_its_own != (check in NEEDED_FOR_MORE)
