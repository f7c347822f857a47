import pytest

from loadtests.gates import Answer, CountGate, StackGate
from loadtests.lasting import read_fallen
from loadtests.limiters import FixedWindow, TokenBucket
from loadtests.trace import LASTING, Call
from tests.unit.loadtests.test_identity import ask, server


class Punishing:
    """A limit that is another one for ever after so many refusals."""

    def __init__(self, size: int, left: int, after: int) -> None:
        self.before = CountGate(FixedWindow(10.0), size)
        self.since = CountGate(FixedWindow(10.0), left)
        self.after = after

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        answer = (self.before if self.after > 0 else self.since).ask(arrived, took)
        self.after -= not answer.admitted
        return answer


@pytest.mark.parametrize(("size", "left"), [(40, 20), (40, 36), (40, 0), (16, 8), (8, 4), (8, 0)])
def test_a_limit_that_falls_when_it_was_met_often_is_not_confirmed(size: int, left: int) -> None:
    said = ask(server(Punishing(size, left, after=80)), f"{size}/10s")

    assert said.status == "not_confirmed"
    assert f"{size} calls from rest are declared, and at the end {left} and {left}" in said.detail


def test_a_second_limit_that_is_still_full_is_no_fall() -> None:
    both = StackGate([CountGate(FixedWindow(2.0), 40), CountGate(TokenBucket(5.0), 300)])

    assert ask(server(both), "40/2s; 300/60s").status == "confirmed"


def drains(*admitted: int) -> list[Call]:
    """One call from rest, then drains."""
    statuses = [(200,), *((*(200,) * count, 429, 429) for count in admitted)]
    return [
        Call(0, segment, 0.0, 0.0, 0.01, status, probe=LASTING)
        for segment, answered in enumerate(statuses)
        for status in answered
    ]


@pytest.mark.parametrize("admitted", [(), (20,), (20, 40), (20, 39), (0, 0)])
def test_one_short_drain_proves_nothing_nor_does_an_address_that_is_shut_out(
    admitted: tuple[int, ...],
) -> None:
    assert read_fallen(drains(*admitted), 40) == ""


def test_what_no_wrong_key_can_have_shut_out_has_fallen_to_nothing() -> None:
    assert "0 and 0 were admitted" in read_fallen(drains(0, 0)[1:], 40)
