"""What a run against a known server is worth, and what a proof exits with."""

from typing import Any

import pytest

from contracts.gallery import Case, Variation
from contracts.proof import Circumstances, proof, totals
from contracts.scoring import Outcome, Result, Row, Score, exit_code, score, unchanged
from contracts.verdict import Advisory, Check, Severity
from tests.unit.contracts.runs import INCONCLUSIVE, without
from tests.unit.contracts.verdicts import check, held, verdict_of, violated

INTERNALS = Advisory(
    id="D6.internals", basis="practice", severity=Severity.S4, detail="a 401 shows internals"
)


def outcome(*checks: Check, **more: Any) -> Outcome:  # noqa: ANN401 -- any field
    verdict = verdict_of([*held(), *checks], **more)
    return Outcome(verdict.exit_code, 2.5, verdict, 12 if verdict.exit_code == 1 else None)


def variation(*violates: str, kind: str = "fault", id_: str = "A07", tier: int = 1) -> Variation:
    return Variation.model_validate(
        {"kind": kind, "id": id_, "sentence": "Odd | so.", "violates": violates, "tier": tier}
    )


SOUND = outcome()

NO_VERDICT = Outcome(2, 0.1, complaint="BUSYBOARD_SEED: is wrong")


# --- faults that break a promise --------------------------------------------------------------


def test_a_fault_under_its_own_name_is_caught() -> None:
    seen = outcome(violated("D2.near-miss"), violated("D2.near-miss", operation="POST /calls"))

    said = score(variation("D2"), seen, None)

    assert said == Score(Result.CAUGHT, named_right=True, by=("D2.near-miss",))
    assert said.is_right


def test_of_several_requirements_one_is_enough() -> None:
    assert score(variation("D1", "D2"), outcome(violated("D2.near-miss")), None).is_right


@pytest.mark.parametrize(
    ("checks", "remark"),
    [
        pytest.param(["D2.near-miss", "D7.control"], "D7 besides", id="own-and-another"),
        pytest.param(["D1.missing-key"], "D1 instead", id="another"),
    ],
)
def test_a_foreign_name_is_wrong(checks: list[str], remark: str) -> None:
    said = score(variation("D2"), outcome(*map(violated, checks)), None)

    assert (said.result, said.named_right, said.remark) == (Result.CAUGHT, False, remark)
    assert not said.is_right


def test_a_conformant_verdict_on_a_fault_is_a_miss() -> None:
    assert score(variation("D2"), SOUND, None) == Score(
        Result.MISSED, named_right=False, remark="conformant"
    )


def test_neither_doubt_nor_a_warning_catches_a_broken_promise() -> None:
    doubtful = outcome(check("D2.random-key", INCONCLUSIVE, reason="no answer"))
    warned = outcome(warnings=[INTERNALS])

    results = [score(variation("D2"), one, None).result for one in (doubtful, warned)]

    assert results == [Result.MISSED, Result.MISSED]
    assert score(variation("D2"), doubtful, None).remark == "inconclusive D2"


def test_an_interrupted_run_proves_nothing() -> None:
    seen = outcome(violated("D2.near-miss"), interrupted="SIGTERM")

    assert score(variation("D2"), seen, None).result is Result.MISSED


def test_a_run_without_verdict_says_its_last_words() -> None:
    said = score(variation("D2"), NO_VERDICT, None)

    assert (said.result, said.remark) == (Result.MISSED, "exit code 2: BUSYBOARD_SEED: is wrong")


# --- faults that break none -------------------------------------------------------------------


def test_a_warning_of_its_own_catches_what_breaks_no_promise() -> None:
    said = score(variation(), outcome(warnings=[INTERNALS]), SOUND)

    assert said == Score(Result.WARNED, named_right=True, by=("D6.internals",))
    assert said.is_right


def test_a_warning_that_the_unvaried_server_gets_catches_nothing() -> None:
    warned = outcome(warnings=[INTERNALS])

    assert score(variation(), warned, warned).result is Result.MISSED


def test_a_violation_is_a_wrong_name_for_what_breaks_no_promise() -> None:
    said = score(variation(), outcome(violated("D6.x"), warnings=[INTERNALS]), SOUND)

    assert (said.result, said.named_right, said.remark) == (Result.WARNED, False, "violated D6")


def test_it_cannot_be_judged_without_the_unvaried_server() -> None:
    with pytest.raises(ValueError, match="A07 can only be judged beside the unvaried server"):
        score(variation(), SOUND, None)


# --- servers that keep every promise ----------------------------------------------------------


def test_the_same_said_is_silence() -> None:
    said = score(variation(kind="benign"), outcome(warnings=[INTERNALS]), SOUND)

    assert said == Score(Result.SILENT, named_right=True, remark="warns D6.internals")
    assert said.is_right


def test_a_violation_is_an_alarm() -> None:
    said = score(variation(kind="benign"), outcome(violated("D6.x")), SOUND)

    assert (said.result, said.by) == (Result.ALARM, ("D6.x",))
    assert said.remark == "violated D6; D6 not held"


@pytest.mark.parametrize(
    ("seen", "sound", "remark"),
    [
        pytest.param(SOUND, outcome(check("D3.scope")), "D3 not held", id="less"),
        pytest.param(outcome(check("D3.scope")), SOUND, "D3 held here alone", id="more"),
        pytest.param(NO_VERDICT, SOUND, None, id="no-verdict"),
    ],
)
def test_other_requirements_held_is_an_alarm(
    seen: Outcome, sound: Outcome, remark: str | None
) -> None:
    said = score(variation(kind="benign"), seen, sound)

    assert said.result is Result.ALARM
    assert remark is None or said.remark == remark


def test_the_unvaried_server_itself_must_be_conformant() -> None:
    verdict = verdict_of(without("D6"))
    open_ = Outcome(verdict.exit_code, 1.0, verdict)

    assert unchanged(SOUND, SOUND).is_right
    assert not unchanged(open_, open_).is_right


# --- the whole proof --------------------------------------------------------------------------


def row(kind: str, *violates: str, scores: tuple[Score, ...], tier: int = 1) -> Row:
    case = Case(variation(*violates, kind=kind, tier=tier))
    return Row(case.written, case, scores, tuple(outcome() for _ in scores))


CAUGHT = Score(Result.CAUGHT, named_right=True, by=("D2.near-miss",))
WRONG = Score(Result.CAUGHT, named_right=False, by=("D7.control",), remark="D7 instead")
MISSED = Score(Result.MISSED, named_right=False, remark="conformant")
SILENT = Score(Result.SILENT, named_right=True)
ALARM = Score(Result.ALARM, named_right=False, by=("D6.x",), remark="violated D6")


@pytest.mark.parametrize(
    ("scores", "code"),
    [
        pytest.param((CAUGHT, SILENT), 0, id="all-right"),
        pytest.param((CAUGHT, MISSED), 1, id="miss"),
        pytest.param((CAUGHT, WRONG), 1, id="wrong-name"),
        pytest.param((CAUGHT, ALARM), 1, id="alarm"),
    ],
)
def test_one_thing_wrong_is_exit_code_1(scores: tuple[Score, ...], code: int) -> None:
    assert exit_code([row("fault", "D2", scores=(one,)) for one in scores]) == code
    assert exit_code([row("fault", "D2", scores=scores)]) == code


def test_a_row_says_how_often() -> None:
    mixed = row("fault", "D2", scores=(CAUGHT, MISSED, CAUGHT))

    assert mixed.result == "yes 2 of 3, no 1 of 3"
    assert (mixed.by, mixed.remark) == (("D2.near-miss",), "conformant")
    assert not mixed.is_caught


def test_the_page_has_a_line_for_each_server_and_the_totals() -> None:
    rows = [
        row("fault", "D2", scores=(CAUGHT,)),
        row("fault", "D2", scores=(MISSED,), tier=2),
        row("fault", "D2", scores=(WRONG,), tier=2),
        Row("unvaried (contract)", None, (SILENT,), (SOUND,)),
        row("benign", scores=(ALARM,)),
    ]

    lines = proof(rows, Circumstances("busyboard prove", "quick", (3,), "suite/1")).splitlines()

    assert lines[2] == "Written by `busyboard prove`: depth quick, seed 3, suite/1."
    assert totals(rows) == [
        "must be caught: caught 1 of 1 faults whole, 1 of 1 variants, 1 of them named right",
        "recommended: caught 0 of 1 faults whole, 1 of 2 variants, 0 of them named right",
        "conformant servers: silent on 1 of 2",
    ]
    assert [line for line in lines if line.startswith(("| A07", "| unvaried"))] == [
        r"| A07 | 1 | Odd \| so. | D2 | yes | right | D2.near-miss |  | 236 | 2.5 |",
        r"| A07 | 2 | Odd \| so. | D2 | no | conformant |  |  | 236 | 2.5 |",
        r"| A07 | 2 | Odd \| so. | D2 | yes | wrong: D7 instead | D7.control |  | 236 | 2.5 |",
        "| unvaried (contract) | Nothing. | silent |  | 236 | 2.5 |",
        r"| A07 | Odd \| so. | alarm | violated D6, D6.x | 236 | 2.5 |",
    ]
