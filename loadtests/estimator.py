"""What a trace says of the limit: the ``rate_limit`` of the verdict, with its reasons.

Pure: a trace in, an estimate out; the same trace always gives the same estimate. A declared limit
is contradicted only by answers that no network and no phase can explain, and only if the limit
then measured differs by more than 2 %. Promise: D4, "Rate limit exceeded."
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from contracts.declared import DeclaredLimit, met_first
from loadtests import sightings
from loadtests.claims import Reading, read_claim
from loadtests.families import Family
from loadtests.identity import Met, Variation, read_sandwiches
from loadtests.measuring import Algorithm, Measured, measure
from loadtests.promises import Truth, judge_promises, untrue_limits
from loadtests.segments import Done, StoppedBy
from loadtests.trace import CONTROL, Call, Trace
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
        first_429_at: How many requests had been sent when the first was refused, that one
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
        untruths: What headers say that is not so, or cannot be read: warnings.
        broken_promises: Calls refused after the moment that Retry-After promised.
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
    untruths: tuple[str, ...]
    broken_promises: tuple[str, ...]


def estimate(
    trace: Trace,
    declared: Sequence[DeclaredLimit],
    done: Done,
    variations: Sequence[Variation] = (),
) -> RateLimit:
    """Say what the trace tells of the limit.

    Args:
        trace: Every call of the run, from rest on.
        declared: What the operator says; empty without.
        done: How the plan ended.
        variations: What was asked about what shares the counter.

    Returns:
        The estimate.
    """
    calls = sorted((call for call in trace if call.probe == CONTROL), key=lambda call: call.written)
    claim = met_first(declared)
    readings = read_claim(claim, calls) if claim is not None and calls else []
    holds = bool(readings) and readings[0].contradictions == 0
    measured = measure(calls)
    if holds and claim is not None:
        measured = as_declared(claim, readings, measured)
    met = read_sandwiches(sorted(trace, key=lambda call: call.written), variations)
    verdict = _judge_met(met) or _judge(calls, declared, readings, measured, done)
    return _fill(
        trace,
        calls,
        declared="; ".join(map(str, declared)),
        verdict=verdict,
        measured=measured,
        done=done,
    )


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


TOLERANCE: Final = 0.02
"""A limit within 2 %, or one request, is the declared one (``interfaces.md``)."""


def within(claim: DeclaredLimit, measured: Measured) -> bool:
    """Whether the measured limit is the declared one within the tolerance."""
    size = claim.requests
    if measured.windows is None and claim.burst is not None:
        size = claim.burst
    near = abs(measured.limits[1] - size) <= max(1.0, TOLERANCE * size)
    return near and _rate_within(claim, measured)


def _rate_within(claim: DeclaredLimit, measured: Measured) -> bool:
    if measured.windows is not None:
        return abs(measured.windows[1] / claim.window - 1) <= TOLERANCE
    if measured.rates is not None:
        return abs(measured.rates[1] / claim.rate - 1) <= TOLERANCE
    return False


FLOOD_S: Final = 4.0
"""What comes back while a limit is flooded, counted generously, in seconds."""


def _judge(
    calls: Sequence[Call],
    declared: Sequence[DeclaredLimit],
    readings: Sequence[Reading],
    measured: Measured | None,
    done: Done,
) -> Verdict:
    claim = met_first(declared)
    refused = [call for call in calls if call.refused]
    if not any(call.admitted for call in calls[:4]):
        return Verdict("not_confirmed", "the paced control did not succeed")
    if any(call.status != 429 for call in refused) and done.stopped_by != "health":
        return _judge_status(calls, refused)
    if claim is None:
        return _judge_unknown(calls, measured, done)
    if readings[0].contradictions:
        return _judge_contradicted(claim, calls, readings, measured)
    if not refused:
        return Verdict("not_confirmed", f"nothing was refused before the end: {done.reason}")
    return _judge_held(calls, declared, done)


def _judge_met(met: Sequence[Met]) -> Verdict | None:
    """A way round the limit, or a counter shared that must not be."""
    wrong = [f"{each.variation.probe} meets the {each.counter}" for each in met if each.unexpected]
    if not wrong:
        return None
    return Verdict("contradicted", f"{', '.join(wrong)} counter")


def _judge_status(calls: Sequence[Call], refused: Sequence[Call]) -> Verdict:
    """Other statuses than 429: by the limiter if they come alone and go away with a rest."""
    others = sorted({call.status for call in refused if call.status != 429})
    names = ", ".join(map(str, others))
    if sightings.recovery_seconds(calls) is None:
        return Verdict("not_confirmed", f"calls were answered {names} and it did not end")
    return Verdict("contradicted", f"beyond the limit calls are answered {names}, not 429")


def _judge_unknown(calls: Sequence[Call], measured: Measured | None, done: Done) -> Verdict:
    if not any(call.refused for call in calls):
        return Verdict("no_limit_seen", done.reason)
    if measured is None:
        return Verdict("not_confirmed", f"refused, and not admitted again: {done.reason}")
    if not sightings.sustained(calls):
        return Verdict("not_confirmed", f"too few refusals to judge: {done.reason}")
    return Verdict("confirmed", "calls are refused beyond a limit, and admitted again")


def _judge_contradicted(
    claim: DeclaredLimit,
    calls: Sequence[Call],
    readings: Sequence[Reading],
    measured: Measured | None,
) -> Verdict:
    best = readings[0]
    if measured is not None and measured.family is not None and within(claim, measured):
        return Verdict("confirmed", "the measured limit is the declared one within 2 %")
    if _too_small_a_bucket(claim, measured):
        return Verdict(
            "not_confirmed",
            f"the rate holds, but only {measured.limits[1] if measured else 0} are admitted at "
            "once: declare them as burst",
        )
    drained = sightings.admitted_at_first(calls)
    if best.late == 0 and drained < claim.size / 2:
        return Verdict("contradicted", f"only {drained} were admitted before the first refusal")
    if not _repeated(claim, calls, measured):
        return Verdict(
            "not_confirmed",
            f"{best.contradictions} answers contradict it, but not the same each time: somebody "
            "else uses the same counter, or calls were lost",
        )
    admitted = f"{best.late} calls were admitted that it refuses" if best.late else ""
    turned = f"{best.early} calls were refused that it admits" if best.early else ""
    return Verdict("contradicted", " and ".join(filter(None, (admitted, turned))))


def _repeated(claim: DeclaredLimit, calls: Sequence[Call], measured: Measured | None) -> bool:
    """Whether the contradiction is beyond chance: far off, or one limit and the same each time."""
    drains = sightings.drains_from_rest(calls, claim.span)
    most = max((count for count, _ in drains), default=len(calls))
    if most > 1.15 * claim.size + claim.rate * FLOOD_S:
        return True
    if measured is None or measured.family is None or judge_promises(calls).foreign:
        return False
    if measured.family is Family.COUNTER:
        # After one window of rest a counter is not full: its drains differ, but by its own rule.
        return measured.contradicted == 0
    return sightings.drains_agree(calls, rest=claim.span, rate=claim.rate)


def _too_small_a_bucket(claim: DeclaredLimit, measured: Measured | None) -> bool:
    """Nginx without a declared burst: the declared rate, and few at once."""
    if claim.burst is not None or measured is None:
        return False
    if measured.algorithm not in ("token_bucket", "leaky_bucket"):
        return False
    return measured.limits[2] < 0.9 * claim.requests and _rate_within(claim, measured)


def _judge_held(calls: Sequence[Call], declared: Sequence[DeclaredLimit], done: Done) -> Verdict:
    claim = met_first(declared)
    recovery = sightings.recovery_seconds(calls)
    if claim is None:
        return Verdict("not_confirmed", done.reason)
    if recovery is None and done.stopped_by == "done":
        return Verdict("contradicted", "nothing was admitted again within two windows")
    if recovery is None or done.stopped_by != "done" or not sightings.sustained(calls):
        requests, seconds = claim.needs
        needs = f"confirming {claim} needs about {requests} requests over {seconds:.0f} s"
        return Verdict("not_confirmed", f"{done.reason}; {needs}")
    others = [other for other in declared if other is not claim]
    if others:
        needs = "; ".join(
            f"{other} needs about {other.needs[0]} requests over {other.needs[1]:.0f} s"
            for other in others
        )
        return Verdict("not_confirmed", f"{claim} holds; {needs}")
    return Verdict("confirmed", f"no answer contradicts it; {done.reason}")


def _fill(
    trace: Trace,
    calls: Sequence[Call],
    *,
    declared: str,
    verdict: Verdict,
    measured: Measured | None,
    done: Done,
) -> RateLimit:
    found = measured or Measured(None, "unknown", 0.0, (0, 0, 0), None, None)
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
        first_429_at=sightings.first_refusal(calls),
        recovery_s=sightings.recovery_seconds(calls),
        requests_sent=trace.requests,
        max_rps_sent=sightings.most_in_a_second(sorted(call.written for call in trace)),
        seconds=max((call.answered for call in trace), default=0.0),
        stopped_by=done.stopped_by,
        detail=describe(verdict, declared, measured),
        limit_between=(found.limits[0], found.limits[2]) if size else None,
        window_between=_ends(found.windows),
        rate_between=_ends(found.rates),
        refusal_statuses=sightings.refusal_statuses(calls),
        untruths=_untruths(truth, found) if size else (),
        broken_promises=tuple(
            f"Retry-After {promise.seconds:g} at {promise.at:.1f} s, refused after it"
            for promise in truth.broken
        ),
    )


def _untruths(truth: Truth, found: Measured) -> tuple[str, ...]:
    limits = (found.limits[0], found.limits[2])
    wrong = untrue_limits(truth, limits, _ends(found.windows))
    wrong.extend(f"{count} × {text}" for text, count in truth.malformed)
    if truth.foreign:
        wrong.append("Remaining fell by more than one a call: others use the same counter")
    if truth.series > 1:
        wrong.append("Remaining shows several series: replicas count apart")
    return tuple(wrong)


def _ends(interval: tuple[float, float, float] | None) -> tuple[float, float] | None:
    return None if interval is None else (interval[0], interval[2])
