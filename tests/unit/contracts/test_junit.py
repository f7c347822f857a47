"""JUnit XML counts what the verdict counts, and is XML whatever servers send."""

from xml.etree import ElementTree as ET

import pytest

from contracts.algebra import Waiver
from contracts.junit import junit_xml
from contracts.verdict import Check, Status, Verdict
from tests.unit.contracts.verdicts import CURL, HOSTILE, check, held, verdict_of, violated


def parsed(verdict: Verdict) -> ET.Element:
    return ET.fromstring(junit_xml(verdict))  # noqa: S314 -- our own document


def outcomes(verdict: Verdict, check_id: str) -> list[dict[str, str]]:
    """The elements below the cases of one check, by their attributes and tag."""
    cases = parsed(verdict).iterfind(f".//testcase[@classname='{check_id}']")
    return [{"tag": element.tag, **element.attrib} for case in cases for element in case]


def test_there_is_a_suite_for_each_requirement() -> None:
    suites = [suite.attrib["name"].split()[0] for suite in parsed(verdict_of(held()))]

    assert suites == [f"D{number}" for number in range(1, 13)]


@pytest.mark.parametrize(
    ("one", "outcome"),
    [
        pytest.param(check("D1.x"), [], id="held"),
        pytest.param(
            violated("D1.x"),
            [
                {
                    "tag": "failure",
                    "message": "GET /calls with no key: expected status 401, got status 403",
                    "type": "S2 documented",
                }
            ],
            id="violated",
        ),
        pytest.param(
            check("D1.x", Status.INCONCLUSIVE, reason="no answer"),
            [{"tag": "error", "message": "no answer", "type": "inconclusive"}],
            id="inconclusive",
        ),
        pytest.param(
            check("D1.x", Status.SKIPPED, reason="no key", setting="API_KEY"),
            [
                {
                    "tag": "skipped",
                    "message": "no key; BUSYBOARD_API_KEY would change that",
                    "type": "skipped",
                }
            ],
            id="skipped",
        ),
    ],
)
def test_each_status_has_its_element(one: Check, outcome: list[dict[str, str]]) -> None:
    assert outcomes(verdict_of([one]), "D1.x") == outcome


def test_a_waived_violation_is_skipped_with_its_reason() -> None:
    verdict = verdict_of([violated("D1.x")], waivers=[Waiver("D1.*", "*", "known until March")])

    said = "GET /calls with no key: expected status 401, got status 403"
    assert [(one["tag"], one["message"]) for one in outcomes(verdict, "D1.x")] == [
        ("skipped", f"waived: known until March; {said}")
    ]


def test_a_failure_holds_sentence_and_curl_line() -> None:
    failure = parsed(verdict_of([violated("D3.x")])).find(".//failure")

    assert failure is not None
    assert failure.text == f"D3 “403 | Forbidden | Key does not have required scopes.”\n{CURL}"


def test_counts_are_those_of_the_cases() -> None:
    root = parsed(
        verdict_of([*held(), violated("D3.x"), check("D5.x", Status.INCONCLUSIVE, reason="r")])
    )

    counted = [len(root.findall(f".//{tag}")) for tag in ("testcase", "failure", "error")]
    skipped = len(root.findall(".//skipped"))
    assert [root.attrib[name] for name in ("tests", "failures", "errors")] == [
        str(count) for count in counted
    ]
    assert root.attrib["skipped"] == str(skipped)
    assert [sum(int(suite.attrib[name]) for suite in root) for name in ("tests", "skipped")] == [
        counted[0],
        skipped,
    ]


def test_hostile_text_stays_text() -> None:
    wrong = {"operation": HOSTILE, "got": HOSTILE + "\ud800\ufffe", "detail": HOSTILE}
    root = parsed(verdict_of([violated("D1.x", **wrong, curl=HOSTILE)], name=HOSTILE))

    assert {element.tag for element in root.iter()} == {
        "testsuites",
        "testsuite",
        "testcase",
        "failure",
        "skipped",
    }
    failure = root.find(".//failure")
    assert failure is not None
    assert "<script>alert(2)</script>" in (failure.text or "")
