"""The limiters admit what their truth says: from rest, under polls, and when asked all at once."""

import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.integration.servers.asking import ask, connect, is_envelope, raw_request
from tests.integration.servers.skipping import started_or_skipped
from tests.servers.limiters.libraries import (
    express_rate_limit,
    fastify_rate_limit,
    flask_limits,
    rate_limiter_flexible,
)
from tests.servers.limiters.proxies import haproxy, nginx
from tests.servers.limiters.truth import Limiter
from tests.servers.running import Server, ServerUnavailableError

LIMIT = 7
LONG_S = 600  # a window that does not end within a test
SHORT_S = 1

WINDOWS = {
    "limits-fixed": flask_limits("fixed-window", LIMIT, LONG_S),
    "limits-moving": flask_limits("moving-window", LIMIT, LONG_S),
    "limits-counter": flask_limits("sliding-window-counter", LIMIT, LONG_S),
    "express-rate-limit": express_rate_limit(LIMIT, LONG_S),
    "fastify": fastify_rate_limit(LIMIT, LONG_S),
    "fastify-extending": fastify_rate_limit(LIMIT, LONG_S, extending=True),
    "flexible": rate_limiter_flexible(LIMIT, LONG_S),
    "flexible-block": rate_limiter_flexible(LIMIT, LONG_S, block_s=LONG_S),
    "haproxy-gpc0": haproxy(LIMIT, LONG_S),
    "haproxy-req-rate": haproxy(LIMIT, LONG_S, counter="http_req_rate"),
}
BUCKETS = {
    "nginx-none": nginx(1, 60),
    "nginx-nodelay": nginx(1, 60, burst="nodelay", size=LIMIT),
}
FROM_REST = {**WINDOWS, **BUCKETS}


@pytest.mark.parametrize("limiter", FROM_REST.values(), ids=FROM_REST)
def test_so_many_are_admitted_from_rest_and_each_key_has_its_own(limiter: Limiter) -> None:
    admitted = limiter.truth.admitted_from_rest
    with started_or_skipped(limiter.start()) as server:
        keys = server.keys
        statuses = [ask(server, "/calls", key=keys.full).status for _ in range(admitted)]
        refusal = ask(server, "/calls", key=keys.full)
        refused = [ask(server, "/calls", key=key) for key in (None, keys.revoked, keys.deleted)]
        forbidden = ask(server, "/calls", key=keys.scoped[""])
        other = ask(server, "/calls", key=keys.second)

    assert statuses == [200] * admitted
    assert is_envelope(refusal, 429)
    assert all(is_envelope(reply, 401) for reply in refused)
    assert is_envelope(forbidden, 403)
    assert other.status == 200


def _poll(server: Server) -> Iterator[int]:
    for _ in range(20_000):
        yield ask(server, "/calls", key=server.keys.full).status


RECOVERING = {
    "limits-fixed": flask_limits("fixed-window", LIMIT, SHORT_S),
    "limits-counter": flask_limits("sliding-window-counter", LIMIT, SHORT_S),
    "flexible": rate_limiter_flexible(LIMIT, SHORT_S),
    "haproxy-gpc0": haproxy(LIMIT, SHORT_S),
    "nginx-nodelay": nginx(4, burst="nodelay", size=LIMIT),
}


@pytest.mark.parametrize("limiter", RECOVERING.values(), ids=RECOVERING)
def test_polled_limiter_recovers(limiter: Limiter) -> None:
    with started_or_skipped(limiter.start()) as server:
        polls = _poll(server)
        assert 429 in polls

        assert 200 in polls


SHUT = {
    "fastify-extending": fastify_rate_limit(LIMIT, SHORT_S, extending=True),
    "flexible-block": rate_limiter_flexible(LIMIT, SHORT_S, block_s=3 * SHORT_S),
    "haproxy-req-rate": haproxy(LIMIT, SHORT_S, counter="http_req_rate"),
}


@pytest.mark.parametrize("limiter", SHUT.values(), ids=SHUT)
def test_polled_limiter_stays_shut_beyond_its_window(limiter: Limiter) -> None:
    with started_or_skipped(limiter.start()) as server:
        polls = _poll(server)
        assert 429 in polls
        beyond = time.monotonic() + 1.5 * SHORT_S
        statuses = {next(polls)}
        while time.monotonic() < beyond:
            statuses.add(next(polls))

    assert statuses == {429}


def test_block_ends() -> None:
    with started_or_skipped(rate_limiter_flexible(LIMIT, SHORT_S, block_s=2).start()) as server:
        polls = _poll(server)
        assert 429 in polls

        assert 200 in polls


def test_queue_delays_its_burst_and_refuses_the_rest() -> None:
    limiter = nginx(5, burst="queue", size=3)
    with started_or_skipped(limiter.start()) as server, ExitStack() as stack:
        connections = [stack.enter_context(connect(server)) for _ in range(20)]
        for connection in connections:
            connection.sendall(raw_request(server))
        statuses = [connection.recv(65536)[9:12] for connection in connections]

    # One is served and three wait; while twenty are sent, one place at most becomes free.
    assert statuses.count(b"200") in {limiter.truth.burst, (limiter.truth.burst or 0) + 1}
    assert set(statuses) == {b"200", b"429"}


@pytest.mark.parametrize("limiter", [nginx(1), haproxy(1, 1)], ids=["nginx", "haproxy"])
def test_program_that_is_not_installed_makes_the_limiter_unavailable(
    limiter: Limiter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)

    with pytest.raises(ServerUnavailableError, match="is not installed"), limiter.start():
        pass
