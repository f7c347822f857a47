"""Family H: each fault of the limit shows, and only at the limit."""

import asyncio
import re
from collections import Counter
from dataclasses import replace

import pytest

from tests.sandbox.assembly import Sandbox
from tests.sandbox.connections import Connection
from tests.sandbox.limiter import Rate
from tests.unit.sandbox.asking import Answer, Ask, ask, asking, sandbox

LIMIT = 10
RATE = Rate(LIMIT, 600)
LIST = Ask("/v1/calls", "{full}")


def exhausted(*faults: str) -> Sandbox:
    """A sandbox whose full key has used up its limit, over one connection."""
    server = sandbox(*faults, rate=RATE)
    connection = Connection()
    for _ in range(LIMIT):
        assert ask(server, LIST, connection).status == 200
    return server


def over_the_limit(*faults: str) -> Answer:
    return ask(exhausted(*faults), LIST)


def admitted(server: Sandbox, request: Ask, connections: list[Connection]) -> int:
    return sum(ask(server, request, connection).status == 200 for connection in connections)


def test_the_correct_server_refuses_the_next() -> None:
    answer = over_the_limit()

    assert answer.status == 429
    assert int(answer.headers["retry-after"]) in range(1, 601)


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("H01", 200),
        ("H02", 503),
        ("H02=403", 403),
        ("H21", 500),
        ("H21=502", 502),
        ("H15", 200),
    ],
)
def test_the_next_has_another_status(fault: str, status: int) -> None:
    assert over_the_limit(fault).status == status


@pytest.mark.parametrize(
    ("fault", "start"),
    [
        ("H03", b"<!doctype html>"),
        ("H03=express-rate-limit", b"Too many requests"),
        ("H03=slowapi", b'{"error":"Rate limit exceeded: 10 per 600 second"}'),
        ("H03=fastify", b'{"statusCode":429,"error"'),
        ("G12=429", b'{"error"'),
    ],
)
def test_the_429_has_another_body(fault: str, start: bytes) -> None:
    answer = over_the_limit(fault)

    assert answer.status == 429
    assert answer.body.startswith(start)
    assert "retry-after" in answer.headers


def test_the_limit_comes_early() -> None:
    server = sandbox("H04=70", rate=RATE)

    assert Counter(ask(server, LIST).status for _ in range(LIMIT)) == {200: 7, 429: 3}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("fraction", r"\d+\.\d{3}"),
        ("negative", r"-\d+"),
        ("unit", r"\d+ms"),
        ("word", "soon"),
        ("iso-date", r"20\d\d-\d\d-\d\dT.*"),
        ("milliseconds", r"[56]\d{5}"),
        ("epoch", r"\d{10}"),
    ],
)
def test_retry_after_is_malformed(form: str, text: str) -> None:
    assert re.fullmatch(text, over_the_limit(f"H05={form}").headers["retry-after"])


def test_retry_after_is_0_and_the_next_is_refused() -> None:
    server = exhausted("H06")

    assert [ask(server, LIST).headers["retry-after"] for _ in range(2)] == ["0", "0"]


@pytest.mark.parametrize(
    ("fault", "bypass"),
    [
        ("H07", Ask(LIST.target, LIST.key, headers=(("x-forwarded-for", "192.0.2.1"),))),
        ("H07=x-real-ip", Ask(LIST.target, LIST.key, headers=(("x-real-ip", "192.0.2.1"),))),
        ("H07=forwarded", Ask(LIST.target, LIST.key, headers=(("forwarded", "for=192.0.2.1"),))),
        ("H08", Ask("/v1/calls/", LIST.key)),
        ("H08=double-slash", Ask("/v1//calls", LIST.key)),
        ("H08=case", Ask("/V1/calls", LIST.key)),
        ("H08=percent", Ask("/v1/%63alls", LIST.key)),
        ("H09", Ask("/v1/calls?x=1", LIST.key)),
        ("H11", replace(LIST, method="HEAD")),
        ("H12", Ask(LIST.target, "{full} ")),
        ("H12", Ask(LIST.target, "\t{full}")),
    ],
)
def test_the_counter_is_got_round(fault: str, bypass: Ask) -> None:
    server = exhausted(fault)

    assert ask(server, LIST).status == 429
    assert ask(server, bypass).status == 200


def test_requests_in_between_are_admitted_too() -> None:
    async def at_once(server: Sandbox) -> list[Answer]:
        return await asyncio.gather(*(asking(server, LIST) for _ in range(3 * LIMIT)))

    racing = asyncio.run(at_once(sandbox("H13", rate=RATE)))
    correct = asyncio.run(at_once(sandbox(rate=RATE)))

    assert Counter(answer.status for answer in racing) == {200: 3 * LIMIT}
    assert Counter(answer.status for answer in correct) == {200: LIMIT, 429: 2 * LIMIT}
    assert over_the_limit("H13").status == 429


@pytest.mark.parametrize("replicas", [2, 3, 4])
def test_each_replica_counts(replicas: int) -> None:
    server = sandbox(f"H14={replicas}", rate=RATE)

    fresh = [Connection() for _ in range(6 * LIMIT)]

    assert admitted(server, LIST, fresh) == replicas * LIMIT


def test_each_connection_counts() -> None:
    server = sandbox("H15", rate=RATE)
    kept = Connection()

    assert admitted(server, LIST, [kept] * 2 * LIMIT) == LIMIT
    assert admitted(server, LIST, [Connection() for _ in range(2 * LIMIT)]) == 2 * LIMIT


def test_once_refused_for_ever() -> None:
    server = exhausted("H17")
    waits = [int(ask(server, LIST).headers["retry-after"]) for _ in range(2)]

    assert waits == [600_000_000, 600_000_000]


def test_strangers_use_up_the_limit() -> None:
    stranger = Ask("/v1/calls", "{half}" + "0" * 20)
    statuses = {}
    for fault in ((), ("H18",)):
        server = sandbox(*fault, rate=RATE)
        for _ in range(LIMIT):
            assert ask(server, stranger).status == 401
        statuses[fault] = ask(server, LIST).status

    assert statuses == {(): 200, ("H18",): 429}


def test_a_write_over_the_limit_is_carried_out() -> None:
    write = Ask(
        "/v1/calls", "{full}", "POST", body='{"from": "+27215550100", "to": "+27215550199"}'
    )
    written = {}
    for fault in ((), ("H20",)):
        server = exhausted(*fault)
        assert ask(server, write).status == 429
        written[fault] = b"call_created_now" in ask(server, Ask(LIST.target, "{second}")).body

    assert written == {(): False, ("H20",): True}
