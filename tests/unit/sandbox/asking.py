"""Asking a sandbox in process: one ASGI call a request, no socket."""

import asyncio
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Message

from tests.sandbox.assembly import Order, Sandbox, assemble
from tests.sandbox.connections import Connection
from tests.sandbox.keys import PREFIX, RANDOM_LENGTH
from tests.sandbox.limiter import Rate

SERVER = "http://127.0.0.1:1/v1"
UNLIMITED = Rate(1_000_000, 60)


@dataclass(frozen=True, slots=True)
class Ask:
    """A request. ``{full}``, ``{item}`` and the like in it stand for what a sandbox was given.

    Attributes:
        target: Path and query.
        key: Value of ``x-api-key``; None for no such header.
        method: Method.
        headers: Further headers.
        body: Body.
    """

    target: str
    key: str | None = None
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def sandbox(*faults: str, benign: tuple[str, ...] = (), rate: Rate = UNLIMITED) -> Sandbox:
    """Assemble a sandbox with faults and variations written as on the command line."""
    order = Order(rate=rate, faults=_chosen(faults), benign=_chosen(benign))
    return assemble(order, server=SERVER)


def ask(server: Sandbox, request: Ask, connection: Connection | None = None) -> Answer:
    """Ask once, on a connection of its own unless one is given."""
    return asyncio.run(asking(server, request, connection))


async def asking(server: Sandbox, request: Ask, connection: Connection | None = None) -> Answer:
    """Ask once, within a running event loop."""
    names = _words(server)
    target, _, query = _filled(request.target, names).partition("?")
    headers = [("host", "127.0.0.1"), *request.headers]
    if request.key is not None:
        headers.insert(1, ("x-api-key", request.key))
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": request.body.encode(), "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "method": request.method,
        "path": target,
        "raw_path": target.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (name.lower().encode(), _filled(value, names).encode("latin-1"))
            for name, value in headers
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
        "scheme": "http",
        "http_version": "1.1",
        "state": {"connection": connection or Connection()},
    }
    try:
        await server(scope, receive, send)
    except Exception:
        # Starlette answers 500 first and then lets the server log the exception
        if not messages:
            raise
    return _answer(messages, _secrets(server))


def _answer(messages: list[Message], secrets: Mapping[str, str]) -> Answer:
    start, *parts = messages
    body = b"".join(part.get("body", b"") for part in parts)
    for name, text in secrets.items():
        body = body.replace(text.encode(), f"{{{name}}}".encode())
    headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    # what is drawn or stamped anew at each start
    body = re.sub(rb'"startedAt": ?"20(?!25)[^"]+"', b'"startedAt":"now"', body)
    return Answer(start["status"], headers, body)


def _secrets(server: Sandbox) -> dict[str, str]:
    keys = server.keys
    return {
        "full": keys.full.secret,
        "second": keys.second.secret,
        "revoked": keys.revoked.secret,
        "deleted": keys.deleted.secret,
        **{scopes or "none": key.secret for scopes, key in keys.scoped.items()},
    }


def _words(server: Sandbox) -> dict[str, str]:
    full, start = server.keys.full.secret, len(PREFIX)
    return {
        **_secrets(server),
        "item": str(server.parts.calls.newest(1)[0]["id"]),
        "cut": full[:-1],
        "half": full[:20],
        "first16": full[:16],
        "early": full[:start] + _other(full[start]) + full[start + 1 :],
        "late": full[:-1] + _other(full[-1]),
        "swapped": full[:start] + full[start:].swapcase(),
        "random": PREFIX + "0" * RANDOM_LENGTH,
        "tail": full[start:],
        "blind": "_" * len(full),
        "user": b64encode(f"{full}:".encode()).decode(),
        "password": b64encode(f"api:{full}".encode()).decode(),
    }


def _other(character: str) -> str:
    return "a" if character != "a" else "b"


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _chosen(texts: tuple[str, ...]) -> tuple[tuple[str, str | None], ...]:
    pairs = (text.partition("=") for text in texts)
    return tuple((name, value if equals else None) for name, equals, value in pairs)
