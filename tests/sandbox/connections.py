"""What is remembered of one connection, and how the bytes of one are received.

uvicorn hands each request a copy of the connection's state; an object in there is shared by all
requests of that connection, and unlike a client's address it is never used twice.
"""

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, cast

import h11
from starlette.types import Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

from tests.sandbox.parts import Wire

_numbers: Final = itertools.count()


@dataclass(slots=True, eq=False)
class Connection:
    """One connection.

    Attributes:
        number: Counts connections from 0.
        requests: How many requests came on it before the present one.
        good_in_a_row: How many successes came last, one after the other.
        bad_in_a_row: How many refusals did.
        received: The bytes that came last, blanks included that the parser takes away.
        transport: What it is written to; None in process.
        marks: Whatever a fault remembers about it.
    """

    number: int = field(default_factory=lambda: next(_numbers))
    requests: int = 0
    good_in_a_row: int = 0
    bad_in_a_row: int = 0
    received: bytes = b""
    transport: asyncio.Transport | None = None
    marks: dict[str, object] = field(default_factory=dict)

    def note(self, status: int) -> None:
        """Remember what was answered."""
        self.requests += 1
        good = status < 400
        self.good_in_a_row = self.good_in_a_row + 1 if good else 0
        self.bad_in_a_row = 0 if good else self.bad_in_a_row + 1

    def reset(self) -> None:
        """Break it off without a word."""
        if self.transport is not None:
            self.transport.abort()


def connection_of(scope: Scope) -> Connection:
    """Find the connection a request came on."""
    return cast("Connection", scope["state"]["connection"])


def protocol(wire: Wire, malformed: Callable[[], None]) -> type[H11Protocol]:
    """Make the protocol of all connections.

    Args:
        wire: How they behave.
        malformed: Called for each request that could not be parsed.
    """

    class SandboxProtocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the class above
            super().connection_made(transport)
            self.app_state = {"connection": Connection(transport=transport)}

        def data_received(self, data: bytes) -> None:
            cast("Connection", self.app_state["connection"]).received = data
            super().data_received(data)

        def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's own is plain text
            if self.conn.our_state not in {h11.IDLE, h11.SEND_RESPONSE}:
                self.transport.close()  # what is malformed comes after an answer
                return
            # a request whose head was read is the application's, which counts it
            if self.cycle is None or self.cycle.response_complete:  # type: ignore[redundant-expr] # None at first
                malformed()
            headers = [
                ("content-type", wire.malformed_type),
                ("content-length", str(len(wire.malformed_body))),
                ("connection", "close"),
            ]
            for event in (
                h11.Response(status_code=400, headers=headers, reason="Bad Request"),
                h11.Data(data=wire.malformed_body),
                h11.EndOfMessage(),
            ):
                self.transport.write(self.conn.send(event) or b"")
            self.transport.close()

    return SandboxProtocol
