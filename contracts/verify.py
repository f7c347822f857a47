"""Run the contract checks and the rate ramp against the target, and say what holds.

With no target configured a sandbox is started on loopback and verified. Writes verdict.json,
summary.md, junit.xml, report.html and their sources under REPORT_DIR.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from contracts import layers
from contracts.children import ROOT, Interrupt, run_part
from contracts.client import address, may_be_loaded
from contracts.document import DocumentError, read_document
from contracts.embedded import as_settings, serving
from contracts.findings import Findings, new_run_id, read_run
from contracts.handoff import Handoff, clear_results
from contracts.keyring import Keyring
from contracts.layers import Loaded, SettingsError
from contracts.operations import Catalogue, catalogue, documented_only
from contracts.options import INCONCLUSIVE, add_setting_options, given, say, settings_errors
from contracts.planning import contract_cost, plan_lines, ramp_cost
from contracts.progress import Shown
from contracts.records import CheckRecord, Header, Reason, Scope, Started, ramp_not_run
from contracts.reporting import conclude
from contracts.session import nothing_to_check, required
from contracts.target import DocumentUnreachable, Fetched, describe, fetch_document
from contracts.verdict import Part, Status

PARTS: Final = {"all": (Part.CONTRACT, Part.RATELIMIT), **{part.value: (part,) for part in Part}}

_COMMANDS: Final[Mapping[Part, Sequence[str]]] = {
    Part.CONTRACT: (
        sys.executable,
        *("-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider"),
        *("-c", str(ROOT / "pyproject.toml"), "--rootdir", str(ROOT)),
        str(ROOT / "tests" / "contract"),
    ),
    Part.RATELIMIT: (
        sys.executable,
        *("-m", "locust", "--headless", "--only-summary"),
        *("-f", str(ROOT / "loadtests" / "locustfile.py")),
    ),
}

_SHARE: Final = 0.6
"""Of requests and seconds for the contract part, where both parts run."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("part", nargs="?", default="all", choices=list(PARTS), help="default: all")
    parser.add_argument(
        "--plan",
        action="store_true",
        help="print requests, peak rate and worst-case time; send only the document's request",
    )
    parser.add_argument(
        "--no-html",
        action="store_true",
        help="leave out report.html, which takes seconds; busyboard report builds it later",
    )
    add_setting_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Verify, and return the verdict's exit code."""
    options = given(arguments)
    report_dir = layers.report_dir(options)
    with settings_errors(), ExitStack() as stack:
        if not arguments.plan:
            _remove_verdict(report_dir)
        loaded = layers.load(options)
        kind: Literal["sandbox", "configured"] = "configured"
        interrupt = Interrupt()
        interrupt.watch()
        if loaded.settings.base_url is None:
            os.environ.update(as_settings(stack.enter_context(serving())))
            loaded, kind = layers.load(options), "sandbox"
        say(loaded.notices)
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="busyboard-")))
        verification = Verification(
            loaded, PARTS[arguments.part], kind, interrupt, scratch, html=not arguments.no_html
        )
        return verification.plan() if arguments.plan else verification.run()


def _remove_verdict(report_dir: Path) -> None:
    """Remove an older verdict before anything can go wrong."""
    try:
        report_dir.mkdir(parents=True, exist_ok=True)
        (report_dir / "verdict.json").unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"BUSYBOARD_REPORT_DIR: {report_dir} cannot be written: {error.strerror}"
        ) from None


@dataclass(slots=True)
class Verification:
    """One run of `busyboard verify`.

    Attributes:
        loaded: The settings.
        parts: What was asked for.
        kind: Whether the target is the sandbox.
        interrupt: The signal that ends it, if one does.
        scratch: For files that are no result.
        html: Whether report.html is wanted.
    """

    loaded: Loaded
    parts: tuple[Part, ...]
    kind: Literal["sandbox", "configured"]
    interrupt: Interrupt
    scratch: Path
    html: bool = True
    _started: float = field(default_factory=time.monotonic)

    def run(self) -> int:
        """Run the parts and conclude.

        Returns:
            The verdict's exit code, or 2 where the document cannot be used.
        """
        settings = self.loaded.settings
        clear_results(settings.report_dir)
        keyring = Keyring.of(settings)
        fetched: Fetched | None = None
        reason = ""
        try:
            fetched = fetch_document(settings)
            reason = self._nothing_to_check(self._catalogue(fetched))
        except DocumentUnreachable as error:
            reason = f"the document could not be had: {error}"
        handoff = self._handoff(fetched)
        target = describe(settings, handoff, keyring, handoff.sha256)
        header = Header(process="verify", run_id=handoff.run_id, target=target, parts=self.parts)
        findings = Findings.begin(settings.report_dir, header, keyring.redactor)
        if reason:
            findings.append(Scope(required=required(settings, Part.CONTRACT)))
            findings.append(Reason(text=f"Nothing was asked: {reason}."))
        else:
            self._run_parts(handoff, findings, keyring)
        findings.finish(fetched.requests if fetched else 0, self.interrupt.name)
        return conclude(
            settings.report_dir,
            keyring.redactor,
            self.loaded.waivers,
            self.interrupt,
            html=self.html,
        )

    def plan(self) -> int:
        """Say what the run would cost, asking for nothing but the document.

        Returns:
            0; 3 where the document cannot be had.
        """
        settings = self.loaded.settings
        try:
            fetched = fetch_document(settings)
        except DocumentUnreachable as error:
            say([f"the document could not be had: {error}"])
            return INCONCLUSIVE
        found = self._catalogue(fetched)
        share = _SHARE if len(self.parts) > 1 else 1
        costs = []
        if Part.CONTRACT in self.parts:
            requests, seconds = int(settings.max_requests * share), settings.max_seconds * share
            costs.append((Part.CONTRACT, contract_cost(found, settings, requests, seconds)))
        if Part.RATELIMIT in self.parts and may_be_loaded(settings):
            spent = sum(cost.requests for _, cost in costs)
            left = settings.max_requests - spent
            costs.append((Part.RATELIMIT, ramp_cost(settings, left, settings.max_seconds)))
        for line in plan_lines(costs, settings):
            sys.stdout.write(f"{line}\n")
        return 0

    def _catalogue(self, fetched: Fetched | None) -> Catalogue:
        """Read which operations there are, without generating requests for them.

        Raises:
            SettingsError: The document cannot be used.
        """
        settings = self.loaded.settings
        if fetched is None:
            return documented_only(settings)
        base_path = address(settings.base_url or "").path
        try:
            document = read_document(fetched.data, base_path=base_path)
        except DocumentError as error:
            raise SettingsError(f"BUSYBOARD_OPENAPI: {settings.openapi} {error}") from None
        return catalogue(document, {}, settings)

    def _nothing_to_check(self, found: Catalogue) -> str:
        """Say why no operation can be checked; empty where one can.

        Raises:
            SettingsError: INCLUDE and EXCLUDE leave none.
        """
        settings = self.loaded.settings
        if found.operations or found.unchecked or found.forbidden:
            return ""
        if settings.include or settings.exclude:
            raise SettingsError(nothing_to_check(found, settings))
        return nothing_to_check(found, settings)

    def _handoff(self, fetched: Fetched | None) -> Handoff:
        settings = self.loaded.settings
        document = None
        if fetched:
            document = self.scratch / "openapi"
            document.write_bytes(fetched.data)
        return Handoff(
            run_id=new_run_id(),
            kind=self.kind,
            name=settings.target,
            parts=self.parts,
            document=document,
            sha256=fetched.sha256 if fetched else None,
            requests=settings.max_requests - (fetched.requests if fetched else 0),
            seconds=settings.max_seconds,
        )

    def _run_parts(self, handoff: Handoff, findings: Findings, keyring: Keyring) -> None:
        settings = self.loaded.settings
        if Part.CONTRACT in self.parts:
            share = _SHARE if len(self.parts) > 1 else 1
            self._run_part(
                Part.CONTRACT,
                handoff.model_copy(
                    update={
                        "requests": int(handoff.requests * share),
                        "seconds": handoff.seconds * share,
                    }
                ),
                findings,
                keyring,
            )
        if Part.RATELIMIT not in self.parts:
            return
        if hindrance := self._hindrance():
            findings.append(hindrance)
            return
        ran = Part.CONTRACT in self.parts
        self._run_part(
            Part.RATELIMIT,
            handoff.model_copy(
                update={
                    "requests": handoff.requests - read_run(settings.report_dir).target.requests,
                    "seconds": handoff.seconds - (time.monotonic() - self._started),
                    "quiet_s": 0.0 if ran else 3600.0,
                }
            ),
            findings,
            keyring,
        )

    def _hindrance(self) -> CheckRecord | None:
        """Why the ramp may not be run, or would show nothing."""
        settings = self.loaded.settings
        if not may_be_loaded(settings):
            reason = "load may not be put on this host"
            return ramp_not_run(Status.SKIPPED, reason, "LOAD_ALLOWED_HOSTS")
        if Part.CONTRACT in self.parts:
            checks = read_run(settings.report_dir).checks
            held = any(c.id == "D5.control" and c.status is Status.HELD for c in checks)
            if not held:
                return ramp_not_run(Status.INCONCLUSIVE, "no control succeeded before it")
        return None

    def _run_part(self, part: Part, handoff: Handoff, findings: Findings, keyring: Keyring) -> None:
        settings = self.loaded.settings
        findings.append(Started(process=part.value))
        shown = Shown(part.value, handoff.seconds)
        with shown.showing():
            run_part(
                _COMMANDS[part],
                lambda progress: {
                    **self.loaded.environment,
                    **handoff.model_copy(update={"progress": progress}).environment(),
                },
                log=settings.report_dir / "logs" / f"{part.value}.log",
                redactor=keyring.redactor,
                interrupt=self.interrupt,
                progress=shown.take,
                seconds=handoff.seconds,
            )
