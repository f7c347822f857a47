"""How the server counts and how it behaves."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count
from typing import Final

from limits.strategies import MovingWindowRateLimiter, SlidingWindowCounterRateLimiter
from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.sandbox.connections import connection_of
from tests.sandbox.errors import NO_STORE, Refusal
from tests.sandbox.layers import changed_headers
from tests.sandbox.limiter import Limiter, Rate, Strategy
from tests.sandbox.parts import Layer, Parts, Visit
from tests.sandbox.registry import Choice, benign

_BREAK_EVERY: Final = 50  # requests; a retry never meets the next one

_STRATEGIES: Final[dict[str, Strategy]] = {
    "moving-window": MovingWindowRateLimiter,
    "sliding-window-counter": SlidingWindowCounterRateLimiter,
}
_DIALECTS: Final = {
    "x-ratelimit": {
        "x-ratelimit-limit": "{limit}",
        "x-ratelimit-remaining": "{remaining}",
        "x-ratelimit-reset": "{reset}",
    },
    "draft-6": {
        "ratelimit-policy": "{limit};w={window_s}",
        "ratelimit-limit": "{limit}",
        "ratelimit-remaining": "{remaining}",
        "ratelimit-reset": "{reset}",
    },
    "draft-8": {
        "ratelimit-policy": '"default";q={limit};w={window_s}',
        "ratelimit": '"default";r={remaining};t={reset}',
    },
}


@benign("V19", parameter=Choice((*_STRATEGIES, "per-address", *_DIALECTS)))
def limit_is_another(parts: Parts, kind: str) -> Parts:
    """The window moves or slides, an address has a coarse limit too, or headers tell the rest."""
    if kind == "per-address":
        return _also_per_address(parts)
    if kind in _DIALECTS:
        return _telling(parts, _DIALECTS[kind])
    limiter = Limiter(parts.limiter.rate, _STRATEGIES[kind])

    async def admit(bucket: str) -> float | None:
        return limiter.hit(bucket)

    return replace(parts, limiter=limiter, admit=admit)


@benign("V20", parameter=Choice(("slow", "jitter", "reset", "etag", "replicas")))
def server_has_its_moods(parts: Parts, mood: str) -> Parts:
    """Answers take 500 ms or vary, now and then a connection breaks, there are ETags, replicas."""
    match mood:
        case "slow":
            layer = _delayed(lambda: 0.5)
        case "jitter":
            layer = _delayed(lambda: parts.random.random() / 10)
        case "reset":
            layer = _resetting()
        case "etag":
            return replace(parts, perform=_conditional(parts))
        case _:
            layer = changed_headers(_name_replica)
    return replace(parts, layers=(*parts.layers, layer))


def _also_per_address(parts: Parts) -> Parts:
    """Twice the rate per address, whoever asks: what guards a server against floods."""
    rate = Rate(2 * parts.limiter.rate.requests, parts.limiter.rate.window_s)
    coarse = Limiter(rate)

    async def meter(visit: Visit) -> None:
        await parts.meter(visit)
        client = visit.request.client
        if coarse.hit(client.host if client else "") is not None:
            raise Refusal(429, "Rate limit exceeded")

    declared = f"{parts.declared_limit} per=key;{rate} per=ip"
    return replace(parts, meter=meter, declared_limit=declared)


def _telling(parts: Parts, dialect: dict[str, str]) -> Parts:
    async def meter(visit: Visit) -> None:
        bucket = visit.parts.bucket(visit)
        try:
            await parts.meter(visit)
        finally:
            rate = visit.parts.limiter.rate
            connection_of(visit.request.scope).marks["limit"] = {
                "limit": rate.requests,
                "window_s": rate.window_s,
                "remaining": visit.parts.limiter.remaining(bucket),
                "reset": round(visit.parts.limiter.wait(bucket)),
            }

    def tell(scope: Scope, _status: int, headers: MutableHeaders) -> None:
        told = connection_of(scope).marks.pop("limit", None)
        if isinstance(told, dict):
            headers.update({name: text.format(**told) for name, text in dialect.items()})

    return replace(parts, meter=meter, layers=(*parts.layers, changed_headers(tell)))


def _delayed(seconds: Callable[[], float]) -> Layer:
    def layer(app: ASGIApp) -> ASGIApp:
        async def late(scope: Scope, receive: Receive, send: Send) -> None:
            await asyncio.sleep(seconds())
            await app(scope, receive, send)

        return late

    return layer


def _resetting() -> Layer:
    numbers = count(1)

    def layer(app: ASGIApp) -> ASGIApp:
        async def breaking(scope: Scope, receive: Receive, send: Send) -> None:
            if next(numbers) % _BREAK_EVERY == 0:
                connection_of(scope).reset()  # before any effect: the client may try again
            else:
                await app(scope, receive, send)

        return breaking

    return layer


def _conditional(parts: Parts) -> Callable[[Visit], Awaitable[Response]]:
    async def perform(visit: Visit) -> Response:
        response = await parts.perform(visit)
        if visit.operation.method != "GET":
            return response
        etag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:16]}"'
        if visit.request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={**NO_STORE, "etag": etag})
        response.headers["etag"] = etag
        return response

    return perform


def _name_replica(scope: Scope, _status: int, headers: MutableHeaders) -> None:
    headers["x-served-by"] = f"replica-{connection_of(scope).number % 3}"
