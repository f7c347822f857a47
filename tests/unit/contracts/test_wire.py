"""What goes over the wire is exactly what was meant, counted, paced, and asked for once."""

import json
import threading
from collections.abc import Callable

import pytest

from contracts.client import USER_AGENT
from contracts.credentials import FULL, NoKey, RoleKey, Text
from contracts.exchange import (
    Exchange,
    Request,
    Response,
    Trouble,
)
from contracts.near_misses import CUT, NearMiss
from contracts.pace import BudgetSpent, Caps, Pace
from tests.unit.contracts.answers import KEY, asked
from tests.unit.contracts.clocks import Clock
from tests.unit.contracts.loopback import OK, Peer, Script, answering, response, serving
from tests.unit.contracts.wiring import MANY, Wired, trouble_of

# --- bytes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "lines", "body"),
    [
        pytest.param(
            asked(RoleKey(FULL), headers=(("User-Agent", USER_AGENT), ("Accept", "a/b"))),
            [
                "GET /v1/calls HTTP/1.1",
                f"User-Agent: {USER_AGENT}",
                "Accept: a/b",
                f"x-api-key: {KEY}",
            ],
            b"",
            id="get",
        ),
        pytest.param(asked(NoKey()), ["GET /v1/calls HTTP/1.1"], b"", id="no-key"),
        pytest.param(
            asked(Text("", "empty")), ["GET /v1/calls HTTP/1.1", "x-api-key: "], b"", id="empty-key"
        ),
        pytest.param(
            asked(Text("  ", "blank")),
            ["GET /v1/calls HTTP/1.1", "x-api-key:   "],
            b"",
            id="blank-key",
        ),
        pytest.param(
            asked(NearMiss(CUT, 0)),
            ["GET /v1/calls HTTP/1.1", f"x-api-key: {KEY[:-1]}"],
            b"",
            id="near-miss",
        ),
        pytest.param(
            asked(RoleKey(FULL), method="POST", body=b'{"a":"\xc3\xa9"}'),
            ["POST /v1/calls HTTP/1.1", f"x-api-key: {KEY}", "Content-Length: 10"],
            b'{"a":"\xc3\xa9"}',
            id="post",
        ),
        pytest.param(
            asked(method="POST"), ["POST /v1/calls HTTP/1.1", "Content-Length: 0"], b"", id="empty"
        ),
        pytest.param(asked(method="DELETE"), ["DELETE /v1/calls HTTP/1.1"], b"", id="delete"),
        pytest.param(
            asked(target="/v1/./%63alls/..;x=1?a=%00&b=c d"),
            ["GET /v1/./%63alls/..;x=1?a=%00&b=c d HTTP/1.1"],
            b"",
            id="target-untouched",
        ),
        pytest.param(
            asked(headers=(("X-B", "1"), ("x-a", "2"), ("X-B", "3"))),
            ["GET /v1/calls HTTP/1.1", "X-B: 1", "x-a: 2", "X-B: 3"],
            b"",
            id="order-and-case",
        ),
    ],
)
def test_the_bytes_are_those_of_the_request(
    wired: Wired, request_: Request, lines: list[str], body: bytes
) -> None:
    wire, server = wired(answering(OK))
    exchange = wire.send(request_)

    first, *rest = lines
    head = "\r\n".join([first, f"Host: 127.0.0.1:{server.port}", *rest, "", ""]).encode("latin-1")
    assert server.requests == [head + body]
    assert exchange.head_bytes == len(head)
    assert exchange.request == request_


def test_nothing_is_added_that_changes_the_answer(wired: Wired) -> None:
    wire, server = wired(answering(OK))
    wire.send(asked(RoleKey(FULL)))

    head = server.requests[0].lower()
    assert not any(
        name in head
        for name in (
            b"accept-encoding",
            b"connection",
            b"if-",
            b"range",
            b"cookie",
            b"authorization",
        )
    )


def test_the_operators_headers_are_sent_and_not_shown(wired: Wired) -> None:
    secret = {"X-Allow": "letM3in9f8A7", "X-Tenant": "t1"}
    wire, server = wired(answering(OK), headers=json.dumps(secret))
    exchange = wire.send(asked(RoleKey(FULL), headers=(("X-A", "1"),)))

    lines = server.requests[0].decode().split("\r\n")
    assert lines[2:6] == ["X-A: 1", "X-Allow: letM3in9f8A7", "X-Tenant: t1", f"x-api-key: {KEY}"]
    assert "letM3in9f8A7" not in repr(exchange)


# --- connections ------------------------------------------------------------------------------


def test_one_connection_is_kept(wired: Wired) -> None:
    wire, server = wired(answering(OK))
    exchanges = [wire.send(asked()) for _ in range(3)]

    assert [exchange.fresh for exchange in exchanges] == [True, False, False]
    assert server.connections == 1


def test_a_fresh_connection_is_opened_where_it_is_wanted(wired: Wired) -> None:
    wire, server = wired(answering(OK))
    exchanges = [wire.send(asked(), fresh=fresh) for fresh in (False, True, True, False)]

    assert [exchange.fresh for exchange in exchanges] == [True, True, True, False]
    assert server.connections == 3


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(response(b"{}", "Connection: close"), id="close"),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", id="http-1.0"),
        pytest.param(response() + b"HTTP/1.1 200 OK\r\n", id="more-than-asked-for"),
        pytest.param(response(b"{}extra", length=2), id="longer-than-declared"),
    ],
)
def test_a_connection_that_cannot_be_trusted_is_not_kept(wired: Wired, answer: bytes) -> None:
    wire, server = wired(answering(answer), answering(OK))
    exchanges = [wire.send(asked()) for _ in range(2)]

    assert [exchange.status for exchange in exchanges] == [200, 200]
    assert server.connections == 2
    assert len(server.requests) == 2


def test_bytes_that_nobody_asked_for_are_no_answer(wired: Wired) -> None:
    written = threading.Event()

    def unsolicited(peer: Peer) -> None:
        peer.answer(response(b"first"))
        peer.write(response(b"poison", status="401 No"))
        written.set()
        peer.hang()

    wire, server = wired(unsolicited, answering(response(b"second")))
    bodies = [_body(wire.send(asked()))]
    written.wait(5)
    bodies.append(_body(wire.send(asked())))

    assert bodies == [b"first", b"second"]
    assert server.connections == 2


def _body(exchange: Exchange) -> bytes:
    assert isinstance(exchange.answer, Response)
    return exchange.answer.body


# --- asked once -------------------------------------------------------------------------------


def closing_after(count: int, end: Callable[[Peer], None]) -> Script:
    """Answer some requests, read one more, and end without a word."""

    def script(peer: Peer) -> None:
        for _ in range(count):
            peer.answer()
        peer.read()
        end(peer)

    return script


@pytest.mark.parametrize("end", [Peer.close, Peer.reset], ids=["close", "reset"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_stale_connection_is_no_fault(
    wired: Wired, end: Callable[[Peer], None], method: str
) -> None:
    wire, server = wired(closing_after(1, end), answering(OK))
    exchanges = [wire.send(asked(method=method)) for _ in range(2)]

    assert [exchange.status for exchange in exchanges] == [200, 200]
    assert [exchange.fresh for exchange in exchanges] == [True, True]
    assert len(server.requests) == wire.pace.requests == 3


@pytest.mark.parametrize("end", [Peer.close, Peer.reset], ids=["close", "reset"])
def test_what_is_lost_on_a_fresh_connection_is_not_asked_again(
    wired: Wired, end: Callable[[Peer], None]
) -> None:
    wire, server = wired(closing_after(0, end))
    exchange = wire.send(asked())

    assert trouble_of(exchange) in {Trouble.CLOSED, Trouble.RESET}
    assert len(server.requests) == wire.pace.requests == 1


def test_what_is_lost_twice_is_not_asked_a_third_time(wired: Wired) -> None:
    wire, server = wired(closing_after(1, Peer.close), closing_after(0, Peer.close))
    wire.send(asked())

    assert trouble_of(wire.send(asked())) is Trouble.CLOSED
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    "part",
    [
        b"HTTP/1.1 201 Created\r\nContent-Le",
        b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{",
        b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 103 Early Hints\r\n\r\n",
    ],
    ids=["head", "body", "chunks", "hints"],
)
def test_a_request_that_was_half_answered_is_not_asked_again(wired: Wired, part: bytes) -> None:
    def script(peer: Peer) -> None:
        peer.answer()
        peer.answer(part)
        peer.close()

    wire, server = wired(script, answering(OK))
    wire.send(asked(method="POST"))
    exchange = wire.send(asked(method="POST"))

    assert trouble_of(exchange) is Trouble.CUT_OFF
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_no_redirect_is_followed(wired: Wired, status: str) -> None:
    with serving(answering(OK)) as elsewhere:
        there = f"Location: http://127.0.0.1:{elsewhere.port}/stolen"
        wire, server = wired(answering(response(b"", there, status=status)))
        exchange = wire.ask(asked(RoleKey(FULL)))

        assert exchange.status == int(status[:3])
        assert len(server.requests) == 1
        assert elsewhere.requests == []


# --- counted and paced ------------------------------------------------------------------------


def test_every_request_is_counted_as_the_server_counts(wired: Wired) -> None:
    wire, server = wired(answering(OK))
    for fresh in (False, False, True):
        wire.send(asked(), fresh=fresh)

    assert wire.pace.requests == len(server.requests) == 3


def test_nothing_is_written_over_the_cap_on_requests(wired: Wired) -> None:
    wire, server = wired(answering(OK), caps=Caps(1e6, 2, 1e6))
    for _ in range(2):
        wire.send(asked())

    with pytest.raises(BudgetSpent):
        wire.send(asked())
    assert len(server.requests) == 2


def test_write_times_keep_to_the_rate(wired: Wired) -> None:
    wire, _ = wired(answering(OK), caps=Caps(rps=60, requests=1_000, seconds=60))
    times = [wire.send(asked(), fresh=number % 7 == 0).written_at for number in range(70)]

    most = max(sum(first <= time < first + 1 for time in times) for first in times)
    assert most <= 60


class SkippingPace(Pace):
    """Waits on a clock that skips what it sleeps."""

    def __init__(self, caps: Caps, before: Callable[[], object] = lambda: None) -> None:
        self.clock, self._before = Clock(), before
        super().__init__(caps, clock=self.clock, sleep=self._skip)

    def _skip(self, seconds: float) -> None:
        self._before()
        self.clock.sleep(seconds)

    def wrote(self, at: float) -> None:  # noqa: ARG002 -- of another clock
        """Note it at this clock's time."""
        super().wrote(self.clock())


def test_no_connection_is_opened_before_the_pace_has_waited(wired: Wired) -> None:
    wire, server = wired(answering(OK))
    opened: list[int] = []
    wire.pace = SkippingPace(Caps(0.01, 10, 1e9), lambda: opened.append(server.connections))
    for _ in range(3):
        wire.send(asked(), fresh=True)

    assert opened == [0, 1, 2]


def test_a_connection_that_grew_old_meanwhile_is_not_written_to(wired: Wired) -> None:
    gone = threading.Event()

    def script(peer: Peer) -> None:
        peer.answer()
        peer.close()
        gone.set()

    wire, server = wired(script, answering(OK))
    wire.pace = SkippingPace(Caps(0.01, 10, 1e9), lambda: server.connections and gone.wait(5))
    exchanges = [wire.send(asked()) for _ in range(2)]

    assert [(one.status, one.fresh) for one in exchanges] == [(200, True), (200, True)]
    assert wire.pace.requests == len(server.requests) == 2


def test_a_429_is_waited_out_and_asked_again(wired: Wired) -> None:
    limited = response(b"{}", "Retry-After: 7", status="429 Too Many Requests")
    wire, server = wired(answering(limited, limited, OK))
    pace = SkippingPace(MANY)
    wire.pace = pace

    assert wire.ask(asked()).status == 200
    assert [seconds for seconds in pace.clock.slept if seconds > 1] == [7.0, 7.0]
    assert len(server.requests) == 3


def test_a_429_that_lasts_is_given_back(wired: Wired) -> None:
    limited = response(b"{}", "Retry-After: 61", status="429 Too Many Requests")
    wire, server = wired(answering(limited))

    assert wire.ask(asked()).status == 429
    assert len(server.requests) == 1
