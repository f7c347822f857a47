"""What a server is made of: replaceable functions, of which a fault exchanges one."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from tests.sandbox.calls import Calls
from tests.sandbox.errors import Refusal
from tests.sandbox.keys import KeyStore, StoredKey
from tests.sandbox.limiter import Limiter
from tests.sandbox.operations import Operation


@dataclass(slots=True)
class Visit:
    """One request on its way through the guards.

    Attributes:
        request: The request.
        operation: The operation it asks for.
        parts: The server it is at.
        key: Its key, once that is known and alive.
        arguments: Its query parameters and body members, once they are known to be valid.
    """

    request: Request
    operation: Operation
    parts: "Parts"
    key: StoredKey | None = None
    arguments: dict[str, object] = field(default_factory=dict)

    @property
    def presented(self) -> str | None:
        """The credential as this server reads it."""
        return self.parts.read_credential(self.request)


Guard = Callable[[Visit], Awaitable[None]]
Layer = Callable[[ASGIApp], ASGIApp]


@dataclass(frozen=True, slots=True)
class Wire:
    """How a connection behaves below the application.

    Attributes:
        names_itself: Whether answers carry Date and Server.
        malformed_type: Media type of the answer to bytes that are no HTTP request.
        malformed_body: Its body.
    """

    names_itself: bool = True
    malformed_type: str = "application/json"
    malformed_body: bytes = json.dumps(Refusal(400, "Malformed request").envelope()).encode()


@dataclass(frozen=True)
class Parts:
    """A server, part by part. Whatever a part needs of the others it takes from ``visit.parts``.

    Attributes:
        keys: The keys there are.
        calls: The data.
        limiter: The counters.
        declared_limit: What the operator says the limit is.
        random: Seeded; for data and for odd behaviour, never for keys.
        operations: What the API offers.
        handlers: What each operation does, by label; the value becomes ``data``.
        read_credential: Finds the presented key in a request; None where there is none.
        find_key: Finds the live key for what was presented.
        authenticate: Tells whose request it is, or refuses it with 401.
        bucket: Names the counter a request goes into.
        admit: Counts; None where admitted, else the seconds to wait.
        retry_after: Writes a wait as Retry-After; None for no such header.
        meter: Counts a request and refuses it with 429 over the limit.
        has_scope: Says whether a key may use an operation.
        authorise: Refuses with 403 what the key has no scope for.
        validate: Reads query and body, or refuses them with 422.
        perform: Carries the operation out and renders its answer.
        respond: Calls the guards, then the operation, in their order.
        encode: Writes a body.
        media_type: The type of every body.
        render_error: Renders a refusal.
        layers: Wrapped round the application, the outermost first.
        wire: What happens below the application.
    """

    keys: KeyStore
    calls: Calls
    limiter: Limiter
    declared_limit: str
    random: Random
    operations: tuple[Operation, ...]
    handlers: Mapping[str, Callable[[Visit], object]]
    read_credential: Callable[[Request], str | None]
    find_key: Callable[[str], StoredKey | None]
    authenticate: Callable[[Visit], Awaitable[StoredKey]]
    bucket: Callable[[Visit], str]
    admit: Callable[[str], Awaitable[float | None]]
    retry_after: Callable[[float], str | None]
    meter: Guard
    has_scope: Callable[[StoredKey, Operation], bool]
    authorise: Guard
    validate: Guard
    perform: Callable[[Visit], Awaitable[Response]]
    respond: Callable[[Visit], Awaitable[Response]]
    encode: Callable[[object], bytes]
    media_type: str
    render_error: Callable[["Parts", Request, Refusal], Response]
    layers: tuple[Layer, ...] = ()
    wire: Wire = Wire()
