"""The master's side of a run: opens the session, directs the plan, writes what was found."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.algebra import Interruption
from contracts.exchange import curl
from contracts.handoff import Handoff
from contracts.keyring import Keyring
from contracts.records import RateLimitRecord, ramp_not_run
from contracts.results import SafeFileLogger
from contracts.session import NoTarget, Session, open_session
from contracts.settings import Settings
from contracts.verdict import Part, RateLimit, Status
from loadtests import outcome
from loadtests.calls import Called, NothingToCall, chosen, steady_rps
from loadtests.charts import Drawn, pictures
from loadtests.director import Director, TraceFile
from loadtests.plan import plan_for
from loadtests.recorded import footer, header
from loadtests.segments import Budget, Done
from loadtests.shown import show

_USAGE: Final = 2


@dataclass(slots=True)
class Conductor:
    """Runs the scenario from session to findings, once per test.

    Attributes:
        settings: Of the master.
        send: Sends a message to one worker.
        workers: Names the workers that are there now.
        director: Of the running or last test.
        exit_code: What the last test came to; None before it ended.
        found: What it found out about the limit; None before it ended.
        drawn: Its pictures, once it has ended.
    """

    settings: Settings
    send: Callable[[str, Any, str], None]
    workers: Callable[[], Sequence[str]]
    director: Director | None = None
    exit_code: int | None = None
    found: RateLimit | None = None
    drawn: Sequence[Drawn] = ()
    interrupted: Interruption | None = None

    @property
    def has_begun(self) -> bool:
        """Whether a test has sent anything."""
        return self.director is not None

    @property
    def is_over(self) -> bool:
        """Whether the last test has written all it found."""
        return self.exit_code is not None

    def conduct(self) -> None:
        """Run one test; whatever happens, the findings say so and the test ends."""
        self.exit_code, self.director = None, None
        self.found, self.drawn = None, ()
        handoff = Handoff.received(self.settings, Part.RATELIMIT)
        keyring = Keyring.of(self.settings)
        try:
            session = open_session(self.settings, handoff, keyring, Part.RATELIMIT)
        except NoTarget as error:
            sys.stderr.write(f"{error}\n")
            self.exit_code = _USAGE
            return
        try:
            called = chosen(session.catalogue, self.settings, keyring)
        except NothingToCall as nothing:
            self._skip(session, str(nothing))
            return
        self._run(session, called)

    def _run(self, session: Session, called: Called) -> None:
        settings, handoff = self.settings, session.handoff
        spent = session.wire.pace.requests
        limits = Budget(steady_rps(settings), handoff.requests - spent, handoff.seconds)
        facts = header(settings, limits, called.operation.label, str(called.role))
        file = TraceFile(settings.report_dir / "trace.jsonl.gz", facts)
        director = self.director = Director(
            plan_for(settings.declared_limit, limits, quiet=handoff.quiet_s),
            self.send,
            self.workers,
            {
                "run_id": handoff.run_id,
                "call": called.packed(),
                "base_url": settings.base_url,
                "max_rps": settings.requests_per_second,
            },
            file,
        )
        done = director.run(tell=handoff.tell)
        file.finish(footer(done, director.instrument))
        self.exit_code = self._write(session, called, director, done)

    def _write(self, session: Session, called: Called, director: Director, done: Done) -> int:
        trace = director.trace
        instrument = director.instrument
        limit = outcome.rate_limit(trace, self.settings.declared_limit, done, instrument)
        line = curl(session.wire.origin, called.request)
        words = f"the {called.role} key"
        checks = outcome.checks(limit, trace, called.operation.label, words, line)
        findings = session.findings
        findings.append(RateLimitRecord.model_validate(limit.model_dump()))
        for check in checks:
            findings.append(check)
        results = SafeFileLogger(session.keyring.redactor, _results(self.settings))
        self.found = limit
        self.drawn = pictures(trace, limit, self.settings.declared_limit)
        show(results, limit, checks, self.drawn, director.examples)
        findings.finish(session.wire.pace.requests + trace.requests, self.interrupted)
        return outcome.exit_code(checks)

    def _skip(self, session: Session, reason: str) -> None:
        session.findings.append(ramp_not_run(Status.SKIPPED, reason))
        session.findings.finish(session.wire.pace.requests, self.interrupted)
        self.exit_code = outcome.EXIT_CODES[Status.SKIPPED]

    def interrupt(self, by: Interruption) -> None:
        """End the running test soon."""
        self.interrupted = by
        if self.director:
            self.director.stop("signal")


def _results(settings: Settings) -> Path:
    return settings.report_dir / "allure-results"
