"""What `busyboard verify` tells the processes it starts, beside the settings; no secret in it.

A process that finds no handoff was started alone: it begins a run of its own.
"""

import ctypes
import json
import os
import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict

from contracts.findings import new_run_id
from contracts.pace import Caps
from contracts.settings import Settings
from contracts.verdict import Part

VARIABLE: Final = "_BUSYBOARD_RUN"
"""Environment variable that holds the handoff as JSON."""


class Handoff(BaseModel):
    """One part's share of a run.

    Attributes:
        run_id: The run's.
        kind: Whether the target is the embedded sandbox.
        name: Of the target, where it has one.
        parts: What the run was asked for.
        document: The target's document, already fetched.
        sha256: Its digest.
        requests: Most requests of this part.
        seconds: Longest duration of this part.
        quiet_s: For how long the target was left alone before this part.
        progress: File descriptor for progress lines.
    """

    model_config = ConfigDict(frozen=True)

    run_id: str
    kind: Literal["sandbox", "configured"] = "configured"
    name: str | None = None
    parts: tuple[Part, ...]
    document: Path | None = None
    sha256: str | None = None
    requests: int
    seconds: float
    quiet_s: float = 3600.0
    progress: int | None = None

    @classmethod
    def received(cls, settings: Settings, part: Part) -> Self:
        """Take the handoff, or begin a run of this part alone.

        Args:
            settings: Caps, and where results go.
            part: The part that this process runs.
        """
        if text := os.environ.get(VARIABLE):
            _end_with_parent()
            return cls.model_validate_json(text)
        clear_results(settings.report_dir)
        return cls(
            run_id=new_run_id(),
            parts=(part,),
            requests=settings.max_requests,
            seconds=settings.max_seconds,
        )

    def caps(self, settings: Settings) -> Caps:
        """The caps of this part."""
        return Caps(settings.requests_per_second, self.requests, self.seconds)

    def environment(self) -> Mapping[str, str]:
        """The variable that hands it on."""
        return {VARIABLE: self.model_dump_json()}

    def tell(self, **progress: Any) -> None:  # noqa: ANN401 -- JSON values
        """Say how far this part is, where somebody listens."""
        if self.progress is not None:
            line = json.dumps(progress) + "\n"
            try:
                os.write(self.progress, line.encode())
            except OSError:
                return


_PR_SET_PDEATHSIG: Final = 1


def _end_with_parent() -> None:
    """On Linux, be told to end when the command that started this process is killed."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is not None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def clear_results(report_dir: Path) -> None:
    """Remove what an older run left, so that nothing of it can be taken for this one's.

    Raises:
        OSError: The directory cannot be written.
    """
    report_dir.mkdir(parents=True, exist_ok=True)
    for name in ("verdict.json", "report.html", "summary.md", "junit.xml", "trace.jsonl.gz"):
        (report_dir / name).unlink(missing_ok=True)
    for name in ("findings", "allure-results"):
        shutil.rmtree(report_dir / name, ignore_errors=True)
