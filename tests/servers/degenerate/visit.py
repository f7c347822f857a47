"""One request in the hands of a mode, and the answer that a correct server would give it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from tests.servers.degenerate.wire import Answer, Request, envelope, success


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line sets for every request.

    Attributes:
        keys: Scopes by active key.
        delay: Seconds that ``slow`` and the dripping modes take, each in its own way.
        elsewhere: Where ``redirecting`` points, another origin.
        retry_after: Value of Retry-After on refusals; None leaves it out.
        bare: Errors in a shape of their own instead of the documented one.
    """

    keys: Mapping[str, frozenset[str]]
    delay: float
    elsewhere: str
    retry_after: str | None
    bare: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """One request and the connection it came on; ``number`` counts from 1 over all connections."""

    request: Request
    writer: asyncio.StreamWriter
    number: int
    options: Options

    async def send(self, data: bytes) -> None:
        """Write bytes and wait until the client's side has taken them."""
        self.writer.write(data)
        await self.writer.drain()

    async def answer(self, answer: Answer) -> None:
        """Send one well-formed answer."""
        await self.send(answer.to_bytes(self.request.method))


Mode = Callable[[Visit], Awaitable[None]]

LIST_OF_CALLS = [{"id": "call_001", "duration": 61}, {"id": "call_002", "duration": 17}]


def correct_answer(visit: Visit) -> Answer:
    """The answer of a server that keeps every promise; it knows GET and POST of calls."""
    key = visit.request.header("x-api-key")
    scopes = visit.options.keys.get(key) if key else None
    if scopes is None:
        return envelope(401, "Invalid API Key provided")
    is_read = visit.request.method in {"GET", "HEAD"}
    if ("calls:read" if is_read else "calls:write") not in scopes:
        return envelope(403, "The key lacks a scope")
    match visit.request.method, visit.request.path:
        case "GET" | "HEAD", "/v1/calls":
            return success(LIST_OF_CALLS)
        case "GET" | "HEAD", "/v1/calls/call_001":
            return success(LIST_OF_CALLS[0])
        case "POST", "/v1/calls":
            return success({"id": "call_003"}, status=201)
    return envelope(404, "No such resource")


def stated_error(visit: Visit, status: int) -> Answer:
    """An error as the options want it: in the documented shape or bare, with Retry-After or not."""
    options = visit.options
    stated = envelope(status, "This server says so to everything")
    body = json.dumps({"error": "no"}).encode() if options.bare else stated.body
    headers = () if options.retry_after is None else (("Retry-After", options.retry_after),)
    return Answer(status, body, headers=headers)
