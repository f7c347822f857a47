"""A target in memory: an API that keeps its promises, and a wire to whatever answers."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.controls import Controls, controls
from contracts.exchange import Exchange, Fields, NoAnswer, Request, Response
from contracts.keyring import Keyring
from contracts.keys import Provisioner
from contracts.operations import Catalogue, Draft, Operation
from contracts.pace import Caps, Pace
from contracts.probing import Probing
from contracts.settings import Settings
from contracts.wire import Wire
from tests.unit.contracts.answers import answered
from tests.unit.contracts.clocks import Clock

READ: Final = frozenset({"calls:read"})
WRITE: Final = frozenset({"calls:write"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as a server sees it.

    Attributes:
        method: As sent.
        path: Below the base path.
        key: What stands in `x-api-key`; None where it is absent.
        fresh: Whether a connection was opened for it.
        number: Counts every request from 1.
        body: Content.
        headers: Without the key's, names as sent.
    """

    method: str
    path: str
    key: str | None
    fresh: bool
    number: int
    body: bytes = b""
    headers: Fields = ()


Answerer = Callable[[Asked], Response | NoAnswer]


@dataclass(slots=True)
class Api:
    """An API that keeps every promise over `/calls` and `/calls/{callId}`.

    Attributes:
        keys: Scopes by key; None for all.
        objects: Ids that exist.
    """

    keys: Mapping[str, frozenset[str] | None]
    objects: list[str] = field(default_factory=lambda: ["call_001"])
    _made: int = 1

    def __call__(self, asked: Asked) -> Response | NoAnswer:
        """Answer as documented."""
        if asked.key is None or asked.key not in self.keys:
            return answered(401)
        scopes = self.keys[asked.key]
        needed = READ if asked.method in {"GET", "HEAD"} else WRITE
        if scopes is not None and not needed <= scopes:
            return answered(403)
        return self._done(asked)

    def _done(self, asked: Asked) -> Response:
        identity = asked.path.removeprefix("/calls").removeprefix("/")
        if asked.method == "POST":
            self._made += 1
            self.objects.append(f"call_{self._made:03}")
            return _json(201, {"data": {"id": self.objects[-1]}})
        if not identity:
            return _json(200, {"data": [{"id": one} for one in self.objects]})
        if identity not in self.objects:
            return answered(404)
        if asked.method == "DELETE":
            self.objects.remove(identity)
            return Response(204, (), b"")
        return _json(200, {"data": {"id": identity}})


def _json(status: int, value: object) -> Response:
    return answered(status, json.dumps(value).encode())


class ScriptedWire(Wire):
    """Hands every request to a function, paced by a clock that stands still."""

    def __init__(self, server: Answerer, keyring: Keyring, caps: Caps) -> None:
        clock = Clock()
        self.server, self.keyring, self.clock = server, keyring, clock
        self.pace = Pace(caps, clock=clock, sleep=clock.sleep)
        self.log: list[Asked] = []
        self.limited: list[Exchange] = []

    @property
    def origin(self) -> str:
        """Of nobody's host."""
        return "https://staging.example"

    @property
    def base_path(self) -> str:
        """As in the documentation."""
        return "/v1"

    def close(self) -> None:
        """There is nothing to close."""

    def send(self, request: Request, *, fresh: bool = False) -> Exchange:
        """Ask the function once."""
        values = [value for _, value in request.credential.fields(self.keyring)]
        self.pace.admit()
        asked = Asked(
            request.method,
            request.target.removeprefix("/v1"),
            values[0].strip() if values else None,
            fresh,
            len(self.log) + 1,
            request.body,
            request.headers,
        )
        self.log.append(asked)
        self.pace.wrote(self.clock())
        answer = self.server(asked)
        body = answer.body if isinstance(answer, Response) else b""
        found = self.keyring.redactor.disclosures([body])
        return Exchange(request, answer, fresh, 100, self.clock(), 0.01, found)


LIST: Final = Operation("GET /calls", (READ,), draft=Draft("/calls"))
CREATE: Final = Operation("POST /calls", (WRITE,), draft=Draft("/calls"))
ITEM: Final = Operation("GET /calls/{callId}", (READ,), draft=Draft("/calls/{callId}"))
CHANGE: Final = Operation("PUT /calls/{callId}", (WRITE,), draft=Draft("/calls/{callId}"))
DELETE: Final = Operation(
    "DELETE /calls/{callId}",
    (WRITE,),
    successes={204: frozenset()},
    draft=Draft("/calls/{callId}"),
)

EVERY: Final = (LIST, CREATE, ITEM, CHANGE, DELETE)

MANY: Final = Caps(rps=1e6, requests=100_000, seconds=1e9)


@dataclass(frozen=True, slots=True)
class World:
    """A target and what asks it."""

    wire: ScriptedWire
    keyring: Keyring
    controls: Controls
    probing: Probing

    def asked(self, method: str = "", key: str | None = "any") -> list[Asked]:
        """The requests so far, of one method and with one key where these are given."""
        return [
            one for one in self.wire.log if method in {"", one.method} and key in {"any", one.key}
        ]


def world(
    server: Answerer,
    settings: Settings,
    *operations: Operation,
    caps: Caps = MANY,
    provisioner: Callable[[Keyring], Provisioner] | None = None,
) -> World:
    """Build what asks a server for these operations, all of them where none are named."""
    keyring = Keyring.of(settings)
    wire = ScriptedWire(server, keyring, caps)
    known = controls(Catalogue(operations or EVERY), wire, keyring, settings)
    creating = provisioner(keyring) if provisioner else None
    probing = Probing(known, wire, keyring, settings.envelope_extra, provisioner=creating)
    return World(wire, keyring, known, probing)
