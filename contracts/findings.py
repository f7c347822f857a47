"""What a process of a run leaves behind: one file of records, header first, footer last.

Records are appended as they come, so a killed process leaves what it knew, and is known by the
missing footer. The verdict reads only these files.
"""

import os
import secrets
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from contracts.algebra import Interruption, Run
from contracts.redaction import Redactor
from contracts.verdict import Advisory, Check, Part, RateLimit, Status, Target

Process = Literal["verify", "contract", "ratelimit"]
"""Who writes: the command that starts the parts, or a part."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Header(_Record):
    """The first record: who writes, about what.

    Attributes:
        process: Who writes.
        run_id: The same in all processes of one run.
        target: As in the verdict, but for what is known only at the end.
        parts: What the run was asked for.
    """

    kind: Literal["header"] = "header"
    process: Process
    run_id: str
    target: Target
    parts: tuple[Part, ...]


class Scope(_Record):
    """What the contract part is about, once the operations are known.

    Attributes:
        operations: Protected, permitted operations.
        narrowed: Whether INCLUDE or EXCLUDE left operations out.
        required: Requirements that must be held.
    """

    kind: Literal["scope"] = "scope"
    operations: tuple[str, ...] = ()
    narrowed: bool = False
    required: tuple[str, ...]


class Started(_Record):
    """A part that was started; one that leaves no findings of its own was killed at once."""

    kind: Literal["started"] = "started"
    process: Process


class CheckRecord(Check):
    """A check; a later one of the same id, operation and class replaces it.

    Attributes:
        credential_class: What the credential is one of, where it is not itself the class.
    """

    kind: Literal["check"] = "check"
    credential_class: str | None = None

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """What makes it unique."""
        return self.id, self.operation, self.credential_class or self.credential

    def published(self) -> Check:
        """Give the entry as the verdict has it."""
        return Check.model_validate(self.model_dump(exclude={"kind", "credential_class"}))


class AdvisoryRecord(Advisory):
    """A warning; those of one id and operation are counted together."""

    kind: Literal["warning"] = "warning"


class RateLimitRecord(RateLimit):
    """The ramp's result."""

    kind: Literal["rate_limit"] = "rate_limit"


class Reason(_Record):
    """A sentence for the verdict's reasons."""

    kind: Literal["reason"] = "reason"
    text: str


class Footer(_Record):
    """The last record.

    Attributes:
        finished: When.
        requests: Written by this process, all of them.
        interrupted: The signal that ended it early.
    """

    kind: Literal["footer"] = "footer"
    finished: str
    requests: int = Field(ge=0)
    interrupted: Interruption | None = None


Record = Header | Scope | Started | CheckRecord | AdvisoryRecord | RateLimitRecord | Reason | Footer

_RECORDS: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="kind")])


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


def ramp_not_run(status: Status, reason: str, setting: str | None = None) -> CheckRecord:
    """Say that the ramp was not run, and why."""
    return CheckRecord(id="D4.ramp", core=True, status=status, reason=reason, setting=setting)


def note_interruption(report_dir: Path, by: Interruption) -> None:
    """Write down that a run was interrupted after its processes had finished."""
    footer = Footer(finished=now(), requests=0, interrupted=by)
    for path in sorted((report_dir / "findings").glob("*.jsonl"))[:1]:
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
    files = [list(_records(path)) for path in sorted((report_dir / "findings").glob("*.jsonl"))]
    started = [records for records in files if records and isinstance(records[0], Header)]
    if not started:
        raise NoFindings(f"{report_dir / 'findings'} holds no findings")
    headers = [records[0] for records in started if isinstance(records[0], Header)]
    main = next((header for header in headers if header.process == "verify"), headers[0])
    records = [record for records in started for record in records]
    return _run(main, headers, records, [r[-1] for r in started])


def _records(path: Path) -> Iterator[Record]:
    """Read until the first line that is none: a killed process may leave half a line."""
    for line in path.read_text("utf-8", errors="replace").splitlines():
        try:
            yield _RECORDS.validate_json(line)
        except ValidationError:
            return


def _run(
    main: Header, headers: Sequence[Header], records: Sequence[Record], last: Sequence[Record]
) -> Run:
    scopes = [record for record in records if isinstance(record, Scope)]
    about = next((scope for scope in scopes if scope.operations), None)
    footers = [record for record in records if isinstance(record, Footer)]
    expected = {r.process for r in records if isinstance(r, Header | Started)}
    finished = {
        header.process for header, end in zip(headers, last, strict=True) if isinstance(end, Footer)
    }
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
        unfinished=tuple(sorted(expected - finished)),
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
