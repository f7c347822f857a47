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


class FixedWindow:
    """A window that the first call after its expiry opens.

    limits' fixed window (Flask-Limiter, slowapi), express-rate-limit, rate-limiter-flexible,
    @fastify/rate-limit; Redis ``INCR`` with ``EXPIRE`` on the first.

    Attributes:
        opened: Between which times the present window was opened.
    """

    def __init__(self, window: float) -> None:
        self._window = window
        self._low = self._high = 0
        self._refused = False
        self.opened: tuple[float, float] | None = None

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``."""
        if self.opened is None or sent >= self.opened[1] + self._window:
            return 0, 0
        if answered < self.opened[0] + self._window:
            return self._low, self._high
        return 0, self._high

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        if outcome is Outcome.REFUSED:
            self._refused = True
        elif self.opened is None or sent >= self.opened[1] + self._window:
            self._open(sent, answered, outcome)
        elif answered < self.opened[0] + self._window:
            self._join(sent, answered, outcome)
        elif self._refused:
            # Full until it expired, so the first admitted call afterwards opened the next.
            self._open(sent, answered, outcome)
        else:
            self._blur(answered, outcome)

    def _open(self, sent: float, answered: float, outcome: Outcome) -> None:
        self.opened = (sent, answered)
        self._low, self._high = int(outcome is Outcome.ADMITTED), 1
        self._refused = False

    def _join(self, sent: float, answered: float, outcome: Outcome) -> None:
        first, last = self.opened or (sent, answered)
        if self._low == 0 and outcome is Outcome.ADMITTED:
            last = max(last, answered)
        self.opened = (min(first, sent), last)
        self._low += outcome is Outcome.ADMITTED
        self._high += 1

    def _blur(self, answered: float, outcome: Outcome) -> None:
        """The call came last in the old window or opened a new one."""
        first, _ = self.opened or (answered, answered)
        self.opened = (first, answered)
        self._low = int(outcome is Outcome.ADMITTED)
        self._high += 1


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
        low = self._low_by(len(self._sent), answered)
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
        self._since: tuple[float, float] | None = None

    def taken(self, sent: float, answered: float) -> Taken:
        """See ``Limiter``."""
        if self._since is None:
            return self._inner.taken(sent, answered)
        if sent >= self._since[1] + self._seconds:
            return 0, 0
        if answered < self._since[0] + self._seconds:
            return SHUT, SHUT
        return 0, SHUT

    def record(self, sent: float, answered: float, outcome: Outcome) -> None:
        """See ``Limiter``."""
        since = self._since
        over = since is not None and sent >= since[1] + self._seconds
        maybe = since is not None and answered >= since[0] + self._seconds
        if over or (maybe and outcome is Outcome.ADMITTED):
            self._inner = FixedWindow(self._window)
            self._since = since = None
        if since is None and outcome is Outcome.REFUSED:
            self._since = (sent, answered)
        elif since is None:
            self._inner.record(sent, answered, outcome)
