"""One connection: opens it, writes the bytes it is given, reads one whole answer.

h11 parses what comes back. One deadline covers the whole exchange, so an answer that drips in is a
time-out. What the system raises becomes a trouble in words.
"""

import contextlib
import select
import socket
import ssl
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Self

import h11

from contracts.client import Address, Proxy, proxy, tls_context
from contracts.exchange import NoAnswer, Response, Trouble
from contracts.settings import Settings

LARGEST_BODY: Final = 8 * 1024 * 1024
"""Bytes; an endless answer is given up there."""


class Broken(Exception):
    """No whole answer came."""

    def __init__(self, trouble: Trouble, detail: str = "") -> None:
        super().__init__(trouble)
        self.no_answer = NoAnswer(trouble, detail)


@dataclass(frozen=True, slots=True)
class Route:
    """How a target is reached.

    Attributes:
        address: Where it is.
        tls: Context for https.
        proxy: On the way there, or None.
        timeout_s: Seconds for connecting, and again for one whole exchange.
    """

    address: Address
    tls: ssl.SSLContext | None
    proxy: Proxy | None
    timeout_s: float

    @classmethod
    def to(cls, target: Address, settings: Settings) -> Self:
        """Build the route that the settings describe."""
        context = tls_context(settings) if target.scheme == "https" else None
        return cls(target, context, proxy(settings), settings.timeout_s)


class Connection:
    """One TCP or TLS connection to the target."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._socket = open_socket(route)
        self._http = h11.Connection(h11.CLIENT, max_incomplete_event_size=256 * 1024)
        self._heard = self._ended = False

    @property
    def reusable(self) -> bool:
        """Whether another request may be written on it: idle, still open, and nothing unasked-for.

        What stands on an idle connection would be taken for the answer to the next request.
        """
        idle = self._http.our_state is h11.IDLE and self._http.their_state is h11.IDLE
        if not idle or self._http.trailing_data[0] or self._socket.fileno() < 0:
            return False
        return not select.select([self._socket], [], [], 0)[0]

    def close(self) -> None:
        """Close it; closing twice is fine."""
        self._socket.close()

    def exchange(self, method: str, data: bytes) -> Response:
        """Write the bytes and read the final answer.

        Args:
            method: Of the request in `data`; it says whether the answer has a body.
            data: The whole request.

        Raises:
            Broken: No whole answer came.
        """
        deadline = time.monotonic() + self._route.timeout_s
        self._expect_answer_to(method)
        self._heard = False
        try:
            with _translated():
                self._write(data, deadline)
                return self._read(deadline)
        except h11.RemoteProtocolError:
            trouble, detail = Trouble.CLOSED if self._ended else Trouble.NO_HTTP, ""
        except Broken as broken:
            trouble, detail = broken.no_answer.trouble, broken.no_answer.detail
        # A stale connection has nothing to say: whoever began to answer has got the request.
        if self._heard and trouble in {Trouble.CLOSED, Trouble.RESET}:
            trouble = Trouble.CUT_OFF
        raise Broken(trouble, detail)

    def _expect_answer_to(self, method: str) -> None:
        shadow = h11.Request(method=method, target="/", headers=[("host", "shadow")])
        self._http.send(shadow)
        self._http.send(h11.EndOfMessage())

    def _write(self, data: bytes, deadline: float) -> None:
        self._socket.settimeout(_remaining(deadline))
        # A server may refuse before it has read everything: its answer is then still to be read.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(data)

    def _read(self, deadline: float) -> Response:
        head: h11.Response | None = None
        body, beside = bytearray(), bytearray()
        while not isinstance(event := self._event(deadline), h11.EndOfMessage):
            if isinstance(event, h11.Data):
                body += event.data
            elif isinstance(event, h11.Response):
                head = event
                beside += event.reason + b"\n"
            elif isinstance(event, h11.InformationalResponse):
                beside += event.reason + b"\n" + _lines(event.headers)
            if len(body) + len(beside) > LARGEST_BODY:
                raise Broken(Trouble.TOO_LARGE)
        if head is None:
            raise Broken(Trouble.CLOSED)
        self._settle()
        return _response(head, bytes(body), bytes(beside) + _lines(event.headers))

    def _event(self, deadline: float) -> h11.Event:
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(self._received(deadline))
        if isinstance(event, h11.ConnectionClosed):
            raise Broken(Trouble.CLOSED)
        if not isinstance(event, h11.Event):
            raise Broken(Trouble.NO_HTTP, "the server switched protocols")
        return event

    def _received(self, deadline: float) -> bytes:
        self._socket.settimeout(_remaining(deadline))
        data = self._socket.recv(65536)
        self._ended = not data
        self._heard = self._heard or bool(data)
        return data

    def _settle(self) -> None:
        if self._http.our_state is h11.DONE and self._http.their_state is h11.DONE:
            self._http.start_next_cycle()
        else:
            self.close()


def _remaining(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def open_socket(route: Route) -> socket.socket:
    """Connect to the target, through proxy and TLS where the route says so.

    Raises:
        Broken: It cannot be reached.
    """
    with _translated():
        deadline = time.monotonic() + route.timeout_s
        hop = (route.proxy.host, route.proxy.port) if route.proxy else None
        opened = socket.create_connection(
            hop or (route.address.host, route.address.port), timeout=route.timeout_s
        )
        try:
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if route.tls is None:
                return opened
            if route.proxy:
                _tunnel(opened, route.address, route.proxy, deadline)
            opened.settimeout(_remaining(deadline))
            return route.tls.wrap_socket(opened, server_hostname=route.address.host)
        except BaseException:
            opened.close()
            raise


def _tunnel(opened: socket.socket, target: Address, through: Proxy, deadline: float) -> None:
    """Ask the proxy for a connection to the target (RFC 9110 section 9.3.6)."""
    host = f"[{target.host}]" if ":" in target.host else target.host
    fields = [("host", f"{host}:{target.port}")]
    if through.authorization:
        fields.append(("proxy-authorization", through.authorization))
    http = h11.Connection(h11.CLIENT)
    request = h11.Request(method="CONNECT", target=f"{host}:{target.port}", headers=fields)
    opened.sendall(http.send(request) or b"")
    http.send(h11.EndOfMessage())
    try:
        while (event := http.next_event()) is h11.NEED_DATA:
            opened.settimeout(_remaining(deadline))
            http.receive_data(opened.recv(65536))
    except h11.RemoteProtocolError:
        raise Broken(Trouble.PROXY, "its answer is not HTTP") from None
    status = event.status_code if isinstance(event, h11.Response) else 0
    if not 200 <= status < 300:
        raise Broken(Trouble.PROXY, f"status {status}")


_TROUBLES: Final[tuple[tuple[type[Exception], Trouble], ...]] = (
    (TimeoutError, Trouble.TIMEOUT),
    (ssl.SSLError, Trouble.TLS),
    (socket.gaierror, Trouble.UNKNOWN_HOST),
    (ConnectionRefusedError, Trouble.REFUSED),
    (ConnectionResetError, Trouble.RESET),
    (BrokenPipeError, Trouble.RESET),
    (OSError, Trouble.UNREACHABLE),
)
"""The first that fits; subclasses stand before their bases."""


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turn what the system raises into a trouble, dropping frames that may hold a key."""
    try:
        yield
    except UnicodeError:
        raise Broken(Trouble.UNKNOWN_HOST, "no host has such a name") from None
    except OSError as error:
        trouble = next(trouble for kind, trouble in _TROUBLES if isinstance(error, kind))
        raise Broken(trouble, error.strerror or "") from None


def _lines(fields: Iterable[tuple[bytes, bytes]]) -> bytes:
    return b"".join(value + b"\n" for _, value in fields)


def _response(head: h11.Response, body: bytes, beside: bytes) -> Response:
    fields = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in head.headers
    )
    encoding = next((value for name, value in fields if name == "content-encoding"), "")
    with contextlib.suppress(zlib.error):
        body, encoding = _decoded(body, encoding.strip().lower())
    return Response(head.status_code, fields, body, encoding, beside)


def _decoded(body: bytes, encoding: str) -> tuple[bytes, str]:
    if encoding in {"", "identity"}:
        return body, ""
    if encoding in {"gzip", "x-gzip", "deflate"}:
        bits = 47 if encoding != "deflate" else 15
        return zlib.decompressobj(bits).decompress(body, LARGEST_BODY), ""
    return body, encoding
