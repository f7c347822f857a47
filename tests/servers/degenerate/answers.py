"""Well-formed answers that say the wrong thing, or say it in a way that breaks who reads them."""

import asyncio
import gzip
import json
from functools import cache

from tests.servers.degenerate.registry import of_operations
from tests.servers.degenerate.visit import Visit, correct_answer, stated_error
from tests.servers.degenerate.wire import Answer, envelope, success

PAGE = b"<!doctype html><html><head><title>Welcome</title></head><body>Sign in</body></html>"


@of_operations("html")
async def html(visit: Visit) -> None:
    """200 and a page, as a captive portal or a single-page application answers."""
    await visit.answer(Answer(200, PAGE, "text/html; charset=utf-8"))


@of_operations("blank")
async def blank(visit: Visit) -> None:
    """200 with no body and no media type."""
    await visit.answer(Answer(200, b"", None))


@of_operations("redirecting")
async def redirecting(visit: Visit) -> None:
    """302 to another host: a client that follows hands it the key."""
    target = visit.options.elsewhere + visit.request.path
    await visit.answer(Answer(302, b"", None, (("Location", target),)))


@of_operations("redirect-loop")
async def redirect_loop(visit: Visit) -> None:
    """307 to itself."""
    await visit.answer(Answer(307, b"", None, (("Location", visit.request.path),)))


@of_operations("login-page")
async def login_page(visit: Visit) -> None:
    """302 to a page on the same host that answers 200."""
    if visit.request.path == "/login":
        await html(visit)
    else:
        await visit.answer(Answer(302, b"", None, (("Location", "/login"),)))


@of_operations("challenge")
async def challenge(visit: Visit) -> None:
    """The challenge page of a content delivery network, whatever is asked."""
    page = b"<!doctype html><title>Just a moment...</title><p>Checking your browser</p>"
    edge = (("Server", "cloudflare"), ("CF-Mitigated", "challenge"), ("CF-RAY", "0-JNB"))
    await visit.answer(Answer(403, page, "text/html; charset=UTF-8", edge))


@of_operations("flapping")
async def flapping(visit: Visit) -> None:
    """Correct, but every second request gets 500."""
    odd = visit.number % 2 == 1
    await visit.answer(correct_answer(visit) if odd else stated_error(visit, 500))


@of_operations("fickle-key")
async def fickle_key(visit: Visit) -> None:
    """Correct, but every fifth request is refused, good key or not."""
    wrong = visit.number % 5 == 0
    await visit.answer(envelope(401, "Stale replica") if wrong else correct_answer(visit))


@of_operations("slow")
async def slow(visit: Visit) -> None:
    """Correct, half a second late; a server may be that slow."""
    await asyncio.sleep(visit.options.delay)
    await visit.answer(correct_answer(visit))


@of_operations("echoing")
async def echoing(visit: Visit) -> None:
    """Correct but for the whole request head, key included, in the body and in a header."""
    head = visit.request.head.decode("latin-1")
    right = correct_answer(visit)
    body = json.dumps({**json.loads(right.body), "message": head}).encode()
    key = visit.request.header("x-api-key") or ""
    await visit.answer(Answer(right.status, body, headers=(("X-Echo", key),)))


@of_operations("hostile-text")
async def hostile_text(visit: Visit) -> None:
    """The documented error, its message a trap for whoever reports it.

    A lone surrogate (no UTF-8), NUL and escape (no XML), the end of CDATA, HTML, a table's
    bar, a workflow command of a CI and a line break.
    """
    message = "\ud800 \x00 \x1b[31m ]]> <script>alert(1)</script> | ::error::no\r\n::warning::no"
    await visit.answer(envelope(401, message))


@of_operations("not-utf8")
async def not_utf8(visit: Visit) -> None:
    """The documented error in Latin-1 under a media type that promises nothing of the kind."""
    body = '{"success": false, "message": "clé refusée", "data": null, "statusCode": 401}'
    await visit.answer(Answer(401, body.encode("latin-1")))


@of_operations("utf16")
async def utf16(visit: Visit) -> None:
    """The documented error in UTF-16 with a byte-order mark."""
    body = json.loads(envelope(401, "no").body)
    await visit.answer(Answer(401, json.dumps(body).encode("utf-16")))


@of_operations("deep-json")
async def deep_json(visit: Visit) -> None:
    """The documented error, its data nested a hundred thousand deep."""
    nested = b"[" * 100_000 + b"]" * 100_000
    start = b'{"success": false, "message": "no", "statusCode": 401, "data": '
    await visit.answer(Answer(401, start + nested + b"}"))


@of_operations("big-number")
async def big_number(visit: Visit) -> None:
    """The documented error, its statusCode an integer of ten thousand digits."""
    start = b'{"success": false, "message": "no", "data": null, "statusCode": '
    await visit.answer(Answer(401, start + b"4" * 10_000 + b"}"))


@of_operations("infinity")
async def infinity(visit: Visit) -> None:
    """The documented error, its statusCode beyond any float."""
    start = b'{"success": false, "message": "no", "data": null, "statusCode": '
    await visit.answer(Answer(401, start + b"1e999}"))


@of_operations("bad-gzip")
async def bad_gzip(visit: Visit) -> None:
    """Declared as gzip, sent as it is."""
    body = success("plain").body
    await visit.answer(Answer(200, body, headers=(("Content-Encoding", "gzip"),)))


@of_operations("gzip-bomb")
async def gzip_bomb(visit: Visit) -> None:
    """Half a megabyte of gzip that unpacks to half a gigabyte, asked for or not."""
    await visit.answer(Answer(200, _bomb(), headers=(("Content-Encoding", "gzip"),)))


@cache
def _bomb() -> bytes:
    million_blanks = gzip.compress(b" " * (1 << 20))
    return million_blanks * 512  # members of a gzip stream may follow each other
