"""The limit that the operator declares: ``100/60s [burst=20] [per=key|ip|account|operation]``.

Pure. Several limits are separated by ``;``: all of them hold at once. Promise: D4, "Rate limit
exceeded."
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

SHARE_OF_LIMIT: Final = 0.8
"""Of a declared or met limit; the rest is for whoever shares it, and for clocks that differ."""


class Scope(StrEnum):
    """What shares one counter."""

    KEY = "key"
    IP = "ip"
    ACCOUNT = "account"
    OPERATION = "operation"


@dataclass(frozen=True, slots=True)
class DeclaredLimit:
    """One declared limit.

    Attributes:
        requests: How many calls are admitted per window; at least 1.
        window: Length of the window in seconds; positive.
        burst: How many are admitted at once, for buckets; ``None`` where the whole ``requests``
            are.
        per: What shares the counter; ``None`` where the operator does not say.
    """

    requests: int
    window: float
    burst: int | None = None
    per: Scope | None = None

    @property
    def rate(self) -> float:
        """Requests per second in the long run."""
        return self.requests / self.window

    @property
    def size(self) -> int:
        """How many calls drain it."""
        return self.requests if self.burst is None else max(1, self.burst)

    @property
    def span(self) -> float:
        """In which time all of them are given back, in seconds."""
        return self.size / self.rate

    @property
    def needs(self) -> tuple[int, float]:
        """What confirming it takes: requests and seconds, from the simulation."""
        return 60 + int(2.4 * self.size), 8 + 2.4 * self.span

    def __str__(self) -> str:
        burst = "" if self.burst is None else f" burst={self.burst}"
        per = "" if self.per is None else f" per={self.per}"
        window = f"{self.window:.6f}".rstrip("0").rstrip(".")  # :g writes a month as 2.592e+06
        return f"{self.requests}/{window}s{burst}{per}"


def met_first(limits: Sequence[DeclaredLimit]) -> DeclaredLimit | None:
    """The limit that is drained first, for which the schedule is made; ``None`` without any."""
    return min(limits, key=lambda limit: limit.size, default=None)


_LIMIT: Final = re.compile(r"([0-9]{1,9})/([0-9]{1,9}(?:\.[0-9]{1,6})?)s")
_OPTION: Final = re.compile(r"(burst|per)=(\S*)")


def read_declared(text: str) -> tuple[DeclaredLimit, ...]:
    """Read ``DECLARED_LIMIT``.

    Args:
        text: One or more limits, separated by ``;``.

    Returns:
        The limits, as many as written, in that order.

    Raises:
        ValueError: Something is not a limit; the message is one sentence that says what would be.
    """
    return tuple(_read_limit(part.strip()) for part in text.split(";"))


def _read_limit(text: str) -> DeclaredLimit:
    first, *options = text.split() or [""]
    match = _LIMIT.fullmatch(first)
    if match is None:
        raise ValueError(f'"{text}" is not a limit; write requests/seconds, such as 100/60s')
    requests, window = int(match[1]), float(match[2])
    if requests < 1 or window <= 0:
        raise ValueError(f'"{text}" admits nothing; write at least 1 request and a positive time')
    burst, per = _read_options(options)
    return DeclaredLimit(requests, window, burst, per)


def _read_options(options: list[str]) -> tuple[int | None, Scope | None]:
    burst: int | None = None
    per: Scope | None = None
    seen: set[str] = set()
    for option in options:
        match = _OPTION.fullmatch(option)
        if match is None:
            raise ValueError(f'"{option}" is no part of a limit; burst=20 and per=key are')
        name, value = match[1], match[2]
        if name in seen:
            raise ValueError(f'"{name}" stands twice in one limit; write it once')
        seen.add(name)
        if name == "burst":
            burst = _read_burst(value)
        else:
            per = _read_scope(value)
    return burst, per


def _read_burst(value: str) -> int:
    if re.fullmatch(r"[0-9]{1,9}", value) is None:
        raise ValueError(f'"burst={value}" is no burst; write a whole number, such as burst=20')
    return int(value)


def _read_scope(value: str) -> Scope:
    try:
        return Scope(value)
    except ValueError as error:
        names = ", ".join(Scope)
        raise ValueError(f'"per={value}" names no counter; write one of {names}') from error
