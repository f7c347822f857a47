"""Family G: the right status with the wrong body."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from tests.sandbox.errors import Refusal
from tests.sandbox.parts import Parts
from tests.sandbox.registry import Choice, fault

Envelope = dict[str, object]

_MISSING: Final = "missing"  # the member is not there at all
_SUCCESSES: Final[Envelope] = {"true": True, "text": "false", "zero": 0, "null": None}
_MESSAGES: Final[Envelope] = {
    "null": None,
    "empty": "",
    "list": ["Invalid API Key provided"],
    "object": {"en": "Invalid API Key provided"},
}
_DATA: Final[Envelope] = {"object": {}, "list": [], "text": "", "false": False}
_EXTRAS: Final[Envelope] = {
    "timestamp": "2025-06-02T08:00:00Z",
    "path": "/v1/calls",
    "error": "Unauthorized",
    "stack": "Error: Unauthorized\n    at guard (auth.js:41:13)",
}
_OTHER_LAYERS: Final = ("SCOPED_KEYS", "DECLARED_LIMIT")
_HTML: Final = "<!doctype html>\n<title>Error</title>\n<h1>Something went wrong</h1>\n"
_BODIES: Final = {
    "html": ("text/html; charset=utf-8", _HTML),
    "plain": ("text/plain; charset=utf-8", "Unauthorized"),
    "empty": ("application/json", ""),
}
_BROKEN: Final[dict[str, Callable[[bytes], bytes]]] = {
    "byte-order-mark": lambda body: b"\xef\xbb\xbf" + body,
    "trailing-bytes": lambda body: body + b";",
    "two-documents": lambda body: body + b"\n" + body,
    "single-quotes": lambda body: body.replace(b'"', b"'"),
    "truncated": lambda body: body[:-1],
}


@fault(
    "G01",
    violates="D6",
    parameter=Choice(("text/html", "text/plain", "application/problem+json", "none")),
)
def media_type_is_not_json(parts: Parts, media_type: str) -> Parts:
    """An error body is JSON under another media type, or under none."""

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        response = parts.render_error(current, request, refusal)
        del response.headers["content-type"]
        if media_type != "none":
            response.headers["content-type"] = media_type
        return response

    return replace(parts, render_error=render)


@fault("G02", violates="D6", parameter=Choice(tuple(_BODIES)))
def body_is_not_json(parts: Parts, kind: str) -> Parts:
    """An error body is HTML, plain text or empty."""
    media_type, body = _BODIES[kind]

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        response = parts.render_error(current, request, refusal)
        response.headers["content-type"] = media_type
        return _with_body(response, body.encode())

    return replace(parts, render_error=render)


@fault("G03", violates="D6", parameter=Choice(("detail", "error", "message")))
def shape_is_another(parts: Parts, member: str) -> Parts:
    """An error body is an object of one member, detail, error or message."""
    return _rewritten(parts, lambda envelope: {member: envelope["message"]})


@fault("G04", violates="D6")
def status_code_is_missing(parts: Parts) -> Parts:
    """An error body has no statusCode."""
    return _rewritten(parts, lambda envelope: _set(envelope, "statusCode", _MISSING))


@fault("G05", violates="D6", parameter=Choice(("200", "400", "500")))
def status_code_is_another(parts: Parts, status: str) -> Parts:
    """An error body has a statusCode that is not the status it comes with."""
    return _rewritten(parts, lambda envelope: _set(envelope, "statusCode", int(status)))


@fault("G06", violates="D6")
def status_code_is_text(parts: Parts) -> Parts:
    """An error body has its statusCode as text."""
    return _rewritten(
        parts, lambda envelope: _set(envelope, "statusCode", str(envelope["statusCode"]))
    )


@fault("G07", violates="D6", parameter=Choice((_MISSING, *_SUCCESSES)))
def success_is_not_false(parts: Parts, kind: str) -> Parts:
    """An error body has no success member, or one that is not false."""
    return _rewritten(
        parts, lambda envelope: _set(envelope, "success", _SUCCESSES.get(kind, _MISSING))
    )


@fault("G08", violates="D6", parameter=Choice((_MISSING, *_MESSAGES)))
def message_is_not_text(parts: Parts, kind: str) -> Parts:
    """An error body has no message, or one that is empty or no text."""
    return _rewritten(
        parts, lambda envelope: _set(envelope, "message", _MESSAGES.get(kind, _MISSING))
    )


@fault("G09", violates="D6", parameter=Choice((_MISSING, *_DATA)))
def data_is_not_null(parts: Parts, kind: str) -> Parts:
    """An error body has no data member, or one that is not null."""
    return _rewritten(parts, lambda envelope: _set(envelope, "data", _DATA.get(kind, _MISSING)))


@fault("G10", violates="D6", parameter=Choice(tuple(_EXTRAS)))
def there_is_one_member_more(parts: Parts, name: str) -> Parts:
    """An error body has a fifth member."""
    return _rewritten(parts, lambda envelope: {**envelope, name: _EXTRAS[name]})


@fault("G11", violates="D6", parameter=Choice(tuple(_BROKEN)))
def json_is_broken(parts: Parts, how: str) -> Parts:
    """An error body is not quite JSON, or shorter than announced."""

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        response = parts.render_error(current, request, refusal)
        body = _BROKEN[how](bytes(response.body))
        if how == "truncated":
            response.body = body  # and leave the announced length
            return response
        return _with_body(response, body)

    return replace(parts, render_error=render)


@fault("G12", violates="D6", parameter=Choice(("403", "429")), needs=_OTHER_LAYERS)
def another_layer_writes_it(parts: Parts, status: str) -> Parts:
    """A 401 has the documented body; 403 or 429 come from another layer with another one."""

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        response = parts.render_error(current, request, refusal)
        if refusal.status != int(status):
            return response
        return _with_body(response, json.dumps({"error": refusal.message}).encode())

    return replace(parts, render_error=render)


@fault("G13", violates="D6", parameter=Choice(("data", "success", "statusCode")))
def member_is_repeated(parts: Parts, name: str) -> Parts:
    """An error body has one member twice, first with another value."""
    first = {"data": '"data": {}', "success": '"success": true', "statusCode": '"statusCode": 200'}

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        response = parts.render_error(current, request, refusal)
        rest = bytes(response.body).removeprefix(b"{")
        return _with_body(response, b"{" + first[name].encode() + b", " + rest)

    return replace(parts, render_error=render)


def _rewritten(parts: Parts, change: Callable[[Envelope], Envelope]) -> Parts:
    """Change every error body between rendering and sending."""

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        response = parts.render_error(current, request, refusal)
        return _with_body(response, current.encode(change(json.loads(bytes(response.body)))))

    return replace(parts, render_error=render)


def _set(envelope: Envelope, name: str, value: object) -> Envelope:
    kept = {other: old for other, old in envelope.items() if other != name}
    return kept if value is _MISSING else {**envelope, name: value}


def _with_body(response: Response, body: bytes) -> Response:
    response.body = body
    response.headers["content-length"] = str(len(body))
    return response
