import pytest

from loadtests.gates import Answer, CountGate
from loadtests.lasting import read_fallen
from loadtests.limiters import FixedWindow
from loadtests.trace import LASTING, Call
from tests.unit.loadtests.test_identity import ask, server


class Punishing:
    """A limit that is another one for ever after so many refusals."""

    def __init__(self, left: int, after: int) -> None:
        self.before, self.since = (
            CountGate(FixedWindow(10.0), 40),
            CountGate(FixedWindow(10.0), left),
        )
        self.after = after

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        answer = (self.before if self.after > 0 else self.since).ask(arrived, took)
        self.after -= not answer.admitted
        return answer


@pytest.mark.parametrize("left", [20, 36])
def test_a_limit_that_falls_when_it_was_met_often_is_not_confirmed(left: int) -> None:
    said = ask(server(Punishing(left, after=80)))

    assert said.status == "not_confirmed"
    assert (
        f"40 calls were admitted from rest at first, and {left} and {left} at the end"
        in said.detail
    )


def drains(*admitted: int) -> list[Call]:
    return [
        Call(0, segment, 0.0, 0.0, 0.01, status, probe=LASTING)
        for segment, count in enumerate(admitted)
        for status in (*(200,) * count, 429, 429)
    ]


@pytest.mark.parametrize("admitted", [(), (20,), (20, 40), (20, 39), (0, 0)])
def test_one_short_drain_proves_nothing_nor_does_an_address_that_is_shut_out(
    admitted: tuple[int, ...],
) -> None:
    assert read_fallen(drains(*admitted), 40) == ""
