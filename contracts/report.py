"""Writes what a run leaves for its readers: verdict, summary, JUnit XML, and the Allure report."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from contracts.allure_html import CATEGORIES, NotBuilt, build
from contracts.first_screen import first_screen
from contracts.folding import broken
from contracts.junit import junit_xml
from contracts.quoting import one_line
from contracts.redaction import Redactor
from contracts.results import ALLURE_SEVERITY, HandMade, SafeFileLogger, write_result
from contracts.summary import markdown
from contracts.verdict import Status, Verdict
from contracts.wording import headline, target_words

WRITTEN: Final = ("verdict.json", "summary.md", "junit.xml", "report.html")
"""What `publish` makes; older ones go first, so that none is taken for this run's."""


@dataclass(frozen=True, slots=True)
class Published:
    """What came of it.

    Attributes:
        report: The HTML report; None where it could not be built or was not wanted.
        complaints: A line for each thing that could not be written, why included.
    """

    report: Path | None
    complaints: tuple[str, ...] = ()


def publish(
    report_dir: Path, verdict: Verdict, redactor: Redactor, *, html: bool = True
) -> Published:
    """Write every file of a run, the verdict first; each is written aside and renamed.

    Args:
        report_dir: Where the run's results are.
        verdict: What they say.
        redactor: Masks every file.
        html: Whether report.html is among them.

    Raises:
        OSError: The directory cannot be written.
    """
    for name in WRITTEN:
        (report_dir / name).unlink(missing_ok=True)
    summary = write_verdict(report_dir, verdict, redactor)
    complaints = _append_to_step_summary(summary)
    results = report_dir / "allure-results"
    _add_to_results(results, verdict, redactor, summary)
    if not html:
        return Published(None, complaints)
    try:
        page = build(results, name=_page_name(verdict), above=redactor.mask(first_screen(verdict)))
    except NotBuilt as error:
        return Published(None, (*complaints, redactor.mask(f"report not built: {error}")))
    _write(report_dir / "report.html", page)
    return Published(report_dir / "report.html", complaints)


def write_verdict(report_dir: Path, verdict: Verdict, redactor: Redactor) -> str:
    """Write the verdict for programs, readers and CI.

    Args:
        report_dir: Where the run's results are.
        verdict: What they say.
        redactor: Masks every file.

    Returns:
        The summary, as written.
    """
    summary = redactor.mask(markdown(verdict))
    _write(report_dir / "verdict.json", redactor.mask(verdict.model_dump_json(indent=2)) + "\n")
    _write(report_dir / "summary.md", summary)
    _write(report_dir / "junit.xml", redactor.mask(junit_xml(verdict)))
    return summary


def _write(path: Path, text: str) -> None:
    aside = path.with_name(f".{path.name}.tmp")
    try:
        aside.write_text(text, "utf-8", newline="\n")
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)


def _append_to_step_summary(summary: str) -> tuple[str, ...]:
    """Append where a CI shows it; its refusal is no reason to lose the report."""
    place = os.environ.get("GITHUB_STEP_SUMMARY")
    if not place:
        return ()
    try:
        with Path(place).open("a", encoding="utf-8") as file:
            file.write(summary)
    except OSError as error:
        return (f"step summary not written: {place}: {error.strerror}",)
    return ()


def _page_name(verdict: Verdict) -> str:
    return one_line(f"{verdict.verdict.capitalize()}: {target_words(verdict.target)}", 120)


# --- what is added to the results that pytest has written --------------------------------------

_EPIC: Final = "Conclusion"
"""Sorts before every requirement, by name; the result's start, before every check, by time."""

_NAME: Final = "Run summary"


def _add_to_results(results: Path, verdict: Verdict, redactor: Redactor, summary: str) -> None:
    logger = SafeFileLogger(redactor, results)
    for half_written in results.glob("*.tmp"):
        half_written.unlink()
    _drop_older_summary(results)
    write_result(logger, _run_summary(verdict, summary))
    properties = "".join(
        f"{_property(name)}={_property(value)}\n" for name, value in _environment(verdict).items()
    )
    logger.report_attached_data(properties, "environment.properties")
    logger.report_attached_data(json.dumps(CATEGORIES, indent=2), "categories.json")


def _drop_older_summary(results: Path) -> None:
    """A report may be built again from the same results."""
    for path in results.glob("*-result.json"):
        result = json.loads(path.read_bytes())
        if result.get("fullName") == f"{_EPIC}#{_NAME}":
            for attachment in result.get("attachments", ()):
                (results / Path(attachment["source"]).name).unlink(missing_ok=True)
            path.unlink()


def _run_summary(verdict: Verdict, summary: str) -> HandMade:
    status = {
        "conformant": Status.HELD,
        "violated": Status.VIOLATED,
        "inconclusive": Status.INCONCLUSIVE,
    }[verdict.verdict]
    worst = next((ALLURE_SEVERITY[one.severity] for one in broken(verdict)), "normal")
    started = int(datetime.fromisoformat(verdict.target.started).timestamp() * 1000)
    return HandMade(
        name=_NAME,
        status=status,
        epic=_EPIC,
        feature=verdict.verdict.capitalize(),
        description=summary,
        message="" if status is Status.HELD else headline(verdict),
        severity=worst,
        start=started,
        stop=started,
        attachments=(("summary.md", "text/markdown", "md", summary),),
    )


def _environment(verdict: Verdict) -> Mapping[str, str]:
    target = verdict.target
    return {
        "Target": target_words(target),
        "Document": target.openapi or "none",
        "Document SHA-256": target.openapi_sha256 or "none",
        "Depth": target.depth,
        "Seed": str(target.seed),
        "Suite": target.suite_version,
        "Started": target.started,
        "Finished": target.finished,
        "Requests": str(target.requests),
        "Keys": ", ".join(target.key_roles) or "none",
    }


def _property(text: str) -> str:
    """Escape as Java's properties files have it; both sides of the sign alike."""
    shown = one_line(text, 1_000).replace("\\", "\\\\")
    return "".join(f"\\{c}" if c in "=:#! " else c for c in shown)
