"""How requests are read."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.sandbox import paths
from tests.sandbox.connections import connection_of
from tests.sandbox.errors import Refusal, unauthorized
from tests.sandbox.layers import changed_headers, rerouted
from tests.sandbox.parts import Layer, Parts, Visit
from tests.sandbox.registry import Choice, Range, benign

_PROXY_400: Final = "<html><head><title>400 Bad Request</title></head></html>\n"
_PROXY_431: Final = "<html><head><title>431 Request Header Fields Too Large</title></head></html>\n"


@benign("V10", parameter=Choice(("404", "401")))
def unknown_routes_ask_for_a_key(parts: Parts, status: str) -> Parts:
    """Unknown routes and methods without a valid key are 404 and 405, or 401."""
    if status == "404":
        return parts

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        presented = current.read_credential(request)
        if refusal.status in {404, 405} and (
            presented is None or current.find_key(presented) is None
        ):
            refusal = unauthorized("A valid API Key is needed")
        return parts.render_error(current, request, refusal)

    return replace(parts, render_error=render)


@benign("V11", parameter=Choice(("405", "405-after-key")))
def head_is_not_offered(parts: Parts, when: str) -> Parts:
    """HEAD is answered 405, before or after the key is looked at."""

    async def respond(visit: Visit) -> Response:
        if visit.request.method != "HEAD":
            return await parts.respond(visit)
        if when == "405-after-key":
            await parts.respond(visit)
        path = visit.operation.path
        methods = sorted(each.method for each in visit.parts.operations if each.path == path)
        raise Refusal(405, "Method Not Allowed", headers={"allow": ", ".join(methods)})

    def forget(_: Scope, _status: int, headers: MutableHeaders) -> None:
        if "allow" in headers:
            headers["allow"] = headers["allow"].replace("HEAD, ", "")

    return replace(parts, respond=respond, layers=(*parts.layers, changed_headers(forget)))


@benign("V12")
def preflights_are_answered(parts: Parts) -> Parts:
    """A CORS preflight, which cannot carry a key, is answered 204."""

    def layer(app: ASGIApp) -> ASGIApp:
        async def preflight(scope: Scope, receive: Receive, send: Send) -> None:
            asked = Headers(scope=scope)
            if scope["method"] != "OPTIONS" or "access-control-request-method" not in asked:
                await app(scope, receive, send)
                return
            headers = {
                "access-control-allow-origin": asked.get("origin", "*"),
                "access-control-allow-methods": "GET, POST, PATCH, DELETE",
                "access-control-allow-headers": "x-api-key, content-type",
            }
            await Response(status_code=204, headers=headers)(scope, receive, send)

        return preflight

    return replace(parts, layers=(*parts.layers, layer))


@benign("V13", parameter=Choice(("kept", "trimmed")))
def blanks_round_a_key_are_kept(parts: Parts, how: str) -> Parts:
    """Blanks after a key make it another key, or are trimmed as HTTP has it."""
    if how == "trimmed":
        return parts
    trailing = re.compile(rb"(?im)^x-api-key:[^\r\n]*[ \t]\r?$")

    def read(request: Request) -> str | None:
        presented = parts.read_credential(request)
        received = connection_of(request.scope).received  # the parser trims
        return f"{presented} " if presented and trailing.search(received) else presented

    return replace(parts, read_credential=read)


@benign("V14", parameter=Choice(("first", "last", "400", "joined")))
def repeated_key_is_read_otherwise(parts: Parts, which: str) -> Parts:
    """Of several x-api-key headers the first or last counts, all joined, or it is 400."""

    def read(request: Request) -> str | None:
        values = request.headers.getlist("x-api-key")
        if which == "joined" or len(values) < 2:
            return parts.read_credential(request)
        if which == "400":
            raise Refusal(400, "Repeated x-api-key")
        return values[0] if which == "first" else values[-1]

    return replace(parts, read_credential=read)


@benign("V15", parameter=Range(4_096, 65_536, 8_192, "bytes of a head that still pass"))
def proxy_refuses_strange_heads(parts: Parts, most: int) -> Parts:
    """Long heads, control bytes and malformed requests get the HTML page of a proxy."""

    def refusal(scope: Scope) -> Response | None:
        fields = scope["headers"]
        size = sum(len(name) + len(value) + 4 for name, value in fields)
        if size + len(scope["raw_path"]) + len(scope["query_string"]) > most:
            return HTMLResponse(_PROXY_431, 431)
        if any(byte < 0x20 and byte != 0x09 for _, value in fields for byte in value):
            return HTMLResponse(_PROXY_400, 400)
        return None

    def layer(app: ASGIApp) -> ASGIApp:
        async def proxied(scope: Scope, receive: Receive, send: Send) -> None:
            await (refusal(scope) or app)(scope, receive, send)

        return proxied

    wire = replace(parts.wire, malformed_type="text/html", malformed_body=_PROXY_400.encode())
    return replace(parts, layers=(layer, *parts.layers), wire=wire)


@benign("V16", parameter=Choice(("slash", "double-slash", "case", "redirect")))
def routing_is_lenient(parts: Parts, how: str) -> Parts:
    """Another spelling of a path leads to the same operation, guarded, or is redirected to it."""
    meaning = paths.LENIENT.get(how, paths.trailing_slash)

    def plain(scope: Scope) -> str | None:
        sent = scope["raw_path"].decode("ascii")
        meant = meaning(sent)
        known = any(operation.pattern.fullmatch(meant) for operation in parts.operations)
        return meant if known and meant != sent else None

    if how == "redirect":
        return replace(parts, layers=(*parts.layers, _redirecting(plain)))
    route = rerouted(lambda scope: {"path": path} if (path := plain(scope)) else None)
    return replace(parts, layers=(*parts.layers, route))


def _redirecting(plain: Callable[[Scope], str | None]) -> Layer:
    def layer(app: ASGIApp) -> ASGIApp:
        async def redirected(scope: Scope, receive: Receive, send: Send) -> None:
            path = plain(scope)
            query = scope["query_string"].decode("ascii")
            target = f"{path}?{query}".removesuffix("?")
            answer = app if path is None else RedirectResponse(target, 308)
            await answer(scope, receive, send)

        return redirected

    return layer
