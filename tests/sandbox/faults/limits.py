"""Family H: what is counted, for whom, and how the limit is told."""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope

from tests.sandbox import paths
from tests.sandbox.connections import connection_of
from tests.sandbox.errors import Refusal
from tests.sandbox.faults.bypass import effect_despite
from tests.sandbox.layers import rerouted
from tests.sandbox.limiter import Limiter, Rate
from tests.sandbox.parts import Parts, Visit
from tests.sandbox.registry import Choice, Range, fault

_LIMIT: Final = ("DECLARED_LIMIT",)

_HTML: Final = "text/html; charset=utf-8"
_FLASK_LIMITER: Final = """<!doctype html>
<html lang=en>
<title>429 Too Many Requests</title>
<h1>Too Many Requests</h1>
<p>{requests} per {window_s} second</p>
"""
_SLOWAPI: Final = """{{"error":"Rate limit exceeded: {requests} per {window_s} second"}}"""
_FASTIFY: Final = (
    '{{"statusCode":429,"error":"Too Many Requests",'
    '"message":"Rate limit exceeded, retry in {window_s} seconds"}}'
)
_DEFAULT_BODIES: Final = {
    "flask-limiter": (_HTML, _FLASK_LIMITER),
    "express-rate-limit": (_HTML, "Too many requests, please try again later."),
    "slowapi": ("application/json", _SLOWAPI),
    "fastify": ("application/json; charset=utf-8", _FASTIFY),
}
_MALFORMED_WAITS: Final[dict[str, Callable[[float], str]]] = {
    "fraction": lambda wait: f"{wait:.3f}",
    "negative": lambda wait: f"-{wait:.0f}",
    "unit": lambda wait: f"{wait * 1_000:.0f}ms",
    "word": lambda _: "soon",
    "iso-date": lambda wait: (datetime.now(UTC) + timedelta(seconds=wait)).isoformat(),
    "milliseconds": lambda wait: f"{wait * 1_000:.0f}",
    "epoch": lambda wait: f"{datetime.now(UTC).timestamp() + wait:.0f}",
}


@fault("H01", violates="D4", needs=_LIMIT)
def there_is_no_limit(parts: Parts) -> Parts:
    """There is no limit."""

    async def admit(_: str) -> float | None:
        return None

    return replace(parts, admit=admit)


@fault("H02", violates="D4", parameter=Choice(("503", "403")), needs=_LIMIT)
def refused_with_another_status(parts: Parts, status: str) -> Parts:
    """Over the limit the answer is 503 or 403 instead of 429."""

    async def meter(visit: Visit) -> None:
        try:
            await parts.meter(visit)
        except Refusal as refusal:
            raise Refusal(int(status), refusal.message, headers=refusal.headers) from refusal

    return replace(parts, meter=meter)


@fault("H03", violates="D6", parameter=Choice(tuple(_DEFAULT_BODIES)), needs=_LIMIT)
def library_writes_the_429(parts: Parts, library: str) -> Parts:
    """A 429 carries the body of a rate-limit library instead of the documented one."""
    media_type, template = _DEFAULT_BODIES[library]

    def render(current: Parts, request: Request, refusal: Refusal) -> Response:
        if refusal.status != 429:
            return parts.render_error(current, request, refusal)
        rate = current.limiter.rate
        body = template.format(requests=rate.requests, window_s=rate.window_s)
        return Response(body, 429, refusal.headers, media_type)

    return replace(parts, render_error=render)


@fault("H04", violates="D4", parameter=Range(50, 95, 70, "per cent of the limit"), needs=_LIMIT)
def limit_comes_early(parts: Parts, share: int) -> Parts:
    """Requests are refused well below the declared limit."""
    declared = parts.limiter.rate
    tighter = Limiter(Rate(max(1, declared.requests * share // 100), declared.window_s))

    async def admit(bucket: str) -> float | None:
        return tighter.hit(bucket)

    return replace(parts, admit=admit)


@fault("H05", violates=(), parameter=Choice(tuple(_MALFORMED_WAITS)), needs=_LIMIT)
def retry_after_is_malformed(parts: Parts, form: str) -> Parts:
    """Retry-After is neither a whole number of seconds nor a date."""
    return replace(parts, retry_after=_MALFORMED_WAITS[form])


@fault("H06", violates=(), needs=_LIMIT)
def retry_after_is_untrue(parts: Parts) -> Parts:
    """Retry-After is always 0, and whoever believes it is refused again."""
    return replace(parts, retry_after=lambda _: "0")


@fault(
    "H07",
    violates="D4",
    parameter=Choice(("x-forwarded-for", "x-real-ip", "forwarded")),
    needs=_LIMIT,
)
def forwarded_address_counts(parts: Parts, header: str) -> Parts:
    """Whoever sends another forwarded address gets another counter."""
    return _split(parts, lambda visit: visit.request.headers.get(header, ""))


@fault("H08", violates="D4", parameter=Choice(tuple(paths.LENIENT)), needs=_LIMIT)
def spelling_of_the_path_counts(parts: Parts, spelling: str) -> Parts:
    """The router takes another spelling of a path for the same, the limiter does not."""
    meaning = paths.LENIENT[spelling]

    def sent(scope: Scope) -> str:
        return str(scope["raw_path"].decode("ascii"))

    def route(scope: Scope) -> Scope | None:
        meant = meaning(sent(scope))
        return None if meant == sent(scope) else {"path": meant}

    def other_spelling(visit: Visit) -> str:
        path = sent(visit.request.scope)
        return "" if meaning(path) == path else path

    lenient = replace(parts, layers=(*parts.layers, rerouted(route)))
    return _split(lenient, other_spelling)


@fault("H09", violates="D4", needs=_LIMIT)
def query_counts(parts: Parts) -> Parts:
    """Every query string has a counter of its own."""
    return _split(parts, lambda visit: visit.request.url.query)


@fault("H11", violates=(), needs=_LIMIT)
def method_counts(parts: Parts) -> Parts:
    """HEAD has a counter of its own."""
    return _split(parts, lambda visit: "HEAD" if visit.request.method == "HEAD" else "")


@fault("H12", violates="D4", needs=_LIMIT)
def spelling_of_the_key_counts(parts: Parts) -> Parts:
    """Blanks round the key, which HTTP ignores, open a counter of their own."""
    header = re.compile(rb"(?im)^x-api-key:( ?)([^\r\n]*)")

    def blanks(visit: Visit) -> str:
        # the parser takes them away: only the bytes as received show them
        found = header.search(connection_of(visit.request.scope).received)
        value = found[2].decode("latin-1") if found else ""
        return "" if value == value.strip() else repr(value.replace(value.strip(), ""))

    return _split(parts, blanks)


@fault(
    "H13",
    violates="D4",
    parameter=Range(1, 50, 5, "milliseconds between reading and counting"),
    needs=_LIMIT,
)
def counter_is_read_then_written(parts: Parts, gap_ms: int) -> Parts:
    """The counter is read first and written later: requests in between are admitted too."""

    async def admit(bucket: str) -> float | None:
        if not parts.limiter.test(bucket):
            return parts.limiter.wait(bucket)
        await asyncio.sleep(gap_ms / 1_000)
        parts.limiter.hit(bucket)
        return None

    return replace(parts, admit=admit)


@fault("H14", violates="D4", parameter=Range(2, 4, 2, "replicas"), needs=_LIMIT)
def each_replica_counts(parts: Parts, replicas: int) -> Parts:
    """Each replica has counters of its own; connections go to them in turn."""
    return _split(parts, lambda visit: str(connection_of(visit.request.scope).number % replicas))


@fault("H15", violates="D4", needs=_LIMIT)
def each_connection_counts(parts: Parts) -> Parts:
    """Each connection has a counter of its own."""
    return _split(parts, lambda visit: str(connection_of(visit.request.scope).number))


@fault(
    "H17",
    violates="D4",
    parameter=Range(3, 1_000_000, 1_000_000, "windows until it is released"),
    needs=_LIMIT,
)
def once_refused_for_ever(parts: Parts, windows: int) -> Parts:
    """Whoever exceeded the limit once is refused for ever after."""
    locked_until: dict[str, float] = {}

    async def admit(bucket: str) -> float | None:
        wait = locked_until.get(bucket, 0) - time.monotonic()
        if wait > 0:
            return wait
        refused = await parts.admit(bucket)
        if refused is None:
            return None
        lock_s = float(windows * parts.limiter.rate.window_s)
        locked_until[bucket] = time.monotonic() + lock_s
        return lock_s

    return replace(parts, admit=admit)


@fault("H18", violates=(), parameter=Range(12, 32, 16, "characters compared"), needs=_LIMIT)
def strangers_use_up_the_limit(parts: Parts, length: int) -> Parts:
    """Invalid keys that begin like a valid one use up its limit."""

    def bucket(visit: Visit) -> str:
        presented = visit.presented
        return f"prefix:{presented[:length]}" if presented else parts.bucket(visit)

    return replace(parts, bucket=bucket)


@fault("H20", violates="D4", needs=["DECLARED_LIMIT", "ALLOW_WRITES"])
def effect_despite_429(parts: Parts) -> Parts:
    """A write over the limit is carried out and then answered 429."""
    return effect_despite(
        parts, lambda visit, refusal: refusal.status == 429 and visit.key is not None
    )


@fault("H21", violates="D4", parameter=Choice(("500", "502", "reset")), needs=_LIMIT)
def breaks_at_the_limit(parts: Parts, how: str) -> Parts:
    """Over the limit the server fails, with 500 or 502, or breaks the connection off."""

    async def meter(visit: Visit) -> None:
        try:
            await parts.meter(visit)
        except Refusal as refusal:
            if how == "reset":
                connection_of(visit.request.scope).reset()
                raise
            raise Refusal(int(how), "Upstream failure") from refusal

    return replace(parts, meter=meter)


def _split(parts: Parts, distinction: Callable[[Visit], str]) -> Parts:
    """Count separately what differs in something that should not matter; empty is the usual."""

    def bucket(visit: Visit) -> str:
        by = distinction(visit)
        return f"{parts.bucket(visit)} {by}" if by else parts.bucket(visit)

    return replace(parts, bucket=bucket)
