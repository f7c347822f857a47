"""Who asks: the suite at a depth, and Schemathesis's command with all its checks."""

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from benchmarks.contract.servers import Server
from contracts.children import environment
from contracts.gallery import Variation
from contracts.scoring import Outcome, Result, score
from contracts.trials import verified
from contracts.verdict import Part

PROGRAM: Final = Path(sys.executable).with_name("st")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run said.

    Attributes:
        requests: As the server counts them, where it does; else as the asker does.
        seconds: From start to end.
        exit_code: 0 where it found nothing wrong.
        failures: What it found wrong, in its own words.
        outcome: The suite's; None for others.
    """

    requests: int
    seconds: float
    exit_code: int
    failures: frozenset[str]
    outcome: Outcome | None = None


class Contender(Protocol):
    """Somebody who asks a server and says what is wrong with it."""

    @property
    def name(self) -> str:
        """How it is called in the table."""

    def ask(self, server: Server) -> Run:
        """Ask the server to the end."""

    def catches(self, variation: Variation, run: Run, twin: Run) -> tuple[bool, bool | None]:
        """Say whether a fault was caught, and whether it was named right; None without names.

        Args:
            variation: The fault.
            run: Against the server that has it.
            twin: Against the same server without it.
        """


@dataclass(frozen=True, slots=True)
class Suite:
    """`busyboard verify contract`."""

    depth: str
    seed: int

    @property
    def name(self) -> str:
        """Command and depth."""
        return f"busyboard verify, {self.depth}"

    def ask(self, server: Server) -> Run:
        """Run it with everything it may be told of the server."""
        before = server.count() if server.count else 0
        with tempfile.TemporaryDirectory(prefix="busyboard-") as scratch:
            how = self.depth, self.seed
            outcome = verified(server.settings, (Part.CONTRACT,), how, Path(scratch))
        requests = server.count() - before if server.count else outcome.requests
        failures = frozenset((*outcome.violations, *outcome.warnings))
        return Run(requests, outcome.seconds, outcome.exit_code, failures, outcome)

    def catches(self, variation: Variation, run: Run, twin: Run) -> tuple[bool, bool | None]:
        """Score it as a proof does."""
        assert run.outcome is not None
        said = score(variation, run.outcome, twin.outcome)
        return said.result in {Result.CAUGHT, Result.WARNED}, said.is_right


@dataclass(frozen=True, slots=True)
class Schemathesis:
    """`st run DOCUMENT --checks all`, told the document, the base URL and a key."""

    examples: int
    seed: int

    @property
    def name(self) -> str:
        """Command and bound."""
        return f"st run --checks all -n {self.examples}"

    def ask(self, server: Server) -> Run:
        """Run it in an empty folder: it would read a configuration that lies about."""
        before = server.count() if server.count else 0
        with tempfile.TemporaryDirectory(prefix="st-") as scratch:
            report = Path(scratch) / "report.json"
            command = [PROGRAM, "run", server.document, "--url", server.root, "--checks", "all"]
            # on the command line, where others could read it: it is the server's, and ends with it
            command += ["--header", f"{server.header}: {server.key}", "--seed", str(self.seed)]
            command += ["--max-examples", str(self.examples), "--report", "json"]
            command += ["--report-json-path", report]
            started = time.monotonic()
            done = subprocess.run(
                list(map(str, command)),
                cwd=scratch,
                env=environment({}),
                capture_output=True,
                check=False,
            )
            seconds = time.monotonic() - started
            said = json.loads(report.read_bytes())
        generated = int(said["test_cases"]["generated"])
        return Run(
            server.count() - before if server.count else generated,
            seconds,
            done.returncode,
            frozenset(
                f"{failure['type']} {operation}"
                for failure in said["failures"]
                for operation in failure["operations"]
            ),
        )

    def catches(self, _variation: Variation, run: Run, twin: Run) -> tuple[bool, bool | None]:
        """Count as caught whatever it does not say of the twin; it knows no requirements."""
        return bool(run.failures - twin.failures), None
