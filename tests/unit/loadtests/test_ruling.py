"""What is said of a declared limit, from answers and what was measured of them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from contracts.declared import read_declared
from loadtests.claims import read_claim
from loadtests.counters import FixedGrid
from loadtests.families import Family
from loadtests.gates import CountGate
from loadtests.measuring import Measured, measure
from loadtests.ruling import rule
from loadtests.segments import Done
from loadtests.trace import Call
from tests.unit.loadtests.declaring import answers

CLAIM = read_declared("40/20s")[0]


def drain(number: int, admitted: int) -> Iterator[Call]:
    """Forty-five calls from rest, and one half a window later, to which nothing has come back."""
    begun = 40.0 * number
    for at, written in enumerate([*(begun + step / 100 for step in range(45)), begun + 12.0]):
        status = 200 if at < admitted else 429
        yield Call(46 * number + at, number, written, written, written + 0.005, status)


def test_a_grid_is_not_believed_where_the_answers_name_another_window() -> None:
    calls, done = answers(CountGate(FixedGrid(20.0, 7.0), 40), "40/20s")
    measured = measure(calls)
    assert measured is not None
    another = replace(measured, windows=(16.9, 17.0, 17.1))

    statuses = [
        rule(calls, CLAIM, read_claim(CLAIM, calls), found, done).status
        for found in (measured, another)
    ]

    assert statuses == ["confirmed", "not_confirmed"]


@pytest.mark.parametrize(
    ("drained", "status"), [([20, 20, 20, 20], "contradicted"), ([40, 20, 20, 20], "not_confirmed")]
)
def test_no_counter_is_believed_that_admits_less_than_a_drain_did(
    drained: list[int], status: str
) -> None:
    calls = [call for number, admitted in enumerate(drained) for call in drain(number, admitted)]
    counter = Measured(
        Family.COUNTER, "sliding_window", 0.9, (20, 20, 20), (20.0, 20.0, 20.0), (1.0, 1.0, 1.0)
    )

    said = rule(calls, CLAIM, read_claim(CLAIM, calls), counter, Done("done", "all was asked"))

    assert said.status == status
