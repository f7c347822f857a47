"""What a trace demands of N: what is certain, and what the calls' own times make likely."""

from loadtests.limiters import FixedWindow
from loadtests.replay import LEAST_PAD_S, arrivals, replay
from loadtests.trace import Call

APART_S = 0.0005
TOOK_S = 0.0003


def one_after_the_other(*statuses: int) -> list[Call]:
    """Calls so close that their times, widened, overlap."""
    return [
        Call(at, 0, APART_S * at, APART_S * at, APART_S * at + TOOK_S, status)
        for at, status in enumerate(statuses)
    ]


def test_what_is_certain_allows_for_every_order_within_the_padding() -> None:
    seen = arrivals(one_after_the_other(200, 200, 429), pad=LEAST_PAD_S)

    assert [arrival.overtaking for arrival in seen] == [1, 0, 0]
    assert [arrival.beside for arrival in seen] == [0, 0, 0]


def test_an_answer_that_the_times_decide_is_not_left_open() -> None:
    seen = arrivals(one_after_the_other(200, 200, 429), pad=LEAST_PAD_S)

    tally = replay(lambda: FixedWindow(10.0), seen)

    assert list(tally.could_refuse) == [0, 1]
    assert (tally.least, tally.most, tally.left_open(2)) == (2, 2, 0)
