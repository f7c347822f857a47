"""One question to a server by http.client or bare socket: no line of the suite under test."""

import contextlib
import http.client
import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from tests.servers.running import Server

PATIENCE_S = 30.0  # of a loaded machine; nothing is ever that slow on an idle one


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> object:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def media_type(self) -> str:
        """The media type without its parameters, in lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


def ask(
    server: Server,
    path: str,
    *,
    key: str | None = None,
    method: str = "GET",
    body: object = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Send one request below the base URL on a connection of its own."""
    base = urlsplit(server.base_url)
    sent = dict(headers or {})
    if key is not None:
        sent["X-API-Key"] = key
    if body is not None:
        sent["Content-Type"] = "application/json"
    content = None if body is None else json.dumps(body)
    return _request(base.netloc, base.path + path, method, content, sent)


def ask_url(url: str) -> Reply:
    """Send one GET without a key."""
    parts = urlsplit(url)
    return _request(parts.netloc, parts.path, "GET", None, {})


def _request(
    netloc: str, path: str, method: str, content: str | None, headers: Mapping[str, str]
) -> Reply:
    connection = http.client.HTTPConnection(netloc, timeout=PATIENCE_S)
    try:
        connection.request(method, path, content, dict(headers))
        response = connection.getresponse()
        received = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, received, response.read())
    finally:
        connection.close()


def connect(server: Server, *, timeout: float = PATIENCE_S) -> socket.socket:
    """Open a bare connection; the caller closes it."""
    base = urlsplit(server.base_url)
    return socket.create_connection((base.hostname or "", base.port or 0), timeout=timeout)


def raw_request(server: Server, path: str = "/v1/calls") -> bytes:
    """Write a GET with the full key."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nx-api-key: {server.keys.full}\r\n\r\n".encode()
    )


def read_to_end(connection: socket.socket, *, at_most: int = 1 << 22) -> bytes:
    """Read until the server closes, or until that many bytes have come."""
    received = bytearray()
    while len(received) < at_most and (chunk := connection.recv(65536)):
        received += chunk
    return bytes(received)


def read_until_silent(connection: socket.socket) -> bytes:
    """Read until nothing has come for the connection's timeout.

    Raises:
        EOFError: The server closed instead.
    """
    received = bytearray()
    with contextlib.suppress(TimeoutError):
        while chunk := connection.recv(65536):
            received += chunk
        raise EOFError(bytes(received))
    return bytes(received)


def deviations(reply: Reply) -> list[str]:
    """Say how an error's body differs from the documented one; nothing where it does not."""
    if reply.media_type != "application/json":
        return [f"sent as {reply.media_type}"]
    document = reply.json
    if not isinstance(document, dict):
        return ["no object"]
    members = {"success", "message", "data", "statusCode"}
    found = [f"without {name}" for name in sorted(members - set(document))]
    found += [f"with {name}" for name in sorted(set(document) - members)]
    found += [
        f"{name} is {document[name]!r}"
        for name, right in (("success", False), ("data", None), ("statusCode", reply.status))
        if name in document and repr(document[name]) != repr(right)  # 0 is not False here
    ]
    message = document.get("message")
    return found if isinstance(message, str) and message.strip() else [*found, "no message"]


def is_envelope(reply: Reply, status: int) -> bool:
    """Whether the reply has that status and the documented error body."""
    return reply.status == status and deviations(reply) == []
