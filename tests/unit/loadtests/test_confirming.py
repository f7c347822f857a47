"""Declared limits that simulated servers keep."""

import pytest

from benchmarks.ratelimit.simulation import FIVE, confirm
from loadtests.counters import FixedGrid, SegmentedLog
from loadtests.gates import CountGate, Gate, QueueGate, StackGate
from loadtests.limiters import FixedWindow, TokenBucket
from tests.unit.loadtests.declaring import run_declared, run_slowly
from tests.unit.loadtests.simulating import quiet_world


@pytest.mark.parametrize("kind", FIVE)
def test_a_true_declaration_is_confirmed_within_its_budget(kind: str) -> None:
    run = confirm(quiet_world(kind, 100, 60.0))

    assert run.said.status == "confirmed"
    assert run.said.seconds <= 130
    assert run.said.requests_sent <= 290


@pytest.mark.parametrize(("kind", "size"), [(FIVE[2], 99), (FIVE[3], 101), (FIVE[4], 99)])
def test_one_request_more_or_less_is_the_declared_limit(kind: str, size: int) -> None:
    assert confirm(quiet_world(kind, size, 60.0)).said.status == "confirmed"


def test_a_limit_is_confirmed_although_answers_take_a_while() -> None:
    run = run_slowly(CountGate(FixedWindow(2.0), 40), "40/2s", 0.3)

    assert run.said.status == "confirmed"


@pytest.mark.parametrize("size", [1, 2, 4])
def test_a_few_calls_are_told_from_a_few_more(size: int) -> None:
    run = run_slowly(CountGate(FixedWindow(3.0), size), f"{size}/3s", 0.02)

    assert run.said.status == "confirmed"


@pytest.mark.parametrize("size", [1, 3, 8])
def test_a_small_burst_is_told_by_when_its_tokens_come_back(size: int) -> None:
    gate = CountGate(TokenBucket(3.0), size)

    assert run_slowly(gate, f"3/1s burst={size}", 0.02).said.status == "confirmed"


def test_a_queue_is_confirmed_by_its_even_answers() -> None:
    run = run_slowly(QueueGate(7.0, 23), "7/1s burst=23", 0.001)

    assert run.said.status == "confirmed"


@pytest.mark.parametrize("segments", [2, 10])
def test_a_log_may_count_in_segments_of_its_window(segments: int) -> None:
    gate = CountGate(SegmentedLog(20.0, 20.0 / segments, 0.7), 40)

    assert run_declared([gate], "40/20s").said.status == "confirmed"


@pytest.mark.parametrize("step", [2.0, 5.0])
def test_a_bucket_may_be_filled_in_lumps(step: float) -> None:
    gate = CountGate(TokenBucket(2.0, step, 0.9), 40)

    assert run_declared([gate], "40/20s").said.status == "confirmed"


@pytest.mark.parametrize("phase", [0.05, 0.9, 1.31, 1.4, 1.6, 2.5, 4.0, 6.0, 8.0, 9.9])
def test_the_doubled_admission_across_an_edge_is_no_violation(phase: float) -> None:
    gate = CountGate(FixedGrid(10.0, phase), 24)

    assert run_declared([gate], "24/10s").said.status == "confirmed"


@pytest.mark.parametrize(
    "gate",
    [
        pytest.param(CountGate(TokenBucket(10.0), 21), id="without-delay"),
        pytest.param(QueueGate(10.0, 20), id="queued"),
    ],
)
def test_a_declared_burst_is_a_bucket_of_that_size_or_one_more(gate: Gate) -> None:
    assert run_declared([gate], "600/60s burst=20").said.status == "confirmed"


def test_of_two_declared_limits_the_other_is_not_confirmed_and_says_what_it_takes() -> None:
    said = run_declared([CountGate(FixedWindow(10.0), 30)], "30/10s; 5000/3600s").said

    assert said.status == "not_confirmed"
    assert "30/10s holds" in said.detail
    assert "5000/3600s needs about" in said.detail


INNER = "40/2s; 300/60s"


@pytest.mark.parametrize(
    ("outer", "status", "words"),
    [
        pytest.param(FixedWindow(60.0), "confirmed", "300/60s holds as well", id="true"),
        pytest.param(FixedWindow(1e-9), "contradicted", "300/60s did not refuse", id="absent"),
        pytest.param(FixedWindow(600.0), "contradicted", "nothing was admitted", id="too-long"),
    ],
)
def test_a_second_limit_is_met_just_below_the_first(
    outer: FixedWindow, status: str, words: str
) -> None:
    gate = StackGate([CountGate(FixedWindow(2.0), 40), CountGate(outer, 300)])

    said = run_declared([gate], INNER).said

    assert (said.status, words in said.detail) == (status, True), said.detail


def test_a_second_limit_that_the_first_never_lets_anyone_meet_is_not_confirmed() -> None:
    said = run_declared([CountGate(FixedWindow(2.0), 40)], "40/2s; 1200/60s").said

    assert said.status == "not_confirmed"
    assert "1200/60s is not met at 16 requests per second" in said.detail
