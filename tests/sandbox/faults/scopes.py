"""Family S: which scopes are asked for."""

from dataclasses import replace
from typing import Final

from starlette.responses import Response

from tests.sandbox.errors import NO_STORE, Refusal, unauthorized
from tests.sandbox.faults.bypass import effect_despite
from tests.sandbox.keys import StoredKey
from tests.sandbox.operations import DELETE_CALL, GET_CALL, LIST_CALLS, Operation
from tests.sandbox.parts import Parts, Visit
from tests.sandbox.registry import Choice, fault

_SCOPED: Final = ("SCOPED_KEYS",)
_SCOPED_WRITES: Final = ("SCOPED_KEYS", "ALLOW_WRITES")
_LIST_KEYS: Final = Operation("GET", "/keys", "keys:read", "List the keys")


@fault("S01", violates="D3", needs=_SCOPED)
def scopes_are_not_enforced(parts: Parts) -> Parts:
    """Scopes are stored and never enforced."""
    return replace(parts, has_scope=lambda _key, _operation: True)


@fault("S02", violates="D3", parameter=Choice(("item", "list")), needs=_SCOPED)
def one_route_is_forgotten(parts: Parts, route: str) -> Parts:
    """Scopes are enforced on the list but not on the item, or the other way round."""
    forgotten = GET_CALL if route == "item" else LIST_CALLS

    def has_scope(key: StoredKey, operation: Operation) -> bool:
        return operation == forgotten or parts.has_scope(key, operation)

    return replace(parts, has_scope=has_scope)


@fault("S03", violates="D3", needs=_SCOPED_WRITES)
def reading_allows_writing(parts: Parts) -> Parts:
    """A key that may read may write: the method is no part of the check."""

    def has_scope(key: StoredKey, operation: Operation) -> bool:
        reading = operation.scope.replace(":write", ":read")
        return reading in key.scopes or parts.has_scope(key, operation)

    return replace(parts, has_scope=has_scope)


@fault("S04", violates="D3", parameter=Choice(("head", "override")), needs=_SCOPED)
def scope_of_the_other_method(parts: Parts, way: str) -> Parts:
    """The scope check is skipped on HEAD, or looks at the method before an override."""
    if way == "head":

        async def authorise(visit: Visit) -> None:
            if visit.request.method != "HEAD":
                await parts.authorise(visit)

        return replace(parts, authorise=authorise)

    async def perform(visit: Visit) -> Response:
        method = visit.request.headers.get("x-http-method-override", "").upper()
        if visit.operation == GET_CALL and method == "DELETE":
            visit.operation = DELETE_CALL
        return await parts.perform(visit)

    return replace(parts, perform=perform)


@fault("S05", violates="D3", needs=_SCOPED)
def scopes_match_by_prefix(parts: Parts) -> Parts:
    """A scope that merely begins like the needed one suffices."""

    def has_scope(key: StoredKey, operation: Operation) -> bool:
        return any(scope.startswith(operation.scope) for scope in key.scopes)

    return replace(parts, has_scope=has_scope)


@fault("S07", violates="D3", needs=_SCOPED)
def no_scopes_are_all_scopes(parts: Parts) -> Parts:
    """A key without scopes may do everything."""

    def has_scope(key: StoredKey, operation: Operation) -> bool:
        return not key.scopes or parts.has_scope(key, operation)

    return replace(parts, has_scope=has_scope)


@fault("S08", violates="D3", needs=_SCOPED)
def owner_widens_the_key(parts: Parts) -> Parts:
    """A key of an administrator may do everything, whatever its scopes."""

    def has_scope(key: StoredKey, operation: Operation) -> bool:
        return key.owner == "admin" or parts.has_scope(key, operation)

    return replace(parts, has_scope=has_scope)


@fault("S09", violates="D3", needs=_SCOPED)
def any_key_lists_the_keys(parts: Parts) -> Parts:
    """There is an operation that lists the keys, and any key may call it."""

    def list_keys(visit: Visit) -> object:
        return [{"id": key.id, "scopes": sorted(key.scopes)} for key in visit.parts.keys]

    def has_scope(key: StoredKey, operation: Operation) -> bool:
        return operation == _LIST_KEYS or parts.has_scope(key, operation)

    return replace(
        parts,
        operations=(*parts.operations, _LIST_KEYS),
        handlers={**parts.handlers, _LIST_KEYS.label: list_keys},
        has_scope=has_scope,
    )


@fault("S10", violates="D3", parameter=Choice(("401", "404", "empty", "500")), needs=_SCOPED)
def missing_scope_is_another_matter(parts: Parts, outcome: str) -> Parts:
    """A missing scope is answered 401, 404, 500 or an empty 200 instead of 403."""

    async def respond(visit: Visit) -> Response:
        try:
            return await parts.respond(visit)
        except Refusal as refusal:
            if refusal.status != 403:
                raise
            if outcome == "empty":
                return _nothing(visit)
            if outcome == "401":
                raise unauthorized(refusal.message) from refusal
            raise Refusal(int(outcome), refusal.message) from refusal

    return replace(parts, respond=respond)


@fault("S11", violates="D3", needs=_SCOPED_WRITES)
def effect_before_403(parts: Parts) -> Parts:
    """A write without the scope is carried out and then answered 403."""
    return effect_despite(parts, lambda _, refusal: refusal.status == 403)


@fault("S12", violates="D3", needs=_SCOPED)
def reading_needs_writing(parts: Parts) -> Parts:
    """A key that may read is refused an item: that needs the scope to write as well."""

    def has_scope(key: StoredKey, operation: Operation) -> bool:
        sufficient = operation != GET_CALL or "calls:write" in key.scopes
        return sufficient and parts.has_scope(key, operation)

    return replace(parts, has_scope=has_scope)


@fault("S13", violates=(), needs=_SCOPED_WRITES)
def validation_before_scope(parts: Parts) -> Parts:
    """An invalid body or query is answered 422 before the scope is looked at."""

    async def authorise(visit: Visit) -> None:
        await parts.validate(visit)
        await parts.authorise(visit)

    async def nothing_left(_visit: Visit) -> None:
        """The body can be read once only."""

    return replace(parts, authorise=authorise, validate=nothing_left)


def _nothing(visit: Visit) -> Response:
    body = {"success": True, "message": "Nothing found", "data": [], "statusCode": 200}
    return Response(visit.parts.encode(body), 200, dict(NO_STORE), visit.parts.media_type)
