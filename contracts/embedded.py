"""Starts the sandbox as a process of its own and reads its fresh keys through a pipe."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from contracts.children import ROOT, environment

COMMAND: Final = (sys.executable, "-m", "tests.sandbox")


class SandboxFailed(Exception):
    """The sandbox did not start, or ended by itself."""


@contextlib.contextmanager
def serving(options: Sequence[str] = ()) -> Iterator[Mapping[str, Any]]:
    """Serve the sandbox as long as the block runs.

    Args:
        options: Of `python -m tests.sandbox`.

    Yields:
        What it says of itself: addresses, keys, provisioner, limit.

    Raises:
        SandboxFailed: It ended before it said anything.
    """
    with started(options) as (said, _):
        yield said


@contextlib.contextmanager
def started(
    options: Sequence[str] = (),
) -> Iterator[tuple[Mapping[str, Any], subprocess.Popen[bytes]]]:
    """Serve the sandbox, as `serving` does.

    Yields:
        What it says of itself, and its process, for whoever waits for its end.
    """
    with subprocess.Popen(
        [*COMMAND, "--until-stdin-closes", *options],
        cwd=ROOT,
        env=environment({}),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            if not line:
                raise SandboxFailed("the sandbox did not start")
            yield json.loads(line), process
        finally:
            process.stdin.close()
            try:
                process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                process.kill()


def as_settings(said: Mapping[str, Any]) -> dict[str, str]:
    """Write what the sandbox says of itself as settings."""
    return {
        "BUSYBOARD_BASE_URL": said["base_url"],
        "BUSYBOARD_OPENAPI": said["openapi"],
        "BUSYBOARD_API_KEY": said["api_key"],
        "BUSYBOARD_SECOND_API_KEY": said["second_api_key"],
        "BUSYBOARD_SCOPED_KEYS": json.dumps(said["scoped_keys"]),
        "BUSYBOARD_REVOKED_API_KEY": said["revoked_api_key"],
        "BUSYBOARD_DELETED_API_KEY": said["deleted_api_key"],
        "BUSYBOARD_KEY_PROVISIONER": said["key_provisioner"],
        "BUSYBOARD_DECLARED_LIMIT": said["declared_limit"],
        "BUSYBOARD_ALLOW_WRITES": "true",
    }
