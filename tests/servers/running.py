"""How a server is started on a free port, with fresh keys, and ended again."""

import json
import os
import secrets
import select
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[2]
TIED = str(Path(__file__).with_name("tied.py"))


class ServerNotStartedError(Exception):
    """The server did not say in time where it listens; the message ends with its last lines."""


class ServerUnavailableError(Exception):
    """What the server needs is not installed here; a test turns this into a counted skip."""


@dataclass(frozen=True, slots=True)
class ServerKeys:
    """The keys of one started server, by role; drawn afresh at each start.

    Attributes:
        full: Active, with every scope of the server.
        second: Another such key.
        scoped: Active keys by their scopes, separated by spaces; ``""`` is one with none.
        revoked: Known to the server and deactivated.
        deleted: Well-formed and unknown to the server.
    """

    full: str = field(repr=False)
    second: str = field(repr=False)
    scoped: Mapping[str, str] = field(repr=False)
    revoked: str = field(repr=False)
    deleted: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens, and the truth about it.

    Attributes:
        base_url: Where its operations begin, such as ``http://127.0.0.1:40000/v1``.
        openapi: The URL of its document.
        keys: Its keys.
        path_parameters: Real values, by the parameter names of its document.
        declared_limit: Its true limit as ``BUSYBOARD_DECLARED_LIMIT`` spells it; None without one.
        scope_map: Operation to scope where the document does not say it, else empty.
    """

    base_url: str
    openapi: str
    keys: ServerKeys
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    declared_limit: str | None = None
    scope_map: Mapping[str, str] = field(default_factory=dict)


def draw_keys(scopes: Iterable[str]) -> ServerKeys:
    """Draw keys of the documented look, ``sk_live_`` and 32 random letters and digits.

    Args:
        scopes: What operations need, each several scopes with spaces between or a single one.
    """
    scoped = {scope: _draw_key() for scope in ("", *sorted(set(scopes)))}
    return ServerKeys(_draw_key(), _draw_key(), scoped, _draw_key(), _draw_key())


def _draw_key() -> str:
    alphabet = string.ascii_letters + string.digits
    return "sk_live_" + "".join(secrets.choice(alphabet) for _ in range(32))


def stored_keys(keys: ServerKeys) -> str:
    """Write the keys as every server here reads them from its environment variable ``API_KEYS``.

    A JSON list of ``{"key", "scopes", "active"}``; the deleted key is not among them.
    """
    every_scope = sorted({scope for scopes in keys.scoped for scope in scopes.split()})
    rows: list[dict[str, object]] = [
        {"key": keys.full, "scopes": every_scope, "active": True},
        {"key": keys.second, "scopes": every_scope, "active": True},
        {"key": keys.revoked, "scopes": every_scope, "active": False},
    ]
    rows += [
        {"key": key, "scopes": scopes.split(), "active": True}
        for scopes, key in keys.scoped.items()
    ]
    return json.dumps(rows)


@contextmanager
def listening(
    command: Sequence[str], environment: Mapping[str, str], *, timeout: float = 60.0
) -> Iterator[dict[str, str]]:
    """Start a server, wait for the JSON line that says where it listens, and end it afterwards.

    Args:
        command: Program and arguments, none of them secret: any process may read them.
        environment: Variables beside those of this process; keys go here.
        timeout: Seconds until the line must be there; a loaded machine takes ten to start node.

    Yields:
        The members of the line.

    Raises:
        ServerNotStartedError: No such line in time, or the process ended before it.
    """
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            [sys.executable, "-IS", TIED, *command],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            start_new_session=True,  # an interrupt in the terminal is for the tests, who end it
        ) as process,
    ):
        try:
            yield _read_ready_line(process, errors, deadline=time.monotonic() + timeout)
        finally:
            process.communicate()  # closes its standard input, which ends it, and waits


def _read_ready_line(
    process: subprocess.Popen[bytes], errors: IO[bytes], *, deadline: float
) -> dict[str, str]:
    assert process.stdout is not None
    line = b""
    while b"\n" not in line:
        remaining = max(0.0, deadline - time.monotonic())
        readable, _, _ = select.select([process.stdout], [], [], remaining)
        chunk = os.read(process.stdout.fileno(), 4096) if readable else b""
        if not chunk:
            errors.seek(0)
            last_lines = errors.read().decode(errors="replace").splitlines()[-15:]
            reason = "ended" if readable else "was silent"
            raise ServerNotStartedError("\n".join([f"{process.args!r} {reason}", *last_lines]))
        line += chunk
    ready: dict[str, str] = json.loads(line.partition(b"\n")[0])
    return ready
