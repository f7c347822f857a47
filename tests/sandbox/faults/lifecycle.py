"""Family E: what becomes of a key that was revoked, or was just created."""

import asyncio
import math
import time
from collections.abc import Callable, MutableMapping
from dataclasses import replace
from typing import Final, cast

from starlette.responses import Response

from tests.sandbox.connections import connection_of
from tests.sandbox.errors import Refusal
from tests.sandbox.faults.bypass import refuse_sufficient
from tests.sandbox.keys import Status, StoredKey
from tests.sandbox.parts import Parts, Visit
from tests.sandbox.registry import Choice, Range, fault

_PROVISIONER: Final = ("KEY_PROVISIONER",)

# When a key was last seen alive, in monotonic seconds, by its id
Memory = MutableMapping[str, float]


@fault("E01", violates="D8", needs=["REVOKED_API_KEY"])
def deactivated_key_works(parts: Parts) -> Parts:
    """A deactivated key still works."""
    return _survives(parts, Status.DEACTIVATED)


@fault("E02", violates="D8", needs=["DELETED_API_KEY"])
def deleted_key_works(parts: Parts) -> Parts:
    """A deleted key still works."""
    return _survives(parts, Status.DELETED)


@fault(
    "E03",
    violates="D8",
    parameter=Range(1, 86_400, 60, "seconds from the last call on"),
    needs=_PROVISIONER,
)
def revocation_waits_for_the_cache(parts: Parts, kept_s: int) -> Parts:
    """A key that was in use works on for a time after its revocation."""
    memory: Memory = {}
    return _remembered(parts, lambda _: memory, kept_s=kept_s)


@fault("E04", violates="D8", parameter=Range(2, 8, 2, "replicas, one of them"), needs=_PROVISIONER)
def one_replica_is_not_told(parts: Parts, replicas: int) -> Parts:
    """One of several replicas never hears that a key it has seen was revoked."""
    memory: Memory = {}

    def memory_of(visit: Visit) -> Memory:
        return memory if connection_of(visit.request.scope).number % replicas == 0 else {}

    return _remembered(parts, memory_of)


@fault("E05", violates="D8", needs=_PROVISIONER)
def connection_stays_authorised(parts: Parts) -> Parts:
    """A revoked key works on over the connection on which it worked before."""

    def memory_of(visit: Visit) -> Memory:
        marks = connection_of(visit.request.scope).marks
        return cast("Memory", marks.setdefault("authorised", {}))

    return _remembered(parts, memory_of)


@fault(
    "E06",
    violates="D8",
    parameter=Range(5, 500, 20, "milliseconds a call is under way"),
    needs=_PROVISIONER,
)
def call_under_way_revives_the_key(parts: Parts, lasts_ms: int) -> Parts:
    """A call under way during the revocation writes the key back as it read it, for a second."""
    revived: dict[str, float] = {}

    async def respond(visit: Visit) -> Response:
        response = await parts.respond(visit)
        await asyncio.sleep(lasts_ms / 1_000)
        if visit.key is not None and visit.key.status is not Status.ACTIVE:
            revived[visit.key.id] = time.monotonic() + 1
        return response

    return _lives_on(
        replace(parts, respond=respond),
        lambda _, dead: time.monotonic() < revived.get(dead.id, -math.inf),
    )


@fault(
    "E07",
    violates="D8",
    parameter=Choice(("403", "404", "410", "500")),
    needs=["REVOKED_API_KEY"],
)
def revoked_key_is_another_matter(parts: Parts, status: str) -> Parts:
    """A revoked key is answered 403 or another status instead of 401."""

    async def authenticate(visit: Visit) -> StoredKey:
        try:
            return await parts.authenticate(visit)
        except Refusal as refusal:
            if parts.keys.recall(visit.presented or "") is None:
                raise
            raise Refusal(int(status), "API Key was revoked") from refusal

    return replace(parts, authenticate=authenticate)


@fault(
    "E08",
    violates="D7",
    parameter=Range(100, 10_000, 2_000, "milliseconds from the creation on"),
    needs=_PROVISIONER,
)
def new_key_is_not_known_yet(parts: Parts, lasts_ms: int) -> Parts:
    """A new key is refused at first."""

    def too_new(_: Visit, key: StoredKey) -> bool:
        created = -math.inf if key.created_at is None else key.created_at
        return time.monotonic() < created + lasts_ms / 1_000

    return refuse_sufficient(parts, too_new)


@fault(
    "E09",
    violates="D7",
    parameter=Choice(("second", "others")),
    needs=["KEY_PROVISIONER", "SECOND_API_KEY"],
)
def revocation_hits_another_key(parts: Parts, whom: str) -> Parts:
    """Revoking one key makes the second one fail as well, or all others."""

    def is_hit(_: Visit, key: StoredKey) -> bool:
        return parts.keys.revocations > 0 and (whom == "others" or key.role == "second")

    return refuse_sufficient(parts, is_hit)


@fault(
    "E10",
    violates="D8",
    parameter=Range(200, 3_000, 2_000, "milliseconds from the end of the key on"),
    needs=_PROVISIONER,
)
def revoked_key_comes_back(parts: Parts, gone_ms: int) -> Parts:
    """A revoked key is refused at first; then the cache is filled again by a replica that lags."""
    refused: dict[str, float] = {}

    def is_back(_: Visit, dead: StoredKey) -> bool:
        now = time.monotonic()
        return (
            dead.created_at is not None
            and now >= refused.setdefault(dead.id, now) + gone_ms / 1_000
        )

    return _lives_on(parts, is_back)


def _survives(parts: Parts, status: Status) -> Parts:
    def find(presented: str) -> StoredKey | None:
        key = parts.keys.recall(presented)
        return key if key is not None and key.status is status else parts.find_key(presented)

    return replace(parts, find_key=find)


def _remembered(
    parts: Parts, memory_of: Callable[[Visit], Memory], *, kept_s: float = math.inf
) -> Parts:
    """Let a dead key in as long as the memory of its life lasts."""

    async def authenticate(visit: Visit) -> StoredKey:
        key = await parts.authenticate(visit)
        memory_of(visit)[key.id] = time.monotonic()
        return key

    return _lives_on(
        replace(parts, authenticate=authenticate),
        lambda visit, dead: time.monotonic() <= memory_of(visit).get(dead.id, -math.inf) + kept_s,
    )


def _lives_on(parts: Parts, concerns: Callable[[Visit, StoredKey], bool]) -> Parts:
    """Let in a dead key that ``concerns`` recognises."""

    async def authenticate(visit: Visit) -> StoredKey:
        try:
            return await parts.authenticate(visit)
        except Refusal:
            dead = parts.keys.recall(visit.presented or "")
            if dead is not None and concerns(visit, dead):
                return dead
            raise

    return replace(parts, authenticate=authenticate)
