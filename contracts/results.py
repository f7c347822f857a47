"""Allure results: one logger that masks, and results made by hand where pytest makes none."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from allure_commons.logger import AllureFileLogger
from allure_commons.model2 import Attachment, Label, StatusDetails, TestResult
from attr import asdict

from contracts.redaction import Redactor
from contracts.verdict import Severity, Status

ALLURE_STATUS: Final[Mapping[Status, str]] = {
    Status.HELD: "passed",
    Status.VIOLATED: "failed",
    Status.INCONCLUSIVE: "broken",
    Status.SKIPPED: "skipped",
}
"""How the four outcomes are shown."""

ALLURE_SEVERITY: Final[Mapping[Severity, str]] = {
    Severity.S1: "blocker",
    Severity.S2: "critical",
    Severity.S3: "normal",
    Severity.S4: "minor",
    Severity.S5: "trivial",
}

_KEPT_LABELS: Final = frozenset({"epic", "feature", "story", "severity"})
"""The rest is noise to a reader, or names the machine."""

INTERRUPTED: Final = "interrupted"
"""A label of ours: pytest ends such a check without an outcome, and Allure would call it passed."""

_OWN: Final = ("contracts.checks.Violation: ", "contracts.checks.Inconclusive: ")


class SafeFileLogger(AllureFileLogger):
    """Writes results and attachments, every one of them masked."""

    def __init__(self, redactor: Redactor, report_dir: str | Path, clean: bool = False) -> None:
        super().__init__(report_dir, clean)  # type: ignore[no-untyped-call]  # allure's
        self._redactor = redactor

    def _report_item(self, item: Any) -> None:  # noqa: ANN401 -- allure's models
        data = asdict(item, filter=lambda _, value: value or value is False)
        if isinstance(item, TestResult):
            _tidy(data)
        name = item.file_pattern.format(prefix=uuid.uuid4())
        self._write(name, self._redactor.mask(json.dumps(data, ensure_ascii=False)).encode())

    def report_attached_file(self, source: str, file_name: str) -> None:
        """Copy an attachment, masked."""
        self.report_attached_data(Path(source).read_bytes(), file_name)

    def report_attached_data(self, body: str | bytes, file_name: str) -> None:
        """Write an attachment, masked."""
        text = body if isinstance(body, str) else body.decode("utf-8", "replace")
        self._write(file_name, self._redactor.mask(text).encode())

    def _write(self, name: str, data: bytes) -> None:
        path = Path(self._report_dir) / name
        aside = path.with_name(f"{name}.tmp")
        try:
            aside.write_bytes(data)
            aside.replace(path)
        finally:
            aside.unlink(missing_ok=True)


def _tidy(data: dict[str, Any]) -> None:
    if any(label["name"] == INTERRUPTED for label in data.get("labels", [])):
        data["status"] = ALLURE_STATUS[Status.INCONCLUSIVE]
        data["statusDetails"] = {"message": "The run was interrupted here."}
    data["labels"] = [label for label in data.get("labels", []) if label["name"] in _KEPT_LABELS]
    details = data.get("statusDetails")
    if not details:
        return
    message = str(details.get("message", ""))
    for prefix in (*_OWN, "Skipped: "):
        if message.startswith(prefix):
            details["message"] = message.removeprefix(prefix)
            details.pop("trace", None)


@dataclass(frozen=True, slots=True)
class HandMade:
    """A result that no test run makes.

    Attributes:
        name: Title.
        status: Outcome.
        epic: First level of the tree.
        feature: Second level.
        description: Markdown.
        message: Shown on top where it is not held.
        severity: Allure's word.
        start: Milliseconds since the epoch.
        stop: Milliseconds since the epoch.
        attachments: Title, media type, file ending and content of each.
    """

    name: str
    status: Status
    epic: str
    feature: str
    description: str = ""
    message: str = ""
    severity: str = "normal"
    start: int = 0
    stop: int = 0
    attachments: Sequence[tuple[str, str, str, str]] = ()


def write_result(logger: SafeFileLogger, made: HandMade) -> None:
    """Write one result with its attachments.

    Args:
        logger: Masks and writes.
        made: The result.
    """
    result = TestResult(
        uuid=str(uuid.uuid4()),
        name=made.name,
        fullName=f"{made.epic}#{made.name}",
        historyId=uuid.uuid5(uuid.NAMESPACE_URL, f"{made.epic}#{made.name}").hex,
        testCaseId=uuid.uuid5(uuid.NAMESPACE_URL, made.epic).hex,
        status=ALLURE_STATUS[made.status],
        statusDetails=StatusDetails(message=made.message) if made.message else None,
        description=made.description,
        start=made.start,
        stop=made.stop,
        labels=list(_labels(made)),
        attachments=[_attached(logger, *attachment) for attachment in made.attachments],
    )
    logger._report_item(result)  # noqa: SLF001 -- what allure's own hook calls, untyped


def _labels(made: HandMade) -> Iterable[Label]:
    yield Label(name="epic", value=made.epic)
    yield Label(name="feature", value=made.feature)
    yield Label(name="severity", value=made.severity)


def _attached(
    logger: SafeFileLogger, title: str, media_type: str, ending: str, content: str
) -> Attachment:
    source = f"{uuid.uuid4()}-attachment.{ending}"
    logger.report_attached_data(content, source)
    return Attachment(name=title, source=source, type=media_type)
