"""With which times each family is tried first.

Pure. The releases suggest them; the fit then searches ever closer round the best.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Final

from loadtests.clues import Clues
from loadtests.families import SEGMENTS, Candidate, Family

MANY: Final = 1000
"""With more calls than this a fit takes longer than a sender should be silent for; where so much
was seen, a token is a small error anyway."""

MOST_DRIFTS: Final = 1500
"""More windows than this are not tried in a close search."""


def _spread(low: float, high: float, count: int) -> Iterator[float]:
    for at in range(count):
        yield low + (high - low) * (at + 0.5) / count


def _geometric(low: float, high: float, count: int) -> Iterator[float]:
    for at in range(count):
        yield low * (high / low) ** (at / max(1, count - 1))


def _window_lengths(clues: Clues) -> Iterator[float]:
    """Every release less every opening before it, and an even scan."""
    for low, high in clues.brackets:
        for sent, answered in clues.openers:
            if low - answered > 0.01:
                yield from _spread(low - answered, high - sent, 5)
    yield from _geometric(max(0.02, clues.span / 2000), clues.span, 40)
    # Of a limit of one call the window is hardly less than what lay between the closest two.
    yield from _spread(0.8 * clues.closest, clues.closest, 16)


def _propose_windows(family: Family) -> Callable[[Clues], Iterator[Candidate]]:
    def propose(clues: Clues) -> Iterator[Candidate]:
        for window in _window_lengths(clues):
            yield Candidate(family, window)

    return propose


def _propose_grid(clues: Clues) -> Iterator[Candidate]:
    """Two releases are two edges, one after the other."""
    brackets = clues.brackets
    for at, first in enumerate(brackets):
        for second in brackets[at + 1 :]:
            for edge in _spread(*first, 4):
                for following in _spread(*second, 4):
                    if following - edge > 0.01:
                        yield Candidate(Family.FIXED_GRID, following - edge, phase=edge)


def segments_of(grid: Candidate) -> Iterator[Candidate]:
    """The logs whose segments end where a fixed window's grid has its edges."""
    for count in SEGMENTS:
        yield replace(grid, family=Family.SEGMENTED, extra=grid.window / count)


def _propose_counters(family: Family) -> Callable[[Clues], Iterator[Candidate]]:
    """W is N over the rate; the edge lies up to one token before the first release."""

    def propose(clues: Clues) -> Iterator[Candidate]:
        token = 1 / clues.rate
        low, high = clues.brackets[0]
        coarse = 1 if clues.calls <= MANY else 2
        steps = min(24 // coarse, max(6, math.ceil(2 * (high - low) / token) + 3))
        usual = clues.drained * token
        for window in _geometric(0.6 * usual, 1.6 * usual, 40 // coarse):
            for phase in _spread(low - 1.2 * token, high, steps):
                yield Candidate(family, window, phase=phase)

    return propose


def _propose_first_counters(family: Family) -> Callable[[Clues], Iterator[Candidate]]:
    """The first release is the end of the first window; an even scan where it is not."""

    def propose(clues: Clues) -> Iterator[Candidate]:
        yield from (Candidate(family, window) for window in _window_lengths(clues))
        usual = clues.drained / clues.rate
        for window in _geometric(0.5 * usual, 2 * usual, 120):
            yield Candidate(family, window)

    return propose


def _propose_from_an_edge(family: Family) -> Callable[[Clues], Iterator[Candidate]]:
    """From a sharp edge on, so closely that half a token of drift is left at the first call."""

    def propose(clues: Clues) -> Iterator[Candidate]:
        usual, token = clues.drained / clues.rate, 1 / clues.rate
        for low, high in clues.edges[:2]:
            count = math.ceil(2 * clues.drained * low / usual)
            if clues.calls > MANY or count > MOST_DRIFTS:
                continue
            for window in _geometric(0.6 * usual, 1.6 * usual, count):
                for edge in _spread(low - token, high, 4):
                    yield Candidate(family, window, phase=edge)

    return propose


def _propose_bucket(clues: Clues) -> Iterator[Candidate]:
    for rate in _geometric(clues.rate / 2, clues.rate * 2, 120):
        yield Candidate(Family.BUCKET, rate=rate)


def _propose_steps(clues: Clues) -> Iterator[Candidate]:
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


def _propose_penalty(clues: Clues) -> Iterator[Candidate]:
    """The penalty ends at a release; the window shows little, so some lengths stand for all."""
    low, high = clues.brackets[0]
    shortest, longest = max(0.02, low - clues.refused), high - clues.refused + 0.1
    for seconds in _spread(shortest, longest, 12):
        for share in (0.1, 0.5, 1.0):
            yield Candidate(Family.PENALTY, share * seconds, extra=seconds)


PROPOSALS: Final[dict[Family, Callable[[Clues], Iterator[Candidate]]]] = {
    Family.FIXED_FIRST: _propose_windows(Family.FIXED_FIRST),
    Family.FIXED_GRID: _propose_grid,
    Family.LOG: _propose_windows(Family.LOG),
    Family.COUNTER: _propose_counters(Family.COUNTER),
    Family.BUCKET: _propose_bucket,
    Family.STEPPED: _propose_steps,
    Family.LOG_REFUSED: _propose_windows(Family.LOG_REFUSED),
    Family.COUNTER_REFUSED: _propose_counters(Family.COUNTER_REFUSED),
    Family.COUNTER_FIRST: _propose_first_counters(Family.COUNTER_FIRST),
    Family.COUNTER_FIRST_REFUSED: _propose_first_counters(Family.COUNTER_FIRST_REFUSED),
    Family.PENALTY: _propose_penalty,
    Family.EXTENDING: _propose_windows(Family.EXTENDING),
}

CLOSE_PROPOSALS: Final[dict[Family, Callable[[Clues], Iterator[Candidate]]]] = {
    family: _propose_from_an_edge(family) for family in (Family.COUNTER, Family.COUNTER_REFUSED)
}
