"""A finished run made by hand: findings and Allure results, as the contract part leaves them."""

from collections.abc import Sequence
from pathlib import Path

from contracts.algebra import decide
from contracts.findings import Findings, read_run
from contracts.records import CheckRecord, Header, Scope
from contracts.redaction import Redactor
from contracts.results import HandMade, SafeFileLogger, write_result
from contracts.verdict import Check, Part, Status, Verdict
from tests.unit.contracts.verdicts import OPERATIONS, target


def leave_findings(report_dir: Path, checks: Sequence[Check], redactor: Redactor) -> None:
    """Write the findings of a contract part that ended well."""
    header = Header(process="contract", run_id="run", target=target(), parts=(Part.CONTRACT,))
    findings = Findings.begin(report_dir, header, redactor)
    findings.append(Scope(operations=OPERATIONS, required=("D1", "D2", "D5", "D6")))
    for check in checks:
        findings.append(CheckRecord.model_validate(check.model_dump()))
    findings.finish(requests=len(checks))


def leave_results(report_dir: Path, checks: Sequence[Check], redactor: Redactor) -> None:
    """Write an Allure result for each check, as the plugin would."""
    logger = SafeFileLogger(redactor, report_dir / "allure-results")
    for number, check in enumerate(checks):
        text = check.got or ""
        write_result(
            logger,
            HandMade(
                name=f"{check.id} {number} {text[:200]}",
                status=check.status,
                epic=f"{check.requirement.id} {check.requirement.promise}",
                feature=check.operation or "the whole run",
                description=f"> {check.requirement.sentence}",
                message=text if check.status is Status.VIOLATED else "",
                start=1767323045000 + number,
                stop=1767323045001 + number,
                attachments=[("exchange", "text/plain", "txt", text)] if text else [],
            ),
        )


def finished_run(report_dir: Path, checks: Sequence[Check], redactor: Redactor) -> Verdict:
    """Leave both, and decide."""
    leave_findings(report_dir, checks, redactor)
    leave_results(report_dir, checks, redactor)
    return decide(read_run(report_dir))
