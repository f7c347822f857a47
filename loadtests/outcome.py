"""From a trace to what the verdict says: the `rate_limit`, and the checks of D4, D6 and D12.

Pure.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from contracts.records import CheckRecord
from contracts.requirements import BY_ID
from contracts.verdict import RateLimit, Severity, Status
from loadtests import estimator
from loadtests.instrument import Instrument
from loadtests.trace import Trace

_STATUS: Mapping[str, Status] = {
    "confirmed": Status.HELD,
    "contradicted": Status.VIOLATED,
    "not_confirmed": Status.INCONCLUSIVE,
    "no_limit_seen": Status.INCONCLUSIVE,
}

EXIT_CODES: Final[Mapping[Status, int]] = {
    Status.HELD: 0,
    Status.VIOLATED: 1,
    Status.INCONCLUSIVE: 3,
    Status.SKIPPED: 3,
}
"""Of the ramp alone; `busyboard verify` reads the findings instead."""


def exit_code(checks: Sequence[CheckRecord]) -> int:
    """What the ramp alone comes to: D4's, unless another promise was broken on the way."""
    violated = any(check.status is Status.VIOLATED for check in checks)
    return EXIT_CODES[Status.VIOLATED if violated else checks[0].status]


_SETTINGS = {"max_rps": "MAX_RPS", "max_requests": "MAX_REQUESTS", "max_seconds": "MAX_SECONDS"}


def published(said: estimator.RateLimit, instrument: Instrument) -> RateLimit:
    """Give the estimate in the verdict's own words.

    Args:
        said: The estimate.
        instrument: How well the sender kept the clock; nothing is concluded where it fell behind.
    """
    found = {name: getattr(said, name) for name in RateLimit.model_fields}
    sentences = [said.detail, f"Sent: {instrument}." if str(instrument) else ""]
    if instrument.fell_behind:
        found["status"] = "not_confirmed"
        sentences = [f"The sender fell behind: {instrument}; {_WITHOUT}", f"It saw: {said.detail}"]
    found["detail"] = " ".join(filter(None, sentences))
    return RateLimit.model_validate(found)


_WITHOUT = (
    "so nothing is concluded. Use more workers (locust --processes) or a lower BUSYBOARD_MAX_RPS."
)


def checks(
    limit: RateLimit, trace: Trace, operation: str, credential: str, curl: str
) -> list[CheckRecord]:
    """Say what the run showed of each promise.

    Args:
        limit: The estimate.
        trace: Every call.
        operation: What was called.
        credential: With which key.
        curl: The call as one masked line.
    """
    shared = {"operation": operation, "credential": credential, "curl": curl}
    found = [_limit_check(limit, trace, operation, credential, curl)]
    refused = sum(call.status == 429 for call in trace)
    for requirement, severity in (("D6", Severity.S3), ("D12", Severity.S2)):
        faults = _faults(trace, requirement)
        tried = refused if requirement == "D6" else len(trace)
        if faults:
            got, seen = faults.most_common(1)[0]
            found.append(
                CheckRecord(
                    id=f"{requirement}.rate-limited",
                    status=Status.VIOLATED,
                    severity=severity,
                    basis=BY_ID[requirement].basis,
                    seen=sum(faults.values()),
                    tried=tried,
                    expected=_EXPECTED[requirement],
                    got=got,
                    detail=None if len(faults) == 1 else f"{len(faults)} kinds; this one {seen}",
                    **shared,
                )
            )
        elif tried:
            found.append(
                CheckRecord(
                    id=f"{requirement}.rate-limited",
                    operation=operation,
                    credential=credential,
                    status=Status.HELD,
                    tried=tried,
                )
            )
    return found


_EXPECTED = {
    "D6": "application/json with the documented error body, statusCode 429",
    "D12": "an answer without any full key",
}


def _faults(trace: Trace, requirement: str) -> Counter[str]:
    return Counter(
        call.fault.partition(" ")[2]
        for call in trace
        if call.fault.partition(" ")[0] == requirement
    )


def _limit_check(
    limit: RateLimit, trace: Trace, operation: str, credential: str, curl: str
) -> CheckRecord:
    status = _STATUS[limit.status]
    violated = status is Status.VIOLATED
    return CheckRecord(
        id="D4.ramp",
        operation=operation,
        credential=credential,
        core=True,
        status=status,
        severity=Severity.S2 if violated else None,
        seen=int(violated),
        tried=len(trace),
        expected="429 over the limit, and only there" if violated else None,
        got=limit.detail if violated else None,
        detail=None if violated else limit.detail,
        reason=limit.detail if status is Status.INCONCLUSIVE else None,
        setting=_SETTINGS.get(limit.stopped_by) if status is Status.INCONCLUSIVE else None,
        curl=curl if violated else None,
    )
