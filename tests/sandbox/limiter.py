"""How many requests are admitted: the `limits` library, counting exactly.

Promise: D4.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Timer
from typing import Final, Self

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import MemoryStorage, Storage
from limits.strategies import FixedWindowRateLimiter, RateLimiter

_MOST_BUCKETS: Final = 10_000  # bounds memory when a client invents identities


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests per so many whole seconds."""

    requests: int
    window_s: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``200/2s``.

        Raises:
            ValueError: It is written otherwise, or one of the numbers is 0.
        """
        match = re.fullmatch(r"([1-9][0-9]*)/([1-9][0-9]*)s", text)
        if match is None:
            raise ValueError(f'"{text}" is not a rate; write requests/seconds, such as 200/2s')
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.requests}/{self.window_s}s"

    @property
    def item(self) -> RateLimitItem:
        """The same in the library's terms."""
        return RateLimitItemPerSecond(self.requests, self.window_s)


class _NoTimer(Timer):
    """A timer that never has to be started, because it claims to run."""

    def is_alive(self) -> bool:
        return True


class ExactStorage(MemoryStorage):
    """The library's memory, without the thread that expires buckets behind our back.

    That thread may find a bucket expired, lose the processor to a request that opens the next
    window, and then throw that window's count away: one request too many is admitted. Everything
    here runs on the event loop's thread and expiry is checked on each hit, so nothing is lost.
    """

    def __init__(self) -> None:
        super().__init__()
        self.timer.cancel()
        self.timer.join()
        self.timer = _NoTimer(0, lambda: None)

    def incr(self, key: str, expiry: float, amount: int = 1) -> int:
        """Count a request in its window."""
        if len(self.expirations) > _MOST_BUCKETS:
            for bucket in tuple(self.expirations):
                self.get(bucket)  # drops it where its window is over
        return super().incr(key, expiry, amount)

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count a request in its moving window."""
        admitted = super().acquire_entry(key, limit, expiry, amount)
        del self.events[key][limit:]  # older entries decide nothing any more
        return admitted


Strategy = Callable[[Storage], RateLimiter]


class Limiter:
    """Admits up to the rate, per bucket."""

    def __init__(self, rate: Rate, strategy: Strategy = FixedWindowRateLimiter) -> None:
        self.rate = rate
        self._item = rate.item
        self._strategy = strategy(ExactStorage())

    def hit(self, bucket: str) -> float | None:
        """Count a request.

        Returns:
            None where it is admitted, else the seconds until the next one may be.
        """
        return None if self._strategy.hit(self._item, bucket) else self.wait(bucket)

    def test(self, bucket: str) -> bool:
        """Say whether a request would be admitted, without counting it."""
        return self._strategy.test(self._item, bucket)

    def remaining(self, bucket: str) -> int:
        """Say how many more requests would be admitted now."""
        return int(self._strategy.get_window_stats(self._item, bucket).remaining)

    def wait(self, bucket: str) -> float:
        """Say in how many seconds the bucket admits again."""
        reset = self._strategy.get_window_stats(self._item, bucket).reset_time
        return max(0.0, reset - datetime.now(UTC).timestamp())


def whole_seconds(wait: float) -> str:
    """Write a wait as Retry-After, rounded up so that it holds (RFC 9110, section 10.2.3)."""
    return str(max(1, math.ceil(wait)))
