"""What a process of a run leaves behind, made up."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from contracts.algebra import Run
from contracts.findings import read_run
from contracts.records import CheckRecord, Footer, Header, Process, Record
from contracts.verdict import Part, Status
from tests.unit.contracts.verdicts import target


def header(process: Process = "contract", **changes: Any) -> Header:  # noqa: ANN401 -- any field
    fields = {"process": process, "run_id": "r1", "target": target(), "parts": (Part.CONTRACT,)}
    return Header.model_validate(fields | changes)


def footer(requests: int = 0, **changes: Any) -> Footer:  # noqa: ANN401 -- any field
    fields = {"finished": "2026-01-02T03:04:09.000Z", "requests": requests}
    return Footer.model_validate(fields | changes)


def checked(check_id: str = "D1.missing-key", **changes: Any) -> CheckRecord:  # noqa: ANN401
    fields = {"id": check_id, "operation": "GET /calls", "credential": "no key", "core": True}
    return CheckRecord.model_validate({"status": Status.HELD} | fields | changes)


def left(
    report_dir: Path, records: Sequence[Record], name: str = "contract-1", *, tail: str = ""
) -> None:
    """Write a process's file, and what a killed process leaves after its last line."""
    directory = report_dir / "findings"
    directory.mkdir(exist_ok=True)
    lines = "".join(record.model_dump_json() + "\n" for record in records)
    (directory / f"{name}.jsonl").write_text(lines + tail, "utf-8")


def read(report_dir: Path, *records: Record, tail: str = "") -> Run:
    left(report_dir, records, tail=tail)
    return read_run(report_dir)
