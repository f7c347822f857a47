"""What FastAPI does by default when it stands in front of the guards."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated

from fastapi import FastAPI, Header, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.sandbox.operations import BASE, CREATE_CALL, LIST_CALLS, OPERATIONS, Operation


class _Passed(Response):
    """Answers with what the application behind says to the original request."""

    def __init__(self, app: ASGIApp, scope: Scope) -> None:
        super().__init__()
        self._app = app
        self._scope = scope

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - its own
        await self._app(self._scope, receive, send)


class _NewCall(BaseModel):
    model_config = ConfigDict(extra="forbid")
    caller: str = Field(alias="from", pattern=r"^\+[1-9][0-9]{6,14}$")
    to: str = Field(pattern=r"^\+[1-9][0-9]{6,14}$")
    durationS: int = Field(default=0, ge=0, le=86_400)  # noqa: N815 - as the API has it
    status: str = "in-progress"


def header_required(app: ASGIApp) -> ASGIApp:
    """``x_api_key: str = Header()`` on every operation: a missing key is 422."""

    async def endpoint(
        request: Request, _key: Annotated[str, Header(alias="x-api-key")]
    ) -> Response:
        return _Passed(app, request.scope["state"]["original"])

    return _front(app, dict.fromkeys(OPERATIONS, endpoint))


def body_first(app: ASGIApp) -> ASGIApp:
    """Body and query are declared, the key is checked inside: validation comes first."""

    async def create(request: Request, _call: _NewCall) -> Response:
        return _Passed(app, request.scope["state"]["original"])

    async def listing(
        request: Request, _limit: Annotated[int, Query(alias="limit", ge=1, le=100)] = 20
    ) -> Response:
        return _Passed(app, request.scope["state"]["original"])

    return _front(app, {CREATE_CALL: create, LIST_CALLS: listing})


def _front(
    app: ASGIApp, endpoints: Mapping[Operation, Callable[..., Awaitable[Response]]]
) -> ASGIApp:
    """Put FastAPI before some operations, for requests without a key."""
    fastapi = FastAPI(openapi_url=None)
    for operation, endpoint in endpoints.items():
        methods = ["GET", "HEAD"] if operation.method == "GET" else [operation.method]
        fastapi.add_api_route(BASE + operation.path, endpoint, methods=methods)

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        concerned = any(
            operation.method == method and operation.pattern.fullmatch(scope["path"])
            for operation in endpoints
        )
        if not concerned or "x-api-key" in Headers(scope=scope):
            await app(scope, receive, send)
            return
        state = {**scope["state"], "original": scope}
        await fastapi({**scope, "state": state}, receive, send)

    return chosen
