"""How each server is started with fresh keys: ``with EXPRESS.start() as server``."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.node_packages import node, require_packages
from tests.servers.running import Server, draw_keys, listening, stored_keys

FOLDER = Path(__file__).parent

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
    with listening(command, {"API_KEYS": stored_keys(keys)}) as ready:
        yield Server(ready["base_url"], ready["openapi"], keys, {"callId": "call_001"})


@dataclass(frozen=True, slots=True)
class Stack:
    """A server that keeps every promise, in one stack's idiom.

    Attributes:
        command: Program and arguments.
        scopes: What each protected operation needs, with spaces between several; ``""`` is any
            active key.
        path_parameters: Real values.
        document_has_scopes: Whether its document says the scopes.
        needs_packages: Whether it needs what npm installs.
    """

    command: tuple[str, ...]
    scopes: Mapping[str, str]
    path_parameters: Mapping[str, str]
    document_has_scopes: bool = False
    needs_packages: bool = False

    @contextmanager
    def start(
        self, *, limit: int = 200, window_s: int = 2, environment: Mapping[str, str] | None = None
    ) -> Iterator[Server]:
        """Start it with fresh keys.

        Args:
            limit: Requests that a key has in a window.
            window_s: Length of the window in seconds.
            environment: Further variables.

        Raises:
            ServerUnavailableError: Its packages could not be installed.
        """
        if self.needs_packages:
            require_packages()
        keys = draw_keys(self.scopes.values())
        settings = {
            "API_KEYS": stored_keys(keys),
            "RATE_LIMIT": str(limit),
            "RATE_WINDOW_S": str(window_s),
        }
        with listening(self.command, {**settings, **(environment or {})}) as ready:
            yield Server(
                base_url=ready["base_url"],
                openapi=ready["openapi"],
                keys=keys,
                path_parameters=self.path_parameters,
                declared_limit=f"{limit}/{window_s}s per=key",
                scope_map={} if self.document_has_scopes else self.scopes,
            )


# OpenAPI 3.0 in YAML, servers ``/v1``, scopes in prose only; limits' moving window.
FLASK = Stack(
    command=(
        sys.executable,
        *("-m", "gunicorn", "-c", str(FOLDER / "flask_api" / "gunicorn_conf.py")),
    ),
    scopes={
        "GET /calls": "calls:read",
        "POST /calls": "calls:write",
        "GET /calls/{call_id}": "calls:read",
        "GET /agents": "agents:read",
        "GET /agents/{agent_id}": "agents:read",
        "PUT /agents/{agent_id}": "agents:write",
    },
    path_parameters={"call_id": "call_001", "agent_id": "7"},
)


def faulty_flask(
    fault: str, *, limit: int = 200, window_s: int = 2
) -> AbstractContextManager[Server]:
    """Start FLASK with a fault of ``flask_api.faults``, given as ``ID`` or ``ID:VALUE``."""
    return FLASK.start(limit=limit, window_s=window_s, environment={"FAULT": fault})


# Its own OpenAPI 3.1 in JSON: no servers, paths with /v1, scopes; limits' fixed window.
FASTAPI = Stack(
    command=(sys.executable, "-m", "tests.servers.fastapi_api"),
    scopes={
        "GET /calls": "read:calls",
        "POST /calls": "write:calls",
        "GET /calls/{call_id}": "read:calls",
        "DELETE /calls/{call_id}/recording": "write:calls",
        "GET /campaigns": "read:campaigns",
        "PATCH /campaigns/{campaign_id}": "manage:campaigns",
        "GET /me": "",
    },
    path_parameters={"call_id": "call_001", "campaign_id": "3"},
    document_has_scopes=True,
)

# OpenAPI 3.1 in JSON by hand: servers on a host that does not exist, scopes, a public operation;
# express-rate-limit's fixed window, where refused requests count against the value they carried.
EXPRESS = Stack(
    command=(node(), str(FOLDER / "express" / "server.js")),
    scopes={
        "GET /calls": "calls.read",
        "POST /calls": "calls.read calls.write",
        "GET /calls/{callId}": "calls.read",
        "GET /recordings": "recordings.read",
        "GET /recordings/{recordingId}": "recordings.read",
    },
    path_parameters={"callId": "call_001", "recordingId": "rec_9"},
    document_has_scopes=True,
    needs_packages=True,
)

# OpenAPI 3.0 made by @fastify/swagger, no scopes; @fastify/rate-limit, refusals are free.
FASTIFY = Stack(
    command=(node(), str(FOLDER / "fastify" / "server.js")),
    scopes={
        "GET /calls": "CALLS_READ",
        "POST /calls": "CALLS_WRITE",
        "GET /calls/{callId}": "CALLS_READ",
        "POST /calls/{callId}/notes": "CALLS_WRITE",
        "GET /phone-numbers": "NUMBERS_READ",
        "GET /phone-numbers/{numberId}": "NUMBERS_READ",
    },
    path_parameters={"callId": "call_001", "numberId": "11"},
    needs_packages=True,
)

# OpenAPI 3.1 in YAML with anchors: no servers, paths below the base URL, scopes in prose only;
# a sliding log of its own, before the path is looked at.
NODE_HTTP = Stack(
    command=(node(), str(FOLDER / "node_http" / "server.mjs")),
    scopes={
        "GET /calls": "view_calls",
        "POST /calls": "edit_calls",
        "GET /calls/{id}": "view_calls",
        "PUT /calls/{id}/tags": "edit_calls",
        "GET /calls/{id}/transcript": "view_transcripts",
    },
    path_parameters={"id": "call_001"},
)

STACKS = {
    "flask": FLASK,
    "fastapi": FASTAPI,
    "express": EXPRESS,
    "fastify": FASTIFY,
    "node-http": NODE_HTTP,
}
