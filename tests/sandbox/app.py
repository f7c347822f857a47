"""From parts to an ASGI application."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tests.sandbox.errors import Refusal
from tests.sandbox.operations import BASE, Operation
from tests.sandbox.parts import Parts, Visit


def build(parts: Parts, document: Mapping[str, object]) -> ASGIApp:
    """Build the application: routes, error handlers, layers.

    Args:
        parts: The server.
        document: What ``/openapi.json`` answers.
    """

    async def openapi(_: Request) -> Response:
        return JSONResponse(document)

    async def refuse(request: Request, error: Exception) -> Response:
        return parts.render_error(parts, request, _refusal(error))

    paths: dict[str, dict[str, Operation]] = {}
    for operation in parts.operations:
        paths.setdefault(operation.path, {})[operation.method] = operation
    routes = [_route(path, by_method, parts) for path, by_method in paths.items()]
    application = Starlette(
        routes=[*routes, Route("/openapi.json", openapi)],
        exception_handlers={Refusal: refuse, HTTPException: refuse, Exception: refuse},
    )
    application.router.redirect_slashes = False
    stack: ASGIApp = application
    for layer in reversed(parts.layers):
        stack = layer(stack)
    return stack


def _route(path: str, by_method: Mapping[str, Operation], parts: Parts) -> Route:
    """One route for all methods of a path, so that a 405 can name them all in Allow."""

    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await parts.respond(Visit(request, by_method[method], parts))

    return Route(BASE + path, endpoint, methods=list(by_method))


def _refusal(error: Exception) -> Refusal:
    if isinstance(error, Refusal):
        return error
    if isinstance(error, HTTPException):
        headers = dict(error.headers or {})
        if "Allow" in headers:  # a set: in another order at each start
            headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
        return Refusal(error.status_code, error.detail, headers=headers)
    return Refusal(500, "Internal server error")
