"""Family G: the right status with the wrong body."""

import json
from collections.abc import Callable
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from tests.sandbox.errors import Refusal
from tests.sandbox.parts import Parts
from tests.sandbox.registry import Choice, fault

Envelope = dict[str, object]


@fault("G09", violates="D6", parameter=Choice(("missing", "object", "list", "text", "false")))
def data_is_not_null(parts: Parts, kind: str) -> Parts:
    """An error body has no data member, or one that is not null."""

    def change(envelope: Envelope) -> Envelope:
        if kind == "missing":
            return {name: value for name, value in envelope.items() if name != "data"}
        return {**envelope, "data": {"object": {}, "list": [], "text": "", "false": False}[kind]}

    return _rewritten(parts, change)


def _rewritten(parts: Parts, change: Callable[[Envelope], object]) -> Parts:
    """Change every error body between rendering and sending."""

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        response = parts.render_error(current, request, refusal)
        body = current.encode(change(json.loads(bytes(response.body))))
        response.body = body
        response.headers["content-length"] = str(len(body))
        return response

    return replace(parts, render_error=render)
