"""Every model as a server has it, and the bounds that the estimator draws from the same code."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loadtests.counters import CounterFromFirst, FixedGrid, SlidingCounter
from loadtests.gates import CountGate, QueueGate, StackGate
from loadtests.limiters import (
    CountingRefused,
    Extending,
    FixedWindow,
    InFlight,
    Limiter,
    Outcome,
    Penalty,
    SlidingLog,
    TokenBucket,
)

MAKERS: dict[str, Callable[[], Limiter]] = {
    "fixed-first": lambda: FixedWindow(10.0),
    "fixed-grid": lambda: FixedGrid(10.0, 3.0),
    "log": lambda: SlidingLog(10.0),
    "counter": lambda: SlidingCounter(10.0, 3.0),
    "counter-first": lambda: CounterFromFirst(10.0),
    "bucket": lambda: TokenBucket(0.5),
    "stepped": lambda: TokenBucket(0.5, 4.0, 1.0),
    "extending": lambda: Extending(10.0),
    "log-refused": lambda: CountingRefused(SlidingLog(10.0)),
    "counter-first-refused": lambda: CountingRefused(CounterFromFirst(10.0)),
}

times = st.lists(st.integers(0, 600).map(lambda tenth: tenth / 10), min_size=1, max_size=60).map(
    sorted
)


def admitted(limiter: Limiter, limit: int, arrivals: list[float]) -> list[bool]:
    gate = CountGate(limiter, limit)
    return [gate.ask(arrival).admitted for arrival in arrivals]


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        pytest.param("fixed-first", "11100 11100", id="all-back-a-window-after-the-first"),
        pytest.param("fixed-grid", "11111 10111", id="doubled-across-the-edge"),
        pytest.param("log", "11100 11100", id="as-they-were-spent"),
        pytest.param("extending", "11100 00000", id="never-while-called"),
    ],
)
def test_a_limiter_admits_as_its_kind_does(kind: str, pattern: str) -> None:
    arrivals = [2.0, 2.5, 2.9, 3.1, 3.2, 12.1, 12.6, 13.0, 13.1, 13.2]

    answers = admitted(MAKERS[kind](), 3, arrivals)

    assert "".join("01"[answer] for answer in answers) == pattern.replace(" ", "")


@pytest.mark.parametrize("kind", MAKERS)
@given(arrivals=times)
def test_no_kind_admits_more_than_its_upper_bound(kind: str, arrivals: list[float]) -> None:
    limit = 5

    answers = admitted(MAKERS[kind](), limit, arrivals)

    span = arrivals[-1] - arrivals[0]
    assert sum(answers) <= limit * (span // 10 + 2)


@given(arrivals=times)
def test_a_log_admits_at_most_n_in_any_window(arrivals: list[float]) -> None:
    answers = admitted(SlidingLog(10.0), 5, arrivals)

    passed = [arrival for arrival, answer in zip(arrivals, answers, strict=True) if answer]
    assert all(sum(0 <= other - each < 10 for other in passed) <= 5 for each in passed)


@given(arrivals=times)
def test_a_bucket_admits_at_most_its_size_and_what_came_back(arrivals: list[float]) -> None:
    answers = admitted(TokenBucket(0.5), 5, arrivals)

    passed = [arrival for arrival, answer in zip(arrivals, answers, strict=True) if answer]
    for at, first in enumerate(passed):
        for count, last in enumerate(passed[at:], start=1):
            assert count <= 5 + 0.5 * (last - first) + 1e-6


TWO_EDGES = [1.9, 1.9, 2.0, 12.2, 16.2, 17.1, 21.9, 36.8, 50.8, 53.7, 53.8]
"""Calls that may lie on either side of an edge, twice in a row."""


@pytest.mark.parametrize("kind", MAKERS)
@example(arrivals=TWO_EDGES, early=20, late=20)
@given(arrivals=times, early=st.integers(0, 20), late=st.integers(0, 20))
def test_what_a_server_counts_lies_within_the_bounds(
    kind: str, arrivals: list[float], early: int, late: int
) -> None:
    exact, bounded, limit = MAKERS[kind](), MAKERS[kind](), 5

    for arrival in arrivals:
        sent, answered = arrival - early / 100, arrival + late / 100
        _, taken = exact.taken(arrival, arrival)
        low, high = bounded.taken(sent, answered)
        assert low <= taken <= high
        outcome = Outcome.ADMITTED if taken < limit else Outcome.REFUSED
        exact.record(arrival, arrival, outcome)
        bounded.record(sent, answered, outcome)


@pytest.mark.parametrize("kind", MAKERS)
@given(arrivals=times)
def test_a_lost_call_widens_the_bounds_and_never_narrows_them(
    kind: str, arrivals: list[float]
) -> None:
    known, doubted = MAKERS[kind](), MAKERS[kind]()

    for at, arrival in enumerate(arrivals):
        doubted_low, doubted_high = doubted.taken(arrival, arrival)
        _, high = known.taken(arrival, arrival)
        assert doubted_low <= doubted_high
        assert doubted_low <= high
        known.record(arrival, arrival, Outcome.ADMITTED)
        outcome = Outcome.UNKNOWN if at % 3 == 0 else Outcome.ADMITTED
        doubted.record(arrival, arrival, outcome)


def test_calls_in_flight_are_freed_when_they_end() -> None:
    gate = CountGate(InFlight(), 2)

    answers = [gate.ask(arrival, took=1.0).admitted for arrival in (0.0, 0.1, 0.2, 1.05, 1.06)]

    assert answers == [True, True, False, True, False]


def test_a_penalty_lasts_from_the_first_refusal_and_is_not_prolonged() -> None:
    gate = CountGate(Penalty(10.0, 5.0), 2)

    answers = [gate.ask(arrival).admitted for arrival in (0.0, 0.1, 1.0, 3.0, 5.9, 6.0, 6.1, 6.2)]

    assert answers == [True, True, False, False, False, True, True, False]


def test_a_refused_call_under_way_at_the_same_time_may_have_come_later() -> None:
    limiter = CountingRefused(FixedWindow(10.0))
    limiter.record(0.0, 0.1, Outcome.ADMITTED)
    limiter.record(0.2, 0.4, Outcome.REFUSED)

    assert limiter.taken(0.3, 0.5) == (1, 2)
    assert limiter.taken(0.5, 0.6) == (2, 2)


def test_a_counter_from_the_first_call_begins_anew_after_two_idle_windows() -> None:
    spent, trickling = [0.0, 1.0, 2.0, 9.9, 10.1], [13.4, 13.5]
    anew = [35.0, 36.0, 37.0, 44.9, 48.4]

    answers = admitted(MAKERS["counter-first"](), 3, [*spent, *trickling, *anew])

    assert "".join("01"[answer] for answer in answers) == "111001011101"


def test_a_queue_delays_before_it_refuses() -> None:
    gate = QueueGate(rate=2.0, burst=2)

    answers = [gate.ask(0.0) for _ in range(4)]

    assert [(answer.admitted, answer.delay) for answer in answers] == [
        (True, 0.0),
        (True, 0.5),
        (True, 1.0),
        (False, 0.0),
    ]


def test_in_a_stack_the_first_that_refuses_decides() -> None:
    stack = StackGate([CountGate(FixedWindow(1.0), 2), CountGate(FixedWindow(60.0), 3)])

    answers = [stack.ask(arrival).admitted for arrival in (0.0, 0.1, 0.2, 1.5, 1.6)]

    assert answers == [True, True, False, True, False]


@given(sent=st.lists(st.floats(0.0, 1.0), min_size=1, max_size=40))
def test_a_bucket_holds_at_least_what_came_since_any_time(sent: list[float]) -> None:
    rate, now = 20.0, 1.0
    bucket = TokenBucket(rate)
    for at in sent:
        bucket.record(at, now, Outcome.ADMITTED)

    low, _ = bucket.taken(now, now)

    surely = max(sum(each >= at for each in sent) - rate * (now - at) for at in sent)
    assert surely - 1e-3 < low < max(0.0, surely) + 1
