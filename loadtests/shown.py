"""The ramp in the Allure report: what it found, its pictures, an example of each fault."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from contracts.algebra import describe
from contracts.records import CheckRecord
from contracts.requirements import BY_ID
from contracts.results import ALLURE_SEVERITY, HandMade, SafeFileLogger, write_result
from contracts.verdict import RateLimit
from loadtests.charts import Drawn


def show(
    logger: SafeFileLogger,
    limit: RateLimit,
    checks: Sequence[CheckRecord],
    pictures: Sequence[Drawn],
    examples: Mapping[str, str],
) -> None:
    """Write one result for each check of the ramp.

    Args:
        logger: Masks and writes.
        limit: What was found.
        checks: What that says of the promises.
        pictures: Of the whole run, for the first check.
        examples: For each fault, an answer that showed it.
    """
    stop = int(datetime.now(UTC).timestamp() * 1000)
    start = stop - int(limit.seconds * 1000)
    drawn = [(picture.title, "image/svg+xml", "svg", picture.svg) for picture in pictures]
    for check in checks:
        requirement = BY_ID[check.requirement.id]
        attachments = drawn if check is checks[0] else []
        curl = [("curl", "text/plain", "txt", check.curl)] if check.curl else []
        shown = [
            (fault, "text/plain", "txt", example)
            for fault, example in examples.items()
            if fault.startswith(requirement.id)
        ]
        write_result(
            logger,
            HandMade(
                name=_TITLES[check.id],
                status=check.status,
                epic=f"{requirement.id} {requirement.promise}",
                feature=check.operation or "the whole run",
                description=_table(limit),
                message=describe(check) if check.got or check.reason else "",
                severity=ALLURE_SEVERITY[check.severity] if check.severity else "normal",
                start=start,
                stop=stop,
                attachments=[*curl, *attachments, *shown],
            ),
        )


_TITLES = {
    "D4.ramp": "Calls over the rate limit get 429, and only those",
    "D6.rate-limited": "Every 429 has the documented body",
    "D12.rate-limited": "No answer under load shows the key",
}


def _table(limit: RateLimit) -> str:
    """The detail as a paragraph, since a long cell makes the table scroll; the rest as a table."""
    figures = limit.model_dump(exclude={"detail"}, exclude_none=True)
    rows = [f"| {name} | {_cell(value)} |" for name, value in figures.items()]
    return "\n".join([_cell(limit.detail), "", "| rate limit | |", "|---|---|", *rows])


def _cell(value: object) -> str:
    text = f"{value:.3f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return text.replace("|", "\\|").replace("\n", " ")
