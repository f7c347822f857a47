"""A fault hides in its context; outside of it the server is correct."""

import pytest

from tests.sandbox.assembly import Order, Sandbox, assemble
from tests.sandbox.connections import Connection
from tests.unit.sandbox.asking import SERVER, UNLIMITED, Ask, ask

FORGED = Ask("/v1/calls", "{random}")
GOOD = Ask("/v1/calls", "{full}")


def hidden(*where: str, seed: int = 0, fault: str = "A04") -> Sandbox:
    order = Order(rate=UNLIMITED, seed=seed, faults=((fault, None),), where=where)
    return assemble(order, server=SERVER)


@pytest.mark.parametrize(
    ("where", "inside", "outside"),
    [
        ("operation=GET /calls/{callId}", Ask("/v1/calls/{item}", "{random}"), FORGED),
        ("operation=GET /calls", FORGED, Ask("/v1/calls/{item}", "{random}")),
        ("method=HEAD", Ask("/v1/calls", "{random}", "HEAD"), FORGED),
        (
            "accept=text/html",
            Ask("/v1/calls", "{random}", headers=(("accept", "text/html,*/*"),)),
            FORGED,
        ),
        (
            "header=authorization",
            Ask("/v1/calls", "{random}", headers=(("authorization", "Bearer none"),)),
            FORGED,
        ),
        (
            "content-type=application/json",
            Ask("/v1/calls", "{random}", headers=(("content-type", "application/json"),)),
            FORGED,
        ),
        ("query=status", Ask("/v1/calls?status=missed", "{random}"), FORGED),
    ],
)
def test_a_request_decides(where: str, inside: Ask, outside: Ask) -> None:
    server = hidden(where)

    assert [ask(server, request).status for request in (inside, outside)] == [200, 401]


def test_every_nth_request_decides() -> None:
    server = hidden("nth=3")

    assert [ask(server, FORGED).status for _ in range(6)] == [401, 401, 200, 401, 401, 200]


def test_nth_counts_what_is_inside_the_other_contexts() -> None:
    server = hidden("nth=2", "method=GET")
    requests = [FORGED, Ask("/v1/calls", "{random}", "HEAD"), FORGED]

    assert [ask(server, request).status for request in requests] == [401, 401, 200]


def test_the_first_request_of_a_connection_decides() -> None:
    server, kept = hidden("connection=first"), Connection()

    assert [ask(server, FORGED, kept).status for _ in range(3)] == [200, 401, 401]


def test_a_good_request_before_decides() -> None:
    server, kept = hidden("connection=after-good"), Connection()
    requests = [FORGED, GOOD, FORGED, Ask("/v1/calls"), FORGED]

    assert [ask(server, request, kept).status for request in requests] == [401, 200, 200, 401, 401]


@pytest.mark.parametrize(
    ("where", "before"), [("after-three-good", GOOD), ("after-three-bad", Ask("/v1/calls"))]
)
def test_three_of_a_kind_before_decide(where: str, before: Ask) -> None:
    server = hidden(f"connection={where}")
    found = []
    for count in range(4):
        kept = Connection()
        for _ in range(count):
            ask(server, before, kept)
        found.append(ask(server, FORGED, kept).status)

    assert found == [401, 401, 401, 200]


def test_a_connection_stays_at_its_replica() -> None:
    server = hidden("replica=2")
    kept = [Connection() for _ in range(40)]

    rounds = [[ask(server, FORGED, connection).status for connection in kept] for _ in range(2)]

    assert rounds[0] == rounds[1]
    assert 10 < rounds[0].count(200) < 30


def test_the_seed_chooses_the_replicas() -> None:
    statuses = [
        [ask(server, FORGED, Connection()).status for _ in range(20)]
        for server in (hidden("replica=2", seed=seed) for seed in (1, 1, 2))
    ]

    assert statuses[0] == statuses[1] != statuses[2]


def test_inside_and_outside_share_keys_data_and_counters() -> None:
    server = hidden("method=HEAD", fault="E01")
    server.parts.keys.deactivate(server.keys.second.id)
    requests = [Ask("/v1/calls", "{second}"), Ask("/v1/calls", "{second}", "HEAD"), GOOD]

    assert [ask(server, request).status for request in requests] == [401, 200, 200]


@pytest.mark.parametrize("text", ["path=/v1", "nth=0", "connection=second", "replica=x", "nth"])
def test_an_unknown_context_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no context; write one like"):
        hidden(text)


def test_an_unknown_operation_is_refused() -> None:
    with pytest.raises(ValueError, match="is no operation; there are GET /calls"):
        hidden("operation=GET /nothing")
