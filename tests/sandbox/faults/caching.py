"""Family F: what caches keep and what answers give away."""

import base64
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from tests.sandbox.errors import Refusal
from tests.sandbox.faults.bypass import never_was_a_key
from tests.sandbox.layers import changed_headers
from tests.sandbox.parts import Parts, Visit
from tests.sandbox.registry import Choice, fault

_ECHOES: Final[dict[str, Callable[[str], str]]] = {
    "raw": str,
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "hex": lambda key: key.encode().hex(),
}
_TRACE: Final = """Traceback (most recent call last):
  File "/srv/app/auth.py", line 41, in find_key
    row = cursor.execute(query).fetchone()
LookupError: no row"""
_LEAKS: Final = {
    "trace": _TRACE,
    "path": "Invalid API Key provided (/srv/app/node_modules/auth/index.js:41:13)",
    "sql": "No row for SELECT id, secret FROM api_keys WHERE secret = $1",
    "table": 'No row in relation "public.api_keys"',
}


_GOOD_CALLS: Final = {"any": 1, "missing": 3, "invalid": 3}
"""Of one URL, one after the other, until its answer is in the cache."""


@fault("F01", violates=("D1", "D2"), parameter=Choice(tuple(_GOOD_CALLS)))
def cache_serves_anyone(parts: Parts, whom: str) -> Parts:
    """A shared cache answers a missing or wrong key with the body it holds for that URL."""
    good: Counter[str] = Counter()
    bodies: dict[str, bytes] = {}

    def is_served(visit: Visit, url: str) -> bool:
        kind = "missing" if visit.presented is None else "invalid"
        stranger = visit.presented is None or never_was_a_key(visit)
        return stranger and whom in {kind, "any"} and good[url] >= _GOOD_CALLS[whom]

    async def respond(visit: Visit) -> Response:
        url = f"{visit.operation.method} {visit.request.url}"
        try:
            response = await parts.respond(visit)
        except Refusal as refusal:
            if refusal.status == 401 and is_served(visit, url):
                headers = {"age": "1", "x-cache": "HIT"}
                return Response(bodies[url], 200, headers, visit.parts.media_type)
            good.pop(url, None)
            raise
        if visit.operation.method == "GET":
            good[url] += 1
            bodies[url] = bytes(response.body)
        return response

    return replace(parts, respond=respond)


@fault("F02", violates=())
def answers_may_be_stored(parts: Parts) -> Parts:
    """An authorised answer says nothing about caches, so that a shared one may store it."""

    def forget(_: Scope, status: int, headers: MutableHeaders) -> None:
        if status < 300 and "cache-control" in headers:
            del headers["cache-control"]

    return replace(parts, layers=(*parts.layers, changed_headers(forget)))


@fault("F03", violates="D12", parameter=Choice((*_ECHOES, "header")))
def presented_key_is_echoed(parts: Parts, form: str) -> Parts:
    """The key that was sent stands in the error's message, plain or encoded, or in a header."""
    if form == "header":

        def show(scope: Scope, _: int, headers: MutableHeaders) -> None:
            key = Headers(scope=scope).get("x-api-key")
            if key:
                headers["x-authenticated-with"] = key

        return replace(parts, layers=(*parts.layers, changed_headers(show)))

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        presented = current.read_credential(request)
        if presented:
            message = f"{refusal.message}: {_ECHOES[form](presented)}"
            refusal = Refusal(refusal.status, message, headers=refusal.headers)
        return parts.render_error(current, request, refusal)

    return replace(parts, render_error=render)


@fault("F04", violates=(), parameter=Choice(tuple(_LEAKS)))
def errors_show_the_inside(parts: Parts, what: str) -> Parts:
    """A 401 shows a stack trace, a path, a query or a table of the server."""

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        if refusal.status == 401:
            refusal = Refusal(401, _LEAKS[what], headers=refusal.headers)
        return parts.render_error(current, request, refusal)

    return replace(parts, render_error=render)


@fault("F05", violates=())
def refusals_may_be_stored(parts: Parts) -> Parts:
    """A 401, 403 or 429 says that any cache may store it."""

    def publish(_: Scope, status: int, headers: MutableHeaders) -> None:
        if status in {401, 403, 429}:
            headers["cache-control"] = "public, max-age=60"

    return replace(parts, layers=(*parts.layers, changed_headers(publish)))
