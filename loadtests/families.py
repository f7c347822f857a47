"""The kinds of limiter that a trace is held against, each with its free parameters.

Pure. A candidate is one kind with its times fixed; N is read off its tally afterwards.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from loadtests.counters import CounterFromFirst, FixedGrid, SegmentedLog, SlidingCounter
from loadtests.limiters import (
    CountingRefused,
    Extending,
    FixedWindow,
    InFlight,
    Limiter,
    Penalty,
    SlidingLog,
    TokenBucket,
)


class Family(StrEnum):
    """A kind of limiter, by what can be seen of it."""

    FIXED_FIRST = "fixed window, opened by the first call"
    FIXED_GRID = "fixed window on the server's clock"
    LOG = "sliding log"
    SEGMENTED = "sliding log that counts in segments"
    COUNTER = "sliding counter"
    COUNTER_FIRST = "sliding counter, opened by the first call"
    BUCKET = "token bucket"
    STEPPED = "token bucket filled in steps"
    LOG_REFUSED = "sliding log that counts refused calls"
    COUNTER_REFUSED = "sliding counter that counts refused calls"
    COUNTER_FIRST_REFUSED = "sliding counter, opened by the first call, that counts refused calls"
    PENALTY = "fixed window with a penalty"
    EXTENDING = "window that every call extends"
    CONCURRENCY = "calls in flight"
    QUEUE = "queue"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One kind with its times.

    Attributes:
        family: The kind.
        window: Its window in seconds; 0 for a bucket.
        rate: What flows off a bucket, per second; 0 for a window.
        phase: An edge of its grid, in seconds, where it has one.
        extra: A further time: the penalty's length, the step of a bucket, or a segment, in seconds.
    """

    family: Family
    window: float = 0.0
    rate: float = 0.0
    phase: float = 0.0
    extra: float = 0.0

    @property
    def scale(self) -> float:
        """The time, or the rate, that says most of it: what its interval is given for."""
        if self.family is Family.PENALTY:
            return self.extra
        return self.window or self.rate

    def limiter(self) -> Limiter:
        """A fresh limiter of this kind."""
        return _MAKERS[self.family](self)


_MAKERS: dict[Family, Callable[[Candidate], Limiter]] = {
    Family.FIXED_FIRST: lambda c: FixedWindow(c.window),
    Family.FIXED_GRID: lambda c: FixedGrid(c.window, c.phase),
    Family.LOG: lambda c: SlidingLog(c.window),
    Family.SEGMENTED: lambda c: SegmentedLog(c.window, c.extra, c.phase),
    Family.COUNTER: lambda c: SlidingCounter(c.window, c.phase),
    Family.BUCKET: lambda c: TokenBucket(c.rate),
    Family.STEPPED: lambda c: TokenBucket(c.rate, c.extra, c.phase),
    Family.LOG_REFUSED: lambda c: CountingRefused(SlidingLog(c.window)),
    Family.COUNTER_REFUSED: lambda c: CountingRefused(SlidingCounter(c.window, c.phase)),
    Family.COUNTER_FIRST: lambda c: CounterFromFirst(c.window),
    Family.COUNTER_FIRST_REFUSED: lambda c: CountingRefused(CounterFromFirst(c.window)),
    Family.PENALTY: lambda c: Penalty(c.window, c.extra),
    Family.EXTENDING: lambda c: Extending(c.window),
    Family.CONCURRENCY: lambda _: InFlight(),
}

SEGMENTS: Final = (2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 30)
"""Into how many segments a log divides its window; more are a log within the tolerance."""

GRIDS = frozenset({Family.FIXED_GRID, Family.SEGMENTED, Family.COUNTER, Family.COUNTER_REFUSED})

FINE_STEP_S: Final = 1.0
"""A timer that fills a bucket more seldom leaves it free when; throttled-py does once a second."""


OTHER_FREE = frozenset({Family.COUNTER_FIRST, Family.COUNTER_FIRST_REFUSED, Family.PENALTY})
"""A counter's windows may begin anew with several calls; a penalty has a length of its own."""


def is_free(candidate: Candidate) -> bool:
    """Whether a claim leaves a time of it free: where its windows begin, how long a penalty is."""
    coarse = candidate.family is Family.STEPPED and candidate.extra > FINE_STEP_S
    return coarse or candidate.family in GRIDS | OTHER_FREE


def phases(window: float, brackets: Sequence[tuple[float, float]]) -> Iterator[float]:
    """Where the edges of a grid can lie.

    An edge shows in a release, so between the ends of all release brackets, laid over one
    another by the window, the phases that differ in what they explain are the spans between
    neighbouring ends: the middle of each stands for it. Some even ones cover the rest.

    Args:
        window: The grid's, in seconds.
        brackets: From ``replay.releases``.

    Yields:
        Phases in seconds, from 0 to the window.
    """
    ends = sorted({end % window for bracket in brackets for end in bracket})
    for at, end in enumerate(ends):
        following = ends[at + 1] if at + 1 < len(ends) else ends[0] + window
        yield ((end + following) / 2) % window
        yield end
    for step in range(12):
        yield window * (step + 0.5) / 12


def counter_phases(
    window: float, token: float, brackets: Sequence[tuple[float, float]]
) -> Iterator[float]:
    """Where the edges of a sliding counter's grid can lie.

    Its first place comes back up to one token after the edge, and every third of a token of
    phase explains something else; so brackets are searched in such steps.

    Args:
        window: The grid's, in seconds.
        token: W / N, in seconds.
        brackets: From ``replay.releases``; only the first few are edges.

    Yields:
        Phases in seconds, from 0 to the window.
    """
    for low, high in brackets[:3]:
        steps = min(60, math.ceil(3 * (high - low) / token) + 4)
        for step in range(steps + 1):
            yield (low - 1.2 * token + (high - low + 1.2 * token) * step / steps) % window
    for step in range(12):
        yield window * (step + 0.5) / 12
