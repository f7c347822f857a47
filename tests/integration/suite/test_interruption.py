"""Whatever ends a run early, its files are whole, say so, and no process stays."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from tests.integration.suite.verification import (
    BUSYBOARD,
    environment,
    read_verdict,
    settings_of,
)
from tests.servers.running import Server
from tests.servers.stacks import FLASK

_LONGEST_S = 90

_PAUSE = threading.Event()
"""Never set: waiting on it leaves the processors to the run."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that keeps the promises, for every run of this file."""
    with FLASK.start(limit=400, window_s=2) as started:
        yield started


@contextmanager
def running(
    report_dir: Path, settings: Mapping[str, str], *arguments: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Start `busyboard verify` in a session of its own, and end that session afterwards."""
    report_dir.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        [BUSYBOARD, "verify", *arguments, "--depth", "quick", "--report-dir", report_dir],
        env=environment(settings),
        cwd=report_dir,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that the run does by itself; bounded."""
    deadline = time.monotonic() + _LONGEST_S
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        _PAUSE.wait(0.005)


def lines(report_dir: Path, process: str) -> int:
    """How many records a process of the run has left."""
    files = list((report_dir / "findings").glob(f"{process}-*.jsonl"))
    return sum(path.read_bytes().count(b"\n") for path in files)


def trace_bytes(report_dir: Path) -> int:
    path = report_dir / "trace.jsonl.gz"
    return path.stat().st_size if path.exists() else 0


MOMENTS = [
    pytest.param(lambda d: lines(d, "verify") >= 1, id="at-the-start"),
    pytest.param(lambda d: lines(d, "contract") >= 1, id="before-the-first-check"),
    pytest.param(lambda d: lines(d, "contract") >= 10, id="in-core"),
    pytest.param(lambda d: lines(d, "contract") >= 60, id="late-in-core"),
    pytest.param(lambda d: lines(d, "contract") >= 100, id="in-depth"),
    pytest.param(lambda d: lines(d, "ratelimit") >= 1, id="before-the-ramp"),
    pytest.param(lambda d: trace_bytes(d) > 0, id="in-the-ramp"),
    pytest.param(lambda d: lines(d, "ratelimit") >= 3, id="after-the-ramp"),
    pytest.param(lambda d: (d / "verdict.json").exists(), id="in-the-report"),
    pytest.param(lambda d: (d / "junit.xml").exists(), id="late-in-the-report"),
]


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize(
    ("number", "name", "exit_code"),
    [
        pytest.param(signal.SIGINT, "SIGINT", 130, id="ctrl-c"),
        pytest.param(signal.SIGTERM, "SIGTERM", 143, id="sigterm"),
    ],
)
def test_signal_ends_in_a_verdict_that_says_so(  # noqa: PLR0917 -- a table of two dimensions
    tmp_path: Path,
    server: Server,
    moment: Callable[[Path], bool],
    number: signal.Signals,
    name: str,
    exit_code: int,
) -> None:
    with running(tmp_path, settings_of(server, MAX_SECONDS="40"), "all") as process:
        until(lambda: moment(tmp_path))
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        process.wait(timeout=_LONGEST_S)

    verdict = read_verdict(tmp_path)
    assert verdict is not None
    assert (process.returncode, verdict.interrupted) == (exit_code, name)
    assert verdict.exit_code == exit_code
    assert verdict.verdict != "conformant"
    assert list(tmp_path.rglob("*.tmp")) == []
    assert [member for member in family if member.is_running()] == []


KILLED = [
    pytest.param("pytest", lambda d: lines(d, "contract") >= 30, id="pytest"),
    pytest.param("locust", lambda d: trace_bytes(d) > 0, id="locust"),
]


@pytest.mark.parametrize(("program", "moment"), KILLED)
def test_killed_part_is_never_conformant(
    tmp_path: Path, server: Server, program: str, moment: Callable[[Path], bool]
) -> None:
    with running(tmp_path, settings_of(server, MAX_SECONDS="40"), "all") as process:
        until(lambda: moment(tmp_path))
        for child in psutil.Process(process.pid).children(recursive=True):
            if program in " ".join(child.cmdline()):
                child.kill()
        process.wait(timeout=_LONGEST_S)

    verdict = read_verdict(tmp_path)
    assert verdict is not None
    assert process.returncode == verdict.exit_code == 3
    assert any("without finishing its findings" in reason for reason in verdict.reasons)


def test_killed_command_leaves_no_verdict_and_no_process(tmp_path: Path, server: Server) -> None:
    with running(tmp_path, settings_of(server), "all") as process:
        until(lambda: lines(tmp_path, "contract") >= 30)
        family = psutil.Process(process.pid).children(recursive=True)
        process.kill()
        process.wait(timeout=_LONGEST_S)
        gone, alive = psutil.wait_procs(family, timeout=_LONGEST_S)

    assert alive == []
    assert len(gone) == len(family)
    assert read_verdict(tmp_path) is None
