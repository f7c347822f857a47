from collections.abc import Iterator

import pytest

from loadtests.gates import CountGate, QueueGate
from loadtests.limiters import TokenBucket
from loadtests.measuring import measure
from loadtests.trace import Call
from tests.unit.loadtests.simulating import Simulated


def test_a_queue_is_named() -> None:
    measured = measure(sorted(Simulated(QueueGate(5.0, 19)).trace, key=lambda call: call.written))

    assert measured is not None
    assert (measured.algorithm, measured.limits[1]) == ("leaky_bucket", 20)


def test_a_busy_server_that_holds_answers_back_is_no_queue() -> None:
    """The last answers before the first refusal took long, and came all at once."""
    quick = [Call(i, 0, i / 100, i / 100, i / 100 + 0.005, 200) for i in range(20)]
    held = [Call(i, 0, i / 100, i / 100, 0.5 + i / 1e5, 200) for i in range(20, 30)]
    refused = [Call(i, 0, i / 100, i / 100, i / 100 + 0.005, 429) for i in range(30, 60)]
    again = [Call(i, 0, i / 5, i / 5, i / 5 + 0.005, 200) for i in range(60, 90)]

    measured = measure([*quick, *held, *refused, *again])

    assert measured is None or measured.algorithm != "leaky_bucket"


def burst(at: float, admitted: int, refused: int) -> Iterator[Call]:
    """Calls written together, each under way for 50 ms."""
    for number in range(admitted + refused):
        status = 200 if number < admitted else 429
        yield Call(number, 0, at, at + number / 1e5, at + 0.05, status)


@pytest.mark.parametrize(("size", "confidence"), [(2, 0.5), (5, 0.8), (40, 0.95)])
def test_calls_in_flight_are_named_the_more_surely_the_more_there_are(
    size: int, confidence: float
) -> None:
    measured = measure([*burst(0, size, 6), *burst(1, size, 6), *burst(2, size, 6)])

    assert measured is not None
    assert (measured.algorithm, measured.limits[1]) == ("concurrency", size)
    assert measured.confidence == confidence


def test_where_more_of_a_burst_once_passed_it_is_no_limit_of_calls_in_flight() -> None:
    measured = measure([*burst(0, 20, 0), *burst(1, 2, 6), *burst(2, 2, 6)])

    assert measured is None or measured.algorithm != "concurrency"


def test_no_algorithm_is_named_that_fits_with_many_a_limit() -> None:
    """A bucket that is filled every four seconds is fitted by counters of 3 to 29 calls."""
    run = Simulated(CountGate(TokenBucket(37 / 11, 4.0, 1.5), 37))

    measured = measure(sorted(run.trace, key=lambda call: call.written))

    assert measured is not None
    assert measured.algorithm == "unknown"


def test_where_no_kind_explains_the_answers_the_first_drain_is_the_figure() -> None:
    said = Simulated(CountGate(TokenBucket(37 / 11, 4.0, 0.5), 37)).concluded

    assert (said.algorithm, said.burst) == ("unknown", 38)
    assert "from rest 38 were admitted before any was refused" in said.detail
