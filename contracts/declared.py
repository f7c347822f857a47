"""The rate limit as the operator declares it, `100/60s burst=20 per=key`.

Pure. The declaration paces the contract checks and is what the ramp confirms or contradicts.
"""

import re
from dataclasses import dataclass
from typing import Literal, get_args

Identity = Literal["key", "ip", "account", "operation"]
"""Whose calls are counted together."""

_LIMIT = re.compile(r"(?P<calls>\d+)\s*/\s*(?P<window>\d+(?:\.\d+)?)\s*s")
_EXAMPLE = "write requests/seconds, such as 100/60s or 100/60s burst=20 per=key"


@dataclass(frozen=True, slots=True)
class DeclaredLimit:
    """What the operator says the limit is.

    Attributes:
        calls: Calls admitted per window.
        window_s: Seconds.
        burst: Calls admitted at once beyond the even rate; None where not declared.
        per: Whose calls are counted together; None where not declared.
    """

    calls: int
    window_s: float
    burst: int | None = None
    per: Identity | None = None

    @property
    def rate_rps(self) -> float:
        """Calls per second in the long run."""
        return self.calls / self.window_s

    def __str__(self) -> str:
        words = [f"{self.calls}/{self.window_s:g}s"]
        words += [f"burst={self.burst}"] if self.burst is not None else []
        words += [f"per={self.per}"] if self.per else []
        return " ".join(words)


def read_declared_limits(text: str) -> tuple[DeclaredLimit, ...]:
    """Read `100/60s [burst=20] [per=key|ip|account|operation]`, several separated by `;`.

    Args:
        text: The declaration.

    Returns:
        At least one limit, in the order written.

    Raises:
        ValueError: Something in it cannot be read; the message says what would be right.
    """
    return tuple(_read_one(part.strip()) for part in text.split(";"))


def _read_one(text: str) -> DeclaredLimit:
    head, *options = text.split() or [""]
    match = _LIMIT.fullmatch(head)
    if not match or int(match["calls"]) < 1 or float(match["window"]) <= 0:
        raise ValueError(f'"{text}" is not a limit; {_EXAMPLE}')
    burst: int | None = None
    per: Identity | None = None
    for option in options:
        name, _, value = option.partition("=")
        if name == "burst" and value.isascii() and value.isdigit():
            burst = int(value)
        elif name == "per" and (known := _identity(value)):
            per = known
        else:
            raise ValueError(f'"{option}" in "{text}" is not known; {_EXAMPLE}')
    return DeclaredLimit(int(match["calls"]), float(match["window"]), burst, per)


def _identity(text: str) -> Identity | None:
    return next((known for known in get_args(Identity) if known == text), None)
