"""A verdict as JUnit XML, for CI systems that show test results.

Pure. A suite for each requirement, a case for each entry of the verdict; what counts is the
verdict, so a waived violation is skipped with its reason.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from contracts.algebra import describe
from contracts.quoting import one_line, xml_text
from contracts.verdict import Check, Judged, Status, Verdict
from contracts.wording import target_words

_OUTCOMES: Final = {
    Status.VIOLATED: "failure",
    Status.INCONCLUSIVE: "error",
    Status.SKIPPED: "skipped",
}
"""The element that says it; a case without one has passed."""

_COUNTS: Final = {"failure": "failures", "error": "errors", "skipped": "skipped"}


def junit_xml(verdict: Verdict) -> str:
    """Write the verdict as JUnit XML.

    Args:
        verdict: What the run says.

    Returns:
        A well-formed XML 1.0 document.
    """
    root = ET.Element("testsuites", name=xml_text(f"busyboard: {target_words(verdict.target)}"))
    checks = [check for judged in verdict.requirements for check in judged.checks]
    _count(root, checks)
    for judged in verdict.requirements:
        root.append(_suite(judged, verdict.target.started))
    ET.indent(root)
    # As bytes first: the declaration of text would name the locale's encoding.
    return str(ET.tostring(root, encoding="utf-8", xml_declaration=True), "utf-8") + "\n"


def _suite(judged: Judged, started: str) -> ET.Element:
    name = xml_text(f"{judged.id} {judged.sentence}")
    suite = ET.Element("testsuite", name=name, timestamp=started)
    _count(suite, judged.checks)
    for check in judged.checks:
        suite.append(_case(check))
    return suite


def _count(element: ET.Element, checks: Sequence[Check]) -> None:
    outcomes = Counter(_outcome(check) for check in checks)
    element.set("tests", str(len(checks)))
    for outcome, attribute in _COUNTS.items():
        element.set(attribute, str(outcomes[outcome]))


def _outcome(check: Check) -> str:
    if check.waived is not None:
        return "skipped"
    return _OUTCOMES.get(check.status, "passed")


def _case(check: Check) -> ET.Element:
    name = " with ".join(text for text in (check.operation, check.credential) if text)
    case = ET.Element("testcase", classname=check.id, name=xml_text(one_line(name or check.id)))
    outcome = _outcome(check)
    if outcome != "passed":
        message = xml_text(one_line(_message(check), 1_000))
        ET.SubElement(case, outcome, message=message, type=_kind(check)).text = _details(check)
    return case


def _message(check: Check) -> str:
    if check.waived is not None:
        return f"waived: {check.waived}; {describe(check)}"
    if check.status is Status.VIOLATED:
        return describe(check)
    setting = f"; BUSYBOARD_{check.setting} would change that" if check.setting else ""
    return f"{check.reason or 'no reason given'}{setting}"


def _kind(check: Check) -> str:
    return f"{check.severity} {check.basis}" if check.severity else str(check.status)


def _details(check: Check) -> str | None:
    violated = check.status is Status.VIOLATED
    parts = (str(check.requirement), check.detail, check.curl) if violated else (check.detail,)
    return xml_text("\n".join(part for part in parts if part)) or None
