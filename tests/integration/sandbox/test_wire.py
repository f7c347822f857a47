"""Faults and variations that exist only on a connection."""

import gzip
import http.client
import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.sandbox.process import UNLIMITED, Running, ask, running


def raw_get(sandbox: Running, target: str = "/v1/calls", *lines: str) -> bytes:
    """Send a GET as written here and give the whole answer."""
    head = [f"GET {target} HTTP/1.1", "Host: h", "Connection: close", *lines, "", ""]
    return sandbox.raw("\r\n".join(head).encode("latin-1"))


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


@pytest.mark.parametrize(("value", "expected"), [("  ", 200), ("", 401), (" \t", 200)])
def test_a_blank_key_differs_from_an_empty_one(value: str, expected: int) -> None:
    with running("--fault", "A03", "--rate", UNLIMITED) as sandbox:
        assert status(raw_get(sandbox, "/v1/calls", f"x-api-key:{value}")) == expected


def test_paths_are_misread_as_sent() -> None:
    spellings = {
        "B01": "/V1/calls",
        "B02": "/v1/calls/",
        "B03": "/v1//calls",
        "B04": "/v1/./calls",
        "B05": "/%761/calls",
        "B06": "/v1\\calls",
        "B07": "/v1;x=1/calls",
        "B08": "/v1/calls%00",
        "B09": "http://h/v1/calls",
        "B11": "/v1/calls#/health",
    }
    chosen = [argument for fault in spellings for argument in ("--fault", fault)]
    with running(*chosen, "--rate", UNLIMITED) as sandbox:
        statuses = {fault: status(raw_get(sandbox, target)) for fault, target in spellings.items()}
        plain = status(raw_get(sandbox))

    assert statuses == dict.fromkeys(spellings, 200)
    assert plain == 401


def test_frameworks_are_loaded_when_they_are_asked_for() -> None:
    with running("--fault", "C03") as sandbox:
        missing = sandbox.ask("/v1/calls")
        full = sandbox.ask("/v1/calls", sandbox.line["api_key"])

    assert (missing.status, full.status) == (422, 200)
    assert missing.body.startswith(b'{"detail":')


def test_blanks_round_the_key_open_another_counter() -> None:
    with running("--fault", "H12", "--rate", "2/600s") as sandbox:
        key = sandbox.line["api_key"]
        statuses = [
            status(raw_get(sandbox, "/v1/calls", f"x-api-key: {spelling}"))
            for spelling in (key, key, key, f"{key} ", f"{key}\t", key)
        ]

    assert statuses == [200, 200, 429, 200, 200, 429]


def test_a_truncated_body_is_shorter_than_announced() -> None:
    with running("--fault", "G11=truncated") as sandbox:
        head, _, body = raw_get(sandbox).partition(b"\r\n\r\n")

    assert f"content-length: {len(body) + 1}".encode() in head


@pytest.mark.parametrize("order", [("--fault", "H21=reset"), ("--benign", "V20=reset")])
def test_a_connection_breaks_without_an_answer(order: tuple[str, str]) -> None:
    with running(*order, "--rate", "49/600s") as sandbox:
        for _ in range(49):
            assert sandbox.ask("/v1/calls", sandbox.line["api_key"]).status == 200
        with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
            sandbox.ask("/v1/calls", sandbox.line["api_key"])


def test_a_race_admits_more_than_the_limit() -> None:
    admitted = {}
    for fault in ((), ("--fault", "H13=50")):
        with running(*fault, "--rate", "4/600s") as sandbox, ThreadPoolExecutor(12) as pool:
            key = sandbox.line["api_key"]
            answers = pool.map(lambda _, box=sandbox, key=key: box.ask("/v1/calls", key), range(12))
            admitted[fault] = Counter(answer.status for answer in answers)[200]

    assert admitted[()] == 4
    assert admitted[("--fault", "H13=50")] > 4


def test_only_the_first_request_of_a_connection_is_wrong() -> None:
    order = ("--fault", "A04", "--where", "connection=first")
    with running(*order) as sandbox, sandbox.connection() as kept:
        forged = "sk_live_" + "0" * 32
        statuses = [ask(kept, "/v1/calls", forged).status for _ in range(3)]

    assert statuses == [200, 401, 401]


def test_answers_name_neither_date_nor_server() -> None:
    with running("--benign", "V03=bare") as sandbox:
        headers = sandbox.ask("/v1/calls").headers

    assert not {"date", "server"} & set(headers)


def test_each_answer_closes_its_connection() -> None:
    with running("--benign", "V05") as sandbox, sandbox.connection() as kept:
        answer = ask(kept, "/v1/calls")

        assert answer.headers["connection"] == "close"
        assert kept.sock is None


def test_answers_are_chunked() -> None:
    with running("--benign", "V06") as sandbox:
        answer = sandbox.ask("/v1/calls")
        head = sandbox.ask("/v1/calls", method="HEAD")

    assert answer.headers["transfer-encoding"] == "chunked"
    assert json.loads(answer.body)["statusCode"] == 401
    assert (head.status, head.body) == (401, b"")


def test_answers_are_of_http_1_0() -> None:
    with running("--benign", "V05=http/1.0") as sandbox:
        answer = raw_get(sandbox)
        head = sandbox.ask("/v1/calls", method="HEAD")

    assert answer.startswith(b"HTTP/1.0 401 Unauthorized\r\n")
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["statusCode"] == 401
    assert (head.status, head.body) == (401, b"")


def test_answers_have_trailers() -> None:
    with running("--benign", "V06=trailers") as sandbox:
        read = sandbox.ask("/v1/calls")
        raw = raw_get(sandbox)

    assert json.loads(read.body)["statusCode"] == 401
    assert raw.endswith(f"0\r\nx-body-bytes: {len(read.body)}\r\n\r\n".encode())


def test_answers_are_compressed_for_who_accepts_it() -> None:
    with running("--benign", "V07") as sandbox, sandbox.connection() as kept:
        plain = ask(kept, "/v1/calls")
        packed = ask(kept, "/v1/calls", **{"accept-encoding": "gzip"})

    assert packed.headers["content-encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body


def test_blanks_after_a_key_may_make_it_another() -> None:
    with running("--benign", "V13") as sandbox:
        key = sandbox.line["api_key"]
        statuses = [
            status(raw_get(sandbox, "/v1/calls", f"x-api-key:{spelling}"))
            for spelling in (key, f"  {key}", f"{key} ")
        ]

    assert statuses == [200, 200, 401]


@pytest.mark.parametrize(("variation", "body"), [("V09=plain", b"Bad Request"), ("V15", b"<html>")])
def test_malformed_requests_get_another_page(variation: str, body: bytes) -> None:
    with running("--benign", variation) as sandbox:
        answer = sandbox.raw(b"GET /v1/calls HTTP/1.1\r\nno colon\r\n\r\n")

    assert status(answer) == 400
    assert answer.partition(b"\r\n\r\n")[2].startswith(body)
