"""Build verdict and report again from the results of the last run; nothing is asked."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from contracts import layers
from contracts.algebra import Waiver, decide
from contracts.children import Interrupt
from contracts.findings import NoFindings, read_run
from contracts.keyring import Keyring
from contracts.options import USAGE, add_setting_options, given, say, settings_errors
from contracts.redaction import Redactor


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
    report_dir: Path, redactor: Redactor, waivers: Sequence[Waiver], interrupt: Interrupt
) -> int:
    """Turn findings into verdict, summary and report.

    Args:
        report_dir: Where the run's results are.
        redactor: Masks every file.
        waivers: Violations the operator lives with.
        interrupt: A signal on the way ends in a verdict that says so.

    Returns:
        The verdict's exit code.

    Raises:
        NoFindings: There is nothing to conclude from.
    """
    verdict = decide(read_run(report_dir), waivers)
    print(verdict.model_dump_json(indent=1)[:3000])
    (report_dir / "verdict.json").write_text(verdict.model_dump_json(indent=1))
    return verdict.exit_code
