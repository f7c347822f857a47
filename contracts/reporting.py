"""Build verdict and report again from the results of the last run; nothing is asked."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from contracts import layers
from contracts.algebra import Waiver, decide
from contracts.children import Interrupt
from contracts.findings import NoFindings, note_interruption, read_run
from contracts.keyring import Keyring
from contracts.options import USAGE, add_setting_options, given, say, settings_errors
from contracts.redaction import Redactor
from contracts.report import publish, write_verdict
from contracts.summary import summary_lines


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_setting_options(parser, "report_dir", "target")


def run(arguments: argparse.Namespace) -> int:
    """Conclude once more, and exit like the verdict."""
    options = given(arguments)
    with settings_errors():
        loaded = layers.load(options)
    interrupt = Interrupt()
    interrupt.watch()
    try:
        return conclude(
            layers.report_dir(options),
            Keyring.of(loaded.settings).redactor,
            loaded.waivers,
            interrupt,
        )
    except NoFindings as error:
        say([f"{error}; run busyboard verify first"])
        return USAGE


def conclude(
    report_dir: Path,
    redactor: Redactor,
    waivers: Sequence[Waiver],
    interrupt: Interrupt,
    *,
    html: bool = True,
) -> int:
    """Turn findings into verdict, summary and report, and say the verdict.

    Args:
        report_dir: Where the run's results are.
        redactor: Masks every file.
        waivers: Violations the operator lives with.
        interrupt: A signal on the way ends in a verdict that says so.
        html: Whether report.html is wanted.

    Returns:
        The verdict's exit code.

    Raises:
        NoFindings: There is nothing to conclude from.
    """
    verdict = decide(read_run(report_dir), waivers)
    published = publish(report_dir, verdict, redactor, html=html)
    if interrupt.name and verdict.interrupted is None:
        note_interruption(report_dir, interrupt.name)
        verdict = decide(read_run(report_dir), waivers)
        write_verdict(report_dir, verdict, redactor)
    for line in summary_lines(verdict):
        sys.stdout.write(f"{redactor.mask(line)}\n")
    if published.report:
        sys.stdout.write(f"report: {published.report}\n")
    say(published.complaints)
    return verdict.exit_code
