"""Family C: the right refusal under the wrong status, or a refusal out of place."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import count

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from tests.sandbox.errors import Refusal
from tests.sandbox.faults.bypass import never_was_a_key, refuse_sufficient
from tests.sandbox.keys import StoredKey
from tests.sandbox.parts import Parts, Visit
from tests.sandbox.registry import Choice, Range, fault


@fault("C01", violates="D1", parameter=Choice(("403", "404", "500")))
def missing_key_is_forbidden(parts: Parts, status: str) -> Parts:
    """A request without a key is answered 403 or another status instead of 401."""
    return _refused_with(parts, int(status), lambda visit: visit.presented is None)


@fault("C02", violates="D2", parameter=Choice(("403", "422", "400", "404", "500")))
def invalid_key_is_forbidden(parts: Parts, status: str) -> Parts:
    """A value that never was a key is answered 403 or another status instead of 401."""
    return _refused_with(parts, int(status), never_was_a_key)


@fault("C03", violates="D1", parameter=Choice(("fastapi", "422", "400")))
def missing_key_is_invalid_input(parts: Parts, kind: str) -> Parts:
    """A request without a key is answered 422 or 400: to the framework it is invalid input."""
    if kind == "fastapi":
        return replace(parts, layers=(*parts.layers, _fastapi_requires_header))
    return _refused_with(parts, int(kind), lambda visit: visit.presented is None)


@fault("C04", violates=("D1", "D2"))
def error_is_delivered_as_200(parts: Parts) -> Parts:
    """A request without a valid key is answered 200, with the error in the body alone."""

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        response = parts.render_error(current, request, refusal)
        dead = parts.keys.recall(current.read_credential(request) or "") is not None
        if refusal.status == 401 and not dead:
            response.status_code = 200
        return response

    return replace(parts, render_error=render)


@fault("C05", violates="D7", parameter=Range(1, 100, 10, "requests, of which one is refused"))
def valid_key_fails_now_and_then(parts: Parts, every: int) -> Parts:
    """A valid key is answered 401 now and then."""
    numbers = count(1)
    return refuse_sufficient(parts, lambda _visit, _key: next(numbers) % every == 0)


@fault("C06", violates="D7", parameter=Range(50, 60_000, 2_000, "milliseconds the 401 is kept"))
def cached_401_is_replayed(parts: Parts, kept_ms: int) -> Parts:
    """After three 401 in a row for one URL a valid key gets the cached one."""
    refused: Counter[str] = Counter()
    cached_until: dict[str, float] = {}

    async def authenticate(visit: Visit) -> StoredKey:
        name = _cache_key(visit)
        try:
            key = await parts.authenticate(visit)
        except Refusal:
            refused[name] += 1
            if refused[name] >= 3:
                cached_until[name] = time.monotonic() + kept_ms / 1_000
            raise
        refused.pop(name, None)
        return key

    def is_cached(visit: Visit, _: StoredKey) -> bool:
        return time.monotonic() < cached_until.get(_cache_key(visit), 0)

    return refuse_sufficient(replace(parts, authenticate=authenticate), is_cached)


@fault("C07", violates=())
def challenge_headers_are_missing(parts: Parts) -> Parts:
    """A 401 has no WWW-Authenticate, a 405 no Allow."""

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        response = parts.render_error(current, request, refusal)
        for name in ("www-authenticate", "allow"):
            if name in response.headers:
                del response.headers[name]
        return response

    return replace(parts, render_error=render)


@fault("C08", violates="D5", needs=["ALLOW_WRITES"])
def creation_is_merely_accepted(parts: Parts) -> Parts:
    """A call that creates something is answered 202, which is neither documented nor declared."""

    async def respond(visit: Visit) -> Response:
        response = await parts.respond(visit)
        if response.status_code == 201:
            response.status_code = 202
        return response

    return replace(parts, respond=respond)


def _refused_with(parts: Parts, status: int, concerns: Callable[[Visit], bool]) -> Parts:
    async def authenticate(visit: Visit) -> StoredKey:
        try:
            return await parts.authenticate(visit)
        except Refusal as refusal:
            if concerns(visit):
                raise Refusal(status, refusal.message) from refusal
            raise

    return replace(parts, authenticate=authenticate)


def _cache_key(visit: Visit) -> str:
    return f"{visit.request.method} {visit.request.url}"


def _fastapi_requires_header(app: ASGIApp) -> ASGIApp:
    # imported here: the framework takes longer to load than the rest of the sandbox together
    from tests.sandbox.faults import fastapi_front

    return fastapi_front.header_required(app)
