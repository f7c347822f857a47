"""The ramp against a sandbox that is wrong about its limit: caught, and named in words."""

from pathlib import Path

from contracts.embedded import as_settings, serving
from tests.integration.suite.verification import Outcome, verify

FAST = ("--rate", "60/1s")


def ramp(report_dir: Path, *faults: str) -> Outcome:
    options = [word for fault in faults for word in ("--fault", fault)]
    with serving([*FAST, *options]) as said:
        return verify(report_dir, as_settings(said), "ratelimit")


def warned(outcome: Outcome) -> set[str]:
    assert outcome.verdict is not None
    return {warning.id for warning in outcome.verdict.warnings}


def test_a_forged_address_is_a_violation_and_smaller_things_warn(tmp_path: Path) -> None:
    outcome = ramp(tmp_path, "H07=x-real-ip", "H11", "H05=unit")

    assert outcome.violated() == {"D4"}
    assert outcome.verdict is not None
    check = next(c for r in outcome.verdict.requirements for c in r.checks if c.id == "D4.ramp")
    assert "the call with a forged X-Real-IP gets past it" in (check.got or "")
    assert "-H 'X-Real-IP: 192.0.2.1'" in (check.curl or "")
    assert "$BUSYBOARD_API_KEY" in (check.curl or "")
    assert warned(outcome) == {"D4.unmetered", "D4.retry-after-malformed"}


def test_a_write_that_is_carried_out_although_refused_is_a_violation(tmp_path: Path) -> None:
    outcome = ramp(tmp_path, "H20")

    assert outcome.violated() == {"D4"}
    assert outcome.verdict is not None
    assert outcome.verdict.rate_limit is not None
    assert "writes answered 429 were carried out" in outcome.verdict.rate_limit.detail
    assert warned(outcome) == set()
