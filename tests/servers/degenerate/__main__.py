"""Started as ``python -m tests.servers.degenerate MODE``; says on standard output where it listens.

The one line is ``{"base_url", "openapi", "mode"}``. Keys come as JSON in the environment variable
``API_KEYS``, a list of ``{"key", "scopes", "active"}``. Modes named for the document answer in its
place, all others in place of the operations; the rest of the server is correct.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.servers.degenerate.documents import DOCUMENT_PATH, good_answer
from tests.servers.degenerate.modes import DOCUMENT_MODES, OPERATION_MODES, PORT_MODES, find_mode
from tests.servers.degenerate.record import Recorder
from tests.servers.degenerate.visit import Mode, Options, Visit, correct_answer
from tests.servers.degenerate.wire import LONGEST_HEAD, read_request


@dataclass(slots=True)
class Service:
    """What every connection shares: the mode, when it begins, and the record."""

    mode: Mode
    in_place_of_document: bool
    everywhere: bool
    after: int
    options: Options
    recorder: Recorder
    connections: int = 0
    operations: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one connection's requests until either side closes it."""
        self.connections += 1
        connection = self.connections
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            while not writer.is_closing() and (request := await read_request(reader)) is not None:
                number = self.recorder.note(request, connection=connection)
                await self._answer(Visit(request, writer, number, self.options))
        writer.close()

    async def _answer(self, visit: Visit) -> None:
        is_document = visit.request.path == DOCUMENT_PATH
        self.operations += not is_document
        if self._is_due(is_document=is_document):
            await self.mode(visit)
        else:
            await visit.answer(good_answer() if is_document else correct_answer(visit))

    def _is_due(self, *, is_document: bool) -> bool:
        concerned = self.everywhere or is_document == self.in_place_of_document
        return concerned and (is_document or self.operations > self.after)


def _read_keys() -> Mapping[str, frozenset[str]]:
    rows = json.loads(os.environ.get("API_KEYS", "[]"))
    return {row["key"]: frozenset(row["scopes"]) for row in rows if row["active"]}


def _parse_arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.servers.degenerate")
    known = ", ".join(sorted([*OPERATION_MODES, *DOCUMENT_MODES, *PORT_MODES, "all-NNN"]))
    parser.add_argument("mode", help=f"one of {known}")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--record", type=Path, help="append a JSON line for each request")
    parser.add_argument("--everywhere", action="store_true", help="the document too")
    parser.add_argument("--after", type=int, default=0, help="first answer N requests correctly")
    parser.add_argument("--delay", type=float, default=0.5, help="seconds, for slow")
    parser.add_argument("--elsewhere", default="http://elsewhere.invalid", help="another origin")
    parser.add_argument("--retry-after", help="value of that header on stated errors")
    parser.add_argument("--bare", action="store_true", help="stated errors without the envelope")
    parsed = parser.parse_args(arguments)
    if parsed.mode not in PORT_MODES:
        try:
            find_mode(parsed.mode)
        except KeyError:
            parser.error(f"no mode is named {parsed.mode}; there are {known}")
    return parsed


def _make_service(parsed: argparse.Namespace) -> Service:
    options = Options(
        keys=_read_keys(),
        delay=parsed.delay,
        elsewhere=parsed.elsewhere,
        retry_after=parsed.retry_after,
        bare=parsed.bare,
    )
    name = "correct" if parsed.mode in PORT_MODES else parsed.mode
    return Service(
        mode=find_mode(name),
        in_place_of_document=name in DOCUMENT_MODES,
        everywhere=parsed.everywhere,
        after=parsed.after,
        options=options,
        recorder=Recorder(parsed.record),
    )


def _say_ready(mode: str, port: int) -> None:
    scheme = "https" if mode == "plaintext-https" else "http"
    origin = f"{scheme}://127.0.0.1:{port}"
    ready = {"base_url": f"{origin}/v1", "openapi": origin + DOCUMENT_PATH, "mode": mode}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()


async def _run(parsed: argparse.Namespace) -> None:
    listener = socket.create_server(("127.0.0.1", parsed.port), backlog=512)
    service = _make_service(parsed)
    server = await asyncio.start_server(service.serve, sock=listener, limit=LONGEST_HEAD)
    async with server:
        _say_ready(parsed.mode, listener.getsockname()[1])
        await server.serve_forever()


def _occupy(mode: str, port: int) -> None:
    """Hold a port on which no connection is ever accepted.

    ``refusing`` does not listen, so the system refuses. ``not-accepting`` lets the system's queue
    run full with a connection of its own, so that further ones wait.
    """
    with socket.socket() as listener, socket.socket() as queued:
        listener.bind(("127.0.0.1", port))
        if mode == "not-accepting":
            listener.listen(0)
            queued.connect(listener.getsockname())
        _say_ready(mode, listener.getsockname()[1])
        signal.pause()


def main() -> None:
    """Serve until terminated."""
    parsed = _parse_arguments(sys.argv[1:])
    if parsed.mode in {"refusing", "not-accepting"}:
        _occupy(parsed.mode, parsed.port)
    else:
        asyncio.run(_run(parsed))


if __name__ == "__main__":
    main()
