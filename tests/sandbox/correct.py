"""The parts of the server that keeps every promise."""

import json
import re
from datetime import UTC, datetime
from random import Random
from typing import Final, cast

from starlette.requests import Request
from starlette.responses import Response

from tests.sandbox.calls import AGENTS, Call, Calls
from tests.sandbox.errors import NO_STORE, Refusal, unauthorized
from tests.sandbox.keys import KeyStore, StoredKey
from tests.sandbox.limiter import Limiter, Rate, whole_seconds
from tests.sandbox.operations import (
    CHANGE_CALL,
    CREATE_CALL,
    DELETE_CALL,
    GET_CALL,
    LIST_AGENTS,
    LIST_CALLS,
    OPERATIONS,
    Operation,
)
from tests.sandbox.parts import Parts, Visit
from tests.sandbox.schemas import CALL_QUERY, Schema, complaint

MOST_BODY_BYTES: Final = 65_536  # no call needs one kilobyte

_INTEGER: Final = re.compile("[0-9]{1,9}")


def correct_parts(*, rate: Rate, seed: int = 0) -> Parts:
    """Assemble a correct server without any key."""
    random = Random(seed)  # noqa: S311 - data and odd behaviour; keys come from `secrets`
    keys = KeyStore()
    limiter = Limiter(rate)

    async def admit(bucket: str) -> float | None:
        return limiter.hit(bucket)

    return Parts(
        keys=keys,
        calls=Calls(random),
        limiter=limiter,
        declared_limit=str(rate),
        random=random,
        operations=OPERATIONS,
        handlers=HANDLERS,
        read_credential=read_credential,
        find_key=keys.find,
        authenticate=authenticate,
        bucket=bucket,
        admit=admit,
        retry_after=whole_seconds,
        meter=meter,
        has_scope=has_scope,
        authorise=authorise,
        validate=validate,
        perform=perform,
        respond=respond,
        encode=encode,
        media_type="application/json",
        render_error=render_error,
    )


def read_credential(request: Request) -> str | None:
    """Read ``x-api-key``; several of them are joined, as RFC 9110, section 5.3, allows."""
    values = request.headers.getlist("x-api-key")
    return ", ".join(values) if values else None


async def authenticate(visit: Visit) -> StoredKey:
    """Know the key, or refuse (D1, D2, D8)."""
    presented = visit.presented
    if presented is None:
        raise unauthorized("Missing API Key")
    key = visit.parts.find_key(presented)
    if key is None:
        raise unauthorized("Invalid API Key provided")
    return key


def bucket(visit: Visit) -> str:
    """Count live keys by themselves, everything else by the client's address."""
    if visit.key is not None:
        return f"key:{visit.key.id}"
    client = visit.request.client
    return f"address:{client.host if client else ''}"


async def meter(visit: Visit) -> None:
    """Refuse what is over the limit (D4)."""
    parts = visit.parts
    wait = await parts.admit(parts.bucket(visit))
    if wait is None:
        return
    retry_after = parts.retry_after(wait)
    headers = {} if retry_after is None else {"retry-after": retry_after}
    raise Refusal(429, "Rate limit exceeded", headers=headers)


def has_scope(key: StoredKey, operation: Operation) -> bool:
    """Compare scopes whole."""
    return operation.scope in key.scopes


async def authorise(visit: Visit) -> None:
    """Refuse a key that lacks the scope (D3)."""
    if visit.key is None or not visit.parts.has_scope(visit.key, visit.operation):
        raise Refusal(403, "API Key does not have the required scope")


async def validate(visit: Visit) -> None:
    """Read query and body, or refuse them."""
    problem = _read_query(visit)
    if problem is None and visit.operation.body is not None:
        problem = await _read_body(visit, visit.operation.body)
    if problem is not None:
        raise Refusal(422, f"Invalid request: {problem}")


def _read_query(visit: Visit) -> str | None:
    for name, schema in visit.operation.query.items():
        for text in visit.request.query_params.getlist(name):
            value = int(text) if _INTEGER.fullmatch(text) and schema["type"] == "integer" else text
            if (problem := complaint(value, schema)) is not None:
                return f"{name} {problem}"
            visit.arguments[name] = value
    return None


async def _read_body(visit: Visit, schema: Schema) -> str | None:
    body = bytearray()
    async for chunk in visit.request.stream():
        body += chunk
        if len(body) > MOST_BODY_BYTES:
            raise Refusal(413, f"The body has more than {MOST_BODY_BYTES} bytes")
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return "the body is not JSON"
    problem = complaint(value, schema)
    if problem is None:
        visit.arguments.update(value)
    return problem


async def perform(visit: Visit) -> Response:
    """Carry the operation out."""
    parts, status = visit.parts, visit.operation.success
    body = {
        "success": True,
        "message": visit.operation.summary,
        "data": parts.handlers[visit.operation.label](visit),
        "statusCode": status,
    }
    return Response(parts.encode(body), status, dict(NO_STORE), parts.media_type)


async def respond(visit: Visit) -> Response:
    """Take a request through the guards in the documented server's order."""
    parts = visit.parts
    try:
        visit.key = await parts.authenticate(visit)
    finally:
        await parts.meter(visit)  # also what fails above counts, and may be 429 instead of 401
    await parts.authorise(visit)
    await parts.validate(visit)
    return await parts.perform(visit)


def encode(body: object) -> bytes:
    """Write JSON in UTF-8."""
    return json.dumps(body, ensure_ascii=False).encode()


def render_error(parts: Parts, request: Request, refusal: Refusal) -> Response:  # noqa: ARG001 - faults look at it
    """Answer with the documented body (D6)."""
    headers = {**NO_STORE, **refusal.headers}
    return Response(parts.encode(refusal.envelope()), refusal.status, headers, parts.media_type)


def _list_calls(visit: Visit) -> object:
    limit = cast("int", visit.arguments.get("limit", CALL_QUERY["limit"]["default"]))
    return visit.parts.calls.newest(limit, status=cast("str | None", visit.arguments.get("status")))


def _create_call(visit: Visit) -> object:
    return visit.parts.calls.add(visit.arguments, started_at=datetime.now(UTC))


def _get_call(visit: Visit) -> object:
    return _existing(visit.parts.calls.get(_call_id(visit)))


def _change_call(visit: Visit) -> object:
    call = _existing(visit.parts.calls.get(_call_id(visit)))
    call.update(visit.arguments)
    return call


def _delete_call(visit: Visit) -> object:
    return _existing(visit.parts.calls.remove(_call_id(visit)))


def _call_id(visit: Visit) -> str:
    return str(visit.request.path_params["callId"])


def _existing(call: Call | None) -> Call:
    if call is None:
        raise Refusal(404, "No such call")
    return call


HANDLERS: Final = {
    LIST_CALLS.label: _list_calls,
    CREATE_CALL.label: _create_call,
    GET_CALL.label: _get_call,
    CHANGE_CALL.label: _change_call,
    DELETE_CALL.label: _delete_call,
    LIST_AGENTS.label: lambda _: AGENTS,
}
