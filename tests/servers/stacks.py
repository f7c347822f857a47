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


FLASK_SCOPES = {
    "GET /calls": "calls:read",
    "POST /calls": "calls:write",
    "GET /calls/{call_id}": "calls:read",
    "GET /agents": "agents:read",
    "GET /agents/{agent_id}": "agents:read",
    "PUT /agents/{agent_id}": "agents:write",
}


@contextmanager
def flask_api(*, fault: str | None = None, limit: int = 200, window_s: int = 2) -> Iterator[Server]:
    """Start the Flask API behind gunicorn: OpenAPI 3.0 in YAML, scopes not in it.

    Args:
        fault: A fault of ``flask_api.faults``, as ``ID`` or ``ID:VALUE``.
        limit: Requests that a key has in any ``window_s`` seconds (sliding window).
        window_s: Length of that window in seconds.
    """
    scopes = sorted(set(FLASK_SCOPES.values()))
    keys = draw_keys(scopes)
    environment = {
        "API_KEYS": stored_keys(keys, scopes),
        "RATE_LIMIT": str(limit),
        "RATE_WINDOW_S": str(window_s),
        "FAULT": fault or "",
    }
    configuration = str(Path(__file__).with_name("flask_api") / "gunicorn_conf.py")
    with listening([sys.executable, "-m", "gunicorn", "-c", configuration], environment) as ready:
        yield Server(
            base_url=ready["base_url"],
            openapi=ready["openapi"],
            keys=keys,
            path_parameters={"call_id": "call_001", "agent_id": "7"},
            declared_limit=f"{limit}/{window_s}s per=key",
            scope_map=FLASK_SCOPES,
        )
