"""The published model of `verdict.json`: what may stand in it and what may not."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from contracts.requirements import BY_ID
from contracts.verdict import Advisory, Check, RateLimit, Severity, Status, Verdict
from tests.unit.contracts.verdicts import check, held, verdict_of, violated

TARGET = (
    "kind name base_url openapi openapi_sha256 depth seed started finished suite_version requests "
    "key_roles"
)

REQUIREMENT = "id sentence status required tested_operations all_operations checks"

CHECK = (
    "id operation credential core status severity basis seen tried expected got detail reason "
    "setting curl waived"
)


def test_a_verdict_has_the_published_members() -> None:
    written = json.loads(verdict_of([*held(), violated("D2.near-miss")]).model_dump_json())

    assert list(written) == [
        "schema_version",
        "verdict",
        "exit_code",
        "interrupted",
        "reasons",
        "target",
        "requirements",
        "warnings",
        "rate_limit",
    ]
    assert sorted(written["target"]) == sorted(TARGET.split())
    assert {tuple(one) for one in written["requirements"]} == {tuple(REQUIREMENT.split())}
    assert sorted(written["requirements"][1]["checks"][0]) == sorted(CHECK.split())
    assert (written["schema_version"], written["rate_limit"]) == (1, None)


@pytest.mark.parametrize("status", [Status.HELD, Status.INCONCLUSIVE, Status.SKIPPED])
def test_only_a_violation_has_a_severity(status: Status) -> None:
    with pytest.raises(ValidationError):
        check("D1.a", status, severity=Severity.S2)


def test_a_violation_has_a_severity() -> None:
    with pytest.raises(ValidationError):
        check("D1.a", Status.VIOLATED)


@pytest.mark.parametrize(
    "check_id",
    ["", "D1", "D1.", "1.a", "d1.a", "D1.A", "D1.a b", "D1.a_b", "D123.a", "X.a", "D1.a\n"],
)
def test_an_id_is_a_slug_after_its_requirement(check_id: str) -> None:
    with pytest.raises(ValidationError):
        check(check_id)


@pytest.mark.parametrize("id_", BY_ID)
def test_a_check_is_about_the_requirement_it_begins_with(id_: str) -> None:
    assert check(f"{id_}.some-slug", Status.SKIPPED).requirement is BY_ID[id_]


@pytest.mark.parametrize("check_id", ["D0.a", "D13.a", "D99.a"])
def test_there_are_no_other_requirements(check_id: str) -> None:
    with pytest.raises(ValidationError):
        check(check_id)


@pytest.mark.parametrize(
    ("one", "violates"),
    [
        (check("D1.a"), False),
        (violated("D1.a"), True),
        (violated("D1.a", waived="known"), False),
        (check("D1.a", Status.INCONCLUSIVE), False),
    ],
)
def test_a_waived_violation_violates_nothing(one: Check, violates: bool) -> None:
    assert one.violates is violates


@pytest.mark.parametrize("severity", ["S1", "S2", "S3"])
def test_a_warning_is_mild(severity: str) -> None:
    with pytest.raises(ValidationError):
        Advisory.model_validate(
            {"id": "x", "basis": "advice", "severity": severity, "detail": "said"}
        )


@pytest.mark.parametrize("id_", ["D9", "D10", "D11"])
def test_what_cannot_be_broken_is_never_violated(id_: str) -> None:
    with pytest.raises(ValidationError, match=id_):
        violated(f"{id_}.a")


@pytest.mark.parametrize("status", [Status.HELD, Status.INCONCLUSIVE])
def test_advice_is_only_ever_skipped(status: Status) -> None:
    with pytest.raises(ValidationError, match="D11"):
        check("D11.a", status)


@pytest.mark.parametrize("severity", ["S4", "S5"])
def test_a_violation_is_not_mild(severity: str) -> None:
    with pytest.raises(ValidationError):
        violated("D1.a", severity=severity)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "maybe"},
        {"status": "confirmed", "algorithm": "guess"},
        {"status": "confirmed", "confidence": 1.01},
        {"status": "confirmed", "confidence": -0.01},
        {"status": "confirmed", "stopped_by": "boredom"},
        {"status": "confirmed", "more": 1},
    ],
)
def test_a_rate_limit_says_only_what_is_published(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RateLimit.model_validate(changes)


@pytest.mark.parametrize("name", ["verdict", "exit_code", "schema_version", "interrupted"])
def test_other_values_are_no_verdict(name: str) -> None:
    written = verdict_of(held()).model_dump() | {name: "2"}

    with pytest.raises(ValidationError):
        Verdict.model_validate(written)


def test_a_verdict_is_read_as_it_was_written() -> None:
    verdict = verdict_of([*held(), violated("D2.near-miss")])

    assert Verdict.model_validate_json(verdict.model_dump_json()) == verdict
