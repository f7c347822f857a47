"""What is true of a limiter, and how its server is started."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

from tests.servers.running import Server

Algorithm = Literal["fixed_window", "sliding_window", "token_bucket", "leaky_bucket", "unknown"]


@dataclass(frozen=True, slots=True)
class Truth:
    """The limit of one key.

    Attributes:
        algorithm: The word of ``verdict.json``; ``unknown`` where it has none (block, extending).
        kind: How it really counts, in a few words.
        rate_rps: What it admits per second in the long run.
        limit: Requests in a window; None for buckets.
        window_s: Length of the window in seconds; None for buckets.
        burst: Requests admitted at once from rest; None for windows.
        counts_rejections: Whether refused requests count as well.
        block_s: Seconds for which everything is refused after the first refusal.
    """

    algorithm: Algorithm
    kind: str
    rate_rps: float
    limit: int | None = None
    window_s: int | None = None
    burst: int | None = None
    counts_rejections: bool = False
    block_s: int = 0

    @property
    def admitted_from_rest(self) -> int:
        """Requests admitted when they come at once to a limiter at rest."""
        return self.limit if self.limit is not None else self.burst or 0


@dataclass(frozen=True, slots=True)
class Limiter:
    """A limiter that can be started: ``with limiter.start() as server``."""

    truth: Truth
    start: Callable[[], AbstractContextManager[Server]]


def window(
    algorithm: Algorithm,
    kind: str,
    size: tuple[int, int],
    *,
    counts_rejections: bool = False,
    block_s: int = 0,
) -> Truth:
    """The truth of a limiter with a window; ``size`` is its requests and its seconds."""
    limit, window_s = size
    return Truth(
        algorithm,
        kind,
        rate_rps=limit / window_s,
        limit=limit,
        window_s=window_s,
        counts_rejections=counts_rejections,
        block_s=block_s,
    )
