"""What a process of a run leaves behind: one file of records, header first, footer last.

Records are appended as they come, so a killed process leaves what it knew, and is known by the
missing footer. The verdict reads only these files.
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from contracts.algebra import Interruption, Run
from contracts.records import (
    RECORDS,
    AdvisoryRecord,
    CheckRecord,
    Footer,
    Header,
    Process,
    RateLimitRecord,
    Reason,
    Record,
    Scope,
    Started,
)
from contracts.redaction import Redactor
from contracts.verdict import Advisory, Check, RateLimit, Target


def now() -> str:
    """The time as RFC 3339 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_run_id() -> str:
    """Draw an id for a run; it sorts by time."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


class Findings:
    """One process's file, open for appending."""

    def __init__(self, directory: Path, process: Process, redactor: Redactor) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        path = directory / f"{process}-{os.getpid()}.jsonl"
        self._file = path.open("a", encoding="utf-8")
        self._redactor = redactor

    @classmethod
    def begin(cls, report_dir: Path, header: Header, redactor: Redactor) -> Self:
        """Open the file and write its header.

        Args:
            report_dir: Where the run's results are.
            header: The first record.
            redactor: Passed by every record.
        """
        findings = cls(report_dir / "findings", header.process, redactor)
        findings.append(header)
        return findings

    def append(self, record: Record) -> None:
        """Write a record, whole and at once."""
        line = self._redactor.mask(record.model_dump_json(exclude_defaults=False))
        self._file.write(line + "\n")
        self._file.flush()

    def finish(self, requests: int, interrupted: Interruption | None = None) -> None:
        """Write the footer and close the file."""
        self.append(Footer(finished=now(), requests=requests, interrupted=interrupted))
        self._file.close()


def note_interruption(report_dir: Path, by: Interruption) -> None:
    """Write down that a run was interrupted after its processes had finished."""
    footer = Footer(finished=now(), requests=0, interrupted=by)
    files = sorted((report_dir / "findings").glob("*.jsonl"))
    # The command's own file is whole; that of a part may end in half a line.
    for path in sorted(files, key=lambda path: not path.name.startswith("verify"))[:1]:
        with path.open("a", encoding="utf-8") as file:
            file.write(footer.model_dump_json() + "\n")


class NoFindings(Exception):
    """There is nothing to make a verdict of."""


def read_run(report_dir: Path) -> Run:
    """Read what the processes of the last run left.

    Args:
        report_dir: Where the run's results are.

    Raises:
        NoFindings: There is no file with a header.
    """
    started = _started(report_dir)
    headers = [records[0] for records in started if isinstance(records[0], Header)]
    main = next((header for header in headers if header.process == "verify"), headers[0])
    records = [record for records in started for record in records]
    return _run(main, headers, records, [r[-1] for r in started])


def requests_until_violated(report_dir: Path) -> int | None:
    """Find after how many requests of its process the first violation was on record.

    Args:
        report_dir: Where the run's results are.

    Returns:
        None where nothing was violated, or where it was not counted.
    """
    return next(
        (
            record.requests
            for path in sorted((report_dir / "findings").glob("*.jsonl"))
            for record in _records(path)
            if isinstance(record, CheckRecord) and record.violates and record.requests is not None
        ),
        None,
    )


def read_checks(report_dir: Path) -> tuple[Target, tuple[CheckRecord, ...]]:
    """Read the last run's checks as they stand on record, and what was asked.

    Args:
        report_dir: Where the run's results are.

    Raises:
        NoFindings: There is no file with a header.
    """
    started = _started(report_dir)
    target = next(records[0].target for records in started if isinstance(records[0], Header))
    records = [one for records in started for one in records if isinstance(one, CheckRecord)]
    return target, tuple({record.key: record for record in records}.values())


def _started(report_dir: Path) -> list[list[Record]]:
    """The records of every process that has written its header."""
    files = [list(_records(path)) for path in sorted((report_dir / "findings").glob("*.jsonl"))]
    started = [records for records in files if records and isinstance(records[0], Header)]
    if not started:
        raise NoFindings(f"{report_dir / 'findings'} holds no findings")
    return started


def _records(path: Path) -> Iterator[Record]:
    """Read until the first line that is none: a killed process may leave half a line."""
    # Not splitlines: a server's text may hold other line ends, such as U+2028.
    for line in path.read_text("utf-8", errors="replace").split("\n"):
        try:
            yield RECORDS.validate_json(line)
        except ValidationError:
            return


def _run(
    main: Header, headers: Sequence[Header], records: Sequence[Record], last: Sequence[Record]
) -> Run:
    scopes = [record for record in records if isinstance(record, Scope)]
    about = next((scope for scope in scopes if scope.operations), None)
    footers = [record for record in records if isinstance(record, Footer)]
    started = {record.process for record in records if isinstance(record, Started)}
    unfinished = started - {header.process for header in headers}
    for header, end in zip(headers, last, strict=True):
        if not isinstance(end, Footer):  # one of several workers is enough
            unfinished.add(header.process)
    return Run(
        target=main.target.model_copy(
            update={
                "finished": max((footer.finished for footer in footers), default=now()),
                "requests": sum(footer.requests for footer in footers),
            }
        ),
        parts=main.parts,
        operations=about.operations if about else (),
        narrowed=about is not None and about.narrowed,
        required=tuple(dict.fromkeys(id_ for scope in scopes for id_ in scope.required)),
        checks=_checks(records),
        warnings=_warnings(records),
        rate_limit=_rate_limit(records),
        reasons=tuple(dict.fromkeys(r.text for r in records if isinstance(r, Reason))),
        unfinished=tuple(sorted(unfinished)),
        interrupted=next((footer.interrupted for footer in footers if footer.interrupted), None),
    )


def _checks(records: Sequence[Record]) -> tuple[Check, ...]:
    found = {record.key: record for record in records if isinstance(record, CheckRecord)}
    return tuple(record.published() for record in found.values())


def _warnings(records: Sequence[Record]) -> tuple[Advisory, ...]:
    found: dict[tuple[str, str | None], Advisory] = {}
    for record in records:
        if isinstance(record, AdvisoryRecord):
            key = record.id, record.operation
            count = record.count + (found[key].count if key in found else 0)
            first = found.get(key) or Advisory.model_validate(record.model_dump(exclude={"kind"}))
            found[key] = first.model_copy(update={"count": count})
    return tuple(found.values())


def _rate_limit(records: Sequence[Record]) -> RateLimit | None:
    results = [record for record in records if isinstance(record, RateLimitRecord)]
    return RateLimit.model_validate(results[-1].model_dump(exclude={"kind"})) if results else None
