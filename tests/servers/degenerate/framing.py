"""Answers that are late, endless, cut off, or no HTTP at all."""

import asyncio
import contextlib
import socket
import struct

from tests.servers.degenerate.registry import of_operations
from tests.servers.degenerate.visit import Visit, correct_answer
from tests.servers.degenerate.wire import Answer, success

DRIP_S = 0.1
MOST_BYTES = 1 << 30  # an endless body falls silent at 1 GiB, lest a client take the machine down
EARLY_HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"


async def hang(visit: Visit) -> None:
    """Say nothing until the client gives up."""
    del visit
    await asyncio.Event().wait()


of_operations("hanging")(hang)


@of_operations("body-hanging")
async def body_hanging(visit: Visit) -> None:
    """A prompt head, and a promised body that never comes."""
    await visit.send(Answer(200, b"").head(length=100))
    await hang(visit)


@of_operations("dripping")
async def dripping(visit: Visit) -> None:
    """A prompt head, then a blank every tenth of a second: no read ever times out."""
    await visit.send(Answer(200, b"").head(length=None))
    await _drip(visit)


@of_operations("dripping-head")
async def dripping_head(visit: Visit) -> None:
    """A header value that grows by a byte every tenth of a second."""
    await visit.send(b"HTTP/1.1 200 OK\r\nX-Slow:")
    await _drip(visit)


async def _drip(visit: Visit) -> None:
    while True:
        await visit.send(b" ")
        await asyncio.sleep(DRIP_S)


@of_operations("resetting")
async def resetting(visit: Visit) -> None:
    """RST once the request is read."""
    connection: socket.socket = visit.writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    visit.writer.transport.abort()


@of_operations("closing")
async def closing(visit: Visit) -> None:
    """Close without an answer."""
    visit.writer.close()


@of_operations("stale")
async def stale(visit: Visit) -> None:
    """Correct, and closed after each answer that promised to keep the connection."""
    await visit.answer(correct_answer(visit))
    visit.writer.close()


@of_operations("garbage")
async def garbage(visit: Visit) -> None:
    """Another protocol's greeting."""
    await visit.send(b"SSH-2.0-OpenSSH_9.2\r\n\x00\x00\x01\x14\x06\xff")
    visit.writer.close()


@of_operations("huge")
async def huge(visit: Visit) -> None:
    """A body without end."""
    await visit.send(Answer(200, b"").head(length=None))
    await _pour(visit, b" " * 65536)


@of_operations("endless-head")
async def endless_head(visit: Visit) -> None:
    """Header lines without end."""
    await visit.send(b"HTTP/1.1 200 OK\r\n")
    await _pour(visit, b"X-Filler: and one more\r\n" * 1000)


@of_operations("endless-hints")
async def endless_hints(visit: Visit) -> None:
    """Interim answers without end, never a final one."""
    await _pour(visit, EARLY_HINTS * 100)


async def _pour(visit: Visit, portion: bytes) -> None:
    for _ in range(MOST_BYTES // len(portion)):
        await visit.send(portion)
        await asyncio.sleep(0)  # others get their turn even when the client never lags
    await hang(visit)


@of_operations("early-hints")
async def early_hints(visit: Visit) -> None:
    """Correct, with an interim answer before each."""
    await visit.send(EARLY_HINTS)
    await visit.answer(correct_answer(visit))


@of_operations("truncated")
async def truncated(visit: Visit) -> None:
    """Closed halfway through the promised body."""
    body = success([1, 2, 3]).body
    await visit.send(Answer(200, b"").head(length=len(body)) + body[: len(body) // 2])
    visit.writer.close()


@of_operations("unended")
async def unended(visit: Visit) -> None:
    """No length, no chunks, and the connection stays open: nobody knows where the body ends."""
    await visit.send(Answer(200, b"").head(length=None) + success([]).body)
    await hang(visit)


@of_operations("desynchronised")
async def desynchronised(visit: Visit) -> None:
    """A correct answer, and an unasked-for 200 behind it that a client may take for the next."""
    await visit.answer(correct_answer(visit))
    await visit.send(success("nobody asked").to_bytes())


@of_operations("two-lengths")
async def two_lengths(visit: Visit) -> None:
    """Two Content-Length that differ."""
    body = success([]).body
    head = Answer(200, b"", headers=(("Content-Length", "3"),)).head(length=len(body))
    await visit.send(head + body)


@of_operations("bad-chunks")
async def bad_chunks(visit: Visit) -> None:
    """A chunk whose size is no number."""
    head = Answer(200, b"", headers=(("Transfer-Encoding", "chunked"),)).head(length=None)
    await visit.send(head + b"many\r\n{}\r\n0\r\n\r\n")


@of_operations("many-headers")
async def many_headers(visit: Visit) -> None:
    """A correct answer with two thousand headers more; most clients stop at a hundred."""
    answer = correct_answer(visit)
    filler = tuple((f"X-Filler-{index}", "x" * 40) for index in range(2000))
    await visit.answer(Answer(answer.status, answer.body, headers=filler))


@of_operations("wild-headers")
async def wild_headers(visit: Visit) -> None:
    """A correct answer with header values that are no ASCII and a line that is no header."""
    answer = correct_answer(visit).to_bytes(visit.request.method)
    status_line, rest = answer.split(b"\r\n", 1)
    await visit.send(status_line + b"\r\nX-Name: caf\xe9 \x00\x01\r\nno colon here\r\n" + rest)


@of_operations("foreign-tongue")
async def foreign_tongue(visit: Visit) -> None:
    """A status line whose status is no number."""
    await visit.send(b"HTTP/1.1 OK\r\nContent-Length: 2\r\n\r\n{}")


@of_operations("dying")
async def dying(visit: Visit) -> None:
    """The process is gone: the listener closes, and so does every connection."""
    with contextlib.suppress(OSError):
        visit.writer.transport.abort()
    raise SystemExit(70)
