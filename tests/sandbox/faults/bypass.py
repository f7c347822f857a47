"""Ways past a guard that faults of several families share."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Scope

from tests.sandbox.errors import Refusal, unauthorized
from tests.sandbox.keys import StoredKey
from tests.sandbox.layers import is_let_through, rerouted
from tests.sandbox.operations import SCOPES
from tests.sandbox.parts import Parts, Visit

# What a request becomes that is let in without any key
ANYONE: Final = StoredKey(id="anyone", secret="", scopes=frozenset(SCOPES), role="anyone")


def let_in(parts: Parts, concerns: Callable[[Visit], bool]) -> Parts:
    """Let in, with every scope, what the correct server refuses and ``concerns`` recognises."""

    async def authenticate(visit: Visit) -> StoredKey:
        try:
            return await parts.authenticate(visit)
        except Refusal:
            if concerns(visit):
                return ANYONE
            raise

    return replace(parts, authenticate=authenticate)


def let_in_without_key(parts: Parts, concerns: Callable[[Visit], bool]) -> Parts:
    """Likewise, for requests without a key alone: the fault is then D1's and no other's."""
    return let_in(parts, lambda visit: visit.presented is None and concerns(visit))


def reached(parts: Parts, route: Callable[[Scope], Scope | None]) -> Parts:
    """Let requests without a key through to where ``route`` leads them."""

    def without_key(scope: Scope) -> Scope | None:
        return None if "x-api-key" in Headers(scope=scope) else route(scope)

    layer = rerouted(without_key, let_through=True)
    return let_in_without_key(
        replace(parts, layers=(*parts.layers, layer)),
        lambda visit: is_let_through(visit.request.scope),
    )


def never_was_a_key(visit: Visit) -> bool:
    """Say whether a value was presented that is no key and never was one."""
    return visit.presented is not None and visit.parts.keys.recall(visit.presented) is None


def refuse_sufficient(parts: Parts, concerns: Callable[[Visit, StoredKey], bool]) -> Parts:
    """Refuse with 401 a key that lives and has the scope: then the fault is D7's and not D3's."""

    async def authenticate(visit: Visit) -> StoredKey:
        key = await parts.authenticate(visit)
        if visit.parts.has_scope(key, visit.operation) and concerns(visit, key):
            raise unauthorized("Invalid API Key provided")
        return key

    return replace(parts, authenticate=authenticate)


def effect_despite(parts: Parts, concerns: Callable[[Visit, Refusal], bool]) -> Parts:
    """Carry a write out before it is refused."""

    async def respond(visit: Visit) -> Response:
        try:
            return await parts.respond(visit)
        except Refusal as refusal:
            if visit.operation.method != "GET" and concerns(visit, refusal):
                with suppress(Refusal):  # invalid: nothing to carry out
                    await visit.parts.validate(visit)
                    await visit.parts.perform(visit)
            raise

    return replace(parts, respond=respond)
