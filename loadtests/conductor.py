"""The master's side of a run: opens the session, directs the plan, writes what was found."""

import sys
import zlib
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
from loadtests.advice import warnings
from loadtests.calls import NothingToCall, askable, chosen, packed, steady_rps
from loadtests.charts import Drawn, pictures
from loadtests.director import Director, TraceFile
from loadtests.estimator import RateLimit as Estimate
from loadtests.estimator import estimate
from loadtests.plan import plan_for
from loadtests.recorded import footer, header
from loadtests.segments import Budget
from loadtests.sharing import Questions
from loadtests.shown import show
from loadtests.trace import WRITTEN
from loadtests.variations import SECOND_KEY, UNDER_SCOPED, WRONG_KEYS, Plain, Varied, marked

_USAGE: Final = 2


@dataclass(slots=True)
class Conductor:
    """Runs the scenario from session to findings, once per test.

    Attributes:
        settings: Of the master.
        send: Sends a message to one worker.
        workers: Names the workers that are there now.
        ahead: Seconds between telling them a segment and its start.
        director: Of the running or last test.
        exit_code: What the last test came to; None before it ended.
        found: What it found out about the limit; None before it ended.
        drawn: Its pictures, once it has ended.
    """

    settings: Settings
    send: Callable[[str, Any, str], None]
    workers: Callable[[], Sequence[str]]
    ahead: float
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
            seed = zlib.crc32(session.handoff.run_id.encode())
            plain = chosen(session.catalogue, self.settings, keyring, seed=seed)
        except NothingToCall as nothing:
            self._skip(session, str(nothing))
            return
        self._run(session, plain)

    def _run(self, session: Session, plain: Plain) -> None:
        settings, handoff = self.settings, session.handoff
        spent = session.wire.pace.requests
        limits = Budget(steady_rps(settings), handoff.requests - spent, handoff.seconds)
        found = askable(plain, session.keyring)
        questions = _questions(plain, found)
        facts = header(settings, limits, plain, questions)
        file = TraceFile(settings.report_dir / "trace.jsonl.gz", facts)
        director = self.director = Director(
            plan_for(settings.declared_limit, limits, quiet=handoff.quiet_s, questions=questions),
            self.send,
            self.workers,
            {
                "run_id": handoff.run_id,
                "call": packed(plain),
                "base_url": settings.base_url,
                "max_rps": settings.requests_per_second,
            },
            file,
            self.ahead,
        )
        done = director.run(tell=handoff.tell)
        file.finish(footer(done, director.instrument))
        said = estimate(director.trace, settings.declared_limit, done, questions)
        self.exit_code = self._write(session, plain, found, said)

    def _write(
        self, session: Session, plain: Plain, found: Sequence[Varied], said: Estimate
    ) -> int:
        assert self.director is not None
        trace, findings = self.director.trace, session.findings
        operation = plain.request.operation or ""
        shown = {one.variation.probe: one.requests[0] for one in found}
        if writes := marked(plain):
            shown[WRITTEN] = writes[0][0]
        line = curl(session.wire.origin, plain.request)
        if said.shared.probes:
            line = curl(session.wire.origin, shown[said.shared.probes[0]])
        limit = outcome.published(said, self.director.instrument)
        checks = outcome.checks(limit, trace, operation, f"the {plain.role} key", line)
        findings.append(RateLimitRecord.model_validate(limit.model_dump()))
        for check in checks:
            findings.append(check)
        for warning in warnings(said, operation):
            findings.append(warning)
        results = SafeFileLogger(session.keyring.redactor, _results(self.settings))
        self.found = limit
        self.drawn = pictures(trace, limit, self.settings.declared_limit)
        show(results, limit, checks, self.drawn, self.director.examples)
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


def _questions(plain: Plain, found: Sequence[Varied]) -> Questions:
    """What is asked of the limit: every variation, and what failing calls cost."""
    labels = [one.variation.probe for one in found]
    costs = (WRONG_KEYS.probe, UNDER_SCOPED.probe)
    return Questions(
        tuple(one.variation for one in found if one.variation.probe not in costs),
        tuple(label for label in costs if label in labels),
        SECOND_KEY if SECOND_KEY in labels else "",
        bool(marked(plain)),
    )


def _results(settings: Settings) -> Path:
    return settings.report_dir / "allure-results"
