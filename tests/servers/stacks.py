"""One context manager for each server: it starts the server with fresh keys and ends it."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.servers.running import Server, draw_keys, listening, stored_keys

DEGENERATE_SCOPES = ("calls:read", "calls:write")


@contextmanager
def degenerate(
    mode: str, *, record: Path | None = None, options: Sequence[str] = ()
) -> Iterator[Server]:
    """Start the degenerate server.

    Args:
        mode: A mode of ``python -m tests.servers.degenerate --help``.
        record: Where it appends a line for each request; read with ``record.read_record``.
        options: Further options of its command line, such as ``("--after", "20")``.
    """
    keys = draw_keys(DEGENERATE_SCOPES)
    command = [sys.executable, "-m", "tests.servers.degenerate", mode, *options]
    if record is not None:
        command += ["--record", str(record)]
    with listening(command, {"API_KEYS": stored_keys(keys, DEGENERATE_SCOPES)}) as ready:
        yield Server(ready["base_url"], ready["openapi"], keys, {"callId": "call_001"})
