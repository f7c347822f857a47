"""Layers round the application that several faults and variations are made of."""

from collections.abc import Callable
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.sandbox.parts import Layer

# A request that got past the guards has this in its state
_LET_THROUGH: Final = "let through"


def changed_headers(change: Callable[[Scope, int, MutableHeaders], None]) -> Layer:
    """Make a layer that changes the headers of each answer, given its request and status."""

    def layer(app: ASGIApp) -> ASGIApp:
        async def changed(scope: Scope, receive: Receive, send: Send) -> None:
            async def changing(message: Message) -> None:
                if message["type"] == "http.response.start":
                    change(scope, message["status"], MutableHeaders(scope=message))
                await send(message)

            await app(scope, receive, changing)

        return changed

    return layer


def rerouted(route: Callable[[Scope], Scope | None], *, let_through: bool = False) -> Layer:
    """Make a layer that changes what a request asks for.

    Args:
        route: Gives the members of the scope to replace; None for a request left alone.
        let_through: Mark the request, for guards that are to be skipped.
    """

    def layer(app: ASGIApp) -> ASGIApp:
        async def routed(scope: Scope, receive: Receive, send: Send) -> None:
            change = route(scope)
            if change is not None:
                state = {**scope["state"], _LET_THROUGH: let_through}
                scope = {**scope, **change, "state": state}
            await app(scope, receive, send)

        return routed

    return layer


def is_let_through(scope: Scope) -> bool:
    """Say whether a layer marked the request."""
    return bool(scope["state"].get(_LET_THROUGH))
