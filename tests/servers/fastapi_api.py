"""A FastAPI application that keeps every promise, with the document that FastAPI makes of it.

Run as ``python -m tests.servers.fastapi_api`` with ``API_KEYS``, ``RATE_LIMIT`` and
``RATE_WINDOW_S`` in the environment. OpenAPI 3.1 without a servers entry, paths with ``/v1``, the
scopes in the security requirements.
"""

import hashlib
import json
import os
import socket
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Annotated

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, Response, Security
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import APIKeyHeader, SecurityScopes
from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException as StarletteHTTPException

api_key_header = APIKeyHeader(name="x-api-key", auto_error=False)
router = APIRouter(prefix="/v1")


class Caller(BaseModel):
    """The key that a request was made with."""

    model_config = ConfigDict(frozen=True)

    digest: str
    scopes: frozenset[str]


def digest_of(key: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def load_callers() -> dict[str, Caller]:
    """The active keys, by digest."""
    rows = json.loads(os.environ["API_KEYS"])
    callers = [
        Caller(digest=digest_of(row["key"]), scopes=row["scopes"]) for row in rows if row["active"]
    ]
    return {caller.digest: caller for caller in callers}


CALLERS = load_callers()
RATE = RateLimitItemPerSecond(int(os.environ["RATE_LIMIT"]), int(os.environ["RATE_WINDOW_S"]))
limiter = FixedWindowRateLimiter(MemoryStorage())


async def identify(presented: Annotated[str | None, Security(api_key_header)]) -> Caller:
    """Find out who asks."""
    if presented is None:
        raise HTTPException(401, "Missing API key", {"WWW-Authenticate": "ApiKey"})
    caller = CALLERS.get(digest_of(presented))
    if caller is None:
        raise HTTPException(401, "Unknown or inactive API key", {"WWW-Authenticate": "ApiKey"})
    return caller


async def meter(caller: Annotated[Caller, Depends(identify)]) -> Caller:
    """Count the request against its key."""
    if not await limiter.hit(RATE, caller.digest):
        until = datetime.now(UTC) + timedelta(seconds=RATE.get_expiry() + 1)  # dates cut fractions
        headers = {"Retry-After": format_datetime(until, usegmt=True)}
        raise HTTPException(429, "Too many requests", headers)
    return caller


async def authorize(required: SecurityScopes, caller: Annotated[Caller, Depends(meter)]) -> Caller:
    """Require the scopes of the operation."""
    lacking = set(required.scopes) - caller.scopes
    if lacking:
        raise HTTPException(403, f"Missing scope: {', '.join(sorted(lacking))}")
    return caller


class NewCall(BaseModel):
    """A call to be made."""

    to: str
    campaign: int | None = None


class Call(NewCall):
    """A call that was made."""

    id: str
    seconds: int = 0


class Campaign(BaseModel):
    """A list of people to be called."""

    id: int
    title: str


class CampaignChange(BaseModel):
    """What may be changed of a campaign."""

    title: str


calls = {
    "call_001": Call(id="call_001", to="+27115550101", seconds=61),
    "call_002": Call(id="call_002", to="+27215550102", campaign=3, seconds=17),
}
campaigns = {3: Campaign(id=3, title="Spring"), 4: Campaign(id=4, title="Renewals")}


@router.get("/calls", dependencies=[Security(authorize, scopes=["read:calls"])])
async def list_calls(limit: Annotated[int, Query(ge=1, le=100)] = 20) -> list[Call]:
    """List the latest calls."""
    return list(calls.values())[:limit]


@router.post("/calls", status_code=201, dependencies=[Security(authorize, scopes=["write:calls"])])
async def create_call(new: NewCall) -> Call:
    """Make a call; the demonstration forgets it."""
    return Call(id="call_003", **new.model_dump())


@router.get("/calls/{call_id}", dependencies=[Security(authorize, scopes=["read:calls"])])
async def read_call(call_id: str) -> Call:
    """Read one call."""
    if call_id not in calls:
        raise HTTPException(404, "Call not found")
    return calls[call_id]


@router.delete(
    "/calls/{call_id}/recording",
    status_code=204,
    dependencies=[Security(authorize, scopes=["write:calls"])],
)
async def delete_recording(call_id: str) -> Response:
    """Delete the recording of a call; deleting it again succeeds as well."""
    if call_id not in calls:
        raise HTTPException(404, "Call not found")
    return Response(status_code=204)


@router.get("/campaigns", dependencies=[Security(authorize, scopes=["read:campaigns"])])
async def list_campaigns() -> list[Campaign]:
    """List the campaigns."""
    return list(campaigns.values())


@router.patch(
    "/campaigns/{campaign_id}", dependencies=[Security(authorize, scopes=["manage:campaigns"])]
)
async def change_campaign(campaign_id: int, change: CampaignChange) -> Campaign:
    """Rename a campaign."""
    if campaign_id not in campaigns:
        raise HTTPException(404, "Campaign not found")
    campaigns[campaign_id] = Campaign(id=campaign_id, title=change.title)
    return campaigns[campaign_id]


@router.get("/me")
async def read_own_scopes(caller: Annotated[Caller, Security(authorize)]) -> list[str]:
    """Say what the key may do; any active key may ask."""
    return sorted(caller.scopes)


app = FastAPI(title="Busy Board AI", version="1.4.0")
app.include_router(router)


def error_response(
    status: int, message: str, headers: dict[str, str] | None = None
) -> JSONResponse:
    """The documented error."""
    content = {"success": False, "message": message, "data": None, "statusCode": status}
    return JSONResponse(content, status, headers)


@app.exception_handler(StarletteHTTPException)
async def on_http_error(_: Request, error: StarletteHTTPException) -> JSONResponse:
    """Errors raised above and those of the router."""
    return error_response(error.status_code, error.detail, dict(error.headers or {}))


@app.exception_handler(RequestValidationError)
async def on_invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
    """Input that does not fit; it is not repeated."""
    first = error.errors()[0]
    return error_response(422, f"{'.'.join(map(str, first['loc']))}: {first['msg']}")


@app.exception_handler(Exception)
async def on_failure(_: Request, __: Exception) -> JSONResponse:
    """Anything else."""
    return error_response(500, "Internal server error")


def main() -> None:
    """Serve on a free port and say which."""
    # asyncio sets TCP_NODELAY only where the socket names its protocol; without it each answer on a
    # kept connection waits 40 ms.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        ready = {"base_url": f"{origin}/v1", "openapi": f"{origin}/openapi.json"}
        sys.stdout.write(json.dumps(ready) + "\n")  # the system keeps early connections waiting
        sys.stdout.flush()
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])


if __name__ == "__main__":
    main()
