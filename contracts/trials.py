"""Runs `busyboard verify` against one sandbox after the other, some at once, and scores it."""

import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from contracts.children import environment
from contracts.embedded import SandboxFailed, as_settings, serving
from contracts.findings import requests_until_violated
from contracts.gallery import Case
from contracts.scoring import Outcome, Row, score, unchanged
from contracts.verdict import Part, Verdict

_BUSYBOARD: Final = (
    *(sys.executable, "-c"),
    "import sys; from contracts.cli import main; sys.exit(main())",
)

NO_LIMIT: Final = ("--rate", "1000000/60s")
"""For runs without a ramp: pacing below a limit would take most of their time."""


@dataclass(frozen=True, slots=True)
class Order:
    """What every run has in common.

    Attributes:
        depth: Of the checks.
        seeds: One run of each case for each.
        conformant: The parts that see a server that keeps every promise.
        jobs: Runs at once; those with a ramp run alone, as it measures times.
        scratch: Where results lie while they are read.
    """

    depth: str
    seeds: Sequence[int]
    conformant: tuple[Part, ...]
    jobs: int
    scratch: Path


@dataclass(frozen=True, slots=True)
class Trial:
    """One run.

    Attributes:
        case: What the server is; None for the unvaried one.
        parts: Of the run.
        seed: Of the run.
    """

    case: Case | None
    parts: tuple[Part, ...]
    seed: int

    @property
    def name(self) -> str:
        """What the server is; of the unvaried one, what the run was."""
        return self.case.written if self.case else f"unvaried ({', '.join(self.parts)})"


@dataclass(slots=True)
class Trials:
    """All runs of a proof.

    Attributes:
        order: What they have in common.
        tell: Takes a line for each run that has ended.
        interrupted: The signal that ended them early; 0 where none did.
        ended: Runs that have ended.
    """

    order: Order
    tell: Callable[[str], None]
    interrupted: int = 0
    ended: int = 0
    _children: list[subprocess.Popen[str]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def watch(self) -> None:
        """Take SIGINT and SIGTERM from now on; running children are told to end."""
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._interrupt)

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        self.interrupted = number
        for child in tuple(self._children):
            child.send_signal(signal.SIGTERM)

    def run(self, cases: Sequence[Case]) -> list[Row]:
        """Run every case with every seed, and the unvaried server where it is needed.

        Args:
            cases: What the servers are.

        Returns:
            A row for each unvaried run, then for each case; none after an interruption.
        """
        trials = {case: self._trials(case) for case in cases}
        compared = [case for case in cases if not case.variation.violates]
        sound = {
            trials[case][0].parts: [unvaried(trial) for trial in trials[case]] for case in compared
        }
        everything = [*sound.values(), *trials.values()]
        outcomes = self._outcomes([trial for several in everything for trial in several])
        if self.interrupted:
            return []
        rows = [_row(None, found, outcomes) for found in sound.values()]
        return rows + [_row(case, found, outcomes) for case, found in trials.items()]

    def _trials(self, case: Case) -> list[Trial]:
        is_fault = case.variation.kind == "fault"
        parts = case.variation.parts if is_fault else self.order.conformant
        return [Trial(case, parts, seed) for seed in self.order.seeds]

    def _outcomes(self, trials: Sequence[Trial]) -> dict[Trial, Outcome]:
        def tried(trial: Trial) -> Outcome:
            if self.interrupted:
                return Outcome(0, 0.0)
            outcome = self._outcome(trial)
            with self._lock:
                self.ended += 1
                self.tell(
                    f"{self.ended}/{len(trials)} {trial.name}, seed {trial.seed}: {_said(outcome)}"
                )
            return outcome

        alone = [trial for trial in trials if Part.RATELIMIT in trial.parts]
        others = [trial for trial in trials if Part.RATELIMIT not in trial.parts]
        outcomes: dict[Trial, Outcome] = {}
        for several, jobs in ((others, self.order.jobs), (alone, 1)):
            with ThreadPoolExecutor(jobs) as pool:
                outcomes |= zip(several, pool.map(tried, several), strict=True)
        return outcomes

    def _outcome(self, trial: Trial) -> Outcome:
        options = trial.case.options if trial.case else ()
        limit = () if Part.RATELIMIT in trial.parts else NO_LIMIT
        folder = Path(tempfile.mkdtemp(dir=self.order.scratch))
        try:
            with serving((*options, *limit)) as said:
                return verified(
                    as_settings(said),
                    trial.parts,
                    (self.order.depth, trial.seed),
                    folder,
                    watched=self._watched,
                )
        except SandboxFailed as error:
            return Outcome(2, 0.0, complaint=str(error))
        finally:
            shutil.rmtree(folder)

    @contextmanager
    def _watched(self, child: subprocess.Popen[str]) -> Iterator[None]:
        self._children.append(child)
        if self.interrupted:  # it came while the child was being started
            child.send_signal(signal.SIGTERM)
        try:
            yield
        finally:
            self._children.remove(child)


def unvaried(trial: Trial) -> Trial:
    """Give the same run against the unvaried server."""
    return Trial(None, trial.parts, trial.seed)


@contextmanager
def ended(child: subprocess.Popen[str]) -> Iterator[None]:
    """Tell a child to end where what waits for it is broken off."""
    try:
        yield
    except BaseException:
        child.terminate()
        raise


def verified(
    settings: Mapping[str, str],
    parts: Sequence[Part],
    how: tuple[str, int],
    folder: Path,
    *,
    watched: Callable[[subprocess.Popen[str]], AbstractContextManager[None]] = ended,
) -> Outcome:
    """Run `busyboard verify` to its end, as a user would.

    Args:
        settings: Of the target, as variables.
        parts: Of the run.
        how: Depth and seed.
        folder: Working directory, and where results go.
        watched: Entered with the process while it runs.
    """
    part = parts[0].value if len(parts) == 1 else "all"
    command = [*_BUSYBOARD, "verify", part, "--no-html", "--report-dir", str(folder)]
    command += ["--depth", how[0], "--seed", str(how[1])]
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        cwd=folder,  # no .env and no busyboard.toml of the user's
        env=environment({**settings, "GITHUB_STEP_SUMMARY": ""}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process, watched(process):
        _, errors = process.communicate()
    seconds = time.monotonic() - started
    last = errors.strip().splitlines()[-1:]
    return _read(folder, process.returncode, seconds, "".join(last))


def _read(folder: Path, exit_code: int, seconds: float, complaint: str) -> Outcome:
    path = folder / "verdict.json"
    if not path.exists():
        return Outcome(exit_code, seconds, complaint=complaint)
    verdict = Verdict.model_validate_json(path.read_bytes())
    first = requests_until_violated(folder)
    if first is None and verdict.verdict == "violated":
        first = verdict.target.requests  # of a ramp, which decides at its end
    return Outcome(exit_code, seconds, verdict, first)


def _said(outcome: Outcome) -> str:
    said = " ".join(check for checks in outcome.violations.values() for check in checks)
    verdict = outcome.verdict.verdict if outcome.verdict else outcome.complaint
    return f"{verdict} {said}".strip() + f" ({outcome.requests} requests, {outcome.seconds:.1f} s)"


def _row(case: Case | None, trials: Sequence[Trial], outcomes: dict[Trial, Outcome]) -> Row:
    found = tuple(outcomes[trial] for trial in trials)
    sound = [outcomes.get(unvaried(trial)) for trial in trials]
    if case is None:
        return Row(trials[0].name, None, tuple(unchanged(one, one) for one in found), found)
    pairs = zip(found, sound, strict=True)
    scores = tuple(score(case.variation, one, other) for one, other in pairs)
    return Row(case.written, case, scores, found)
