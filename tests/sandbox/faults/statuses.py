"""Family C: the right refusal under the wrong status."""

from collections.abc import Callable
from dataclasses import replace

from tests.sandbox.errors import Refusal
from tests.sandbox.keys import StoredKey
from tests.sandbox.parts import Parts, Visit
from tests.sandbox.registry import Choice, fault


@fault("C01", violates="D1", parameter=Choice(("403", "400", "404", "500")))
def missing_key_is_forbidden(parts: Parts, status: str) -> Parts:
    """A request without a key is answered 403 instead of 401."""
    return _refused_with(parts, int(status), lambda presented: presented is None)


@fault("C02", violates="D2", parameter=Choice(("403", "422", "400", "404", "500")))
def invalid_key_is_forbidden(parts: Parts, status: str) -> Parts:
    """A value that never was a key is answered 403 instead of 401."""

    def never_was_a_key(presented: str | None) -> bool:
        return presented is not None and parts.keys.recall(presented) is None

    return _refused_with(parts, int(status), never_was_a_key)


def _refused_with(parts: Parts, status: int, concerns: Callable[[str | None], bool]) -> Parts:
    async def authenticate(visit: Visit) -> StoredKey:
        try:
            return await parts.authenticate(visit)
        except Refusal as refusal:
            if concerns(visit.parts.read_credential(visit.request)):
                raise Refusal(status, refusal.message) from refusal
            raise

    return replace(parts, authenticate=authenticate)
