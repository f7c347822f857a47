"""One connection: answers of every framing are read whole, and what goes wrong has a name."""

import gzip
import socket
import zlib
from typing import Any

import pytest

from contracts.connection import LARGEST_BODY
from contracts.exchange import Exchange, NoAnswer, Response, Trouble
from tests.unit.contracts.answers import asked
from tests.unit.contracts.loopback import OK, Peer, Script, answering, response
from tests.unit.contracts.surroundings import Surroundings
from tests.unit.contracts.wiring import Wired, trouble_of


def answer_of(exchange: Exchange) -> Response:
    assert isinstance(exchange.answer, Response), exchange.answer
    return exchange.answer


def whole(data: bytes) -> Script:
    """Answer one request with exactly these bytes, and close."""

    def script(peer: Peer) -> None:
        peer.answer(data)

    return script


# --- framing ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "status", "body"),
    [
        pytest.param(response(b'{"a":1}'), 200, b'{"a":1}', id="length"),
        pytest.param(response(b"", status="204 No Content"), 204, b"", id="no-content"),
        pytest.param(b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", 200, b"x", id="no-reason"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end", id="until-close"
        ),
        pytest.param(b"HTTP/1.0 401 No\r\n\r\nold", 401, b"old", id="http-1.0"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
            200,
            b"abcde",
            id="chunked",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n1\r\na\r\n0\r\n"
            b"X-A: 1\r\n\r\n",
            200,
            b"a",
            id="trailers",
        ),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 200, b"{}", id="continue"),
        pytest.param(
            b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 102 P\r\n\r\n" + OK,
            200,
            b"{}",
            id="early-hints",
        ),
        pytest.param(b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, b"", id="304"),
        pytest.param(b"HTTP/1.1 599 Odd\r\nContent-Length: 0\r\n\r\n", 599, b"", id="odd-status"),
    ],
)
def test_every_framing_is_read(wired: Wired, data: bytes, status: int, body: bytes) -> None:
    wire, _ = wired(whole(data))

    answer = answer_of(wire.send(asked()))
    assert (answer.status, answer.body) == (status, body)


def test_an_answer_to_head_has_no_body_whatever_its_length(wired: Wired) -> None:
    wire, server = wired(answering(response(b"", length=1_000)))
    answers = [answer_of(wire.send(asked(method="HEAD"))) for _ in range(2)]

    assert [(answer.body, answer.header("content-length")) for answer in answers] == [
        (b"", "1000"),
        (b"", "1000"),
    ]
    assert server.connections == 1


def test_header_names_are_lowered_and_values_kept(wired: Wired) -> None:
    wire, _ = wired(whole(response(b"", "X-Odd: \xe9 \t", "x-odd: 2", "Set-Cookie: a=B; Path=/")))

    assert answer_of(wire.send(asked())).headers[1:] == (
        ("x-odd", "é"),
        ("x-odd", "2"),
        ("set-cookie", "a=B; Path=/"),
    )


def test_an_answer_may_come_before_the_request_is_read(wired: Wired) -> None:
    def script(peer: Peer) -> None:
        peer.read_head()
        peer.write(response(b"no", "Connection: close", status="413 Too Large"))
        peer.hang()

    wire, _ = wired(script)
    assert answer_of(wire.send(asked(method="POST", body=b"x" * 100_000))).status == 413


# --- content codings --------------------------------------------------------------------------

TEXT = b'{"success": false}' * 20


@pytest.mark.parametrize(
    ("coding", "body", "read", "left"),
    [
        ("gzip", gzip.compress(TEXT, mtime=0), TEXT, ""),
        ("x-gzip", gzip.compress(TEXT, mtime=0), TEXT, ""),
        ("GZIP", gzip.compress(TEXT, mtime=0), TEXT, ""),
        ("deflate", zlib.compress(TEXT), TEXT, ""),
        ("identity", TEXT, TEXT, ""),
        ("", TEXT, TEXT, ""),
        ("br", b"\x8b\x04", b"\x8b\x04", "br"),
        ("gzip, br", b"\x8b\x04", b"\x8b\x04", "gzip, br"),
        ("gzip", b"no gzip", b"no gzip", "gzip"),
        ("deflate", TEXT, TEXT, "deflate"),
    ],
)
def test_a_coding_that_nobody_asked_for_is_undone_or_named(
    wired: Wired, coding: str, body: bytes, read: bytes, left: str
) -> None:
    wire, _ = wired(whole(response(body, f"Content-Encoding: {coding}")))

    answer = answer_of(wire.send(asked()))
    assert (answer.body, answer.encoding) == (read, left)


def test_a_small_answer_does_not_unfold_without_end(wired: Wired) -> None:
    bomb = gzip.compress(b"\0" * (4 * LARGEST_BODY))
    wire, _ = wired(whole(response(bomb, "Content-Encoding: gzip")))

    assert len(answer_of(wire.send(asked())).body) <= LARGEST_BODY


# --- trouble ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "trouble"),
    [
        pytest.param(b"", Trouble.CLOSED, id="nothing"),
        pytest.param(b"\r\n", Trouble.NO_HTTP, id="empty-line"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-", Trouble.CUT_OFF, id="half-a-head"),
        pytest.param(response(b"{}", length=9), Trouble.CUT_OFF, id="half-a-body"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", Trouble.CUT_OFF,
            id="half-a-chunk",
        ),
        pytest.param(b"HTTP/1.1 103 Early Hints\r\n\r\n", Trouble.CUT_OFF, id="hints-alone"),
        pytest.param(b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Trouble.NO_HTTP, id="ssh"),
        pytest.param(b"<html></html>\r\n\r\n", Trouble.NO_HTTP, id="http-0.9"),
        pytest.param(b"\x15\x03\x01\x00\x02\x02\x46" * 9 + b"\r\n\r\n", Trouble.NO_HTTP, id="tls"),
        pytest.param(b"HTTP/2 200 OK\r\n\r\n", Trouble.NO_HTTP, id="http-2"),
        pytest.param(b"HTTP/1.1 abc OK\r\n\r\n", Trouble.NO_HTTP, id="no-status"),
        pytest.param(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n", Trouble.NO_HTTP, id="no-field"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", Trouble.NO_HTTP,
            id="two-lengths",
        ),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", Trouble.NO_HTTP, id="minus"),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", Trouble.NO_HTTP,
            id="no-chunk",
        ),
        pytest.param(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n", Trouble.NO_HTTP, id="101"
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 400_000 + b"\r\n\r\n", Trouble.NO_HTTP,
            id="huge-head",
        ),
    ],
)  # fmt: skip
def test_what_is_no_whole_answer_has_a_name(wired: Wired, data: bytes, trouble: Trouble) -> None:
    wire, server = wired(whole(data))

    assert trouble_of(wire.send(asked())) is trouble
    assert len(server.requests) == 1


def test_a_reset_is_called_one(wired: Wired) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.reset()

    wire, _ = wired(script)
    assert trouble_of(wire.send(asked())) is Trouble.RESET


def test_an_endless_answer_is_given_up(wired: Wired) -> None:
    def script(peer: Peer) -> None:
        peer.answer(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(LARGEST_BODY // 65_536 + 40):
            peer.write(b"x" * 65_536)

    wire, _ = wired(script)
    assert trouble_of(wire.send(asked())) is Trouble.TOO_LARGE


def _drip_head(peer: Peer) -> None:
    peer.read()
    peer.drip(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 500)


def _drip_body(peer: Peer) -> None:
    peer.answer(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n")
    peer.drip(b"x" * 500)


def _drip_hints(peer: Peer) -> None:
    peer.read()
    peer.drip(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)


def _say_nothing(peer: Peer) -> None:
    peer.read()
    peer.hang()


@pytest.mark.parametrize("script", [_say_nothing, _drip_head, _drip_body, _drip_hints])
def test_one_deadline_covers_the_whole_answer(wired: Wired, script: Script) -> None:
    wire, _ = wired(script, timeout_s="0.25")

    assert trouble_of(wire.send(asked())) is Trouble.TIMEOUT


def test_a_request_that_nobody_reads_is_a_time_out(wired: Wired) -> None:
    wire, _ = wired(lambda peer: peer.wait(), timeout_s="0.25")

    assert trouble_of(wire.send(asked(method="POST", body=b"x" * 30_000_000))) is Trouble.TIMEOUT


# --- the way there ----------------------------------------------------------------------------


def test_a_port_where_nobody_listens_refuses(wired: Wired) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    wire, _ = wired(answering(OK), base_url=f"http://127.0.0.1:{port}/v1")

    exchange = wire.send(asked())
    assert trouble_of(exchange) is Trouble.REFUSED
    assert wire.pace.requests == 0


@pytest.mark.parametrize("host", ["a..b", f"{'x' * 64}.example", ".example"])
def test_a_name_that_no_host_has_is_unknown(wired: Wired, host: str) -> None:
    wire, _ = wired(answering(OK), base_url=f"http://{host}/v1")

    assert trouble_of(wire.send(asked())) is Trouble.UNKNOWN_HOST


@pytest.mark.parametrize(
    ("error", "trouble"),
    [
        (socket.gaierror(-2, "Name or service not known"), Trouble.UNKNOWN_HOST),
        (TimeoutError("timed out"), Trouble.TIMEOUT),
        (OSError(101, "Network is unreachable"), Trouble.UNREACHABLE),
        (PermissionError(1, "Operation not permitted"), Trouble.UNREACHABLE),
        (ConnectionResetError(104, "Connection reset by peer"), Trouble.RESET),
    ],
)
def test_what_the_system_says_becomes_a_trouble(
    wired: Wired, surroundings: Surroundings, error: OSError, trouble: Trouble
) -> None:
    def fail(*_: Any, **__: Any) -> socket.socket:  # noqa: ANN401 -- the system's own
        raise error

    wire, _ = wired(answering(OK))
    surroundings.patch.setattr(socket, "create_connection", fail)

    answer = wire.send(asked()).answer
    assert isinstance(answer, NoAnswer)
    assert (answer.trouble, answer.detail) == (trouble, error.strerror or "")


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "ALL_PROXY", "https_proxy"])
def test_proxies_of_the_environment_are_ignored(
    wired: Wired, surroundings: Surroundings, name: str
) -> None:
    surroundings.patch.setenv(name, "http://127.0.0.1:9")
    wire, server = wired(answering(OK))

    assert wire.send(asked()).status == 200
    assert server.requests[0].startswith(b"GET /v1/calls HTTP/1.1\r\n")


def test_closing_twice_is_fine(wired: Wired) -> None:
    wire, _ = wired(answering(OK))
    wire.send(asked())
    wire.close()
    wire.close()

    assert wire.send(asked()).fresh
