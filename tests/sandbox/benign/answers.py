"""How answers are written."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Scope

from tests.sandbox.benign import raw
from tests.sandbox.errors import Refusal
from tests.sandbox.layers import changed_headers
from tests.sandbox.parts import Parts
from tests.sandbox.registry import Choice, benign

_MESSAGES: Final = {
    "other": "Nope",
    "non-ascii": "Ongeldige sleutel \N{EM DASH} sleutel nie gevind nie \N{KEY}",
}
_EXTRA_HEADERS: Final = {
    "x-request-id": "8d0f3c52-0000-4000-8000-000000000000",
    "x-powered-by": "PHP/8.3",
    "via": "1.1 edge",
    "cf-ray": "8d0f3c52a1b2c3d4-CPT",
    "server-timing": "app;dur=1.2",
}
_CHALLENGES: Final = {
    "absent": None,
    "bearer": "Bearer",
    "realm": 'APIKey realm="v1", charset="UTF-8"',
}


@benign("V01", parameter=Choice(("reversed", "indented", "newline")))
def json_is_written_otherwise(parts: Parts, how: str) -> Parts:
    """Bodies have their members in another order, are indented, or end in a newline."""

    def encode(body: object) -> bytes:
        if how == "reversed" and isinstance(body, dict):
            return parts.encode(dict(reversed(body.items())))
        if how == "indented":
            return json.dumps(body, indent=2, ensure_ascii=False).encode()
        return parts.encode(body) + b"\r\n"

    return replace(parts, encode=encode)


@benign(
    "V02",
    parameter=Choice(
        ("application/json; charset=utf-8", "Application/JSON", 'application/json;charset="UTF-8"')
    ),
)
def media_type_is_written_otherwise(parts: Parts, media_type: str) -> Parts:
    """The media type has a parameter or capital letters."""
    return replace(parts, media_type=media_type)


@benign("V03", parameter=Choice(("extra", "bare")))
def headers_are_others(parts: Parts, which: str) -> Parts:
    """Answers have many more headers, or not even Date and Server."""
    if which == "bare":
        return replace(parts, wire=replace(parts.wire, names_itself=False))

    def add(_: Scope, _status: int, headers: MutableHeaders) -> None:
        headers.update(_EXTRA_HEADERS)

    return replace(parts, layers=(*parts.layers, changed_headers(add)))


@benign("V04", parameter=Choice((*_MESSAGES, "escaped")))
def message_is_another(parts: Parts, which: str) -> Parts:
    """Messages are others than in the sample, not all ASCII, or escaped."""
    encode = parts.encode if which != "escaped" else _escape

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        message = _MESSAGES.get(which, _MESSAGES["non-ascii"])
        return parts.render_error(
            current, request, Refusal(refusal.status, message, headers=refusal.headers)
        )

    return replace(parts, render_error=render, encode=encode)


@benign("V05", parameter=Choice(("close", "http/1.0")))
def connections_close(parts: Parts, how: str) -> Parts:
    """Each answer closes its connection, or even is of HTTP/1.0."""
    if how == "http/1.0":
        return replace(parts, layers=(raw.written(raw.http_1_0), *parts.layers))

    def close(_: Scope, _status: int, headers: MutableHeaders) -> None:
        headers["connection"] = "close"

    return replace(parts, layers=(*parts.layers, changed_headers(close)))


@benign("V06", parameter=Choice(("chunked", "trailers")))
def answers_are_chunked(parts: Parts, how: str) -> Parts:
    """Answers come chunked, without Content-Length, and may have trailers."""
    if how == "trailers":
        return replace(parts, layers=(raw.written(raw.with_trailers), *parts.layers))

    def forget(_: Scope, _status: int, headers: MutableHeaders) -> None:
        if "content-length" in headers:
            del headers["content-length"]

    return replace(parts, layers=(*parts.layers, changed_headers(forget)))


@benign("V07")
def answers_are_compressed(parts: Parts) -> Parts:
    """Answers are compressed for whoever accepts that."""
    return replace(parts, layers=(*parts.layers, lambda app: GZipMiddleware(app, minimum_size=1)))


@benign("V08", parameter=Choice(("date", "down", "absent")))
def retry_after_is_written_otherwise(parts: Parts, form: str) -> Parts:
    """Retry-After is a date, rounded down to 0 in the last second, or absent."""

    def write(wait: float) -> str | None:
        if form == "date":
            moment = datetime.now(UTC) + timedelta(seconds=wait + 1)  # dates have whole seconds
            return format_datetime(moment, usegmt=True)
        return str(int(wait)) if form == "down" else None

    return replace(parts, retry_after=write)


@benign("V09", parameter=Choice(("envelope", "plain")))
def other_errors_have_other_bodies(parts: Parts, body: str) -> Parts:
    """Undocumented 400, 404, 405 and 413 have the envelope, or the framework's plain text."""
    if body == "envelope":
        return parts

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        if refusal.status not in {404, 405, 413}:
            return parts.render_error(current, request, refusal)
        return PlainTextResponse(refusal.message, refusal.status, refusal.headers)

    wire = replace(parts.wire, malformed_type="text/plain", malformed_body=b"Bad Request")
    return replace(parts, render_error=render, wire=wire)


@benign("V17", parameter=Choice(tuple(_CHALLENGES)))
def challenge_is_another(parts: Parts, which: str) -> Parts:
    """A 401 has another WWW-Authenticate, or none."""

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        response = parts.render_error(current, request, refusal)
        if "www-authenticate" in response.headers:
            del response.headers["www-authenticate"]
            if (challenge := _CHALLENGES[which]) is not None:
                response.headers["www-authenticate"] = challenge
        return response

    return replace(parts, render_error=render)


@benign("V18")
def status_code_is_a_float(parts: Parts) -> Parts:
    """Bodies write their statusCode as 401.0, which in JSON is the same number."""

    def encode(body: object) -> bytes:
        if isinstance(body, dict) and isinstance(body.get("statusCode"), int):
            body = {**body, "statusCode": float(body["statusCode"])}
        return parts.encode(body)

    return replace(parts, encode=encode)


def _escape(body: object) -> bytes:
    return json.dumps(body).encode()
