"""The portal's side: keys are created, deactivated and deleted on a port of their own.

It is no part of the API: nothing here is counted, and an unguessable path keeps probes out.
"""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from tests.sandbox.keys import KeyStore, UnknownKeyError
from tests.sandbox.operations import SCOPES


def management(token: str, keys: KeyStore, count: Callable[[], int]) -> ASGIApp:
    """Build the management application.

    Args:
        token: First segment of every path.
        keys: The keys it manages.
        count: Tells how many requests the API has received.
    """

    async def create(request: Request) -> Response:
        scopes = (await request.json())["scopes"]
        if not set(scopes) <= set(SCOPES):
            raise HTTPException(422, f"scopes are {', '.join(SCOPES)}")
        key = keys.create(scopes)
        return JSONResponse({"id": key.id, "key": key.secret}, 201)

    def applied(change: Callable[[str], None]) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                change(request.path_params["id"])
            except UnknownKeyError as error:
                raise HTTPException(404, "no such key") from error
            return Response(status_code=204)

        return endpoint

    async def requests(_: Request) -> Response:
        return JSONResponse({"requests": count()})

    routes = [
        Route("/keys", create, methods=["POST"]),
        Route("/keys/{id}", applied(keys.delete), methods=["DELETE"]),
        Route("/keys/{id}/deactivate", applied(keys.deactivate), methods=["POST"]),
        Route("/keys/{id}/activate", applied(keys.activate), methods=["POST"]),
        Route("/count", requests),
    ]
    return Starlette(routes=[Mount(f"/{token}", routes=routes)])
