"""A sandbox put together: keys issued, faults seeded, requests counted."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.sandbox.app import build
from tests.sandbox.connections import connection_of
from tests.sandbox.correct import correct_parts
from tests.sandbox.gallery import BENIGN, FAULTS
from tests.sandbox.keys import KeyStore, StoredKey
from tests.sandbox.limiter import Rate
from tests.sandbox.openapi import document
from tests.sandbox.operations import SCOPES
from tests.sandbox.parts import Parts
from tests.sandbox.registry import Variation
from tests.sandbox.where import narrowed, parse_where

DEFAULT_RATE: Final = Rate(200, 2)  # a limit is found and confirmed within a few seconds


@dataclass(frozen=True, slots=True)
class IssuedKeys:
    """The keys a sandbox starts with.

    Attributes:
        full: Has all scopes.
        second: Another such key.
        scoped: Keys with less, by their scopes, separated by spaces.
        revoked: Had all scopes and was deactivated.
        deleted: Had all scopes and was deleted.
    """

    full: StoredKey
    second: StoredKey
    scoped: dict[str, StoredKey]
    revoked: StoredKey
    deleted: StoredKey


@dataclass(frozen=True, slots=True)
class Order:
    """What kind of sandbox is wanted.

    Attributes:
        rate: Its limit per key, and per address for what fails authentication.
        seed: Governs the data and every random oddity; keys never.
        faults: Ids of faults, each with a value for its parameter or None.
        benign: Ids of benign variations, likewise.
        where: Contexts that narrow the faults, such as ``method=POST``; the variations are
            everywhere.
    """

    rate: Rate = DEFAULT_RATE
    seed: int = 0
    faults: tuple[tuple[str, str | None], ...] = ()
    benign: tuple[tuple[str, str | None], ...] = ()
    where: tuple[str, ...] = ()


@dataclass(slots=True)
class Sandbox:
    """A sandbox, ready to be served or called in process.

    Attributes:
        keys: The keys it started with.
        parts: The server as varied.
        application: What the API's port serves.
        requests: How many requests the API has received.
    """

    keys: IssuedKeys
    parts: Parts
    application: ASGIApp
    requests: int = 0

    def count_malformed(self) -> None:
        """Count a request that no application ever sees."""
        self.requests += 1

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a request and answer it."""
        self.requests += 1
        connection = connection_of(scope)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                connection.note(message["status"])
            await send(message)

        await self.application(scope, receive, noting)


def assemble(order: Order, *, server: str) -> Sandbox:
    """Put a sandbox together.

    Args:
        order: What kind.
        server: Base URL of the API, for the document.

    Raises:
        ValueError: An id is unknown, or a value does not fit.
    """
    where = parse_where(order.where, seed=order.seed)
    sound = correct_parts(rate=order.rate, seed=order.seed)
    keys = issue_keys(sound.keys)
    sound = _varied(sound, BENIGN, order.benign)
    faulty = _varied(sound, FAULTS, order.faults)
    application = build(faulty, document(server, faulty.operations))
    if order.where:
        outside = build(sound, document(server, sound.operations))
        application = narrowed(where, application, outside)
    return Sandbox(keys, faulty, application)


def _varied(
    parts: Parts, registry: Mapping[str, Variation], chosen: Iterable[tuple[str, str | None]]
) -> Parts:
    for variation, value in chosen:
        if variation not in registry:
            raise ValueError(f"{variation} is not in the gallery; --list shows it")
        parts = registry[variation].install(parts, value)
    return parts


def issue_keys(keys: KeyStore) -> IssuedKeys:
    """Issue the keys a sandbox starts with."""

    def issue(role: str, scopes: Iterable[str] = SCOPES, owner: str = "member") -> StoredKey:
        return keys.issue(scopes, role=role, owner=owner)

    issued = IssuedKeys(
        full=issue("full"),
        second=issue("second"),
        scoped={
            # an administrator's, and still no more than its scope: fault S08 shows on it
            "calls:read": issue("scoped", ["calls:read"], owner="admin"),
            "calls:write": issue("scoped", ["calls:write"]),
            "agents:read": issue("scoped", ["agents:read"]),
            # proves alive on the agents, and has a scope that merely begins like calls:read
            "agents:read calls:readonly": issue("scoped", ["agents:read", "calls:readonly"]),
            "": issue("scoped", []),
        },
        revoked=issue("revoked"),
        deleted=issue("deleted"),
    )
    keys.deactivate(issued.revoked.id)
    keys.delete(issued.deleted.id)
    keys.revocations = 0
    return issued
