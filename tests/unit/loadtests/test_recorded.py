import pytest

from loadtests import outcome
from loadtests.recorded import Recording
from loadtests.trace import BrokenTraceError, read_trace, write_header
from tests.unit.loadtests.simulating import KEY, Simulated


@pytest.mark.parametrize("declared", ["", "30/10s", "30/10s burst=5", "40/10s; 1000/600s per=key"])
def test_the_file_tells_what_the_run_told(declared: str) -> None:
    run = Simulated(declared=declared)

    recording = Recording.of(read_trace(run.written()))

    limit = run.concluded
    assert recording.rate_limit == limit
    assert recording.checks(limit) == outcome.checks(
        limit, run.trace, "GET /calls", "the full key", ""
    )


def test_another_declaration_is_held_against_the_same_answers() -> None:
    run = Simulated(declared="30/10s")

    statuses = [
        Recording.of(
            read_trace(run.written()), Simulated(declared=other).declared
        ).rate_limit.status
        for other in ("30/10s", "15/10s")
    ]

    assert statuses == ["confirmed", "contradicted"]


def test_a_run_without_its_last_line_was_interrupted() -> None:
    run = Simulated(declared="30/10s")

    recording = Recording.of(read_trace(run.written()[:-1]))

    assert recording.done.stopped_by == "signal"
    assert recording.rate_limit.status == "not_confirmed"


def test_no_line_holds_the_key() -> None:
    assert KEY.encode() not in b"".join(Simulated(declared="30/10s").written())


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({}, id="none"),
        pytest.param({"declared_limit": "much"}, id="no-limit"),
    ],
)
def test_a_header_without_its_facts_is_refused(facts: dict[str, object]) -> None:
    whole = {"operation": "GET /calls", "credential": "the full key", **facts} if facts else {}

    with pytest.raises(BrokenTraceError):
        Recording.of(read_trace([write_header(whole)]))
