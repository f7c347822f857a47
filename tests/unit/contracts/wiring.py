"""A wire to a server on loopback that follows scripts."""

from collections.abc import Callable
from typing import Final

from contracts.exchange import Exchange, NoAnswer, Trouble
from contracts.pace import Caps
from contracts.wire import Wire
from tests.unit.contracts.loopback import Loopback

MANY: Final = Caps(rps=1e6, requests=100_000, seconds=1e6)

Wired = Callable[..., tuple[Wire, Loopback]]
"""Builds a wire to a server of scripts, by these settings."""


def trouble_of(exchange: Exchange) -> Trouble | None:
    """What happened, where there is no answer."""
    return exchange.answer.trouble if isinstance(exchange.answer, NoAnswer) else None
