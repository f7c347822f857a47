"""How findings become a verdict, the algebra of the interface sentence by sentence."""

from collections.abc import Sequence
from typing import Any

import pytest

from contracts.algebra import decide, describe
from contracts.requirements import BY_ID, REQUIREMENTS
from contracts.verdict import Check, Part, Severity, Status
from tests.unit.contracts.runs import (
    BROKEN,
    CONFORMANT,
    HELD,
    INCONCLUSIVE,
    JUDGED,
    MANY,
    OPEN,
    SKIPPED,
    VIOLATED,
    outcome,
    run_of,
    status_of,
    without,
)
from tests.unit.contracts.verdicts import (
    OPERATIONS,
    check,
    held,
    violated,
)

# --- one requirement --------------------------------------------------------------------------


def core(status: Status) -> Check:
    return check("D3.core", status, severity=Severity.S2 if status is VIOLATED else None)


def depth(status: Status) -> Check:
    severity = Severity.S2 if status is VIOLATED else None
    return check("D3.depth", status, core=False, severity=severity, credential="another")


def waived(one: Check) -> Check:
    return one.model_copy(update={"waived": "known"})


@pytest.mark.parametrize(
    ("checks", "status"),
    [
        pytest.param([], SKIPPED, id="no-check"),
        pytest.param([core(HELD)], HELD, id="core-held"),
        pytest.param([core(HELD), core(SKIPPED)], HELD, id="one-core-held-another-skipped"),
        pytest.param([core(SKIPPED)], SKIPPED, id="core-skipped"),
        pytest.param([core(INCONCLUSIVE)], INCONCLUSIVE, id="core-inconclusive"),
        pytest.param([core(HELD), core(INCONCLUSIVE)], INCONCLUSIVE, id="inconclusive-beats-held"),
        pytest.param([core(VIOLATED), core(INCONCLUSIVE)], VIOLATED, id="violated-beats-all"),
        pytest.param([core(HELD), depth(VIOLATED)], VIOLATED, id="depth-violates"),
        pytest.param([depth(HELD)], SKIPPED, id="depth-does-not-hold"),
        pytest.param([core(HELD), depth(INCONCLUSIVE)], HELD, id="depth-does-not-cloud"),
        pytest.param([depth(INCONCLUSIVE)], SKIPPED, id="depth-alone-inconclusive"),
        pytest.param([waived(core(VIOLATED))], SKIPPED, id="waived-alone"),
        pytest.param([core(HELD), waived(core(VIOLATED))], HELD, id="waived-beside-held"),
        pytest.param(
            [core(INCONCLUSIVE), waived(core(VIOLATED))], INCONCLUSIVE, id="waived-beside-open"
        ),
        pytest.param([waived(core(VIOLATED)), depth(VIOLATED)], VIOLATED, id="waived-but-another"),
    ],
)
def test_one_requirement_follows_its_checks(checks: list[Check], status: Status) -> None:
    verdict = decide(run_of(checks))

    assert status_of(verdict, "D3") is status
    others = {judged.status for judged in verdict.requirements if judged.id != "D3"}
    assert others == {SKIPPED}


def test_every_requirement_stands_exactly_once_with_its_sentence() -> None:
    verdict = decide(run_of(held()))

    named = [(judged.id, judged.sentence) for judged in verdict.requirements]
    assert named == [(one.id, one.sentence) for one in REQUIREMENTS]


def test_what_nothing_tested_says_so() -> None:
    judged = {one.id: one for one in decide(run_of(held())).requirements}["D9"]

    assert [(one.id, one.status, one.core) for one in judged.checks] == [
        ("D9.not-tested", SKIPPED, False)
    ]
    assert BY_ID["D9"].untestable in (judged.checks[0].reason or "")


def test_operations_are_counted_where_something_was_found_out() -> None:
    checks = [
        check("D2.random-key", HELD),
        violated("D2.near-miss"),
        violated("D2.random-key", operation=OPERATIONS[1]),
        check("D2.random-key", SKIPPED, operation=OPERATIONS[2]),
        check("D2.whole-run", HELD, operation=None),
    ]

    judged = {one.id: one for one in decide(run_of(checks)).requirements}["D2"]
    assert (judged.tested_operations, judged.all_operations) == (2, 3)
    assert judged.checks == tuple(checks)


# --- the run ----------------------------------------------------------------------------------


def test_a_run_whose_required_requirements_all_held_is_conformant() -> None:
    verdict = decide(run_of(held()))

    assert outcome(verdict) == CONFORMANT
    assert verdict.reasons == ()


@pytest.mark.parametrize("id_", ["D1", "D2", "D5", "D6"])
@pytest.mark.parametrize("status", [None, SKIPPED, INCONCLUSIVE])
def test_a_required_requirement_that_was_not_held_leaves_the_run_open(
    id_: str, status: Status | None
) -> None:
    more = [check(f"{id_}.core", status, reason="nobody answered")] if status else []

    verdict = decide(run_of([*without(id_), *more]))
    assert outcome(verdict) == OPEN
    assert any(id_ in reason for reason in verdict.reasons)


@pytest.mark.parametrize("id_", JUDGED)
def test_any_violated_requirement_makes_the_run_violated(id_: str) -> None:
    verdict = decide(run_of([*held(), violated(f"{id_}.depth", core=False)]))

    assert outcome(verdict) == BROKEN
    assert verdict.reasons[0].startswith(f"{id_} is violated: ")


def test_a_requirement_that_is_not_required_may_be_open() -> None:
    verdict = decide(run_of([*held(), check("D7.control", INCONCLUSIVE, reason="unsure")]))

    assert outcome(verdict) == CONFORMANT


def test_nothing_required_is_never_conformant() -> None:
    verdict = decide(run_of(held(), required=()))

    assert outcome(verdict) == OPEN
    assert verdict.reasons


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"unfinished": ("contract",)}, "contract process", id="missing-footer"),
        pytest.param({"unfinished": ("verify",)}, "verify process", id="missing-verify-footer"),
    ],
)
def test_a_missing_footer_is_a_reason_and_never_conformant(
    changes: dict[str, Any], words: str
) -> None:
    verdict = decide(run_of(held(), **changes))

    assert outcome(verdict) == OPEN
    assert any(words in reason for reason in verdict.reasons)


def test_a_missing_footer_hides_no_violation() -> None:
    verdict = decide(run_of([*held(), violated("D1.core")], unfinished=("contract",)))

    assert outcome(verdict) == BROKEN
    assert len(verdict.reasons) == 2


@pytest.mark.parametrize(("signal", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
@pytest.mark.parametrize(
    ("checks", "word"),
    [
        pytest.param(held(), "inconclusive", id="all-held"),
        pytest.param([], "inconclusive", id="nothing"),
        pytest.param([violated("D1.core")], "violated", id="violated"),
    ],
)
def test_an_interrupted_run_exits_with_its_signal_whatever_was_found(
    checks: list[Check], word: str, signal: str, code: int
) -> None:
    verdict = decide(run_of(checks, interrupted=signal))

    assert outcome(verdict) == (word, code)
    assert verdict.interrupted == signal
    assert any(signal in reason for reason in verdict.reasons)


# --- half of the operations -------------------------------------------------------------------


def held_on(operations: Sequence[str], ids: Sequence[str] = ("D1", "D2", "D5")) -> list[Check]:
    return [check(f"{id_}.core", operation=label) for id_ in ids for label in operations]


@pytest.mark.parametrize(("count", "expected"), [(6, CONFORMANT), (3, CONFORMANT), (2, OPEN)])
def test_at_least_half_of_the_operations_are_held_by_core(
    count: int, expected: tuple[str, int]
) -> None:
    checks = [*held_on(MANY[:count]), check("D6.core")]

    verdict = decide(run_of(checks, operations=MANY))
    assert outcome(verdict) == expected
    assert bool(verdict.reasons) is (expected == OPEN)


@pytest.mark.parametrize(
    ("more", "changes"),
    [
        pytest.param([], {"narrowed": True}, id="narrowed"),
        pytest.param(
            [check("D4.ramp")], {"parts": (Part.RATELIMIT,), "required": ("D4",)}, id="ramp-alone"
        ),
    ],
)
def test_half_is_not_asked_where_the_operator_chose_or_only_the_ramp_ran(
    more: list[Check], changes: dict[str, Any]
) -> None:
    checks = [*held_on(MANY[:1]), check("D6.core"), *more]

    assert outcome(decide(run_of(checks, operations=MANY, **changes))) == CONFORMANT


@pytest.mark.parametrize("missing", ["D1", "D2", "D5"])
def test_an_operation_is_held_by_missing_key_wrong_key_and_control(missing: str) -> None:
    ids = [id_ for id_ in ("D1", "D2", "D5") if id_ != missing]
    checks = [*held_on(MANY[:1]), *held_on(MANY[1:], ids), check("D6.core")]

    assert outcome(decide(run_of(checks, operations=MANY))) == OPEN


def test_checks_beyond_core_hold_no_operation() -> None:
    beyond = [one.model_copy(update={"core": False}) for one in held_on(MANY[1:])]

    checks = [*held_on(MANY[:1]), *beyond, check("D6.core")]
    assert outcome(decide(run_of(checks, operations=MANY))) == OPEN


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "words"),
    [
        pytest.param(
            violated("D1.a"),
            "GET /calls with no key: expected status 401, got status 403",
            id="all",
        ),
        pytest.param(
            check("D1.a", INCONCLUSIVE, reason="no answer", operation=None, credential=None),
            "no answer",
            id="reason-alone",
        ),
        pytest.param(
            check("D1.a", SKIPPED, credential=None, reason="not permitted"),
            "GET /calls: not permitted",
            id="operation-and-reason",
        ),
        pytest.param(check("D1.a", operation=None, credential=None), "D1.a", id="nothing-to-say"),
    ],
)
def test_a_check_is_said_in_one_clause(one: Check, words: str) -> None:
    assert describe(one) == words


def test_the_worst_violation_of_a_requirement_is_the_one_said() -> None:
    checks = [
        violated("D2.a", severity=Severity.S3, got="the mildest"),
        violated("D2.b", severity=Severity.S1, core=False, got="the worst"),
        violated("D2.c", severity=Severity.S2, got="another"),
    ]

    assert "the worst" in decide(run_of(checks)).reasons[0]


def test_a_missing_requirement_names_the_setting_that_would_help() -> None:
    checks = [
        *without("D5"),
        check("D5.control", SKIPPED, reason="no object is known", setting="PATH_PARAMETERS"),
    ]

    assert decide(run_of(checks)).reasons == (
        (
            "D5 was required and not held: GET /calls: no object is known; "
            "BUSYBOARD_PATH_PARAMETERS would change that."
        ),
    )
