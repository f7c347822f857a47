"""Whatever ends a run early, its files are whole, say so, and no process stays."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from contracts.verdict import Verdict
from tests.integration.suite.ahead import begun
from tests.integration.suite.verification import (
    BUSYBOARD,
    environment,
    read_verdict,
    settings_of,
)
from tests.servers.running import Server
from tests.servers.stacks import FLASK

_LONGEST_S = 180
"""Of a run on a loaded machine; an idle one needs 20."""

_PAUSE = threading.Event()
"""Never set: waiting on it leaves the processors to the run."""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A server that keeps the promises, for the runs that come one after the other."""
    with FLASK.start(limit=100) as started:
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
        _PAUSE.wait(0.01)


def lines(report_dir: Path, process: str) -> int:
    """How many records a process of the run has left."""
    files = list((report_dir / "findings").glob(f"{process}-*.jsonl"))
    return sum(path.read_bytes().count(b"\n") for path in files)


def trace_bytes(report_dir: Path) -> int:
    path = report_dir / "trace.jsonl.gz"
    return path.stat().st_size if path.exists() else 0


MOMENTS: Mapping[str, Callable[[Path], bool]] = {
    "late-in-the-report": lambda d: (d / "junit.xml").exists(),
    "in-the-report": lambda d: (d / "verdict.json").exists(),
    "after-the-ramp": lambda d: lines(d, "ratelimit") >= 3,
    "in-the-ramp": lambda d: trace_bytes(d) > 0,
    "before-the-ramp": lambda d: lines(d, "ratelimit") >= 1,
    "in-depth": lambda d: lines(d, "contract") >= 100,
    "late-in-core": lambda d: lines(d, "contract") >= 60,
    "in-core": lambda d: lines(d, "contract") >= 10,
    "before-the-first-check": lambda d: lines(d, "contract") >= 1,
    "at-the-start": lambda d: lines(d, "verify") >= 1,
}
"""What is there by then; the last of them first, as those runs take longest and are begun ahead."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a signal left of a run.

    Attributes:
        exit_code: Of the command.
        verdict: As written; None where there is none.
        unfinished: Files that were being written.
        alive: Its processes that go on.
    """

    exit_code: int
    verdict: Verdict | None
    unfinished: Sequence[Path]
    alive: Sequence[psutil.Process]


def end(report_dir: Path, moment: str, number: signal.Signals) -> Ended:
    """Run, and send the command a signal at a moment."""
    with (
        FLASK.start(limit=100) as server,
        running(report_dir, settings_of(server, MAX_SECONDS="40"), "all") as process,
    ):
        until(lambda: MOMENTS[moment](report_dir))
        family = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        exit_code = process.wait(timeout=_LONGEST_S)
        alive = [member for member in family if member.is_running()]
    return Ended(exit_code, read_verdict(report_dir), list(report_dir.rglob("*.tmp")), alive)


@pytest.fixture(scope="module")
def ended_at(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, signal.Signals], Ended]]:
    """What a signal at a moment leaves."""

    def ended(moment: str, number: signal.Signals) -> Ended:
        return end(tmp_path_factory.mktemp(moment), moment, number)

    with begun(request, ended, "moment", "number") as ended_at:
        yield ended_at


BOTH: Sequence[str] = ("in-the-ramp", "in-core")
"""Locust and pytest each take a signal in their own way; elsewhere one of the two will do."""

SIGNALS = (signal.SIGINT, signal.SIGTERM)

SENT = [
    pytest.param(moment, number, id=f"{moment}-{number.name.lower()}")
    for at, moment in enumerate(MOMENTS)
    for number in (SIGNALS if moment in BOTH else (SIGNALS[at % 2],))
]


@pytest.mark.parametrize(("moment", "number"), SENT)
def test_signal_ends_in_a_verdict_that_says_so(
    ended_at: Callable[[str, signal.Signals], Ended],
    moment: str,
    number: signal.Signals,
) -> None:
    ended = ended_at(moment, number)

    assert ended.verdict is not None
    assert (ended.exit_code, ended.verdict.interrupted) == (128 + number, number.name)
    assert ended.verdict.exit_code == 128 + number
    assert ended.verdict.verdict != "conformant"
    assert ended.unfinished == []
    assert ended.alive == []


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
