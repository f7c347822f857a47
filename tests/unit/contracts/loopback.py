"""A server on loopback that does exactly what a test says, byte by byte."""

import contextlib
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Final, Self

Script = Callable[["Peer"], None]
"""What is done with one connection."""

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Peer:
    """The server's end of one connection."""

    def __init__(self, opened: socket.socket, requests: list[bytes]) -> None:
        self._socket, self._requests = opened, requests

    def read(self) -> bytes:
        """Read one request, head and body; nothing where the client has closed."""
        data = self.read_head()
        length = _length(data)
        while len(data) < data.find(b"\r\n\r\n") + 4 + length and (more := self._received()):
            data += more
        if data:
            self._requests.append(data)
        return data

    def read_head(self) -> bytes:
        """Read until the end of a head, and note nothing."""
        data = b""
        while b"\r\n\r\n" not in data and (more := self._received()):
            data += more
        return data

    def _received(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except OSError:
            return b""

    def write(self, data: bytes) -> None:
        """Write bytes; a client that has gone away is no error."""
        with contextlib.suppress(OSError):
            self._socket.sendall(data)

    def answer(self, data: bytes = OK) -> bytes:
        """Read one request and write an answer."""
        request = self.read()
        if request:
            self.write(data)
        return request

    def drip(self, data: bytes) -> None:
        """Write one byte after the other, until the client has had enough."""
        for byte in data:
            self.write(bytes([byte]))
            if select.select([self._socket], [], [], 0.02)[0]:
                return

    def hang(self) -> None:
        """Say nothing until the client closes."""
        while self._received():
            continue

    def wait(self) -> None:
        """Read nothing until the client closes."""
        poll = select.poll()
        poll.register(self._socket, select.POLLRDHUP | select.POLLHUP | select.POLLERR)
        poll.poll(5_000)

    def close(self) -> None:
        """Close the connection in order."""
        self._socket.close()

    def end(self) -> None:
        """End the connection from another thread."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """Close it without any order."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def encrypt(self, context: ssl.SSLContext) -> Self:
        """Go on in TLS, as its server; a client that does not trust it goes away."""
        with contextlib.suppress(OSError):
            self._socket = context.wrap_socket(self._socket, server_side=True)
        return self


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


class Loopback:
    """A listening socket whose connections follow one script each, the last for ever.

    Attributes:
        requests: Every request that was read, as it came.
        connections: How many were opened.
    """

    def __init__(self, scripts: Sequence[Script]) -> None:
        self._scripts = scripts
        self._server = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._peers: list[Peer] = []
        self.requests: list[bytes] = []
        self.connections = 0

    @property
    def port(self) -> int:
        """Where it listens."""
        port: int = self._server.getsockname()[1]
        return port

    def run(self) -> None:
        """Take connections until it is closed."""
        while True:
            try:
                opened, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            script = self._scripts[min(self.connections, len(self._scripts)) - 1]
            peer = Peer(opened, self.requests)
            thread = threading.Thread(target=self._serve, args=(peer, script))
            self._threads.append(thread)
            self._peers.append(peer)
            thread.start()

    def _serve(self, peer: Peer, script: Script) -> None:
        try:
            script(peer)
        finally:
            peer.close()

    def close(self) -> None:
        """Stop listening and end every connection."""
        self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for peer in self._peers:
            peer.end()
        for thread in self._threads:
            thread.join()


@contextlib.contextmanager
def serving(*scripts: Script) -> Iterator[Loopback]:
    """Serve these scripts while the block runs."""
    server = Loopback(scripts)
    accepting = threading.Thread(target=server.run)
    accepting.start()
    try:
        yield server
    finally:
        server.close()
        accepting.join()


def answering(*answers: bytes) -> Script:
    """Answer one request after the other on one connection, the last answer for ever."""

    def script(peer: Peer) -> None:
        for data in answers:
            if not peer.answer(data):
                return
        while peer.answer(answers[-1]):
            continue

    return script


def response(
    body: bytes = b"{}", *fields: str, status: str = "200 OK", length: int | None = None
) -> bytes:
    """Write a whole answer."""
    declared = len(body) if length is None else length
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {declared}", *fields, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body
