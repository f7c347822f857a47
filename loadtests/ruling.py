"""Which status a limit gets, and why: the readings, the measured figures, the plain facts.

Pure. A declared limit is contradicted only by answers that no network and no phase can explain,
and only where that is seen again; it holds where one reading explains them all.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from statistics import median
from typing import Final

from contracts.declared import DeclaredLimit
from loadtests import sightings
from loadtests.claims import (
    BREAK_REPEATS,
    Reading,
    as_good,
    as_small_bucket,
    break_room,
    explaining,
    fails_at,
    is_left_free,
    late_again,
    repeats,
    room,
    surely_late,
)
from loadtests.meanings import freedom_of
from loadtests.measuring import COUNTERS, Measured
from loadtests.promises import judge_promises
from loadtests.segments import Done
from loadtests.trace import Call
from loadtests.wording import Verdict

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


APART: Final = 0.04
"""A window or rate is another one beyond this share: from outside it is measured less exactly than
what a claim is forgiven."""


def apart(claim: DeclaredLimit, measured: Measured | None) -> bool:
    """Whether the answers are explained by a window, or a rate, that is another one."""
    if measured is None or measured.family is None or measured.contradicted:
        return False
    seen, declared = measured.windows, claim.window
    if seen is None:
        seen, declared = measured.rates, claim.rate
    if seen is None:
        return False
    off = abs(seen[1] / declared - 1)
    return off > (FAR_APART if seen[0] <= declared <= seen[2] else APART)


FAR_APART: Final = 0.1
"""Of few calls an interval is wide; a claim this far from what explains them best is not known."""


FAR_OFF: Final = 0.25
"""A schedule that was carried out as planned tells a tenth; answers that take long blur it."""

FAR_OFF_AT_LEAST: Final = 3
"""In requests; a reading may be one off either way."""

FLOOD_S: Final = 4.0
"""What comes back while a limit is flooded, counted generously, in seconds."""


def rule(
    calls: Sequence[Call],
    claim: DeclaredLimit | None,
    readings: Sequence[Reading],
    measured: Measured | None,
    done: Done,
) -> Verdict:
    """Give the status of the limit that is met first, as far as its own calls tell.

    Args:
        calls: The plain calls by the time written.
        claim: What is declared.
        readings: What that means of the calls, the best first; empty without a declaration.
        measured: What the limit is without regard to the declaration.
        done: How the plan ended.
    """
    refused = [call for call in calls if call.refused]
    if not any(call.admitted for call in calls[:4]):
        return Verdict("not_confirmed", "the paced control did not succeed")
    if not sightings.refuses_rightly(calls):
        return _rule_status(claim, calls, readings, done)
    if claim is None:
        return _rule_unknown(calls, measured, done)
    if not refused and _breaks_off(claim, calls):
        return Verdict("contradicted", "beyond the limit calls get no answer at all, not 429")
    if refused and sightings.recovery_seconds(calls) is None and done.stopped_by == "done":
        return Verdict("contradicted", "nothing was admitted again within two windows")
    if readings[0].contradictions:
        return _rule_contradicted(claim, calls, readings, measured, done)
    if not refused:
        return Verdict("not_confirmed", f"nothing was refused before the end: {done.reason}")
    return _rule_held(claim, calls, readings, measured, done)


def _breaks_off(claim: DeclaredLimit, calls: Sequence[Call]) -> bool:
    """Whether answers cease at the declared limit, each time from rest: no mere outage does."""
    counts = sightings.admitted_before_silence(calls, claim.span)
    near = break_room(claim)
    return len(counts) >= BREAK_REPEATS and all(abs(n - claim.size) <= near for n in counts)


def _rule_status(
    claim: DeclaredLimit | None,
    calls: Sequence[Call],
    readings: Sequence[Reading],
    done: Done,
) -> Verdict:
    """Other statuses than 429: by the limiter if they come alone and go away with a rest.

    A server without the capacity fails under load as well, but not at the declared limit each time.
    """
    if done.stopped_by == "health":
        # What a failing target refuses says nothing of its limit, what it admits does.
        if claim is not None and readings[0].late and late_again(claim, calls):
            return Verdict("contradicted", _too_many(claim, calls, readings[0]))
        return Verdict("not_confirmed", done.reason)
    others = [status for status, _ in sightings.refusal_statuses(calls) if status != 429]
    names = ", ".join(map(str, others))
    if sightings.recovery_seconds(calls) is None:
        return Verdict("not_confirmed", f"calls were answered {names} and it did not end")
    if claim is not None and any(map(sightings.fails, others)) and not fails_at(claim, calls):
        where = "not at the declared limit each time"
        return Verdict(
            "not_confirmed", f"calls were answered {names}, {where}: its capacity may be the cause"
        )
    return Verdict("contradicted", f"beyond the limit calls are answered {names}, not 429")


def _rule_unknown(calls: Sequence[Call], measured: Measured | None, done: Done) -> Verdict:
    if not any(call.refused for call in calls):
        return Verdict("no_limit_seen", done.reason)
    if measured is None:
        return Verdict("not_confirmed", f"refused, and not admitted again: {done.reason}")
    if not sightings.sustained(calls):
        return Verdict("not_confirmed", f"too few refusals to judge: {done.reason}")
    return Verdict("confirmed", "calls are refused beyond a limit, and admitted again")


def _rule_contradicted(
    claim: DeclaredLimit,
    calls: Sequence[Call],
    readings: Sequence[Reading],
    measured: Measured | None,
    done: Done,
) -> Verdict:
    best = readings[0]
    if best.late and late_again(claim, calls):
        return Verdict("contradicted", _too_many(claim, calls, best))
    if _never_recovers(claim, calls):
        return Verdict("contradicted", "nothing is admitted within two windows of silence")
    if measured is not None and measured.family is not None and within(claim, measured):
        # A lost call may have been counted or not; without one, each answer must be explained.
        if measured.contradicted and not any(call.lost for call in calls):
            unlike = f"{measured.contradicted} answers contradict what was measured as well"
            return Verdict("not_confirmed", unlike)
        return _rule_held(claim, calls, readings, measured, done)
    burst = as_small_bucket(claim, calls)
    if burst is not None:
        at_once = "one call is" if burst == 1 else f"{burst} calls are"
        return Verdict(
            "not_confirmed",
            f"the rate holds, but only {at_once} admitted at once: declare that as burst={burst}",
        )
    if not _repeated(claim, calls, best, measured):
        return Verdict(
            "not_confirmed",
            f"{best.contradictions} answers contradict it, but not the same each time: somebody "
            "else uses the same counter, calls were lost, or it counts in a way not known here",
        )
    drains = [drain.admitted for drain in sightings.drains_from_rest(calls, claim.span)]
    if max(drains, default=claim.size) < claim.size - room(claim.size):
        seen = f"{min(drains)} to {max(drains)}" if min(drains) < max(drains) else f"{max(drains)}"
        return Verdict("contradicted", f"from rest only {seen} calls are admitted, each time")
    admitted = f"{best.late} calls were admitted that it refuses" if best.late else ""
    turned = f"{best.early} calls were refused that it admits" if best.early else ""
    said = " and ".join(filter(None, (admitted, turned)))
    return Verdict("contradicted", f"read as kindly as can be, {said}")


def _repeated(
    claim: DeclaredLimit, calls: Sequence[Call], best: Reading, measured: Measured | None
) -> bool:
    """Whether the contradiction is beyond chance: far off, or one limit and the same each time."""
    if _far_off(claim, calls) and surely_late(claim, calls):
        return True
    if measured is None or measured.family is None or judge_promises(calls).foreign:
        return False
    if measured.family in COUNTERS:
        # After one window of rest a counter is not full: its drains differ, but by its own rule.
        # Two of them, any two, have a counter that explains both.
        explains = EXPLAINS * measured.contradicted <= best.contradictions
        drained = sightings.drains_from_rest(calls, claim.span)
        often = len(drained) + len(sightings.refills(calls, claim.span)) > 2
        return explains and often and _admits_as_many(measured, drained)
    return _differs_each_time(claim, calls, measured)


EXPLAINS: Final = 10
"""A counter explains what the claim does not if it contradicts a tenth as many answers: when its
window began is searched in steps."""


def _admits_as_many(measured: Measured, drained: Sequence[sightings.Drain]) -> bool:
    """Whether no drain admitted more than the measured counter ever does at once."""
    rate = measured.rates[1] if measured.rates is not None else 0.0
    most = max((drain.admitted - rate * drain.seconds for drain in drained), default=0.0)
    return most <= measured.limits[2] + room(measured.limits[2])


def _far_off(claim: DeclaredLimit, calls: Sequence[Call]) -> bool:
    """Whether drains admit far more, more than once: a window may end within one of them."""
    far = 1.15 * claim.size + claim.rate * FLOOD_S
    drains = sightings.drains_from_rest(calls, claim.span)
    if not drains:
        return len(calls) > far
    return sum(drain.admitted > far for drain in drains) > 1


def _differs_each_time(claim: DeclaredLimit, calls: Sequence[Call], measured: Measured) -> bool:
    # A lost call holds a drain up for seconds, in which a bucket gives back some more.
    trickle = measured.rates[1] if measured.rates and not measured.windows else 0.0
    size = sightings.agreed(calls, rest=claim.span, gives_back=trickle)
    if size is not None:
        near = room(claim.size)
        if size[0] > claim.size + near or surely_late(claim, calls):
            return True
        if size[1] < claim.size - near:
            drained = len(sightings.drains_from_rest(calls, claim.span))
            return drained > repeats(claim, calls)
    # As many as declared, but at other times. A bucket is full after a rest whoever else uses it;
    # others show in what comes back.
    alike = size is not None
    if trickle:
        alike = sightings.refills_agree(calls, span=claim.span, rate=claim.rate)
    return alike and measured.contradicted == 0


def _rule_held(
    claim: DeclaredLimit,
    calls: Sequence[Call],
    readings: Sequence[Reading],
    measured: Measured | None,
    done: Done,
) -> Verdict:
    recovery = sightings.recovery_seconds(calls)
    overloaded = sightings.sustained(calls, above=claim.rate)
    if recovery is None or done.stopped_by != "done" or not overloaded:
        return Verdict("not_confirmed", f"{done.reason}; {what_it_takes(claim)}")
    if _gives_back_otherwise(claim, calls, readings[0], surely=True):
        return Verdict("not_confirmed", "in an overload more or fewer calls came back than it says")
    other = _rival(claim, calls, readings)
    if other is not None:
        taken = median(call.answered - call.written for call in calls)
        return Verdict(
            "not_confirmed",
            f"no answer contradicts it, and none {other} either (half of them took {taken:.1g} "
            "s or more)",
        )
    if _leaves_a_window_free(claim, readings) and apart(claim, measured):
        return Verdict("not_confirmed", "another window explains the answers, and more simply")
    if readings[0].contradictions:
        return Verdict("confirmed", "the measured limit is the declared one within 2 %")
    return Verdict("confirmed", f"no answer contradicts it; {done.reason}")


def _rival(
    claim: DeclaredLimit, calls: Sequence[Call], readings: Sequence[Reading]
) -> DeclaredLimit | None:
    """A limit far from the claim that explains the answers as well."""
    freedom = freedom_of([each.candidate for each in readings if not each.contradictions])
    for other in _others(claim):
        rivals = explaining(other, calls, freedom)
        best = min(rivals, key=lambda rival: rival.open, default=None)
        if best is not None and not _gives_back_otherwise(other, calls, best):
            return other
    for other in _other_windows(claim, readings):
        if any(as_good(rival, readings[0]) for rival in explaining(other, calls, freedom)):
            return other
    return None


FAR_WINDOWS: Final = (0.85, 1.15)
"""Windows that must not explain the answers as well as the declared one, as shares of it."""


def _other_windows(claim: DeclaredLimit, readings: Sequence[Reading]) -> Iterator[DeclaredLimit]:
    """What is free explains many another window, if each drain met it in the same place."""
    if _leaves_a_window_free(claim, readings):
        yield from (replace(claim, window=claim.window * share) for share in FAR_WINDOWS)


def _leaves_a_window_free(claim: DeclaredLimit, readings: Sequence[Reading]) -> bool:
    return claim.burst is None and is_left_free(readings)


def _others(claim: DeclaredLimit) -> Iterator[DeclaredLimit]:
    """Limits so far off that whoever confirms a claim must have contradicted them."""
    far = max(FAR_OFF_AT_LEAST, round(FAR_OFF * claim.size))
    for size in (claim.size + far, claim.size - far):
        if size > 0:
            requests = max(1, round(claim.requests * size / claim.size))
            yield replace(claim, requests=requests, burst=None if claim.burst is None else size)
    if claim.burst is not None:
        yield from (replace(claim, window=claim.window * (1 + share)) for share in (-0.2, FAR_OFF))


def _gives_back_otherwise(
    claim: DeclaredLimit, calls: Sequence[Call], reading: Reading, *, surely: bool = False
) -> bool:
    """Whether a full bucket of this rate gives back more or less than came back in an overload.

    It is full at both refusals, but for the part of a token, or of a lump, and whatever a call's
    own time was. Where nobody asked for as long as all of it takes to come back, the rest is
    wasted.
    """
    seen = sightings.longest_overload(calls)
    if claim.burst is None or seen is None:
        return False
    blur = 1 + claim.rate * (2 * seen.took + reading.candidate.extra)
    wasted = seen.gap if seen.gap * claim.rate > claim.burst - 1 else 0.0
    token = 1 / claim.rate + wasted
    most, fewest = claim.rate * seen.seconds + blur, seen.seconds / token - blur
    admitted = seen.surely if surely else seen.admitted
    return admitted > most or seen.admitted + seen.lost < fewest


def what_it_takes(claim: DeclaredLimit) -> str:
    """Say what confirming a limit needs."""
    requests, seconds = claim.needs
    return f"confirming {claim} needs about {requests} requests over {seconds:.0f} s"


def _too_many(claim: DeclaredLimit, calls: Sequence[Call], best: Reading) -> str:
    """Word the surplus, and what it looks like."""
    drains = [drain.admitted for drain in sightings.drains_from_rest(calls, claim.span)]
    most = max(drains, default=0)
    seen = f"{best.late} calls were admitted that it refuses"
    if not drains:
        return seen
    seen = f"{seen}, from rest up to {most} at once"
    if min(drains) <= claim.size + room(claim.size):
        return f"{seen}, and {min(drains)} another time: calls race the counter, or meet two"
    if most < 1.2 * claim.size:
        return seen
    return f"{seen}, as if processes, replicas or connections counted apart"


def _never_recovers(claim: DeclaredLimit, calls: Sequence[Call]) -> bool:
    """Whether calls after two windows without any, in which the limit was shut, were refused.

    Of calls that are under way together the first one written need not be the first to arrive.
    """
    for before, call in pairwise(calls):
        if call.refused and before.refused and call.written - before.answered > 2 * claim.span:
            together = (other for other in calls if other.written <= call.answered)
            if not any(other.admitted and other.answered >= call.written for other in together):
                return True
    return False
