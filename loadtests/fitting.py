"""Which kind of limiter, with which N and times, explains a trace best.

Pure. Every family is scanned over its times: first the ones that the releases suggest, then ever
closer round the best. A fit's score is the number of answers it contradicts, and a little for each
that it explains only by when calls happened to arrive: else a bucket with a huge rate would
explain everything.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from loadtests.families import Candidate, Family
from loadtests.limiters import Outcome
from loadtests.replay import (
    LEAST_PAD_S,
    Arrival,
    HopelessError,
    Tally,
    arrivals,
    releases,
    replay,
)
from loadtests.trace import Call

OPEN_COST: Final = 0.15
"""What an answer costs that a fit neither demands nor forbids."""

LATE_COST: Final = 2.0

CLOSE_SCORE: Final = 0.75
"""Fits within this of the best are as good: they give the interval."""

EXTRA_COST: Final = {
    Family.FIXED_GRID: 0.5,
    Family.COUNTER: 0.5,
    Family.COUNTER_REFUSED: 1.0,
    Family.LOG_REFUSED: 0.5,
    Family.STEPPED: 1.5,
    Family.PENALTY: 2.5,
    Family.EXTENDING: 0.5,
}
"""What the further parameters of a family cost."""

ROUNDS: Final = 5
"""So often the best fit's surroundings are searched, each time three times closer."""


@dataclass(frozen=True, slots=True)
class Fit:
    """One candidate held against a trace.

    Attributes:
        candidate: The kind with its times.
        limit: The N that explains most.
        least: The smallest N that explains as much.
        most: The largest.
        contradictions: Answers it cannot explain.
        open: Answers it explains only by when calls happened to arrive.
        score: What it costs altogether.
    """

    candidate: Candidate
    limit: int
    least: int
    most: int
    contradictions: int
    open: int
    score: float


@dataclass(frozen=True, slots=True)
class FamilyFit:
    """The best fit of one family, and how far others as good reach.

    Attributes:
        best: The best.
        limits: Smallest and largest N of the fits as good.
        times: Smallest and largest window of them, in seconds; for a bucket its rate.
    """

    best: Fit
    limits: tuple[int, int]
    times: tuple[float, float]


def fit_all(calls: Sequence[Call]) -> list[FamilyFit]:
    """Fit every family.

    Args:
        calls: The plain calls, in any order, from rest on, with at least one refused and one
            admitted after it.

    Returns:
        The best of each family, the lowest score first; empty if nothing was refused or
        released.
    """
    seen = arrivals(calls, pad=LEAST_PAD_S)
    brackets = releases(seen)
    if not brackets:
        return []
    clues = _Clues.read(seen, brackets)
    found = [
        fitted
        for propose in _PROPOSALS.values()
        if (fitted := _fit_family(propose(clues), seen, clues)) is not None
    ]
    return sorted(found, key=lambda fitted: fitted.best.score)


@dataclass(frozen=True, slots=True)
class _Clues:
    """What can be read off a trace without any model.

    Attributes:
        openers: When windows may have been opened: the first call, and each first admission.
        brackets: The releases worth a look: the widest gaps first.
        drained: How many were admitted before the first refusal.
        refused: When the first refused call was answered, in seconds.
        rate: Calls admitted per second between the first release and the last refusal.
        span: How long the trace lasts, in seconds.
    """

    openers: Sequence[tuple[float, float]]
    brackets: Sequence[tuple[float, float]]
    drained: int
    refused: float
    rate: float
    span: float

    @classmethod
    def read(cls, seen: Sequence[Arrival], brackets: Sequence[tuple[float, float]]) -> "_Clues":
        refused = [arrival for arrival in seen if arrival.outcome is Outcome.REFUSED]
        admitted = [arrival for arrival in seen if arrival.outcome is Outcome.ADMITTED]
        drained = max(1, sum(arrival.answered < refused[0].answered for arrival in admitted))
        opener = (seen[0].sent, seen[0].answered)
        major = sorted(_major(brackets, seen))
        return cls(
            openers=[opener, *(((low, high)) for low, high in major)],
            brackets=major,
            drained=drained,
            refused=refused[0].answered,
            rate=_rate(seen, brackets[0][0], max(8, drained // 10)),
            span=max(arrival.answered for arrival in seen) - seen[0].sent,
        )


def _rate(seen: Sequence[Arrival], since: float, block: int) -> float:
    """How much came back per second, while the limit was kept empty.

    Measured in blocks between two refusals, some admissions each. A block after a rest saw the
    bucket full and time go to waste, one before an edge saw none: the fastest large block counts.
    """
    found: list[tuple[float, int]] = []
    start, tokens = since, 0
    for arrival in seen:
        if arrival.sent <= since:
            continue
        tokens += arrival.outcome is Outcome.ADMITTED
        if arrival.outcome is Outcome.REFUSED and tokens and (tokens >= block or not found):
            found.append((tokens / max(arrival.sent - start, 1e-3), tokens))
            start, tokens = arrival.sent, 0
    if not found:
        return max(1, tokens) / max(seen[-1].answered - since, 1e-3)
    largest = max(count for _, count in found)
    return max(rate for rate, count in found if count >= largest / 5)


def _major(
    brackets: Sequence[tuple[float, float]], seen: Sequence[Arrival]
) -> list[tuple[float, float]]:
    """The first release and those after which most was admitted, six at most."""
    counted = []
    for at, (low, high) in enumerate(brackets):
        until = brackets[at + 1][0] if at + 1 < len(brackets) else float("inf")
        count = sum(
            arrival.outcome is Outcome.ADMITTED and low < arrival.sent < until for arrival in seen
        )
        counted.append((count, (low, high)))
    largest = sorted(counted, reverse=True)[:5]
    return list({brackets[0], *(bracket for _, bracket in largest)})


def _fit_family(
    proposals: Iterable[Candidate], seen: Sequence[Arrival], clues: _Clues
) -> FamilyFit | None:
    fits: list[Fit] = []
    for candidate in proposals:
        _try(candidate, seen, clues, fits)
    if not fits:
        return None
    step = 0.04
    for _ in range(ROUNDS):
        best = min(fits, key=lambda fit: fit.score)
        for candidate in _around(best.candidate, step):
            _try(candidate, seen, clues, fits)
        step /= 3
    best = min(fits, key=lambda fit: fit.score)
    close = [fit for fit in fits if fit.score <= best.score + CLOSE_SCORE]
    times = [fit.candidate.scale for fit in close]
    limits = [fit.least for fit in close] + [fit.most for fit in close]
    middle = _middle(best, close)
    return FamilyFit(middle, (min(limits), max(limits)), (min(times), max(times)))


def _middle(best: Fit, close: Sequence[Fit]) -> Fit:
    """Of the fits that are exactly as good, the one in the middle."""
    equal = [fit for fit in close if fit.score <= best.score + 1e-9]
    equal.sort(key=lambda fit: fit.candidate.scale)
    return equal[len(equal) // 2]


def _try(candidate: Candidate, seen: Sequence[Arrival], clues: _Clues, fits: list[Fit]) -> None:
    best = min((int(fit.score) for fit in fits), default=len(seen))
    sizes = _sizes(clues)
    try:
        tally = replay(candidate.limiter, seen, sizes=sizes, patience=best + 3)
    except HopelessError:
        return
    fits.append(_score(candidate, tally, clues))


def _score(candidate: Candidate, tally: Tally, clues: _Clues) -> Fit:
    most = tally.least if tally.most is None else tally.most
    largest = _sizes(clues)[1]
    tried = {min(size, largest) for size in (tally.least, most, *_quantiles(tally))}
    costs = {size: _cost(tally, size) for size in tried}
    limit = min(costs, key=lambda size: (costs[size], size))
    contradictions, left_open = tally.contradictions(limit), tally.left_open(limit)
    score = costs[limit] + EXTRA_COST.get(candidate.family, 0.0) + _chance(candidate, clues)
    if tally.least > most or most > largest:
        return Fit(candidate, limit, limit, limit, contradictions, left_open, score)
    # A lost call was counted or not, as likely as not.
    limit = (tally.least + most) // 2
    return Fit(candidate, limit, tally.least, most, contradictions, left_open, score)


def _cost(tally: Tally, size: int) -> float:
    """Others may have used a place; nobody can have made one: a late answer weighs double."""
    contradictions = LATE_COST * tally.late(size) + tally.early(size)
    return contradictions + OPEN_COST * tally.left_open(size)


def _sizes(clues: _Clues) -> tuple[int, int]:
    """The smallest and largest N worth a thought."""
    return clues.drained // 3, 2 * clues.drained + 20


def _chance(candidate: Candidate, clues: _Clues) -> float:
    """What a sliding counter costs whose edge happens to lie where a bucket needs it.

    A bucket gives back from the first moment on; a counter does so only if its edge lies within
    some tokens of the drain, four in N by chance.
    """
    if candidate.family not in (Family.COUNTER, Family.COUNTER_REFUSED):
        return 0.0
    dead = clues.brackets[0][0] - clues.refused
    if dead > 3 / clues.rate:
        return 0.0
    return math.log(max(1.0, clues.drained / 4))


def _quantiles(tally: Tally) -> Iterator[int]:
    """Some N that contradict a few answers rather than one that contradicts many."""
    for column, shares in ((tally.needs, (0.99, 0.97, 0.9)), (tally.allows, (0.01, 0.03, 0.1))):
        for share in shares:
            if column:
                yield max(1, column[int(share * (len(column) - 1))])


def _around(candidate: Candidate, step: float) -> Iterator[Candidate]:
    """Candidates a little to all sides."""
    shares = [step * share for share in (-1.0, -0.67, -0.33, 0.33, 0.67, 1.0)]
    for share in shares:
        moved = replace(
            candidate, window=candidate.window * (1 + share), rate=candidate.rate * (1 + share)
        )
        yield moved
        if candidate.phase:
            scale = candidate.window or candidate.extra
            for shift in (-step, step):
                yield replace(moved, phase=candidate.phase + shift * scale)
    if candidate.phase:
        scale = candidate.window or candidate.extra
        for share in shares:
            yield replace(candidate, phase=candidate.phase + share * scale)
    if candidate.family is Family.PENALTY:
        for share in shares:
            yield replace(candidate, extra=candidate.extra * (1 + share))


def _spread(low: float, high: float, count: int) -> Iterator[float]:
    for at in range(count):
        yield low + (high - low) * (at + 0.5) / count


def _geometric(low: float, high: float, count: int) -> Iterator[float]:
    for at in range(count):
        yield low * (high / low) ** (at / max(1, count - 1))


def _window_lengths(clues: _Clues) -> Iterator[float]:
    """Every release less every opening before it, and an even scan."""
    for low, high in clues.brackets:
        for sent, answered in clues.openers:
            if low - answered > 0.01:
                yield from _spread(low - answered, high - sent, 5)
    yield from _geometric(max(0.02, clues.span / 2000), clues.span, 40)


def _propose_windows(family: Family) -> Callable[[_Clues], Iterator[Candidate]]:
    def propose(clues: _Clues) -> Iterator[Candidate]:
        for window in _window_lengths(clues):
            yield Candidate(family, window)

    return propose


def _propose_grid(clues: _Clues) -> Iterator[Candidate]:
    """Two releases are two edges, one after the other."""
    brackets = clues.brackets
    for at, first in enumerate(brackets):
        for second in brackets[at + 1 :]:
            for edge in _spread(*first, 4):
                for following in _spread(*second, 4):
                    if following - edge > 0.01:
                        yield Candidate(Family.FIXED_GRID, following - edge, phase=edge)


def _propose_counters(family: Family) -> Callable[[_Clues], Iterator[Candidate]]:
    """W is N over the rate; the edge lies up to one token before the first release."""

    def propose(clues: _Clues) -> Iterator[Candidate]:
        token = 1 / clues.rate
        low, high = clues.brackets[0]
        steps = min(24, max(6, math.ceil(2 * (high - low) / token) + 3))
        for share in (0.0, -0.02, 0.02, -0.04, 0.04, -0.07, 0.07, -0.1, 0.1, -0.16, 0.16):
            window = clues.drained * token * (1 + share)
            for phase in _spread(low - 1.2 * token, high, steps):
                yield Candidate(family, window, phase=phase)

    return propose


def _propose_bucket(clues: _Clues) -> Iterator[Candidate]:
    for rate in _geometric(clues.rate / 2, clues.rate * 2, 24):
        yield Candidate(Family.BUCKET, rate=rate)


def _propose_steps(clues: _Clues) -> Iterator[Candidate]:
    gaps = sorted(later[1] - earlier[1] for earlier, later in pairwise(clues.brackets))
    steps = {1.0, gaps[0] if gaps else 1.0}
    for step in steps:
        # Lumps of a third of N and more are a fixed window, or not told from one.
        if step <= 0.01 or clues.rate * step > clues.drained / 3:
            continue
        for share in (-0.12, -0.08, -0.05, -0.025, 0.0, 0.025, 0.05, 0.08, 0.12):
            for phase in _spread(0.0, step, 8):
                rate = clues.rate * (1 + share)
                yield Candidate(Family.STEPPED, rate=rate, phase=phase, extra=step)


def _propose_penalty(clues: _Clues) -> Iterator[Candidate]:
    """The penalty ends at a release; the window shows little, so some lengths stand for all."""
    low, high = clues.brackets[0]
    shortest, longest = max(0.02, low - clues.refused), high - clues.refused + 0.1
    for seconds in _spread(shortest, longest, 12):
        for share in (0.1, 0.5, 1.0):
            yield Candidate(Family.PENALTY, share * seconds, extra=seconds)


_PROPOSALS: Final[dict[Family, Callable[[_Clues], Iterator[Candidate]]]] = {
    Family.FIXED_FIRST: _propose_windows(Family.FIXED_FIRST),
    Family.FIXED_GRID: _propose_grid,
    Family.LOG: _propose_windows(Family.LOG),
    Family.COUNTER: _propose_counters(Family.COUNTER),
    Family.BUCKET: _propose_bucket,
    Family.STEPPED: _propose_steps,
    Family.LOG_REFUSED: _propose_windows(Family.LOG_REFUSED),
    Family.COUNTER_REFUSED: _propose_counters(Family.COUNTER_REFUSED),
    Family.PENALTY: _propose_penalty,
    Family.EXTENDING: _propose_windows(Family.EXTENDING),
}
