"""Which kind of limiter, with which N and times, explains a trace best.

Pure. Every family is scanned over its times: first the ones that the releases suggest, then ever
closer round the best. A fit's score is the number of answers it contradicts, and a little for each
that it explains only by when calls happened to arrive: else a bucket with a huge rate would
explain everything.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from loadtests.clues import Clues
from loadtests.families import Candidate, Family
from loadtests.proposing import CLOSE_PROPOSALS, PROPOSALS, segments_of
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
    Family.SEGMENTED: 2.5,
    Family.COUNTER: 0.5,
    Family.COUNTER_REFUSED: 1.0,
    Family.COUNTER_FIRST: 0.25,
    Family.COUNTER_FIRST_REFUSED: 0.75,
    Family.LOG_REFUSED: 0.5,
    Family.STEPPED: 1.5,
    Family.PENALTY: 2.5,
    Family.EXTENDING: 0.5,
}
"""What the further parameters of a family cost."""

BEHIND: Final = 1.5, 10.0
"""What scores more than so many times the best kind so far and so much will not come near it by a
closer search; simulated."""

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
        times: Between which windows theirs lie, in seconds: the nearest tried that are not as
            good; for a bucket between which rates.
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
    clues = Clues.read(seen, brackets)
    found = _fit_each(PROPOSALS, seen, clues, [])
    if all(fitted.best.contradictions for fitted in found):
        # Nothing explains everything yet: what drifts with every window is searched closely.
        found = _fit_each(CLOSE_PROPOSALS, seen, clues, found)
    best = {
        fitted.best.candidate.family: fitted
        for fitted in sorted(found, key=lambda fitted: fitted.best.score, reverse=True)
    }
    if Family.FIXED_GRID in best:
        grid = best[Family.FIXED_GRID].best.candidate
        segmented = _fit_family(segments_of(grid), seen, clues)
        best |= {} if segmented is None else {Family.SEGMENTED: segmented}
    return sorted(best.values(), key=lambda fitted: fitted.best.score)


def _fit_each(
    proposals: Mapping[Family, Callable[[Clues], Iterable[Candidate]]],
    seen: Sequence[Arrival],
    clues: Clues,
    found: Sequence[FamilyFit],
) -> list[FamilyFit]:
    """What was found before, and each of these unless it is far behind."""
    fits = [*found]
    for propose in proposals.values():
        least = min((fitted.best.score for fitted in fits), default=math.inf)
        fitted = _fit_family(propose(clues), seen, clues, worst=BEHIND[0] * least + BEHIND[1])
        fits += [] if fitted is None else [fitted]
    return fits


def _fit_family(
    proposals: Iterable[Candidate],
    seen: Sequence[Arrival],
    clues: Clues,
    worst: float = math.inf,
) -> FamilyFit | None:
    fits: list[Fit] = []
    tried: list[float] = []
    best: Fit | None = None

    def attempt(candidate: Candidate) -> None:
        nonlocal best
        tried.append(candidate.scale)
        score = min(worst, len(seen) if best is None else best.score)
        patience = 3 + int(score)
        try:
            tally = replay(candidate.limiter, seen, sizes=_sizes(clues), patience=patience)
        except HopelessError:
            return
        fit = _score(candidate, tally, clues)
        fits.append(fit)
        if best is None or fit.score < best.score:
            best = fit

    for candidate in proposals:
        attempt(candidate)
    if best is None:
        return None
    step = 0.04
    for _ in range(ROUNDS if best.score <= worst else 0):
        for candidate in _around(best.candidate, step):
            attempt(candidate)
        step /= 3
    close = [fit for fit in fits if fit.score <= best.score + CLOSE_SCORE]
    limits = [fit.least for fit in close] + [fit.most for fit in close]
    middle = _middle(best, close)
    return FamilyFit(middle, (min(limits), max(limits)), _between(close, tried))


def _between(close: Sequence[Fit], tried: Sequence[float]) -> tuple[float, float]:
    """The nearest scales tried around those of the fits: between them the true one lies."""
    least = min(fit.candidate.scale for fit in close)
    most = max(fit.candidate.scale for fit in close)
    below = max((scale for scale in tried if scale < least), default=least)
    above = min((scale for scale in tried if scale > most), default=most)
    return below, above


def _middle(best: Fit, close: Sequence[Fit]) -> Fit:
    """Of the fits that are exactly as good, the one in the middle."""
    equal = [fit for fit in close if fit.score <= best.score + 1e-9]
    equal.sort(key=lambda fit: fit.candidate.scale)
    return equal[len(equal) // 2]


def _score(candidate: Candidate, tally: Tally, clues: Clues) -> Fit:
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


def _sizes(clues: Clues) -> tuple[int, int]:
    """The smallest and largest N worth a thought; a slow drain overcounts."""
    return min(clues.drained // 3, clues.rushed), 2 * clues.drained + 20


def _chance(candidate: Candidate, clues: Clues) -> float:
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
        moved = _stretched(candidate, 1 + share)
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


def _stretched(candidate: Candidate, factor: float) -> Candidate:
    """With other times: a window has as many segments as before."""
    extra = candidate.extra * (factor if candidate.family is Family.SEGMENTED else 1.0)
    return replace(
        candidate, window=candidate.window * factor, rate=candidate.rate * factor, extra=extra
    )
