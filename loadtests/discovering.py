"""The schedule that finds an unknown limit.

Pure. Send ever faster until calls are refused, poll ever more seldom until one is admitted again,
see whether the places came back together or singly, and time one more release with fine polls:
two windows for a window, some forty tokens for a bucket. Where a fit of all that leaves the window
open by more than 3 %, drain it from rest and time it again, twice at most.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from loadtests.measuring import Measured, as_queue, measure
from loadtests.overload import overload
from loadtests.segments import Abreast, Budget, Listed, Paced, Part, Schedule, Segment, StopError
from loadtests.sightings import sustained
from loadtests.trace import Call

GROWTHS: Final = ((400, 1.05), (150, 1.08), (0, 1.14))
"""From which limit on, and by how much each poll waits longer than the one before. 50 polls reach
from 30 ms to a minute at 14 %; where the limit is large twice as many are cheap, and the first
release is twice as sharp."""

FIRST_POLL_S: Final = 0.03

SEARCH: Final = ((12, 10.0), (40, 40.0))
"""How many calls at which rate before the search goes on at full speed: a small limit must not
be overrun by a hundred calls, a large one need not be approached slowly."""

TOKENS: Final = 50
"""So many tokens give the rate of a bucket to 2 %, and to less with fine polls at the end."""


FEW: Final = 10
"""Of a limit smaller than this one token is a tenth: no repetition makes that sharper."""

MOST_AGAIN: Final = 2
"""So often a limit is drained from rest and timed again."""

SHARP: Final = 0.03
"""An interval of the window no wider than this, as a share, is sharp enough."""


def _is_sharp(found: Measured) -> bool:
    ends = found.windows or found.rates
    if ends is None or found.algorithm == "unknown" or found.contradicted:
        return False
    return ends[2] / ends[0] - 1 <= SHARP


def _no_more(tokens: Sequence[int]) -> bool:
    """Whether a bucket was full: however long it rested, it gave back as much."""
    return tokens[0] > 0 and len(set(tokens)) == 1


ENOUGH: Final = 600
"""After more calls than this a limit is not drained again to be measured more closely."""


def _polls(low: float, span: float, high: float) -> Iterator[float]:
    """When to ask after a drain: finely where a window ends, now and then where a grid may."""
    at = 0.04 * span
    while at < 1.2 * span:
        yield at
        near = 0.97 * low < at < 1.02 * high
        at += (0.012 if near else 0.04) * span


@dataclass(slots=True)
class Discovery:
    """The schedule for an unknown limit.

    Attributes:
        budget: What may be spent.
        calls: Every call so far.
        size: How many calls drain the limit, as soon as that is known; 0 before.
        span: In which time they are given back, about, in seconds.
    """

    budget: Budget
    calls: list[Call] = field(default_factory=list)
    size: int = 0
    span: float = 0.0

    def schedule(self) -> Schedule[str]:
        """Everything, after the control.

        Yields:
            What to send.

        Returns:
            Why it is done.

        Raises:
            StopError: Nothing was refused up to the budget's rate.
        """
        yield from self._search()
        return (yield from self.measure())

    def measure(self) -> Schedule[str]:
        """Everything from the first refusals on.

        Yields:
            What to send.

        Returns:
            Why it is done.
        """
        if as_queue(self.calls) is not None:
            yield from self._overload()
            last = max(call.answered for call in self.calls)
            yield from self._send("recovery", Part(Paced(2, 1.0)), start=last + 0.5)
            return "admitted calls wait their turn"
        if (yield from self._passes_serially()):
            yield from self._bursts()
            if not sustained(self.calls):
                top = self.budget.max_rps
                yield from overload(top, top, self.calls)
            yield from self._send("recovery", Part(Paced(2, 1.0)))
            return "serial calls are never refused"
        self.size = size = self._admitted_before_refusal()
        release, bulk = yield from self._release(size)
        if release is None:
            return "nothing was admitted again"
        self.span = release.answered - self.calls[0].written
        yield from self._time(size, release, bulk=bulk)
        rate = self.size / self.span
        if not sustained(self.calls, above=rate):
            yield from self._overload(above=rate)
        return "the schedule is complete"

    def _time(self, size: int, release: Call, *, bulk: bool) -> Schedule[None]:
        if size == 1:
            yield from self._one_at_a_time()
        elif bulk:
            yield from self._window(size, release)
        else:
            yield from self._bucket(size, release)
        if self.size >= FEW and len(self.calls) <= ENOUGH:
            yield from self._sharpen()

    def _overload(self, *, above: float = 0.0) -> Schedule[None]:
        refused = [call.written for call in self.calls if call.refused]
        between = [c for c in self.calls if c.admitted and refused[0] < c.written < refused[-1]]
        came_back = len(between) / max(refused[-1] - refused[0], 1.0)
        rate = 1.3 * max(came_back, above) + 7.5
        yield from overload(rate, self.budget.max_rps, self.calls, above=above)

    def _send(self, phase: str, *parts: Part, start: float = 0.0) -> Schedule[list[Call]]:
        calls = yield Segment(phase, parts, start)
        self.calls.extend(calls)
        return calls

    def _search(self) -> Schedule[None]:
        top = self.budget.max_rps
        stages = [(count, rate) for count, rate in SEARCH if rate < top]
        left = self.budget.max_requests - len(self.calls) - 200
        most = min(left, int(top * min(60.0, self.budget.max_seconds / 4)))
        for count, rate in [*stages, (max(1, most), top)]:
            calls = yield from self._send("search", Part(Paced(count, rate), until_refused=2))
            if any(call.refused for call in calls):
                return
        yield from self._bursts()
        if any(call.refused for call in self.calls):
            return
        seconds = most / top
        raise StopError("max_rps", f"nothing was refused at {top:g} per second for {seconds:.0f} s")

    def _admitted_before_refusal(self) -> int:
        first = next(call.answered for call in self.calls if call.refused)
        return sum(call.admitted and call.answered < first for call in self.calls)

    def _passes_serially(self) -> Schedule[bool]:
        """Right after the refusal: a limit on calls in flight admits every serial call."""
        calls = yield from self._send("serial", Part(Abreast(24, 1), until_refused=1))
        return not any(call.refused for call in calls)

    def _bursts(self) -> Schedule[None]:
        """Twice in a row: as many each time is a limit on calls in flight."""
        for count in (4, 8, 16, 32, 64):
            burst = Part(Abreast(min(count, int(self.budget.max_rps)), count))
            calls = yield from self._send("burst", burst, burst, burst)
            if any(call.refused for call in calls):
                break

    def _release(self, size: int) -> Schedule[tuple[Call | None, bool]]:
        """Poll until something comes back, then take a third of the limit at once."""
        last = [call for call in self.calls if call.refused][-1]
        start = last.answered + FIRST_POLL_S
        offsets: list[float] = []
        wait = FIRST_POLL_S
        growth = next(growth for least, growth in GROWTHS if size >= least)
        while len(offsets) < 250 and start + wait < self.budget.max_seconds:
            offsets.append(wait - FIRST_POLL_S)
            wait *= growth
        third = max(4, size // 3)
        calls = yield from self._send(
            "release",
            Part(Listed(tuple(offsets)), until_admitted=1, fresh=True),
            Part(Abreast(third, 4), until_refused=1),
            start=start,
        )
        admitted = [call for call in calls if call.admitted]
        if not admitted:
            return None, False
        at = calls.index(admitted[0])
        return admitted[0], not any(call.refused for call in calls[at:])

    def _window(self, size: int, release: Call) -> Schedule[None]:
        """A second window, drained in its midst, its end timed with fine polls."""
        first = self.calls[0]
        shut = max(c.written for c in self.calls if c.refused and c.written < release.written)
        low, high = shut - first.written, release.answered - first.written
        refused = next(call.written for call in self.calls if call.refused) - first.written
        # Not as long after the opening as at first: a penalty would end with the window again.
        yield from self._drain(
            size, release.written + (0.4 if refused < 0.2 * high else 0.75) * high
        )
        again = yield from self._fine_release(size, release.written, low, high)
        if again is None:
            return
        self.span = length = again.written - release.written
        if length > 1.06 * high:
            # On a grid the first release is only as sharp as its polls: time a third edge.
            yield from self._drain(size, again.written + 0.75 * length)
            yield from self._fine_release(
                size, again.written, length - 0.03 * length, length + (high - low)
            )

    def _drain(self, size: int, start: float) -> Schedule[None]:
        yield from self._send(
            "drain", Part(Abreast(2 * size + 20, 6), until_refused=2), start=start
        )

    def _fine_release(
        self, size: int, since: float, low: float, high: float
    ) -> Schedule[Call | None]:
        """Poll finely from ``low`` to ``high`` after a time, then ever more seldom."""
        step = max(0.012 * high, 0.004)
        offsets = [0.985 * low]
        while offsets[-1] < 1.01 * high:
            offsets.append(offsets[-1] + step)
        while len(offsets) < 80 and since + offsets[-1] * 1.05 < self.budget.max_seconds:
            offsets.append(offsets[-1] * 1.05)
        start = max(since, self.calls[-1].answered)
        calls = yield from self._send(
            "second release",
            Part(
                Listed(tuple(since + at - start for at in offsets if since + at > start)),
                until_admitted=1,
                fresh=True,
            ),
            Part(Abreast(max(4, size // 3) + 5, 2), until_refused=2),
            start=start,
        )
        return next((call for call in calls if call.admitted), None)

    def _bucket(self, size: int, release: Call) -> Schedule[None]:
        """Let more and more come back and take it, until the rate is known."""
        shut = max(c.written for c in self.calls if c.refused and c.written < release.written)
        wait = 4 * (release.written - shut)
        enough = max(3, min(TOKENS, 3 * size // 5))
        last_three = [0, 0, 0]
        for _ in range(14):
            last = self.calls[-1].answered
            calls = yield from self._send(
                "drain", Part(Abreast(2 * size + 20, 2), until_refused=1), start=last + wait
            )
            tokens = sum(call.admitted for call in calls)
            last_three = [*last_three[1:], tokens]
            if tokens >= enough or _no_more(last_three):
                break
            rest = 2.0 if tokens < 3 else min(4.0, 1.3 * enough / tokens)
            wait = (calls[-1].answered - last) * rest
        rate = max(tokens, 1) / (calls[-1].answered - last)
        if _no_more(last_three):
            self.size = size = tokens
        self.span = size / rate
        if size == 1:
            yield from self._one_at_a_time()
            return
        yield from self._time_a_token(size, rate)
        yield from self._drain_fast(size, rate)

    def _one_at_a_time(self) -> Schedule[None]:
        """A second call so long after the first: halve the time after which it is admitted."""
        for _ in range(8):
            low, high = self._between_two()
            if high - low < max(0.02 * high, 0.003):
                break
            middle, rest = (low + high) / 2, 1.2 * high
            start = self.calls[-1].answered + rest
            yield from self._send("one at a time", Part(Listed((0.0, middle))), start=start)
        self.span = self._between_two()[1]

    def _between_two(self) -> tuple[float, float]:
        """The longest time after an admitted call that one was refused, the shortest that not."""
        low, high = 0.0, math.inf
        admitted = [call for call in self.calls if call.admitted]
        for before, after in pairwise(admitted):
            high = min(high, after.answered - before.written)
            alone = (c for c in self.calls if before.answered < c.written and c.refused)
            low = max(
                low,
                *(c.written - before.answered for c in alone if c.answered < after.written),
                0.0,
            )
        return low, high

    def _sharpen(self) -> Schedule[None]:
        """Drain from rest and time the release, while that can still tell more."""
        for _ in range(MOST_AGAIN):
            found = measure(self.calls)
            if found is None or _is_sharp(found):
                return
            guess = (0.97 * self.span, self.span, 1.03 * self.span)
            low, span, high = (found.windows if found.family else None) or guess
            start = self.calls[-1].answered + 2.1 * span
            if start + 1.2 * span > self.budget.max_seconds:
                return
            burst = Part(Abreast(2 * self.size + 20, 6), until_refused=2)
            drained = yield from self._send("drain", burst, start=start)
            begin = self.calls[-1].answered + 0.01
            polls = (drained[0].written + at - begin for at in _polls(low, span, high))
            yield from self._send(
                "release again",
                Part(Listed(tuple(at for at in polls if at > 0)), until_admitted=1, fresh=True),
                Part(Abreast(max(4, self.size // 3) + 5, 2), until_refused=2),
                start=begin,
            )

    def _time_a_token(self, size: int, rate: float) -> Schedule[None]:
        """Drain once more, and poll finely for what comes back first."""
        start = self.calls[-1].answered + min(0.7 * size, 20) / rate
        polls = Paced(14, min(10 * rate, self.budget.max_rps))
        yield from self._send(
            "fine",
            Part(Abreast(2 * size + 20, 2), until_refused=1),
            Part(polls, until_admitted=1),
            start=start,
        )

    def _drain_fast(self, size: int, rate: float) -> Schedule[None]:
        """Drain once more from rest if so much came back while the search drained it."""
        refused = next(call.answered for call in self.calls if call.refused)
        came_back = rate * (refused - self.calls[0].written)
        if came_back < 0.1 * size:
            return
        full = self.calls[-1].answered + 1.6 * size / rate
        burst = Part(Abreast(2 * size + 20, 12), until_refused=2)
        yield from self._send("drain from rest", burst, start=full)
