"""Asking a sandbox in process: one ASGI call a request, no socket."""

import asyncio
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from urllib.parse import unquote

from starlette.types import Message, Scope

from tests.sandbox.assembly import Order, Sandbox, assemble
from tests.sandbox.calls import Calls
from tests.sandbox.connections import Connection
from tests.sandbox.keys import PREFIX, RANDOM_LENGTH
from tests.sandbox.limiter import Rate

SERVER = "http://127.0.0.1:1/v1"
UNLIMITED = Rate(1_000_000, 60)
SEEDED = Calls(Random(0))  # noqa: S311 - the data of seed 0
OLDEST = str(SEEDED.newest(100)[-1]["id"])


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
    """What came back; status 0 where the connection broke."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def sandbox(*faults: str, benign: tuple[str, ...] = (), rate: Rate = UNLIMITED) -> Sandbox:
    """Assemble a sandbox with faults and variations written as on the command line."""
    order = Order(rate=rate, faults=_chosen(faults), benign=_chosen(benign))
    return assemble(order, server=SERVER)


CRASHES = (IndexError, OverflowError, TypeError, ValueError)
"""What seeded faults crash with; anything else is the sandbox's own."""


def ask(server: Sandbox, request: Ask, connection: Connection | None = None) -> Answer:
    """Ask once, on a connection of its own unless one is given."""
    return asyncio.run(asking(server, request, connection))


async def asking(server: Sandbox, request: Ask, connection: Connection | None = None) -> Answer:
    """Ask once, within a running event loop."""
    scope = _scope(server, request, connection or Connection())
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": request.body.encode(), "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    try:
        await server(scope, receive, send)
    except CRASHES:
        # Starlette answers 500 first and then lets the server log the exception.
        if not messages or messages[0]["status"] != 500:
            raise
    return _answer(messages, server) if messages else Answer(0, {}, b"")


def _scope(server: Sandbox, request: Ask, connection: Connection) -> Scope:
    words = _words(server)
    target = _filled(request.target, words)
    path, _, query = target.partition("?")
    lines = [("x-api-key", request.key)] if request.key is not None else []
    lines += request.headers
    if not any(name == "host" for name, _ in lines):
        lines.append(("host", "127.0.0.1"))
    headers = [(name, _filled(value, words)) for name, value in lines]
    head = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    connection.received = "\r\n".join([*head, "", request.body]).encode("latin-1")
    return {
        "type": "http",
        "method": request.method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            # blanks round a value are no part of it: the parser takes them away
            (name.encode(), value.strip(" \t").encode("latin-1"))
            for name, value in headers
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 1),
        "scheme": "http",
        "http_version": "1.1",
        "state": {"connection": connection},
    }


def _answer(messages: list[Message], server: Sandbox) -> Answer:
    start, *rest = messages
    headers = {name.decode(): value.decode("latin-1") for name, value in start["headers"]}
    body = b"".join(message.get("body", b"") for message in rest)
    return Answer(start["status"], headers, _comparable(body, server))


def _comparable(body: bytes, server: Sandbox) -> bytes:
    """Replace what is drawn or stamped anew at each start."""
    for name, secret in _secrets(server).items():
        body = body.replace(secret.encode(), f"{{{name}}}".encode())
    first = {call["id"] for call in SEEDED.newest(100)}
    for created in set(re.findall("call_[0-9a-f]{12}", body.decode("latin-1"))) - first:
        body = body.replace(created.encode(), b"call_created_now")
    return re.sub(rb'"startedAt": ?"20(?!25)[^"]+"', b'"startedAt": "now"', body)


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
        "item": OLDEST,
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
    return "1" if character != "1" else "2"  # no letter: another case is another matter


def _filled(text: str, names: Mapping[str, str]) -> str:
    for name, value in names.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def _chosen(texts: tuple[str, ...]) -> tuple[tuple[str, str | None], ...]:
    pairs = (text.partition("=") for text in texts)
    return tuple((name, value if equals else None) for name, equals, value in pairs)
