"""What the table says of each contender."""

from typing import Any

from benchmarks.contract.comparison import Result, differences, table
from benchmarks.contract.contenders import Run, Schemathesis, Suite
from contracts.gallery import Variation
from contracts.scoring import Outcome
from tests.unit.contracts.verdicts import held, verdict_of, violated

FAULT = Variation(kind="fault", id="A07", sentence="Wrong.", violates=("D2",), tier=1)


def result(contender: str, **changes: Any) -> Result:  # noqa: ANN401 -- any field
    fields: dict[str, Any] = {
        "contender": contender,
        "server": "A07",
        "is_fault": True,
        "caught": True,
        "named_right": True,
        "alarm": False,
        "requests": 100,
        "seconds": 2.0,
    }
    return Result(**fields | changes)


def ran(*failures: str, outcome: Outcome | None = None) -> Run:
    return Run(10, 1.0, 1 if failures else 0, frozenset(failures), outcome)


def test_each_contender_is_one_line() -> None:
    sound = {"server": "V18", "is_fault": False, "caught": False, "named_right": None}
    results = [
        result("one"),
        result("one", caught=False, named_right=False, server="A08"),
        result("one", requests=400, seconds=5.0, **sound),
        result("other", named_right=None),
        result("other", alarm=True, said=("IgnoredAuth",), **sound),
    ]

    assert table(results).splitlines()[2:] == [
        "| one | 1 of 2 | 1 of 1 | 0 of 1 | 100, 400 | 2.0, 5.0 |",
        "| other | 1 of 1 | names none | 1 of 1 | 100, 100 | 2.0, 2.0 |",
    ]
    assert list(differences(results)) == ["- one misses A08", "- other fails V18 (IgnoredAuth)"]


def test_schemathesis_catches_by_what_it_does_not_say_of_the_twin() -> None:
    st = Schemathesis(25, 0)
    twin = ran("UndefinedStatusCode GET /calls")

    said = [
        st.catches(FAULT, run, twin)
        for run in (ran(*twin.failures), ran(*twin.failures, "IgnoredAuth GET /calls"), ran())
    ]

    assert said == [(False, None), (True, None), (False, None)]


def test_the_suite_is_scored_as_in_a_proof() -> None:
    def run(*checks: str) -> Run:
        verdict = verdict_of([*held(), *map(violated, checks)])
        return ran(outcome=Outcome(verdict.exit_code, 1.0, verdict))

    said = [
        Suite("quick", 0).catches(FAULT, one, run())
        for one in (run("D2.near-miss"), run("D7.control"), run())
    ]

    assert said == [(True, True), (True, False), (False, False)]
