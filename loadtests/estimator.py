"""What a trace says of the limit: the ``rate_limit`` of the verdict, with its reasons.

Pure: a trace in, an estimate out; the same trace always gives the same estimate. Promise: D4,
"Rate limit exceeded."
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from contracts.declared import DeclaredLimit
from loadtests import sightings
from loadtests.believing import broken
from loadtests.claims import SOON_SHARE, Reading, far_beyond, read_claim
from loadtests.effects import carried_out
from loadtests.measuring import Algorithm, Measured, measure
from loadtests.promises import Truth, exaggerated, judge_promises, untrue_limits
from loadtests.ruling import rule, what_it_takes, within
from loadtests.segments import Done, StoppedBy
from loadtests.sharing import Questions, Shared, read_shared
from loadtests.sustaining import in_order, rule_on
from loadtests.trace import BELIEVING, CONTROL, LASTING, PLAIN, WRITTEN, Call, Trace
from loadtests.wording import Verdict, describe

Status = Literal["confirmed", "contradicted", "not_confirmed", "no_limit_seen"]


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
        first_429_at: How many requests had been sent when the first was answered 429, that one
            included; ``None`` if none was.
        recovery_s: Seconds from the last refusal of the longest refused run to the next admitted
            call; ``None`` if none was admitted.
        requests_sent: Requests over the wire.
        max_rps_sent: Most requests in any one second.
        seconds: From the first request to the last answer.
        stopped_by: What ended the run.
        detail: All of it for people, in sentences.
        limit_between: Smallest and largest N that explain the answers as well.
        window_between: The same of the window, in seconds.
        rate_between: The same of the rate, per second.
        refusal_statuses: How often each status refused a call.
        malformed: Header fields that break their grammar, each with how often it came.
        untruths: What headers say that is not so.
        broken_promises: Calls refused after the moment that Retry-After promised.
        shared: What gets past it, and what else is known of who shares it.
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
    limit_between: tuple[int, int] | None
    window_between: tuple[float, float] | None
    rate_between: tuple[float, float] | None
    refusal_statuses: tuple[tuple[int, int], ...]
    malformed: tuple[tuple[str, int], ...]
    untruths: tuple[str, ...]
    broken_promises: tuple[str, ...]
    shared: Shared


def estimate(
    trace: Trace,
    declared: Sequence[DeclaredLimit],
    done: Done,
    questions: Questions | None = None,
) -> RateLimit:
    """Say what the trace tells of the limit.

    Args:
        trace: Every call of the run, from rest on.
        declared: What the operator says; empty without.
        done: How the plan ended.
        questions: What was asked about what shares the counter.

    Returns:
        The estimate.
    """
    claims = in_order(declared)
    claim = claims[0] if claims else None
    calls = sorted((call for call in trace if call.probe == CONTROL), key=lambda call: call.written)
    calls = _alone(calls, claims[1:])
    readings = read_claim(claim, calls) if claim is not None and calls else []
    holds = bool(readings) and readings[0].contradictions == 0
    measured = anyhow = measure(calls)
    if holds and claim is not None:
        measured = as_declared(claim, readings, anyhow)
    shared = _shared(trace, questions or Questions(), claim, measured)
    first = rule(calls, claim, readings, anyhow, done)
    if first.status == "confirmed" and len(claims) > 1:
        first = Verdict(first.status, f"{claim} holds: {first.reason}")
    executed = carried_out(trace)
    if executed:
        shared = replace(shared, wrong=(*shared.wrong, executed), probes=(*shared.probes, WRITTEN))
    if claim is not None and (most := far_beyond(claim, [c for c in trace if c.probe in _SAME])):
        within_s = SOON_SHARE * claim.window
        flooded = f"{most} calls were admitted within {within_s:g} s, beyond any reading"
        shared = replace(shared, wrong=(*shared.wrong, flooded))
    further = [rule_on(other, trace) or _unmet(other) for other in claims[1:]]
    if shared.fallen:
        further.append(Verdict("not_confirmed", shared.fallen))
    verdict = _together(first, shared, further)
    return _fill(
        trace,
        calls,
        declared="; ".join(map(str, declared)),
        verdict=verdict,
        measured=measured,
        done=done,
        shared=shared,
    )


def _alone(calls: Sequence[Call], others: Sequence[DeclaredLimit]) -> list[Call]:
    """The calls up to where another declared limit may have refused as well."""
    admitted: list[float] = []
    kept = []
    for call in calls:
        recent = {o: sum(at > call.written - o.window for at in admitted) for o in others}
        if any(count >= NEAR * other.size for other, count in recent.items()):
            break
        kept.append(call)
        if not call.refused:
            admitted.append(call.written)
    return kept


_SAME: Final = frozenset({CONTROL, PLAIN, BELIEVING, LASTING})
"""Probes that send the plain call."""

NEAR: Final = 0.95
"""From this share of a further limit on it may be the one that refuses."""


def _shared(
    trace: Trace, questions: Questions, claim: DeclaredLimit | None, measured: Measured | None
) -> Shared:
    if claim is not None:
        return read_shared(trace, questions, claim, size=claim.size, rate=claim.rate)
    if measured is None or measured.rates is None:
        return Shared()
    return read_shared(trace, questions, None, size=measured.limits[1], rate=measured.rates[1])


def _unmet(claim: DeclaredLimit) -> Verdict:
    return Verdict("not_confirmed", what_it_takes(claim))


def _together(first: Verdict, shared: Shared, further: Sequence[Verdict]) -> Verdict:
    """One verdict of everything: what is contradicted decides, then what is not confirmed."""
    verdicts = [Verdict("contradicted", "; ".join(shared.wrong))] if shared.wrong else []
    verdicts += (first, *further)
    worst = min((verdict.status for verdict in verdicts), key=_WORST_FIRST.index)
    if worst == "contradicted":
        verdicts = [verdict for verdict in verdicts if verdict.status == worst]
    return Verdict(worst, "; ".join(verdict.reason for verdict in verdicts))


_WORST_FIRST: Final = ("contradicted", "not_confirmed", "no_limit_seen", "confirmed")


def as_declared(
    claim: DeclaredLimit, readings: Sequence[Reading], measured: Measured | None
) -> Measured | None:
    """The figures of a claim that holds: the declared ones, the algorithm from the readings."""
    if measured is None or within(claim, measured):
        return measured
    families = [r.candidate.family for r in readings if r.contradictions == 0]
    bucket = readings[0].candidate.rate > 0
    size = claim.size if bucket else claim.requests
    return Measured.declared(families[0], claim, size, families)


def _fill(
    trace: Trace,
    calls: Sequence[Call],
    *,
    declared: str,
    verdict: Verdict,
    measured: Measured | None,
    done: Done,
    shared: Shared,
) -> RateLimit:
    found = measured or Measured(None, "unknown", 0.0, (0, 0, 0), None, None)
    if measured is not None and measured.family is None:
        found = _first_drain(calls)
    size = found.limits[1] or None
    truth = judge_promises(calls)
    return RateLimit(
        status=verdict.status,
        declared=declared or None,
        limit=size if found.windows else None,
        window_s=found.windows[1] if found.windows else None,
        rate_rps=found.rates[1] if found.rates else None,
        burst=None if found.windows else size,
        algorithm=found.algorithm,
        confidence=found.confidence,
        first_429_at=sightings.first_429(calls),
        recovery_s=sightings.recovery_seconds(calls),
        requests_sent=trace.requests,
        max_rps_sent=sightings.most_in_a_second(sorted(call.written for call in trace)),
        seconds=max((call.answered for call in trace), default=0.0),
        stopped_by=done.stopped_by,
        detail=describe(verdict, declared, measured and found, shared.facts),
        limit_between=(found.limits[0], found.limits[2]) if found.family else None,
        window_between=_ends(found.windows),
        rate_between=_ends(found.rates),
        refusal_statuses=sightings.refusal_statuses(calls),
        malformed=truth.malformed,
        untruths=_untruths(truth, found, calls) if size else (),
        broken_promises=broken(trace),
        shared=shared,
    )


def _first_drain(calls: Sequence[Call]) -> Measured:
    """Its count is all that is known where no kind explains enough of the answers."""
    drained = sightings.admitted_at_first(calls)
    return Measured(None, "unknown", 0.0, (drained, drained, drained), None, None)


def _untruths(truth: Truth, found: Measured, calls: Sequence[Call]) -> tuple[str, ...]:
    limits = (found.limits[0], found.limits[2])
    wrong = untrue_limits(truth, limits, _ends(found.windows)) if found.family else []
    if found.rates and (text := exaggerated(calls, found.limits[1] / found.rates[1])):
        wrong.append(text)
    if truth.foreign:
        wrong.append("Remaining fell by more than one a call: others use the same counter")
    if truth.series > 1:
        wrong.append("Remaining shows several series: replicas count apart")
    return tuple(wrong)


def _ends(interval: tuple[float, float, float] | None) -> tuple[float, float] | None:
    return None if interval is None else (interval[0], interval[2])
