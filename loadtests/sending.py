"""Sends prepared calls over kept or fresh connections and reads each answer once.

The sockets are those of `contracts.connection`, so TLS, proxy and headers are the suite's own; the
bytes are written as prepared, nothing is resent or followed. llhttp parses, since h11 costs five
times the CPU of everything else here.
"""

import itertools
import socket
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import gevent
from geventhttpclient.response import HTTPParseError, HTTPResponse

from contracts.connection import Broken, Route, open_socket
from contracts.exchange import Fields, Trouble

_IDLE_S: Final = 2.0
"""Seconds after which a kept connection is not trusted (gunicorn, node and Varnish close after
4 s without a word)."""

_RECENT: Final = 20
"""Answers whose latency says how many connections a rate takes."""

_MOST_WARM: Final = 50

_BLOCK: Final = 16_384


@dataclass(frozen=True, slots=True)
class Prepared:
    """A call as bytes.

    Attributes:
        method: Its method; it says whether the answer has a body.
        data: The whole request.
    """

    method: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Sent:
    """What came of one call; times on the monotonic clock.

    Attributes:
        written: Just before its bytes were handed to the socket; None if they never were.
        answered: When the answer was whole, or given up.
        status: HTTP status; 0 without a whole answer.
        connection: Label of the connection.
        headers: As received, names in lower case.
        body: As received, transfer encoding undone.
        trouble: Why there is no answer; empty with one.
        form: Which of its label's forms was sent.
    """

    written: float | None
    answered: float
    status: int
    connection: str
    headers: Fields = ()
    body: bytes = b""
    trouble: str = ""
    form: int = 0


class _Reply(HTTPResponse):
    @property
    def body(self) -> bytes:
        return bytes(self._body_buffer)

    @property
    def is_final(self) -> bool:
        return bool(self.message_complete and self.get_code() >= 200)


class _Kept:
    """A connection between two calls."""

    __slots__ = ("is_used", "label", "socket", "used_at")

    def __init__(self, opened: socket.socket, label: str) -> None:
        self.socket, self.label, self.is_used = opened, label, False
        self.used_at = time.monotonic()


class Sender:
    """Keeps the connections of one process."""

    def __init__(
        self, route: Route, calls: Mapping[str, Sequence[Prepared]], name: str = ""
    ) -> None:
        """Begin without a connection.

        Args:
            route: To the target.
            calls: What each probe label sends, in turn.
            name: Distinguishes the connections of several processes.
        """
        self._route, self._name = route, name
        self._calls = {
            probe: itertools.cycle(tuple(enumerate(forms))) for probe, forms in calls.items()
        }
        self._idle: list[_Kept] = []
        self._latencies: deque[float] = deque(maxlen=_RECENT)
        self._numbers = itertools.count()

    def warm(self, count: int) -> None:
        """Have so many connections open, so that the next calls need not wait for one."""
        missing = count - len(self._fresh_enough())
        jobs = [gevent.spawn(self._open_quietly) for _ in range(missing)]
        gevent.joinall(jobs, timeout=self._route.timeout_s)

    def needed(self, rate: float) -> int:
        """How many connections a rate takes, in calls per second, by the latest answers.

        No more are opened ahead than will soon be used: gunicorn's threads each wait 5 s for the
        first byte of a new connection, and eight silent ones held up everybody for 10 s.
        """
        return min(_MOST_WARM, 1 + int(rate * max(self._latencies, default=0.0)))

    def close_unused(self) -> None:
        """Close what was opened ahead and never carried a call."""
        for kept in [kept for kept in self._idle if not kept.is_used]:
            kept.socket.close()
            self._idle.remove(kept)

    def _open_quietly(self) -> None:
        try:
            self._idle.append(self._open())
        except Broken:
            return

    def _fresh_enough(self) -> list[_Kept]:
        limit = time.monotonic() - _IDLE_S
        for kept in [kept for kept in self._idle if kept.used_at < limit]:
            kept.socket.close()
            self._idle.remove(kept)
        return self._idle

    def _open(self) -> _Kept:
        return _Kept(open_socket(self._route), f"{self._name}{next(self._numbers)}")

    def close(self) -> None:
        """Close every idle connection."""
        while self._idle:
            self._idle.pop().socket.close()

    def send(self, probe: str, *, fresh: bool, leave: Callable[[], None] = lambda: None) -> Sent:
        """Send one call and read its answer.

        Args:
            probe: What to send.
            fresh: Whether over a new connection.
            leave: Called when the connection is there, just before the bytes are written; it may
                wait.

        Returns:
            What came; never raises for what a server or network does.
        """
        try:
            idle = None if fresh else self._fresh_enough()
            kept = idle.pop() if idle else self._open()
        except Broken as broken:
            return _lost(None, "", broken.no_answer.trouble)
        leave()
        form, call = next(self._calls[probe])
        written = time.monotonic()
        try:
            with gevent.Timeout(self._route.timeout_s, TimeoutError):
                reply = self._exchange(kept.socket, call)
        except (TimeoutError, OSError, HTTPParseError) as error:
            kept.socket.close()
            return _lost(written, kept.label, _trouble(error))
        answered = time.monotonic()
        self._latencies.append(answered - written)
        self._keep(kept, reply, fresh=fresh)
        fields = tuple((name.lower(), str(value)) for name, value in reply.items())
        return Sent(written, answered, reply.get_code(), kept.label, fields, reply.body, form=form)

    def _exchange(self, opened: socket.socket, call: Prepared) -> _Reply:
        opened.sendall(call.data)
        reply = _Reply(method=call.method)
        while not reply.is_final:
            data = opened.recv(_BLOCK)
            reply.feed(data)
            if not data and not reply.is_final:
                raise ConnectionAbortedError
        return reply

    def _keep(self, kept: _Kept, reply: _Reply, *, fresh: bool) -> None:
        if fresh or reply.should_close():
            kept.socket.close()
            return
        kept.used_at, kept.is_used = time.monotonic(), True
        self._idle.append(kept)


def _lost(written: float | None, label: str, trouble: Trouble) -> Sent:
    return Sent(written, time.monotonic(), 0, label, trouble=trouble.value)


def _trouble(error: Exception) -> Trouble:
    if isinstance(error, TimeoutError):
        return Trouble.TIMEOUT
    if isinstance(error, ConnectionAbortedError):
        return Trouble.CLOSED
    return Trouble.RESET if isinstance(error, OSError) else Trouble.NO_HTTP
