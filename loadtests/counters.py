"""Limiters whose windows follow one another: fixed ones on a clock, and sliding counters.

Pure. In the frame of ``loadtests.limiters``: the fewest and the most places taken.
"""

import math
from collections import defaultdict

from loadtests.limiters import ROUNDING, Outcome, Taken


class _Grid:
    """Counts per window of a grid.

    A call that may lie on either side of an edge is surely in neither window; it may be in the
    later one, where it weighs most.
    """

    def __init__(self, window: float, phase: float) -> None:
        self._window = window
        self._phase = phase
        self.low: defaultdict[int, int] = defaultdict(int)
        self.high: defaultdict[int, int] = defaultdict(int)
        self.across: defaultdict[int, int] = defaultdict(int)

    def place(self, time: float) -> tuple[int, float]:
        """The number of the window that a time lies in, and the share of it that is over."""
        place = (time - self._phase) / self._window
        number = math.floor(place)
        return number, place - number

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        if outcome is Outcome.REFUSED:
            return
        last = math.floor((answered - self._phase) / self._window)
        self.high[last] += 1
        if sent < self._phase + last * self._window:
            self.across[last] += 1
        elif outcome is Outcome.ADMITTED:
            self.low[last] += 1


class FixedGrid:
    """Windows on a grid of the server's clock.

    throttled-py's fixed window; django-ratelimit, where every key has a phase of its own.
    """

    def __init__(self, window: float, phase: float) -> None:
        self._grid = _Grid(window, phase)

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``."""
        grid = self._grid
        (first, _), (last, _) = grid.place(sent), grid.place(answered)
        if first == last:
            return grid.low[last], grid.high[last]
        before = grid.high[first] + grid.across[last]
        return min(grid.low[first], grid.low[last]), max(before, grid.high[last])

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        self._grid.record(sent, answered, outcome)


class SlidingCounter:
    """This window's count and the share of the last one's that still overlaps.

    limits' sliding-window counter, throttled-py's sliding window (clock grid), Cloudflare.
    """

    def __init__(self, window: float, phase: float) -> None:
        self._grid = _Grid(window, phase)

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``; implementations round either way, so both ways are allowed for."""
        grid = self._grid
        (first, sent_after), (last, answered_after) = grid.place(sent), grid.place(answered)
        low = grid.low[last - 1] * (1 - answered_after) + grid.low[last]
        high = grid.high[first - 1] * (1 - sent_after) + grid.high[first]
        if first != last:
            high = max(high + grid.across[last], grid.high[first] + grid.high[last])
        return math.floor(low + ROUNDING), math.ceil(high - ROUNDING)

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        self._grid.record(sent, answered, outcome)


class CounterFromFirst:
    """A sliding counter whose windows follow from the first call, anew after two idle ones.

    HAProxy's ``gpc0_rate``, and ``http_req_rate``, which counts refused calls as well.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._before = self._now = (0, 0)
        self._opened: tuple[float, float] | None = None
        self._unsure = False  # whether the last call really opened the present window
        self._lost = False  # whether it is no longer known where the windows begin

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``; implementations round either way, so both ways are allowed for."""
        if self._opened is None:
            return 0, 0
        first, last = self._elapsed(sent, answered)
        if self._lost or (self._unsure and last >= 1):
            return 0, self._before[1] + self._now[1]
        low = min(self._level(0, first, last), self._level(0, last, last))
        high = max(self._level(1, first, first), self._level(1, last, first))
        return math.floor(low + ROUNDING), math.ceil(high - ROUNDING)

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        if outcome is Outcome.REFUSED:
            return
        own = int(outcome is Outcome.ADMITTED), 1
        first, last = self._elapsed(sent, answered) if self._opened is not None else (2.0, 2.0)
        opened = self._opened or (sent, answered)
        if first >= 2:
            self._before, self._now, self._opened = (0, 0), own, (sent, answered)
            self._unsure = self._lost = False
        elif self._lost or last >= 2 or (self._unsure and last >= 1):
            self._lost, self._opened = True, (opened[0], answered)
            self._now = 0, self._now[1] + 1
        elif last >= 1:
            self._opened = opened[0] + self._window, opened[1] + self._window
            self._before = self._now[0], self._now[1] + (first < 1)
            self._now = (own[0] if first >= 1 else 0), 1
            self._unsure = first < 1
        elif self._unsure and sent < opened[1]:
            self._before = self._before[0], self._before[1] + 1
            self._now = self._now[0], self._now[1] + 1
        else:
            self._now = self._now[0] + own[0], self._now[1] + own[1]
            self._unsure = False

    def _elapsed(self, sent: float, answered: float) -> tuple[float, float]:
        """The least and the most windows since the present one was opened."""
        first, last = self._opened or (sent, answered)
        return max(0.0, (sent - last) / self._window), max(0.0, (answered - first) / self._window)

    def _level(self, side: int, elapsed: float, at: float) -> float:
        """What counts in the window that ``elapsed`` lies in, at ``at`` or the end next to it."""
        number = math.floor(elapsed)
        over = min(1.0, max(0.0, at - number))
        if number == 0:
            return self._before[side] * (1 - over) + self._now[side]
        return self._now[side] * (1 - over) if number == 1 else 0.0
