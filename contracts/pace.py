"""Every request passes here: counted, spaced, and stopped when a cap is reached.

The spacing is even and taken from the sender's own write times, so no half-open second holds more
than the cap; evenness also suits limiters that admit no burst at all.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.declared import SHARE_OF_LIMIT, DeclaredLimit

_MARGIN: Final = 1.06
"""A receiver sees writes closer together than they were: by 32 ms in a second, measured."""

_LONGEST_WAIT_S: Final = 60.0
_MOST_WAITS: Final = 3
"""Waits on 429 over the run: 60 s together; after that what is refused stays inconclusive."""

_FEWEST_TO_TELL: Final = 5
"""Requests before a refusal; fewer say nothing of the rate."""

_WAITS_WITHOUT_ADVICE: Final = (5.0, 15.0, 40.0)
"""Seconds, where a 429 names no Retry-After; they add up to the longest wait."""


class BudgetSpent(Exception):
    """A cap is reached; `setting` names the one that would have to be raised."""

    def __init__(self, setting: str) -> None:
        super().__init__(f"the budget is spent: BUSYBOARD_{setting}")
        self.setting = setting


@dataclass(frozen=True, slots=True)
class Caps:
    """What a process may use.

    Attributes:
        rps: Most requests in any second.
        requests: Most requests.
        seconds: Longest duration from the start of the pace.
    """

    rps: float
    requests: int
    seconds: float


def _whole(rps: float) -> float:
    """How many a second can hold: evenly spaced, two and a half of them would be three at times."""
    return float(int(rps)) if rps >= 1 else rps


class Pace:
    """Admits one request after the other, as fast as caps and limits allow."""

    def __init__(
        self,
        caps: Caps,
        limits: Sequence[DeclaredLimit] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._caps = caps
        self._clock, self._sleep = clock, sleep
        self._spacing = max(
            _MARGIN / _whole(caps.rps),
            *(1 / (SHARE_OF_LIMIT * limit.rate) for limit in limits),
            0.0,
        )
        self._started = clock()
        self._last = self._started
        self._since_wait = self._started
        self._admitted_since_wait = 0
        self._waits: list[float] = []
        self.requests = 0
        self.watch: Callable[[int], None] = lambda _requests: None

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return self._clock() - self._started

    @property
    def now(self) -> float:
        """Seconds on the clock that requests are timed by."""
        return self._clock()

    @property
    def rate_rps(self) -> float:
        """The rate that the spacing allows."""
        return 1 / self._spacing

    def admit(self) -> None:
        """Wait until the next request may be written.

        Raises:
            BudgetSpent: It may not be written at all.
        """
        if self.requests >= self._caps.requests:
            raise BudgetSpent("MAX_REQUESTS")
        wait = self._last + self._spacing - self._clock()
        if self.elapsed + max(wait, 0.0) >= self._caps.seconds:
            raise BudgetSpent("MAX_SECONDS")
        if wait > 0:
            self._sleep(wait)

    def wrote(self, at: float) -> None:
        """Note that a request was written, at this time of the same clock."""
        self._last = at
        self.requests += 1
        self._admitted_since_wait += 1
        self.watch(self.requests)

    def pause(self, seconds: float) -> bool:
        """Let time pass without a request.

        Args:
            seconds: How much.

        Returns:
            Whether it passed; False where the run would be over before.
        """
        if self.elapsed + seconds >= self._caps.seconds:
            return False
        self._sleep(seconds)
        return True

    def wait_out(self, retry_after: float | None) -> bool:
        """Wait after a 429, and go on more slowly.

        Args:
            retry_after: Seconds the answer asked for; None where it named none.

        Returns:
            Whether it waited; False where the wait would be too long or one too many.
        """
        if len(self._waits) >= _MOST_WAITS:
            return False
        wait = _WAITS_WITHOUT_ADVICE[len(self._waits)] if retry_after is None else retry_after
        ends = self.elapsed + wait
        if sum(self._waits) + wait > _LONGEST_WAIT_S or ends >= self._caps.seconds:
            return False
        self._waits.append(wait)
        self._slow_down(wait)
        self._sleep(wait)
        self._since_wait, self._admitted_since_wait = self._clock(), 0
        return True

    def _slow_down(self, wait: float) -> None:
        """Take what passed until the refusal, over that time and the wait, for the limit."""
        if self._admitted_since_wait < _FEWEST_TO_TELL:
            return
        met = self._admitted_since_wait / (self._clock() - self._since_wait + wait)
        self._spacing = max(self._spacing, 1 / (SHARE_OF_LIMIT * met))
