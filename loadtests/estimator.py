"""What a trace says of the limit: the ``rate_limit`` of the verdict, with its reasons.

Pure: a trace in, an estimate out; the same trace always gives the same estimate. Promise: D4,
"Rate limit exceeded."
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from contracts.declared import DeclaredLimit
from loadtests.segments import Done, StoppedBy
from loadtests.trace import Call, Trace

Status = Literal["confirmed", "contradicted", "not_confirmed", "no_limit_seen"]

Algorithm = Literal[
    "fixed_window", "sliding_window", "token_bucket", "leaky_bucket", "concurrency", "unknown"
]


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What is known of the limit; the fields of ``rate_limit`` in ``interfaces.md``.

    Attributes:
        status: Whether the declared limit, or any, was confirmed.
        declared: What the operator says, as written; ``None`` without.
        limit: Calls per window; ``None`` for buckets.
        window_s: The window; ``None`` for buckets.
        rate_rps: Calls per second in the long run.
        burst: Calls at once from rest; ``None`` for windows.
        algorithm: What kind of limiter.
        confidence: How sure the algorithm is, 0 to 1.
        first_429_at: How many requests had been sent when the first was refused, that one
            included; ``None`` if none was.
        recovery_s: Seconds from the last refusal of the first refused run to the next admitted
            call; ``None`` if none was admitted.
        requests_sent: Requests over the wire.
        max_rps_sent: Most requests in any one second.
        seconds: From the first request to the last answer.
        stopped_by: What ended the run.
        detail: All of it for people, in sentences.
    """

    status: Status
    declared: str | None
    limit: int | None
    window_s: float | None
    rate_rps: float | None
    burst: int | None
    algorithm: Algorithm
    confidence: float
    first_429_at: int | None
    recovery_s: float | None
    requests_sent: int
    max_rps_sent: int
    seconds: float
    stopped_by: StoppedBy
    detail: str


def estimate(trace: Trace, declared: Sequence[DeclaredLimit], done: Done) -> RateLimit:
    """Say what the trace tells of the limit.

    Args:
        trace: Every call of the run.
        declared: What the operator says; empty without.
        done: How the plan ended.

    Returns:
        The estimate.
    """
    calls = sorted(trace, key=lambda call: call.written)
    first = first_refusal(calls)
    recovery = recovery_seconds(calls)
    return RateLimit(
        status="no_limit_seen" if first is None and not declared else "not_confirmed",
        declared="; ".join(map(str, declared)) or None,
        limit=None,
        window_s=None,
        rate_rps=admitted_rate(calls),
        burst=None,
        algorithm="unknown",
        confidence=0.0,
        first_429_at=first,
        recovery_s=recovery,
        requests_sent=trace.requests,
        max_rps_sent=most_in_a_second([call.written for call in calls]),
        seconds=max((call.answered for call in calls), default=0.0),
        stopped_by=done.stopped_by,
        detail=done.reason,
    )


def first_refusal(calls: Sequence[Call]) -> int | None:
    """How many requests had been sent when the first was refused, that one included."""
    return next((at for at, call in enumerate(calls, start=1) if call.refused), None)


def recovery_seconds(calls: Sequence[Call]) -> float | None:
    """Seconds from the last refusal of the longest refused run to the next admitted call.

    Args:
        calls: By the time written.

    Returns:
        The time, ``None`` if nothing was refused or nothing admitted afterwards.
    """
    found: tuple[int, float] | None = None
    run = 0
    last = 0.0
    for call in calls:
        if call.refused:
            run, last = run + 1, call.answered
        elif call.admitted and run:
            if found is None or run > found[0]:
                found = (run, call.written - last)
            run = 0
    return None if found is None else found[1]


def admitted_rate(calls: Sequence[Call]) -> float | None:
    """Admitted calls per second between the first and the last refusal, ``None`` without two."""
    refused = [call.written for call in calls if call.refused]
    if len(refused) < 2 or refused[-1] == refused[0]:
        return None
    between = sum(call.admitted and refused[0] < call.written < refused[-1] for call in calls)
    return between / (refused[-1] - refused[0])


def most_in_a_second(times: Sequence[float]) -> int:
    """The most of the ascending times within any one second."""
    first = most = 0
    for last, time in enumerate(times):
        while time - times[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most
