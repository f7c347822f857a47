"""Limiters whose windows follow one another: fixed ones on a clock, and sliding counters.

Pure. In the frame of ``loadtests.limiters``: the fewest and the most places taken.
"""

import math
from collections import defaultdict
from functools import reduce
from operator import itemgetter
from typing import Final, NamedTuple

from loadtests.limiters import ROUNDING, Outcome, SlidingLog, Taken


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
        before = max(grid.high[number] for number in range(first, last)) + grid.across[last]
        return min(grid.low[first], grid.low[last]), max(before, grid.high[last])

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        self._grid.record(sent, answered, outcome)


class SegmentedLog:
    """A log that counts in segments of its window, on a grid: calls come back a segment at a time.

    ASP.NET Core's ``SlidingWindowRateLimiter``, Sentinel's leap array, a counter for each second in
    Redis. A call counts for a window, or for less by up to a segment.
    """

    def __init__(self, window: float, segment: float, phase: float) -> None:
        self._segment = segment
        self._phase = phase
        self._log = SlidingLog(round(window / segment))

    def _number(self, time: float) -> int:
        return math.floor((time - self._phase) / self._segment)

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``."""
        return self._log.taken(self._number(sent), self._number(answered))

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        self._log.record(self._number(sent), self._number(answered), outcome)


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
            between = sum(grid.high[number] for number in range(first, last))
            high = max(high + grid.across[last], between + grid.high[last])
        return math.floor(low + ROUNDING), math.ceil(high - ROUNDING)

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        self._grid.record(sent, answered, outcome)


Span = tuple[float, float]


MOST_POSSIBLE: Final = 4
"""So many are told apart; measured: right candidates leave one or two."""

_HIGH: Final = itemgetter(1)


class _Counts(NamedTuple):
    """The fewest and the most calls in the window before the present one, in that one, in both.

    A call near the edge is of one of them; counted in both it would weigh twice.
    """

    before: Taken
    now: Taken
    both: Taken

    def or_else(self, other: "_Counts") -> "_Counts":
        """What covers both."""
        return _Counts(*(_hull(mine, its) for mine, its in zip(self, other, strict=True)))

    def joined(self, least: int, most: int) -> "_Counts":
        """With one call more in the present window."""
        (low, high), (least_both, most_both) = self.now, self.both
        return _Counts(
            self.before, (low + least, high + most), (least_both + least, most_both + most)
        )

    def followed(self, least: int, most: int) -> "_Counts":
        """With a next window that one call is in."""
        low, high = self.now
        return _Counts(self.now, (least, most), (low + least, high + most))

    def level(self, least_over: float, most_over: float) -> Span:
        """The least and the most that counts while such shares of the present window are over."""
        (fewest, most), (low, high), (least_both, most_both) = self
        fewest, most = max(fewest, least_both - low), min(most, most_both - high)
        return low + fewest * (1 - most_over), high + most * (1 - least_over)


def _hull(one: Taken, other: Taken) -> Taken:
    return min(one[0], other[0]), max(one[1], other[1])


class CounterFromFirst:
    """A sliding counter whose windows follow from the first call, anew after two idle ones.

    HAProxy's ``gpc0_rate``, and ``http_req_rate``, which counts refused calls as well. A call near
    the end of a window may be of either; so it is kept when the present window may have been
    opened, each possibility with its counts, until later calls leave one.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._possible: dict[Span, _Counts] = {}

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``; implementations round either way, so both ways are allowed for."""
        levels: list[Span] = []
        for opened, counts in self._possible.items():
            first, last = self._elapsed(opened, sent, answered)
            if first < 1:
                levels.append(counts.level(first, min(1.0, last)))
            if first < 2 and last >= 1:
                following = counts.followed(0, 0)
                levels.append(following.level(max(0.0, first - 1), min(1.0, last - 1)))
            if last >= 2:
                levels.append((0.0, 0.0))
        if not levels:
            return 0, 0
        low, high = min(levels)[0], max(map(_HIGH, levels))
        return math.floor(low + ROUNDING), math.ceil(high - ROUNDING)

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        if outcome is Outcome.REFUSED:
            return
        own = int(outcome is Outcome.ADMITTED), 1
        anew = _Counts((0, 0), own, own)
        after: dict[Span, _Counts] = {}
        for opened, counts in self._possible.items():
            first, last = self._elapsed(opened, sent, answered)
            if first < 1:
                _keep(after, opened, counts.joined(*own))
            if first < 2 and last >= 1:
                following = opened[0] + self._window, opened[1] + self._window
                _keep(after, following, counts.followed(*own))
            if last >= 2:
                _keep(after, (sent, answered), anew)
        self._possible = after or {(sent, answered): anew}
        if len(self._possible) > MOST_POSSIBLE:
            self._possible = dict([_covering(self._possible)])

    def _elapsed(self, opened: Span, sent: float, answered: float) -> Span:
        """The least and the most windows since one was opened."""
        earliest, latest = opened
        least, most = (sent - latest) / self._window, (answered - earliest) / self._window
        return least if least > 0 else 0.0, most if most > 0 else 0.0


def _covering(possible: dict[Span, _Counts]) -> tuple[Span, _Counts]:
    """One possibility for many, where windows are shorter than answers take."""
    earliest, latest = zip(*possible, strict=True)
    return (min(earliest), max(latest)), reduce(_Counts.or_else, possible.values())


def _keep(possible: dict[Span, _Counts], opened: Span, counts: _Counts) -> None:
    known = possible.get(opened)
    possible[opened] = counts if known is None else counts.or_else(known)
