"""A waiver takes a violation out of the outcome, and puts nothing in its place."""

import pytest

from contracts.algebra import Waiver, decide
from tests.unit.contracts.runs import (
    BROKEN,
    CONFORMANT,
    INCONCLUSIVE,
    OPEN,
    outcome,
    run_of,
    without,
)
from tests.unit.contracts.verdicts import check, everywhere, held, verdict_of, violated


@pytest.mark.parametrize(
    ("waiver", "covers"),
    [
        pytest.param(Waiver("D3.*", "*", "why"), True, id="all-of-a-requirement"),
        pytest.param(Waiver("D3.insufficient-key", "GET /calls", "why"), True, id="exactly"),
        pytest.param(Waiver("*", "GET *", "why"), True, id="by-method"),
        pytest.param(Waiver("D3.*", "POST *", "why"), False, id="other-operation"),
        pytest.param(Waiver("D2.*", "*", "why"), False, id="other-requirement"),
        pytest.param(Waiver("d3.*", "*", "why"), False, id="other-case"),
        pytest.param(Waiver("D3", "*", "why"), False, id="no-glob"),
    ],
)
def test_a_waiver_covers_what_its_globs_name(waiver: Waiver, covers: bool) -> None:
    verdict = decide(run_of([*held(), violated("D3.insufficient-key")]), [waiver])

    assert outcome(verdict) == (CONFORMANT if covers else BROKEN)


def test_the_first_waiver_that_covers_is_written_onto_the_check() -> None:
    waivers = [Waiver("D9.*", "*", "no"), Waiver("D3.*", "*", "first"), Waiver("*", "*", "second")]

    verdict = verdict_of([*held(), violated("D3.insufficient-key")], waivers=waivers)
    written = [one.waived for judged in verdict.requirements for one in judged.checks if one.waived]
    assert written == ["first"]


def test_a_waiver_makes_nothing_held() -> None:
    checks = [*without("D1"), *everywhere(violated("D1.core"))]

    verdict = decide(run_of(checks), [Waiver("D1.*", "*", "known")])
    assert outcome(verdict) == OPEN


def test_a_waiver_stands_on_violations_only() -> None:
    verdict = decide(run_of([*held(), check("D3.core", INCONCLUSIVE)]), [Waiver("*", "*", "all")])

    assert all(one.waived is None for judged in verdict.requirements for one in judged.checks)
