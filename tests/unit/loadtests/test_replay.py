"""What a trace demands of N: what is certain, and what the calls' own times make likely."""

from itertools import accumulate
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadtests.families import Candidate, Family
from loadtests.gates import CountGate
from loadtests.limiters import SHUT, FixedWindow
from loadtests.meanings import WINDOW_FAMILIES
from loadtests.replay import LEAST_PAD_S, HopelessError, arrivals, replay
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


CANDIDATES = [
    Candidate(Family.BUCKET, rate=0.5),
    Candidate(Family.STEPPED, rate=0.5, phase=0.3, extra=1.0),
    *(Candidate(family, 10.0, phase=3.3, extra=7.0) for family in WINDOW_FAMILIES),
]


@pytest.mark.parametrize("candidate", CANDIDATES, ids=lambda candidate: candidate.family.name)
@settings(derandomize=True, database=None, deadline=None)
@given(
    limit=st.integers(1, 6),
    gaps=st.lists(st.sampled_from([0, 0, 1, 3, 10, 40, 97, 230]), min_size=2, max_size=30),
    seed=st.integers(0, 2**32),
)
def test_what_a_limiter_answers_contradicts_it_in_no_order(
    candidate: Candidate, limit: int, gaps: list[int], seed: int
) -> None:
    server, random, calls = CountGate(candidate.limiter(), limit), Random(seed), []

    for index, arrived in enumerate(accumulate(gap / 10 for gap in gaps)):
        status = 200 if server.ask(arrived).admitted else 429
        written, answered = arrived - random.uniform(0, 2), arrived + random.uniform(0, 2)
        calls.append(Call(index, 0, written, written, answered, status))

    tally = replay(candidate.limiter, arrivals(calls, pad=LEAST_PAD_S))
    assert (tally.late(limit), tally.early(limit)) == (0, 0)


@settings(derandomize=True, database=None, deadline=None)
@given(
    statuses=st.lists(st.sampled_from([200, 429]), min_size=1, max_size=30),
    patience=st.integers(0, 4),
)
def test_a_replay_is_given_up_only_where_every_limit_contradicts_too_much(
    statuses: list[int], patience: int
) -> None:
    seen = arrivals(
        [Call(at, 0, at, at, at + 0.01, status) for at, status in enumerate(statuses)],
        pad=LEAST_PAD_S,
    )
    tally = replay(lambda: FixedWindow(10.0), seen)
    fewest = min(tally.contradictions(limit) for limit in range(1, 32))

    given_up = False
    try:
        replay(lambda: FixedWindow(10.0), seen, sizes=(1, SHUT), patience=patience)
    except HopelessError:
        given_up = True

    assert not given_up or fewest > patience


@pytest.mark.parametrize(("smallest", "given_up"), [(1, True), (0, False)])
def test_a_refusal_is_too_early_unless_nobody_asks_for_it(smallest: int, given_up: bool) -> None:
    calls = [Call(at, 0, at, at, at + 0.01, 200 if at > 2 else 429) for at in range(6)]
    seen = arrivals(calls, pad=LEAST_PAD_S)

    ended = False
    try:
        replay(lambda: FixedWindow(10.0), seen, sizes=(smallest, 5), patience=2)
    except HopelessError:
        ended = True

    assert ended == given_up
