"""What holds of a verdict whatever the findings are."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.algebra import Run, decide
from contracts.requirements import REQUIREMENTS, Level
from contracts.verdict import Check, Part, Severity, Status
from tests.unit.contracts.drawing import SAME
from tests.unit.contracts.runs import (
    HELD,
    INCONCLUSIVE,
    JUDGED,
    MANY,
    SKIPPED,
    VIOLATED,
    outcome,
    run_of,
)
from tests.unit.contracts.verdicts import OPERATIONS, check, held

IDS = [one.id for one in REQUIREMENTS if one.level is not Level.ADVICE]


@st.composite
def checks_of_a_run(draw: st.DrawFn) -> Check:
    status = draw(st.sampled_from([HELD, HELD, HELD, *Status]))
    id_ = draw(st.sampled_from(["D1", "D2", "D5", "D6", *(JUDGED if status is VIOLATED else IDS)]))
    return check(
        f"{id_}.{draw(st.sampled_from(['a', 'b']))}",
        status,
        core=draw(st.booleans()),
        operation=draw(st.sampled_from([*OPERATIONS, None])),
        severity=draw(st.sampled_from(list(Severity)[:3])) if status is VIOLATED else None,
        reason="because" if status in {INCONCLUSIVE, SKIPPED} else None,
        waived="known" if status is VIOLATED and draw(st.booleans()) else None,
    )


RUNS = st.builds(
    run_of,
    st.builds(
        lambda first, more: [*first, *more],
        st.sampled_from([held(), held(), []]),
        st.lists(checks_of_a_run(), max_size=6),
    ),
    required=st.lists(st.sampled_from(IDS), max_size=4, unique=True).map(tuple),
    narrowed=st.booleans(),
    parts=st.sampled_from([(Part.CONTRACT,), (Part.RATELIMIT,), (Part.CONTRACT, Part.RATELIMIT)]),
    unfinished=st.sampled_from([(), (), (), ("contract",)]),
    interrupted=st.sampled_from([None, None, None, "SIGINT", "SIGTERM"]),
    operations=st.sampled_from([OPERATIONS, MANY, ()]),
)

MANY_TIMES = settings(SAME, max_examples=250)


def _was_held(run: Run, id_: str) -> bool:
    mine = [one for one in run.checks if one.requirement.id == id_ and one.core]
    return HELD in {one.status for one in mine} and INCONCLUSIVE not in {one.status for one in mine}


@MANY_TIMES
@given(RUNS)
def test_exit_code_0_needs_everything(run: Run) -> None:
    verdict = decide(run)

    whole = (
        run.interrupted is None
        and not run.unfinished
        and bool(run.required)
        and all(_was_held(run, id_) for id_ in run.required)
        and not any(one.status is VIOLATED and one.waived is None for one in run.checks)
    )
    assert whole or verdict.exit_code != 0
    assert (verdict.exit_code == 0) == (verdict.verdict == "conformant")


@MANY_TIMES
@given(RUNS)
def test_the_verdict_is_violated_exactly_where_a_check_is(run: Run) -> None:
    verdict = decide(run)

    broken = any(one.status is VIOLATED and one.waived is None for one in run.checks)
    assert (verdict.verdict == "violated") is broken
    assert (verdict.exit_code == 1) is (broken and run.interrupted is None)


@MANY_TIMES
@given(RUNS)
def test_what_is_not_conformant_says_why(run: Run) -> None:
    verdict = decide(run)

    assert (verdict.verdict == "conformant") != bool(verdict.reasons)
    assert all(reason.strip() == reason and reason for reason in verdict.reasons)


@MANY_TIMES
@given(RUNS)
def test_no_check_is_lost_and_the_order_of_checks_decides_nothing(run: Run) -> None:
    verdict = decide(run)

    shown = [one for judged in verdict.requirements for one in judged.checks]
    kept = [one for one in shown if not one.id.endswith(".not-tested")]
    assert sorted(map(repr, kept)) == sorted(map(repr, run.checks))
    backwards = decide(run_of(run.checks[::-1], **_fields(run)))
    assert outcome(backwards) == outcome(verdict)


def _fields(run: Run) -> dict[str, Any]:
    names = ("required", "narrowed", "parts", "unfinished", "interrupted", "operations")
    return {name: getattr(run, name) for name in names}
