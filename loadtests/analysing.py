"""Conclude again from a trace of the rate ramp, trace.jsonl.gz; nothing is asked or written.

The trace holds every call's times and answer, the declared limit and what was asked for, so the
same rate_limit comes of it as in verdict.json; with --declared, what another declaration would have
come to. An interrupted run is read as far as it got.

  busyboard analyse reports/trace.jsonl.gz
  busyboard analyse reports/trace.jsonl.gz --declared "100/60s burst=20" --json

exit codes: 0 the limit is confirmed and every refusal as documented, 1 something is violated,
2 usage, or no such trace, 3 nothing could be confirmed
"""

import argparse
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from contracts.algebra import describe
from contracts.declared import DeclaredLimit, read_declared
from contracts.options import USAGE, say
from contracts.quoting import one_line
from contracts.records import CheckRecord
from contracts.verdict import RateLimit, Status
from contracts.wording import limit_words
from loadtests import outcome
from loadtests.charts import pictures
from loadtests.recorded import Recording
from loadtests.trace import BrokenTraceError, read_trace

_LONGEST: Final = 2_000
"""Characters of one line on a terminal."""

_GZIP: Final = 16 + zlib.MAX_WBITS


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("trace", metavar="TRACE", type=Path, help="a trace.jsonl.gz of verify")
    parser.add_argument(
        "--declared",
        metavar="LIMIT",
        help="hold this against the answers, such as 100/60s, in place of what was declared",
    )
    parser.add_argument("--json", action="store_true", help="print rate_limit as in verdict.json")
    parser.add_argument(
        "--pictures", metavar="DIR", type=Path, help="write the report's pictures there, as SVG"
    )


def run(arguments: argparse.Namespace) -> int:
    """Analyse, and return the exit code."""
    try:
        declared = read_declared(arguments.declared) if arguments.declared else None
        recording = read(arguments.trace, declared)
    except BrokenTraceError as error:
        say([f"busyboard analyse: {arguments.trace}: {error}"])
        return USAGE
    except ValueError as error:
        say([f"busyboard analyse: --declared: {error}"])
        return USAGE
    limit = recording.rate_limit
    checks = recording.checks(limit)
    if arguments.json:
        sys.stdout.write(f"{limit.model_dump_json(indent=2)}\n")
    else:
        sys.stdout.writelines(f"{one_line(line, _LONGEST)}\n" for line in _lines(limit, checks))
    if arguments.pictures:
        return _draw(arguments.pictures, recording, limit) or outcome.exit_code(checks)
    return outcome.exit_code(checks)


def read(path: Path, declared: Sequence[DeclaredLimit] | None) -> Recording:
    """Read a trace file.

    Args:
        path: Where it is.
        declared: Another declaration than the run's; ``None`` for the run's own.

    Raises:
        BrokenTraceError: It cannot be read, or is no trace.
    """
    try:
        # Not gzip.open: it gives nothing of a file that a killed run left without its end.
        data = zlib.decompressobj(_GZIP).decompress(path.read_bytes())
    except OSError as error:
        raise BrokenTraceError(str(error.strerror).lower()) from error
    except zlib.error as error:
        raise BrokenTraceError("is no gzip file; name a trace.jsonl.gz of verify") from error
    return Recording.of(read_trace(data.splitlines(keepends=True)), declared)


def _lines(limit: RateLimit, checks: Sequence[CheckRecord]) -> list[str]:
    violated = [check for check in checks if check.status is Status.VIOLATED]
    return [
        f"rate limit: {limit_words(limit)}",
        limit.detail,
        *(f"{check.id}: {describe(check)}" for check in violated if check.id != "D4.ramp"),
    ]


def _draw(folder: Path, recording: Recording, limit: RateLimit) -> int:
    """Write the pictures; the exit code where that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for picture in pictures(recording.trace, limit, recording.declared):
            (folder / picture.file_name).write_text(picture.svg, "utf-8")
    except OSError as error:
        say([f"busyboard analyse: --pictures: {folder} cannot be written: {error.strerror}"])
        return USAGE
    return 0
