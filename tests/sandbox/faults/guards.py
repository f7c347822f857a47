"""Family B: ways round the guards for a request without a key."""

from contextlib import suppress
from dataclasses import replace
from typing import Final

from starlette.datastructures import Headers, QueryParams
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Scope

from tests.sandbox.errors import Refusal
from tests.sandbox.faults.bypass import (
    effect_despite,
    let_in_without_key,
    never_was_a_key,
    reached,
)
from tests.sandbox.operations import BASE, GET_CALL
from tests.sandbox.parts import Parts, Visit
from tests.sandbox.registry import Choice, fault

_URL_HEADERS: Final = ("x-original-url", "x-rewrite-url", "public-url")
_TRUSTED: Final = (
    "x-forwarded-for",
    "x-real-ip",
    "x-forwarded-host",
    "x-forwarded-uri",
    "x-forwarded-prefix",
    "x-forwarded-proto",
    "x-user-id",
    "x-authenticated-userid",
    "x-consumer-username",
    "x-middleware-subrequest",
)
_OVERRIDES: Final = (
    "x-http-method-override",
    "x-method-override",
    "x-http-method",
    "_method",
)
_KNOWN_METHODS: Final = {"GET", "HEAD", "POST", "OPTIONS", "TRACE", "CONNECT"}
_LOGIN: Final = "<!doctype html>\n<title>Log in</title>\n<form><input name=password></form>\n"


@fault("B12", violates="D1", parameter=Choice(_URL_HEADERS))
def url_header_decides(parts: Parts, header: str) -> Parts:
    """X-Original-URL or a sibling leads round the guard, to a path or with a public one."""
    if header == "public-url":
        return let_in_without_key(
            parts, lambda visit: visit.request.headers.get("x-original-url") == "/openapi.json"
        )

    def route(scope: Scope) -> Scope | None:
        target = Headers(scope=scope).get(header)
        path, _, query = (target or "").partition("?")
        known = any(operation.pattern.fullmatch(path) for operation in parts.operations)
        return {"path": path, "query_string": query.encode()} if known else None

    return reached(parts, route)


@fault("B13", violates="D1", parameter=Choice(_TRUSTED))
def internal_header_is_trusted(parts: Parts, header: str) -> Parts:
    """A header that only a proxy of one's own should set stands in for the key."""
    return let_in_without_key(parts, lambda visit: header in visit.request.headers)


@fault("B14", violates="D1")
def head_is_unguarded(parts: Parts) -> Parts:
    """HEAD needs no key."""
    return let_in_without_key(parts, lambda visit: visit.request.method == "HEAD")


@fault("B15", violates="D1")
def other_verbs_fall_through(parts: Parts) -> Parts:
    """A method the path does not offer is carried out as GET, without a key."""

    def route(scope: Scope) -> Scope | None:
        offered = {
            operation.method
            for operation in parts.operations
            if operation.pattern.fullmatch(scope["path"])
        }
        known = _KNOWN_METHODS | offered
        return None if scope["method"] in known or "GET" not in offered else {"method": "GET"}

    return reached(parts, route)


@fault("B16", violates="D1")
def options_executes(parts: Parts) -> Parts:
    """OPTIONS returns the data, without a key."""
    return reached(parts, lambda scope: {"method": "GET"} if scope["method"] == "OPTIONS" else None)


@fault("B17", violates="D1", parameter=Choice(_OVERRIDES))
def method_override_leads_round(parts: Parts, place: str) -> Parts:
    """A method override is honoured after the guard has looked at the other method."""

    def route(scope: Scope) -> Scope | None:
        source = QueryParams(scope["query_string"]) if place == "_method" else Headers(scope=scope)
        method = source.get(place)
        return None if method is None else {"method": method.upper()}

    return reached(parts, route)


@fault("B18", violates="D1", parameter=Choice(("/api/v1", "/v0", "/v1.0", "/internal")))
def old_base_is_open(parts: Parts, base: str) -> Parts:
    """Under an old or internal base the operations need no key."""

    def route(scope: Scope) -> Scope | None:
        path = scope["path"]
        return {"path": BASE + path.removeprefix(base)} if path.startswith(f"{base}/") else None

    return reached(parts, route)


@fault("B20", violates="D1", parameter=Choice(("suffix", "query")))
def other_representation_is_open(parts: Parts, place: str) -> Parts:
    """Another representation, by .json or ?format=, needs no key."""
    if place == "query":
        return let_in_without_key(parts, lambda visit: "format" in visit.request.query_params)

    def route(scope: Scope) -> Scope | None:
        path = scope["path"]
        is_operation = path.startswith(f"{BASE}/")  # the document has that suffix, too
        is_other = is_operation and path.endswith(".json")
        return {"path": path.removesuffix(".json")} if is_other else None

    return reached(parts, route)


@fault("B21", violates="D1")
def item_is_unguarded(parts: Parts) -> Parts:
    """The collection is guarded, reading an item is not."""
    return let_in_without_key(parts, lambda visit: visit.operation == GET_CALL)


@fault(
    "B22",
    violates=("D1", "D2"),
    parameter=Choice(("missing", "invalid")),
    needs=["ALLOW_WRITES"],
)
def effect_before_401(parts: Parts, kind: str) -> Parts:
    """A write without a key, or with a wrong one, is carried out and then answered 401."""

    def concerns(visit: Visit, refusal: Refusal) -> bool:
        is_kind = visit.presented is None if kind == "missing" else never_was_a_key(visit)
        return refusal.status == 401 and is_kind

    return effect_despite(parts, concerns)


@fault("B23", violates="D1", parameter=Choice(("reordered", "fastapi")), needs=["ALLOW_WRITES"])
def validation_before_key(parts: Parts, kind: str) -> Parts:
    """An invalid body or query is answered 422 before any key is asked for."""
    if kind == "fastapi":
        return replace(parts, layers=(*parts.layers, _fastapi_validates))

    async def respond(visit: Visit) -> Response:
        if visit.presented is None:
            await visit.parts.validate(visit)
        return await parts.respond(visit)

    return replace(parts, respond=respond)


@fault("B24", violates=())
def existence_before_key(parts: Parts) -> Parts:
    """A call that does not exist is answered 404 before any key is asked for."""

    async def respond(visit: Visit) -> Response:
        if visit.presented is None and visit.operation == GET_CALL:
            with suppress(Refusal):
                return await parts.respond(visit)
            await visit.parts.perform(visit)  # refuses with 404
            await visit.parts.authenticate(visit)  # refuses with 401
        return await parts.respond(visit)

    return replace(parts, respond=respond)


@fault("B25", violates="D1", parameter=Choice(("redirect", "page")))
def browsers_are_sent_to_log_in(parts: Parts, kind: str) -> Parts:
    """A request without a key that accepts HTML is sent to a login page instead of 401."""

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        wants_html = "text/html" in request.headers.get("accept", "")
        missing = current.read_credential(request) is None
        if not (refusal.status == 401 and wants_html and missing):
            return parts.render_error(current, request, refusal)
        return RedirectResponse("/login", 302) if kind == "redirect" else HTMLResponse(_LOGIN)

    return replace(parts, render_error=render)


def _fastapi_validates(app: ASGIApp) -> ASGIApp:
    # imported here: the framework takes longer to load than the rest of the sandbox together
    from tests.sandbox.faults import fastapi_front

    return fastapi_front.body_first(app)
