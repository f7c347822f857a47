"""The processes that a run starts: each in its own session, watched, and ended with the run.

What they print is masked and kept beside the results. A signal to the run is passed on once; what
does not end then is killed, with everything it started.
"""

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO, Any, Final

from contracts.algebra import Interruption
from contracts.redaction import Redactor

ROOT: Final = Path(__file__).parent.parent
"""Where the checks, the sandbox and the load scenario lie."""

_GRACE_S: Final = 12.0
"""Seconds that a child has to write what it found after a signal, and before that to delete the
keys it made: the provisioner's command may take 10 s."""

_CONCLUDES_S: Final = 45.0
"""Seconds that a child has after its time to conclude from what it saw: on a busy machine the
ramp's estimate takes long, and a child that is ended loses it."""

_FOREIGN: Final = ("PYTEST_", "LOCUST_", "HYPOTHESIS_")
"""Variables of the tools themselves: a run depends on its settings alone."""


@dataclass(slots=True)
class Interrupt:
    """The signal that ended the run, if one did."""

    name: Interruption | None = None
    _child: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def watch(self) -> None:
        """Take SIGINT and SIGTERM from now on."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._take)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        self.name = self.name or ("SIGINT" if number == signal.SIGINT else "SIGTERM")
        if self._child:
            self._child.send_signal(number)

    @contextlib.contextmanager
    def passed_to(self, child: subprocess.Popen[bytes]) -> Iterator[None]:
        """Pass a signal on to this child while it runs."""
        self._child = child
        if self.name:  # it came while the child was being started
            child.send_signal(signal.SIGTERM)
        try:
            yield
        finally:
            self._child = None


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    """The variables of a child: this process's, but for settings and the tools' own."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BUSYBOARD_", *_FOREIGN))
    }
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **extra}


def run_part(
    command: Sequence[str],
    variables: Callable[[int], Mapping[str, str]],
    *,
    log: Path,
    redactor: Redactor,
    interrupt: Interrupt,
    progress: Callable[[str], None],
    seconds: float,
) -> int:
    """Run one part to its end.

    Args:
        command: Program and arguments.
        variables: Gives settings and handoff, from the descriptor for progress lines.
        log: Where its output goes, masked.
        redactor: Masks it.
        interrupt: Passes signals on.
        progress: Takes each progress line.
        seconds: When it must have ended; it is killed a little later.

    Returns:
        Its exit code; negative where a signal killed it.
    """
    reading, writing = os.pipe()
    log.parent.mkdir(parents=True, exist_ok=True)
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(variables(writing)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(writing,),
        start_new_session=True,
    ) as child:
        os.close(writing)
        assert child.stdout is not None
        threads = [
            threading.Thread(target=_keep, args=(child.stdout, log, redactor), daemon=True),
            threading.Thread(target=_listen, args=(reading, progress), daemon=True),
        ]
        for thread in threads:
            thread.start()
        with interrupt.passed_to(child):
            code = _waited(child, interrupt, seconds)
        for thread in threads:
            thread.join(timeout=2)
    return code


def _waited(child: subprocess.Popen[bytes], interrupt: Interrupt, seconds: float) -> int:
    left = seconds + _CONCLUDES_S
    while left > 0:
        try:
            code = child.wait(timeout=0.2)
        except subprocess.TimeoutExpired:
            left = min(left - 0.2, _GRACE_S) if interrupt.name else left - 0.2
        else:
            _end_group(child.pid)
            return code
    _end_group(child.pid)
    return child.wait()


def _end_group(pid: int) -> None:
    """End what a child leaves behind: its session holds nothing of anybody else."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _keep(output: IO[bytes], log: Path, redactor: Redactor) -> None:
    with log.open("w", encoding="utf-8") as file:
        for line in output:
            file.write(redactor.mask(line.decode("utf-8", "replace")))


def _listen(reading: int, progress: Callable[[str], Any]) -> None:
    with os.fdopen(reading, encoding="utf-8") as file:
        for line in file:
            progress(line)
