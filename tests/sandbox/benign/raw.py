"""Answers written past uvicorn, which knows neither HTTP/1.0 nor trailers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.sandbox.connections import connection_of
from tests.sandbox.parts import Layer


@dataclass(slots=True)
class Answer:
    """A whole answer, held back until it is complete."""

    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""

    async def hold(self, message: Message) -> None:
        """Take one message of the application."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message["headers"])
        else:
            self.body += message.get("body", b"")

    def head(self, version: str, **changed: str) -> bytes:
        """Write status line and headers; a changed header replaces the application's."""
        names: Mapping[bytes, str] = {
            name.replace("_", "-").encode(): value for name, value in changed.items()
        }
        lines = [f"{version} {self.status} {HTTPStatus(self.status).phrase}".encode()]
        lines += [b"%s: %s" % pair for pair in self.headers if pair[0] not in names]
        lines += [b"%s: %s" % (name, value.encode()) for name, value in names.items() if value]
        return b"\r\n".join([*lines, b"", b""])


def written(write: Callable[[Answer], bytes]) -> Layer:
    """Make a layer that writes each answer, bodies of HEAD aside, and ends the connection."""

    def layer(app: ASGIApp) -> ASGIApp:
        async def raw(scope: Scope, receive: Receive, send: Send) -> None:
            transport = connection_of(scope).transport
            if transport is None or scope["method"] == "HEAD":
                await app(scope, receive, send)
                return
            answer = Answer()
            await app(scope, receive, answer.hold)
            transport.write(write(answer))
            transport.close()
            while (await receive())["type"] != "http.disconnect":
                pass  # until uvicorn knows, it would write an error of its own

        return raw

    return layer


def http_1_0(answer: Answer) -> bytes:
    """Write an answer of HTTP/1.0."""
    return answer.head("HTTP/1.0", connection="close") + answer.body


def with_trailers(answer: Answer) -> bytes:
    """Write the body in two chunks and a trailer after them."""
    middle = len(answer.body) // 2
    chunks = [chunk for chunk in (answer.body[:middle], answer.body[middle:]) if chunk]
    head = answer.head(
        "HTTP/1.1",
        connection="close",
        content_length="",
        transfer_encoding="chunked",
        trailer="x-body-bytes",
    )
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    return head + body + b"0\r\nx-body-bytes: %d\r\n\r\n" % len(answer.body)
