"""The degenerate server does in each mode what the mode is named for, and records what arrives."""

import json
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.servers.asking import (
    Reply,
    ask,
    ask_url,
    connect,
    is_envelope,
    raw_request,
    read_to_end,
    read_until_silent,
)
from tests.servers.degenerate import documents
from tests.servers.degenerate.modes import DOCUMENT_MODES, OPERATION_MODES
from tests.servers.degenerate.record import read_record
from tests.servers.running import ServerNotStartedError
from tests.servers.stacks import degenerate

SHORT_S = 0.3  # until silence counts as silence
WITHOUT_END = 200_000  # bytes; more than any of the bounded answers has


def test_correct_mode_keeps_every_promise() -> None:
    with degenerate("correct") as server:
        keys = server.keys
        statuses = [
            ask(server, "/calls", key=key).status
            for key in (keys.full, keys.second, keys.scoped["calls:read"])
        ]
        refused = [ask(server, "/calls", key=key) for key in (None, "", keys.revoked, keys.deleted)]
        forbidden = [ask(server, "/calls", key=keys.scoped[scope]) for scope in ("", "calls:write")]
        created = ask(server, "/calls", key=keys.full, method="POST", body={})

    assert statuses == [200, 200, 200]
    assert all(is_envelope(reply, 401) for reply in refused)
    assert all(is_envelope(reply, 403) for reply in forbidden)
    assert created.status == 201


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_every_answer_has_the_status_of_the_mode(status: int) -> None:
    with degenerate(f"all-{status}") as server:
        replies = [ask(server, "/calls", key=key) for key in (None, server.keys.full)]

    assert all(is_envelope(reply, status) for reply in replies)


def test_all_200_grants_access_to_nobody_in_particular() -> None:
    with degenerate("all-200") as server:
        replies = [ask(server, path, key=None) for path in ("/calls", "/nothing/here")]

    assert [(reply.status, reply.media_type) for reply in replies] == [
        (200, "application/json"),
        (200, "application/json"),
    ]


def test_bare_refusal_has_another_shape_and_the_given_retry_after() -> None:
    with degenerate("all-429", options=("--bare", "--retry-after", "soon")) as server:
        reply = ask(server, "/calls")

    assert (reply.status, reply.json, reply.headers["retry-after"]) == (
        429,
        {"error": "no"},
        "soon",
    )


@pytest.mark.parametrize(
    ("mode", "seen"),
    [
        pytest.param("html", (200, "text/html"), id="html"),
        pytest.param("blank", (200, ""), id="blank"),
        pytest.param("redirecting", (302, ""), id="redirecting"),
        pytest.param("redirect-loop", (307, ""), id="redirect-loop"),
        pytest.param("login-page", (302, ""), id="login-page"),
        pytest.param("challenge", (403, "text/html"), id="challenge"),
        pytest.param("slow", (200, "application/json"), id="slow"),
        pytest.param("hostile-text", (401, "application/json"), id="hostile-text"),
        pytest.param("not-utf8", (401, "application/json"), id="not-utf8"),
        pytest.param("utf16", (401, "application/json"), id="utf16"),
        pytest.param("deep-json", (401, "application/json"), id="deep-json"),
        pytest.param("big-number", (401, "application/json"), id="big-number"),
        pytest.param("infinity", (401, "application/json"), id="infinity"),
        pytest.param("bad-gzip", (200, "application/json"), id="bad-gzip"),
        pytest.param("gzip-bomb", (200, "application/json"), id="gzip-bomb"),
        pytest.param("stale", (200, "application/json"), id="stale"),
        pytest.param("desynchronised", (200, "application/json"), id="desynchronised"),
    ],
)
def test_mode_answers_in_well_formed_http(mode: str, seen: tuple[int, str]) -> None:
    with degenerate(mode) as server:
        reply = ask(server, "/calls", key=server.keys.full)

    assert (reply.status, reply.media_type) == seen


@pytest.mark.parametrize(
    ("mode", "start", "end"),
    [
        pytest.param("closing", b"", b"", id="closing"),
        pytest.param("garbage", b"SSH-2.0", b"\xff", id="garbage"),
        pytest.param("truncated", b"HTTP/1.1 200", b'{"success": true, ', id="truncated"),
        pytest.param("stale", b"HTTP/1.1 200", b"}", id="stale"),
        pytest.param("dying", b"", b"", id="dying"),
    ],
)
def test_connection_ends_after(mode: str, start: bytes, end: bytes) -> None:
    with degenerate(mode) as server, connect(server) as connection:
        connection.sendall(raw_request(server))
        received = read_to_end(connection)

    assert (received[: len(start)], received[len(received) - len(end) :]) == (start, end)


@pytest.mark.parametrize(
    ("mode", "received"),
    [
        pytest.param("hanging", b"", id="hanging"),
        pytest.param("body-hanging", b"Content-Length: 100\r\n\r\n", id="body-hanging"),
        pytest.param("unended", b'{"success": true, "data": []}', id="unended"),
        pytest.param("two-lengths", b'{"success": true, "data": []}', id="two-lengths"),
        pytest.param("bad-chunks", b"0\r\n\r\n", id="bad-chunks"),
        pytest.param("foreign-tongue", b"{}", id="foreign-tongue"),
        pytest.param("all-204", b"\r\n\r\n", id="all-204"),
        pytest.param("all-101", b"\r\n\r\n", id="all-101"),
    ],
)
def test_connection_stays_open_and_silent_after(mode: str, received: bytes) -> None:
    with degenerate(mode) as server, connect(server, timeout=SHORT_S) as connection:
        connection.sendall(raw_request(server))
        answer = read_until_silent(connection)

    assert answer.endswith(received)


@pytest.mark.parametrize("mode", ["huge", "endless-head", "endless-hints"])
def test_answer_has_no_end(mode: str) -> None:
    with degenerate(mode) as server, connect(server) as connection:
        connection.sendall(raw_request(server))
        received = read_to_end(connection, at_most=WITHOUT_END)

    assert len(received) >= WITHOUT_END


@pytest.mark.parametrize("mode", ["dripping", "dripping-head"])
def test_answer_comes_byte_by_byte(mode: str) -> None:
    with degenerate(mode) as server, connect(server) as connection:
        connection.sendall(raw_request(server))
        connection.recv(65536)
        drops = [connection.recv(65536) for _ in range(3)]

    assert drops == [b" ", b" ", b" "]


def test_reset_is_a_reset_and_no_close() -> None:
    with degenerate("resetting") as server, connect(server) as connection:
        connection.sendall(raw_request(server))

        with pytest.raises(ConnectionResetError):
            connection.recv(1)


def test_interim_answer_precedes_the_correct_one() -> None:
    with degenerate("early-hints") as server, connect(server) as connection:
        connection.sendall(raw_request(server))
        received = b""
        while not received.endswith(b"}]}"):
            received += connection.recv(65536)

    assert received.startswith(b"HTTP/1.1 103 ")
    assert received.count(b"HTTP/1.1 200 ") == 1


def test_second_answer_nobody_asked_for_follows_the_first() -> None:
    with degenerate("desynchronised") as server, connect(server) as connection:
        connection.sendall(raw_request(server))
        received = b""
        while not received.endswith(b'"nobody asked"}'):
            received += connection.recv(65536)

    assert received.count(b"HTTP/1.1 200 ") == 2


@pytest.mark.parametrize("mode", ["many-headers", "wild-headers"])
def test_headers_are_too_many_or_too_odd(mode: str) -> None:
    with degenerate(mode) as server, connect(server) as connection:
        connection.sendall(raw_request(server))
        received = b""
        while not received.endswith(b"}]}"):
            received += connection.recv(65536)

    lines = received.split(b"\r\n")
    assert len(lines) > 2000 or b"no colon here" in lines


def test_refusing_port_refuses() -> None:
    with degenerate("refusing") as server, pytest.raises(ConnectionRefusedError):
        connect(server)


def test_port_that_does_not_accept_lets_clients_wait() -> None:
    with degenerate("not-accepting") as server, pytest.raises(TimeoutError):
        connect(server, timeout=SHORT_S)


def test_plaintext_https_says_https_and_speaks_http() -> None:
    with degenerate("plaintext-https") as server:
        reply = ask(server, "/calls", key=server.keys.full)

    assert server.base_url.startswith("https://")
    assert reply.status == 200


def test_flapping_answers_every_second_request() -> None:
    with degenerate("flapping") as server:
        statuses = [ask(server, "/calls", key=server.keys.full).status for _ in range(4)]

    assert statuses == [200, 500, 200, 500]


def test_fickle_key_is_refused_every_fifth_time() -> None:
    with degenerate("fickle-key") as server:
        statuses = [ask(server, "/calls", key=server.keys.full).status for _ in range(10)]

    assert statuses == [200, 200, 200, 200, 401] * 2


def test_echoing_shows_the_key_in_body_and_header() -> None:
    with degenerate("echoing") as server:
        reply = ask(server, "/calls", key=server.keys.full)

    assert server.keys.full in reply.body.decode()
    assert reply.headers["x-echo"] == server.keys.full


def test_redirect_leads_to_the_given_origin() -> None:
    with degenerate("redirecting", options=("--elsewhere", "http://127.0.0.9:9")) as server:
        reply = ask(server, "/calls")

    assert reply.headers["location"] == "http://127.0.0.9:9/v1/calls"


def test_mode_begins_after_that_many_operations() -> None:
    with degenerate("all-500", options=("--after", "2")) as server:
        document = ask_url(server.openapi)
        statuses = [ask(server, "/calls", key=server.keys.full).status for _ in range(3)]

    assert (document.status, statuses) == (200, [200, 200, 500])


def test_everywhere_means_the_document_too() -> None:
    with degenerate("all-403", options=("--everywhere",)) as server:
        assert ask_url(server.openapi).status == 403


def _read_document(mode: str) -> Reply:
    with degenerate(mode) as server:
        assert ask(server, "/calls", key=server.keys.full).status == 200
        return ask_url(server.openapi)


def test_document_of_a_correct_server_lists_what_it_serves() -> None:
    document = _read_document("correct").json

    assert isinstance(document, Mapping)
    assert list(document["paths"]) == ["/calls", "/calls/{callId}"]


ANSWERED = sorted(set(DOCUMENT_MODES) - {"document-hanging", "document-huge", "document-truncated"})


@pytest.mark.parametrize("mode", ANSWERED)
def test_only_the_document_is_wrong(mode: str) -> None:
    reply = _read_document(mode)

    good = json.dumps(documents.good_document()).encode()
    assert reply.body != good


def test_record_numbers_requests_and_connections(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with degenerate("all-401", record=record) as server:
        ask_url(server.openapi)
        with connect(server) as connection:
            connection.sendall(raw_request(server, "/v1/calls?n=2") * 2)
            _read_answers(connection, 2)
        ask(server, "/calls", method="POST", body={"to": "+27"})
        arrivals = read_record(record)

    assert [(a.number, a.connection, a.body_bytes) for a in arrivals] == [
        (1, 1, 0),
        (2, 2, 0),
        (3, 2, 0),
        (4, 3, 13),
    ]
    assert arrivals[1].head.startswith("GET /v1/calls?n=2 HTTP/1.1\r\n")
    assert [a.arrived_s for a in arrivals] == sorted(a.arrived_s for a in arrivals)


def _read_answers(connection: socket.socket, count: int) -> None:
    received = b""
    while received.count(b'"statusCode": 401}') < count:
        received += connection.recv(65536)


def test_bytes_that_are_no_http_are_recorded(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with degenerate("closing", record=record) as server, connect(server) as connection:
        connection.sendall(b"\x16\x03\x01\x00")
        connection.shutdown(socket.SHUT_WR)
        read_to_end(connection)
        heads = [arrival.head for arrival in read_record(record)]

    assert heads == ["\x16\x03\x01\x00"]


def test_unknown_mode_is_refused_by_name() -> None:
    with (
        pytest.raises(ServerNotStartedError, match="no mode is named nonsense"),
        degenerate("nonsense"),
    ):
        pass


def test_every_mode_says_what_it_does() -> None:
    modes = {**OPERATION_MODES, **DOCUMENT_MODES}
    assert [name for name, mode in modes.items() if not mode.__doc__] == []
