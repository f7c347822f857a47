"""Family H: the rate limit."""

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from tests.sandbox.errors import Refusal
from tests.sandbox.parts import Parts
from tests.sandbox.registry import Choice, fault

_LIMIT = ("DECLARED_LIMIT",)

_HTML = "text/html; charset=utf-8"
_FLASK_LIMITER = """<!doctype html>
<html lang=en>
<title>429 Too Many Requests</title>
<h1>Too Many Requests</h1>
<p>{requests} per {window_s} second</p>
"""
_SLOWAPI = """{{"error":"Rate limit exceeded: {requests} per {window_s} second"}}"""
_FASTIFY = (
    '{{"statusCode":429,"error":"Too Many Requests",'
    '"message":"Rate limit exceeded, retry in {window_s} seconds"}}'
)
_DEFAULT_BODIES = {
    "flask-limiter": (_HTML, _FLASK_LIMITER),
    "express-rate-limit": (_HTML, "Too many requests, please try again later."),
    "slowapi": ("application/json", _SLOWAPI),
    "fastify": ("application/json; charset=utf-8", _FASTIFY),
}


@fault("H03", violates="D6", parameter=Choice(tuple(_DEFAULT_BODIES)), needs=_LIMIT)
def library_writes_the_429(parts: Parts, library: str) -> Parts:
    """A 429 carries the body of a rate-limit library instead of the documented one."""
    media_type, template = _DEFAULT_BODIES[library]

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        response = parts.render_error(current, request, refusal)
        if refusal.status != 429:
            return response
        rate = current.limiter.rate
        body = template.format(requests=rate.requests, window_s=rate.window_s)
        headers = {"retry-after": response.headers.get("retry-after", "1")}
        return Response(body, 429, headers, media_type)

    return replace(parts, render_error=render)
