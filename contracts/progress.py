"""How far a run is: one live line with the time left on a terminal, plain lines elsewhere."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from typing import Any, Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

_EVERY_S: Final = 10.0
"""Seconds between two plain lines."""


class Shown:
    """Takes a part's progress lines and shows them on standard error."""

    def __init__(self, part: str, seconds: float) -> None:
        """Begin.

        Args:
            part: Its name.
            seconds: Its longest duration; how far it is where it cannot count its steps.
        """
        self._part, self._seconds = part, seconds
        self._started = self._said = time.monotonic()
        self._live: Progress | None = None
        self._task: Any = None

    @contextlib.contextmanager
    def showing(self) -> Iterator[None]:
        """Show progress while the part runs."""
        if not sys.stderr.isatty():
            sys.stderr.write(f"{self._part} …\n")
            yield
            return
        self._live = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[said]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        with self._live:
            self._task = self._live.add_task(self._part, total=1.0, said="")
            yield

    def take(self, line: str) -> None:
        """Take one line: `requests`, and a `share` of the whole or a `phase`."""
        with contextlib.suppress(ValueError):
            told = json.loads(line)
            share, said = self._share(told), _said(told)
            if self._live:
                self._live.update(self._task, completed=share, said=said)
            elif time.monotonic() - self._said >= _EVERY_S:
                self._said = time.monotonic()
                left = (self._said - self._started) * (1 - share) / max(share, 0.01)
                sys.stderr.write(f"{self._part}: {said}, at most {left:.0f} s left\n")

    def _share(self, told: dict[str, Any]) -> float:
        elapsed = (time.monotonic() - self._started) / self._seconds
        return float(told.get("share", min(0.99, elapsed)))


def _said(told: dict[str, Any]) -> str:
    phase = f"{told['phase']}, " if "phase" in told else ""
    return f"{phase}{told.get('requests', 0)} requests"
