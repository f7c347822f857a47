"""A key that comes back is noted and masked, wherever in the answer it stands."""

import pytest

from contracts.credentials import FULL, Credential, NoKey, RoleKey, Text
from contracts.exchange import (
    Disclosure,
    Form,
    Response,
)
from contracts.near_misses import CUT, NearMiss
from contracts.wire import nobody
from tests.unit.contracts.answers import KEY, asked
from tests.unit.contracts.loopback import OK, answering, response
from tests.unit.contracts.wiring import Wired


@pytest.mark.parametrize(
    ("answer", "form"),
    [
        pytest.param(response(f'{{"k":"{KEY}"}}'.encode()), Form.RAW, id="body"),
        pytest.param(response(b"{}", f"X-Echo: {KEY}"), Form.RAW, id="header"),
        pytest.param(response(KEY.encode().hex().encode()), Form.ENCODED, id="encoded"),
        pytest.param(response(status=f"401 {KEY} is wrong"), Form.RAW, id="reason-phrase"),
        pytest.param(
            f"HTTP/1.1 103 Early Hints\r\nX-Echo: {KEY}\r\n\r\n".encode() + response(),
            Form.RAW,
            id="interim",
        ),
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Echo\r\n\r\n"
            + f"2\r\n{{}}\r\n0\r\nX-Echo: {KEY}\r\n\r\n".encode(),
            Form.RAW,
            id="trailer",
        ),
    ],
)
def test_a_key_in_an_answer_is_noted_and_masked(wired: Wired, answer: bytes, form: Form) -> None:
    wire, _ = wired(answering(answer))
    exchange = wire.send(asked(NoKey()))

    assert exchange.disclosed == (Disclosure("full", form),)
    assert KEY not in repr(exchange)
    assert KEY.encode().hex() not in repr(exchange)


def test_what_was_sent_is_masked_in_what_came_back(wired: Wired) -> None:
    wire, _ = wired(answering(response(f"got {KEY[:-1]}".encode(), f"X-Got: {KEY[:-1]}")))
    exchange = wire.send(asked(NearMiss(CUT, 0)))

    assert exchange.disclosed == ()
    assert isinstance(exchange.answer, Response)
    assert (exchange.answer.body, exchange.answer.header("x-got")) == (b"got ***", "***")


@pytest.mark.parametrize("credential", [RoleKey(FULL), NearMiss(CUT, 0), Text("x" * 20, "x")])
def test_no_exchange_holds_what_was_sent(wired: Wired, credential: Credential) -> None:
    wire, server = wired(answering(OK))
    exchange = wire.send(asked(credential))

    value = server.requests[0].decode().split("x-api-key: ")[1].split("\r\n")[0]
    shown = repr(exchange).replace(repr(credential), "")
    assert value not in shown


def test_a_wire_without_keys_has_none() -> None:
    with pytest.raises(KeyError):
        nobody("full")
