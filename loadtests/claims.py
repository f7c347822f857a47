"""Whether what was seen contradicts a declared limit, under every way of reading it.

Pure. Each of its meanings is held against the answers. A claim holds if one of them explains every
answer. Contradictions here cannot be false: they hold whatever the network did and wherever in its
round trip a call was counted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from contracts.declared import DeclaredLimit
from loadtests.families import Candidate, Family, is_free
from loadtests.limiters import SHUT, Outcome
from loadtests.meanings import (
    CLOSE,
    EVERYTHING,
    PENALTIES,
    STEPS_S,
    Freedom,
    rare,
    sizes,
    stepped,
    usual,
)
from loadtests.replay import (
    LEAST_PAD_S,
    Arrival,
    HopelessError,
    Tally,
    arrivals,
    releases,
    replay,
)
from loadtests.sightings import bursts_beyond, drains_from_rest, fails, most_within
from loadtests.trace import Call


@dataclass(frozen=True, slots=True)
class Reading:
    """A claim read as one kind of limiter, held against what was seen.

    Attributes:
        candidate: The kind with its times.
        limit: The N within the tolerance that explains most.
        late: Answers that admitted more than it allows.
        early: Answers that refused what it admits.
        open: Answers it explains only by when calls happened to arrive.
    """

    candidate: Candidate
    limit: int
    late: int
    early: int
    open: int

    @property
    def contradictions(self) -> int:
        """Answers it cannot explain."""
        return self.late + self.early


def read_claim(claim: DeclaredLimit, calls: Sequence[Call]) -> list[Reading]:
    """Hold a claim against the calls.

    Args:
        claim: What is declared.
        calls: The plain calls, in any order, from rest on.

    Returns:
        The best reading of each family, the one with the fewest contradictions first.
    """
    seen = arrivals(calls, pad=LEAST_PAD_S)
    best: dict[Family, Reading] = {}
    _read_all(claim, usual(claim, seen), seen, best)
    if min(reading.contradictions for reading in best.values()):
        for candidate in rare(claim, seen):
            _read_all(claim, iter((candidate,)), seen, best)
            if candidate.family in best and best[candidate.family].contradictions == 0:
                break
    return sorted(best.values(), key=lambda reading: (reading.contradictions, reading.open))


def explaining(
    claim: DeclaredLimit, calls: Sequence[Call], freedom: Freedom = EVERYTHING
) -> Iterator[Reading]:
    """The readings of a claim that contradict no answer.

    Args:
        claim: What is declared.
        calls: The plain calls, in any order, from rest on.
        freedom: What they may choose.

    Yields:
        One reading for each family that has any.
    """
    seen = arrivals(calls, pad=LEAST_PAD_S)
    if _refused_too_early(claim, seen):
        return
    best: dict[Family, Reading] = {}
    for candidate in chain(usual(claim, seen, freedom), rare(claim, seen, freedom)):
        known = best.get(candidate.family)
        _read_all(claim, iter((candidate,)), seen, best, patience=0)
        reading = best.get(candidate.family)
        if reading is not None and reading is not known and reading.contradictions == 0:
            yield reading


def as_good(rival: Reading, best: Reading) -> bool:
    """Whether another window explains the answers as well as the claim's own best reading.

    One of the same kind does, another kind only if it leaves no more answers to chance.
    """
    return rival.candidate.family is best.candidate.family or rival.open <= best.open


def is_left_free(readings: Sequence[Reading]) -> bool:
    """Whether a claim holds as kinds of which some time is free, and hardly as any other.

    Args:
        readings: From ``read_claim``.

    Returns:
        True as well where none holds.
    """
    best = readings[0]
    return all(
        is_free(reading.candidate)
        for reading in readings
        if not reading.contradictions and reading.open <= best.open + CLOSE_OPEN
    )


CLOSE_OPEN: Final = 5
"""Readings that leave so many more answers to chance explain them as well."""


def _refused_too_early(claim: DeclaredLimit, seen: Sequence[Arrival]) -> bool:
    """Whether fewer calls can have come before the first refusal than any reading admits."""
    bucket = Candidate(Family.BUCKET, rate=claim.rate)
    for at, arrival in enumerate(seen):
        if arrival.outcome is Outcome.REFUSED:
            return at + arrival.overtaking + arrival.turned_away < sizes(claim, bucket)[0]
    return False


FORGIVEN: Final = 0.02
"""A limit within 2 %, or one request, is the declared one (``interfaces.md``)."""


def surely_late(claim: DeclaredLimit, calls: Sequence[Call]) -> bool:
    """Whether calls were admitted too many, whatever kind it is and whoever else uses it.

    Others on the same counter make refusals early, never admissions late; so only these count, 2 %
    are forgiven, and one reading that explains them all is enough.

    Args:
        claim: What is declared.
        calls: The plain calls, in any order, from rest on.
    """
    seen = arrivals(calls, pad=LEAST_PAD_S)
    wider = _wider(claim)
    # Over many windows a grid that is 2 % shorter drifts away from the edges of a true one.
    for each in (replace(wider, window=claim.window), wider):
        for candidate in chain(usual(each, seen), rare(each, seen)):
            try:
                replay(candidate.limiter, seen, sizes=(0, each.size), patience=0)
            except HopelessError:
                continue
            return False
    return True


SOON_SHARE: Final = 0.2


def far_beyond(claim: DeclaredLimit, calls: Sequence[Call]) -> int:
    """How many calls were admitted within a fifth of a window, if no reading allows so many.

    For calls between which others were sent, of which nobody knows whether they count: others make
    refusals early, never admissions late. Two windows at most meet within a part of one that is
    shorter than any penalty after which the count begins anew.

    Args:
        claim: What is declared.
        calls: Plain calls, in any order.

    Returns:
        0 if some reading allows as many, or answers took too long to tell.
    """
    admitted = [call for call in calls if call.admitted]
    took = max((call.answered - call.written for call in admitted), default=0.0)
    span = SOON_SHARE * claim.window
    if span + took >= PENALTIES[0] * claim.window:
        return 0
    most = most_within(sorted(call.written for call in admitted), span)
    allowed = 2.0 * claim.requests
    if claim.burst is not None:
        allowed = claim.burst + 1 + claim.rate * (span + took)
    return most if most > allowed + 2 * room(claim.size) else 0


def _wider(claim: DeclaredLimit) -> DeclaredLimit:
    """The claim with all that is forgiven, to the lenient side."""
    more = room(claim.size)
    return replace(
        claim,
        requests=claim.requests + (more if claim.burst is None else 0),
        window=claim.window * (1 - FORGIVEN),
        burst=None if claim.burst is None else claim.burst + more + 1,
    )


def room(size: int) -> int:
    """How many requests more or fewer than so many are forgiven."""
    return max(1, int(FORGIVEN * size))


def repeats(claim: DeclaredLimit, calls: Sequence[Call]) -> int:
    """In how many further drains a contradiction must show.

    Where only a few calls are missing, others may take as many each time by chance: simulated, with
    5 % of the limit theirs, one time in fifteen in three further drains.

    Args:
        claim: What is declared.
        calls: The plain calls by the time written, from rest on.
    """
    first = next(iter(drains_from_rest(calls, claim.span)), None)
    size = claim.size
    few = first is not None and FEW_MISSING * size <= first.admitted < size - room(size)
    return REPEATS_OF_FEW if few else REPEATS


REPEATS: Final = 3
REPEATS_OF_FEW: Final = 5
FEW_MISSING: Final = 0.88
"""Of what is declared, as a share."""


def fails_at(claim: DeclaredLimit, calls: Sequence[Call]) -> bool:
    """Whether calls fail that are beyond the limit: no drain from rest ends in a failure before it.

    Of drains that end in one, three must reach the declared limit; an edge may lie in some of them.
    A server without the capacity fails anywhere.

    Args:
        claim: What is declared.
        calls: The plain calls by the time written, from rest on.
    """
    near = break_room(claim)
    drains = drains_from_rest(calls, claim.span)
    failing = [drain for drain in drains if fails(drain.status)]
    if any(drain.admitted < claim.size - near for drain in failing):
        return False
    most = [drain.admitted - claim.rate * drain.seconds for drain in drains]
    at_it = sum(admitted <= claim.size + near for admitted in most)
    return not failing or at_it >= BREAK_REPEATS


def break_room(claim: DeclaredLimit) -> int:
    """How far from the declared limit a target may begin to fail, in requests, and be at it."""
    return max(1, int(BREAK_ROOM * claim.size))


BREAK_ROOM: Final = 0.05
BREAK_REPEATS: Final = 3
"""Three times within 5 % of the declared limit: a target that fails under load does not count."""


def late_again(claim: DeclaredLimit, calls: Sequence[Call]) -> bool:
    """Whether too many were admitted at once, more than once, as no kind of limiter would.

    Refusals that come early are somebody else's doing only where drains fall short as well.

    Args:
        claim: What is declared.
        calls: The plain calls by the time written, from rest on.
    """
    most = claim.size + room(claim.size)
    if bursts_beyond(calls, most, claim.span / 2) < LATE_BURSTS:
        return False
    drains = [drain.admitted for drain in drains_from_rest(calls, claim.span)]
    if min(drains, default=0) < claim.size - room(claim.size):
        return surely_late(claim, calls)
    best = read_claim(_wider(claim), calls)[0]
    return best.late > best.early or surely_late(claim, calls)


LATE_BURSTS: Final = 2


def as_small_bucket(claim: DeclaredLimit, calls: Sequence[Call]) -> int | None:
    """How many are admitted at once, if only that is less than declared and the rate is right.

    Nginx without a burst calls "11 per second" what admits one call every 91 ms.

    Args:
        claim: What is declared.
        calls: The plain calls, in any order, from rest on.

    Returns:
        The burst of a bucket with the declared rate that explains every answer, if there is one.
    """
    if claim.burst is not None:
        return None
    seen = arrivals(calls, pad=LEAST_PAD_S)
    brackets = releases(seen)
    for stretch in (1.0, 1 - CLOSE, 1 + CLOSE):
        rate = claim.rate * stretch
        for candidate in (Candidate(Family.BUCKET, rate=rate), *stepped(rate, brackets, STEPS_S)):
            tally = replay(candidate.limiter, seen)
            few = tally.least < 0.9 * claim.requests
            if few and tally.most is not None and tally.least <= tally.most:
                return tally.least
    return None


def _read_all(
    claim: DeclaredLimit,
    candidates: Iterator[Candidate],
    seen: Sequence[Arrival],
    best: dict[Family, Reading],
    *,
    patience: int = SHUT,
) -> None:
    for candidate in candidates:
        known = best.get(candidate.family)
        if known is not None and known.contradictions == 0:
            continue
        within = sizes(claim, candidate)
        # What explains less than the best of any family decides nothing.
        least = min((each.contradictions for each in best.values()), default=SHUT)
        try:
            tally = replay(candidate.limiter, seen, sizes=within, patience=min(patience, least))
        except HopelessError:
            continue
        reading = _read(candidate, tally, within)
        if known is None or reading.contradictions < known.contradictions:
            best[candidate.family] = reading


def _read(candidate: Candidate, tally: Tally, within: tuple[int, int]) -> Reading:
    low, high = within
    wanted = {tally.least, tally.least if tally.most is None else tally.most, (low + high) // 2}
    tried = [min(max(size, low), high) for size in wanted]
    limit = min(tried, key=lambda size: (tally.contradictions(size), tally.left_open(size)))
    late, early = tally.late(limit), tally.early(limit)
    return Reading(candidate, limit, late, early, tally.left_open(limit))
