"""Family E: what each fault does to a key that is revoked, or new."""

import asyncio
from types import SimpleNamespace

import pytest

from tests.sandbox.assembly import Sandbox
from tests.sandbox.connections import Connection
from tests.sandbox.faults import lifecycle
from tests.sandbox.keys import StoredKey
from tests.unit.sandbox.asking import Ask, ask, asking, sandbox

END = pytest.mark.parametrize("end", ["deactivate", "delete"])


def with_key(key: StoredKey) -> Ask:
    return Ask("/v1/calls", key.secret)


def status(server: Sandbox, key: StoredKey, connection: Connection | None = None) -> int:
    return ask(server, with_key(key), connection).status


def revoke(server: Sandbox, key: StoredKey, end: str = "deactivate") -> None:
    getattr(server.parts.keys, end)(key.id)


def created(server: Sandbox) -> StoredKey:
    return server.parts.keys.create(["calls:read"])


@END
def test_a_revoked_key_is_refused_at_once_and_for_good(end: str) -> None:
    server, kept = sandbox(), Connection()
    key = created(server)
    before = status(server, key, kept)

    revoke(server, key, end)

    assert before == 200
    assert [status(server, key, connection) for connection in (kept, None, None)] == [401] * 3


@pytest.mark.parametrize(("fault", "end"), [("E01", "deactivate"), ("E02", "delete")])
def test_a_revoked_key_still_works(fault: str, end: str) -> None:
    other = {"deactivate": "delete", "delete": "deactivate"}[end]
    statuses = []
    for how in (end, other):
        server = sandbox(fault)
        key = created(server)
        revoke(server, key, how)
        statuses.append(status(server, key))

    assert statuses == [200, 401]


@END
def test_the_cache_knows_a_revoked_key_only_if_it_was_used(end: str) -> None:
    server = sandbox("E03")
    used, unused = created(server), created(server)
    status(server, used)

    for key in (used, unused):
        revoke(server, key, end)

    assert [status(server, used), status(server, unused)] == [200, 401]


def test_the_cache_forgets_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 159.0, 161.0])  # one reading a call
    monkeypatch.setattr(lifecycle, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    server = sandbox("E03=60")
    key = created(server)
    status(server, key)
    revoke(server, key)

    assert [status(server, key) for _ in range(2)] == [200, 401]


@pytest.mark.parametrize("replicas", [2, 5])
def test_one_replica_is_not_told(replicas: int) -> None:
    server = sandbox(f"E04={replicas}")
    key = created(server)
    fresh = [Connection() for _ in range(4 * replicas)]
    assert {status(server, key, connection) for connection in fresh} == {200}

    revoke(server, key)

    fresh = [Connection() for _ in range(4 * replicas)]
    assert [status(server, key, each) for each in fresh].count(200) == 4


def test_only_the_open_connection_stays_authorised() -> None:
    server, kept = sandbox("E05"), Connection()
    key = created(server)
    status(server, key, kept)

    revoke(server, key)

    assert [status(server, key, kept), status(server, key)] == [200, 401]


def test_a_call_under_way_revives_the_key() -> None:
    async def revoked(server: Sandbox, *, under_way: bool) -> int:
        key = created(server)
        call = asyncio.create_task(asking(server, with_key(key)))
        await asyncio.sleep(0)  # let it pass the guards
        if not under_way:
            await call
        revoke(server, key)
        await call
        return (await asking(server, with_key(key))).status

    statuses = [
        asyncio.run(revoked(sandbox(*fault), under_way=under_way))
        for fault in ((), ("E06",))
        for under_way in (False, True)
    ]

    assert statuses == [401, 401, 401, 200]


@pytest.mark.parametrize("other", [403, 404, 410, 500])
@END
def test_a_revoked_key_has_another_status(other: int, end: str) -> None:
    server = sandbox(f"E07={other}")
    key = created(server)
    revoke(server, key, end)

    assert status(server, key) == other


def test_a_new_key_is_refused_at_first() -> None:
    server = sandbox("E08")
    key = created(server)

    at_first = status(server, key)
    assert key.created_at is not None
    key.created_at -= 2  # as if so many seconds had passed

    assert [at_first, status(server, key)] == [401, 200]


@pytest.mark.parametrize(("whom", "statuses"), [("second", [200, 401]), ("others", [401, 401])])
def test_revoking_one_key_hits_another(whom: str, statuses: list[int]) -> None:
    server = sandbox(f"E09={whom}")
    keys = [server.keys.full, server.keys.second]
    before = [status(server, key) for key in keys]

    revoke(server, created(server))

    assert before == [200, 200]
    assert [status(server, key) for key in keys] == statuses


def test_a_revoked_key_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 102.5])  # one reading a refusal
    monkeypatch.setattr(lifecycle, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    server = sandbox("E10")
    key = created(server)
    in_use = status(server, key)

    revoke(server, key)

    assert [in_use, status(server, key), status(server, key)] == [200, 401, 200]
