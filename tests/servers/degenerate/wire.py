"""One request as it arrived and one answer as it leaves, in bytes."""

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus

LONGEST_HEAD = 1 << 20  # heads beyond 1 MiB are cut: nothing here needs to see more


@dataclass(frozen=True, slots=True)
class Request:
    """What a client sent.

    Attributes:
        head: Request line and header lines, as they arrived, with the empty line.
        body_bytes: Length of the body in bytes, framing of chunks included.
    """

    head: bytes
    body_bytes: int

    @property
    def method(self) -> str:
        """The method as it was spelled."""
        return self.head.decode("latin-1").split(" ", 1)[0]

    @property
    def path(self) -> str:
        """The target without its query, ``""`` where the request line has none."""
        words = self.head.decode("latin-1").split("\r\n", 1)[0].split(" ")
        return words[1].partition("?")[0] if len(words) > 1 else ""

    def header(self, name: str) -> str | None:
        """The value of the first header of that name, without blanks around it."""
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            spelled, colon, value = line.partition(":")
            if colon and spelled.lower() == name.lower():
                return value.strip(" \t")
        return None


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Read one request; None when the client closed. What is no HTTP counts as a head."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        return Request(error.partial, 0) if error.partial else None
    except asyncio.LimitOverrunError:
        return Request(await reader.read(LONGEST_HEAD), 0)
    return Request(head, await _skip_body(reader, Request(head, 0)))


async def _skip_body(reader: asyncio.StreamReader, request: Request) -> int:
    if (request.header("transfer-encoding") or "").lower() == "chunked":
        return len(await reader.readuntil(b"0\r\n\r\n"))
    length = request.header("content-length") or "0"
    return len(await reader.readexactly(int(length))) if length.isdecimal() else 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server says; ``media_type`` None leaves the header out."""

    status: int
    body: bytes
    media_type: str | None = "application/json"
    headers: tuple[tuple[str, str], ...] = ()

    def to_bytes(self, method: str = "GET") -> bytes:
        """Write status line, headers with a true Content-Length, and the body unless for HEAD."""
        return self.head(length=len(self.body)) + (b"" if method == "HEAD" else self.body)

    def head(self, *, length: int | None) -> bytes:
        """Write status line and headers; ``length`` None leaves Content-Length out."""
        lines = [f"HTTP/1.1 {self.status} {_reason(self.status)}"]
        if self.media_type is not None:
            lines.append(f"Content-Type: {self.media_type}")
        if length is not None:
            lines.append(f"Content-Length: {length}")
        lines += [f"{name}: {value}" for name, value in self.headers]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unassigned"


def envelope(status: int, message: str) -> Answer:
    """The documented error answer."""
    body = {"success": False, "message": message, "data": None, "statusCode": status}
    return Answer(status, json.dumps(body).encode())


def success(data: object, status: int = 200) -> Answer:
    """A plausible answer of success."""
    return Answer(status, json.dumps({"success": True, "data": data}).encode())
