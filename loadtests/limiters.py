"""Every kind of limiter in one frame: a call is admitted iff fewer than N places are taken.

Pure. How many places are taken depends on past calls and on one or two time parameters; N stays
outside. One implementation serves two uses:

* a simulated server knows when a call arrives and asks with ``sent == answered``;
* the estimator knows only that it arrived between being sent and being answered, and gets the
  fewest and the most places that can have been taken. Calls are given in the order of their
  answers, so that of calls in flight together the last admitted one has all the others before it,
  whatever their true order.

Times are seconds on one clock. Measured on limits 5.8, express-rate-limit 8.7,
rate-limiter-flexible 11.4, @fastify/rate-limit 11.2, nginx 1.22, HAProxy 2.6 and others.
"""

import math
from bisect import bisect_right, insort
from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol

SHUT: Final = 10**9
"""So many places are taken while a penalty lasts."""

ROUNDING: Final = 1e-9


class Outcome(Enum):
    """What became of a call at the limiter."""

    ADMITTED = "admitted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    """No answer: it may have been admitted or never have arrived."""


Taken = tuple[int, int]
"""The fewest and the most places that can be taken when a call arrives."""


class Limiter(Protocol):
    """Counts places; implemented by every kind below."""

    def taken(self, sent: float, answered: float) -> Taken:
        """How many places a call finds taken that arrives between the two times."""

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """Take note of a call that arrived between the two times."""


@dataclass(slots=True)
class _Window:
    """One window: when it was opened, the fewest and the most calls in it.

    Attributes:
        earliest: When it can have been opened at the earliest.
        latest: At the latest, if it was at all.
        certain: Whether it surely was.
        low: Calls that are surely in it.
        high: Calls that may be.
        full: From when on it surely was full, until it ended.
    """

    earliest: float
    latest: float
    certain: bool
    low: int
    high: int
    full: float = math.inf

    def add(self, sent: float, answered: float, *, surely: bool) -> None:
        """Count a call; it may be the one that opened it."""
        self.earliest = min(self.earliest, sent)
        if not self.certain:
            self.latest = max(self.latest, answered)
        self.low += surely
        self.high += 1
        self.certain = self.certain or surely

    def doubt(self) -> None:
        """It may have been forgotten: what was counted is possible, no longer sure."""
        self.certain, self.low, self.full = False, 0, math.inf

    def covering(self, later: "_Window") -> "_Window":
        """What may be either of two, and is held to be full of neither."""
        return _Window(
            min(self.earliest, later.earliest),
            max(self.latest, later.latest),
            self.certain,
            min(self.low, later.low),
            max(self.high, later.high),
        )


class FixedWindow:
    """A window that the first call after its expiry opens.

    limits' fixed window (Flask-Limiter, slowapi), express-rate-limit, rate-limiter-flexible,
    @fastify/rate-limit; Redis ``INCR`` with ``EXPIRE`` on the first.

    A call near the end of a window may be in it or have opened the next, and one that was long
    under way may be of a window before; so the last three are kept.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._windows: list[_Window] = []

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``."""
        may_be_in, opens = self._places(sent, answered)
        if not may_be_in:
            return 0, 0
        low = 0 if opens else min(window.low for window in may_be_in)
        return low, max(window.high for window in may_be_in)

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        may_be_in, opens = self._places(sent, answered)
        if outcome is Outcome.REFUSED:
            # Whoever opens a window is admitted.
            if may_be_in and sent >= may_be_in[0].latest:
                may_be_in[0].full = min(may_be_in[0].full, answered)
            return
        # None is admitted to a window that was full before.
        with_room = [window for window in may_be_in if sent < window.full]
        may_be_in = with_room if with_room or opens else may_be_in
        surely = outcome is Outcome.ADMITTED and len(may_be_in) + opens == 1
        for window in may_be_in:
            window.add(sent, answered, surely=surely)
        if opens:
            self._open(sent, answered, surely=surely)

    def doubt(self) -> None:
        """Whatever was counted may have been forgotten."""
        for window in self._windows:
            window.doubt()

    def _places(self, sent: float, answered: float) -> tuple[list[_Window], bool]:
        """The windows that a call may be in, and whether it may have opened one."""
        if not self._windows:
            return [], True
        ended = sent - self._window
        may_be_in = [
            window
            for window in self._windows
            if ended < window.latest and (answered >= window.earliest or not window.certain)
        ]
        return may_be_in, answered >= self._windows[-1].earliest + self._window

    def _open(self, sent: float, answered: float, *, surely: bool) -> None:
        earliest = sent
        if self._windows:
            earliest = max(sent, self._windows[-1].earliest + self._window)
        self._windows.append(_Window(earliest, answered, surely, int(surely), 1))
        if len(self._windows) > 3:
            first, second, *rest = self._windows
            self._windows = [first.covering(second), *rest]


class SlidingLog:
    """Every admitted call counts for one window length.

    limits' moving window, Django REST framework, pyrate-limiter.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._sent: list[float] = []
        self._answered: list[float] = []

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``."""
        low = len(self._sent) - bisect_right(self._sent, answered - self._window)
        high = len(self._answered) - bisect_right(self._answered, sent - self._window)
        return low, high

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        if outcome is Outcome.REFUSED:
            return
        insort(self._answered, answered)
        if outcome is Outcome.ADMITTED:
            insort(self._sent, sent)


class TokenBucket:
    """A level that every admitted call raises by one and that leaks at a rate.

    Token bucket, GCRA and leaky meter are the same from outside: nginx with ``nodelay``,
    throttled-py's gcra, Guava. With ``step`` it leaks in lumps on a grid: throttled-py's
    token_bucket fills once a second.
    """

    def __init__(self, rate: float, step: float = 0.0, phase: float = 0.0) -> None:
        self._rate = rate
        self._step = step
        self._phase = phase
        self._sent: list[float] = []
        self._lows: list[float] = []
        self._high, self._high_at = 0.0, -math.inf

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``."""
        low = self._low_beside(sent, answered)
        high = max(0.0, self._high - self._leaked(self._high_at, sent))
        return math.ceil(low - ROUNDING), math.ceil(high - ROUNDING)

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        if outcome is Outcome.REFUSED:
            return
        self._high = max(0.0, self._high - self._leaked(self._high_at, answered)) + 1
        self._high_at = answered
        if outcome is Outcome.ADMITTED:
            self._pour_low(sent)

    def _low_beside(self, sent: float, answered: float) -> float:
        """The level that one finds at least, this call or another that was under way with it.

        Whichever came last has the others before it, and each raises the level by one at most.
        """
        place = bisect_right(self._sent, sent)
        if place == len(self._sent):
            return self._low_by(place, answered)
        level, at = self._low_by(place, sent) + 1, sent
        for later in self._sent[place:]:
            level, at = max(0.0, level - self._leaked(at, later)) + 1, later
        return max(0.0, level - self._leaked(at, answered) - 1)

    def _low_by(self, place: int, time: float) -> float:
        """The level at a time after so many of the calls, by when they were sent."""
        if not place:
            return 0.0
        return max(0.0, self._lows[place - 1] - self._leaked(self._sent[place - 1], time))

    def _pour_low(self, sent: float) -> None:
        """Add a call at the earliest, and to what those it was overtaken by found."""
        place = bisect_right(self._sent, sent)
        self._sent.insert(place, sent)
        self._lows.insert(place, self._low_by(place, sent) + 1)
        for later in range(place + 1, len(self._sent)):
            low = self._low_by(later, self._sent[later]) + 1
            if low <= self._lows[later]:
                break
            self._lows[later] = low

    def _leaked(self, since: float, until: float) -> float:
        """What leaks between two times; negative if they are the other way round."""
        if since == -math.inf:
            return 0.0
        if not self._step:
            return self._rate * (until - since)
        steps = math.floor((until - self._phase) / self._step)
        steps -= math.floor((since - self._phase) / self._step)
        return self._rate * self._step * steps


class Extending:
    """A window that every call starts anew, refused ones too.

    @fastify/rate-limit with ``continueExceeding``; ``INCR`` with ``EXPIRE`` on each call.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._low = self._high = 0
        self._last: tuple[float, float] | None = None

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``."""
        if self._last is None or sent >= self._last[1] + self._window:
            return 0, 0
        if answered < self._last[0] + self._window:
            return self._low, self._high
        return 0, self._high

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        low, high = self.taken(sent, answered)
        self._low = low + (outcome is Outcome.ADMITTED)
        self._high = high + (outcome is not Outcome.REFUSED)
        if outcome is not Outcome.UNKNOWN or self._last is None:
            self._last = (sent, answered)
        else:
            self._last = (self._last[0], answered)


class InFlight:
    """Calls under way at the same time: nginx ``limit_conn``. Serial calls never fail."""

    def __init__(self) -> None:
        self._spans: list[tuple[float, float]] = []

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``; how many were surely under way at once cannot be told."""
        around = sum(began < answered and ended > sent for began, ended in self._spans)
        if sent == answered:
            around = sum(began <= sent < ended for began, ended in self._spans)
            return around, around
        return 0, around

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``; here the second time is when the call ended."""
        if outcome is Outcome.REFUSED:
            return
        self._spans = [span for span in self._spans if span[1] > sent - 60]
        self._spans.append((sent, answered))


class CountingRefused:
    """Another limiter that counts refused calls like admitted ones: HAProxy's http_req_rate."""

    def __init__(self, inner: Limiter) -> None:
        self._inner = inner
        self._refused: list[float] = []

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``; a refused call that was under way together with this may come after."""
        low, high = self._inner.taken(sent, answered)
        together = len(self._refused) - bisect_right(self._refused, sent)
        return max(0, low - together), high

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        if outcome is Outcome.REFUSED:
            insort(self._refused, answered)
            outcome = Outcome.ADMITTED
        self._inner.record(sent, answered, outcome)


class Penalty:
    """A fixed window after whose first refusal everything is refused for a while.

    rate-limiter-flexible's ``blockDuration``, the fourth argument of Varnish's vsthrottle. Calls
    during the penalty do not prolong it; afterwards the count begins anew.
    """

    def __init__(self, window: float, seconds: float) -> None:
        self._window = window
        self._seconds = seconds
        self._inner = FixedWindow(window)
        self._counted: list[tuple[float, float]] = []
        self._began: tuple[float, float] | None = None
        self._refused = self._unclear_until = -math.inf

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``; a refused call that was under way together with this may come after."""
        self._end_if_over(sent)
        low, high = self._inner.taken(sent, answered)
        if sent < self._unclear_until:
            return 0, SHUT
        if self._began is None:
            return low, high
        first, last = self._began
        if sent >= last and answered < first + self._seconds:
            return SHUT, SHUT
        return (low if answered < first + self._seconds else 0), SHUT

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        self._end_if_over(sent)
        if self._began is not None and outcome is Outcome.ADMITTED:
            first, last = self._began
            if sent >= last and answered >= first + self._seconds:
                self._end(sent)
        if outcome is not Outcome.REFUSED:
            if self._began is None or sent < self._began[1]:
                sure = sent >= self._unclear_until
                self._inner.record(sent, answered, outcome if sure else Outcome.UNKNOWN)
                self._counted.append((sent, answered))
        elif sent < self._unclear_until or self._may_be_of_another(answered):
            self._unclear_until = max(self._unclear_until, answered + self._seconds)
            self._inner.doubt()
        else:
            first, last = self._began or (sent, answered)
            self._began = min(first, sent), last
            self._refused = answered

    def _may_be_of_another(self, answered: float) -> bool:
        """Whether a refusal may come after this penalty: one admitted then has to precede it."""
        if self._began is None:
            return False
        over = self._began[0] + self._seconds
        return answered >= over and any(end >= over for _, end in self._counted)

    def _end_if_over(self, sent: float) -> None:
        if self._began is not None and sent >= self._began[1] + self._seconds:
            self._end(sent)

    def _end(self, sent: float) -> None:
        """Begin the count anew; what was answered after the penalty's end may be in it already."""
        assert self._began is not None
        first, last = self._began
        self._inner, self._began = FixedWindow(self._window), None
        self._counted = [span for span in self._counted if span[1] >= first + self._seconds]
        for span in self._counted:
            self._inner.record(*span, Outcome.UNKNOWN)
        since = self._refused if sent < self._refused else last
        self._unclear_until = since + self._seconds
