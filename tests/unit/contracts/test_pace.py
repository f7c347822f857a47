"""Every request is counted and spaced, and none leaves over a cap."""

import itertools
import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.declared import DeclaredLimit
from contracts.pace import BudgetSpent, Caps, Pace
from tests.unit.contracts.clocks import Clock
from tests.unit.contracts.drawing import SAME

MANY = Caps(rps=100, requests=10_000, seconds=1e6)


def paced(
    caps: Caps = MANY, *limits: DeclaredLimit, clock: Clock | None = None
) -> tuple[Pace, Clock]:
    clock = clock or Clock()
    return Pace(caps, limits, clock=clock, sleep=clock.sleep), clock


def write(pace: Pace, clock: Clock, count: int = 1, *, takes: float = 0.0) -> list[float]:
    """Write requests as fast as the pace allows, each answered after that time."""
    times = []
    for _ in range(count):
        pace.admit()
        times.append(clock())
        pace.wrote(clock())
        clock.now += takes
    return times


def write_for_ever(pace: Pace, clock: Clock, times: list[float]) -> None:
    while True:
        times += write(pace, clock)


def most_in(times: Sequence[float], window: float) -> int:
    """The most writes in any half-open interval of that length."""
    return max(sum(first <= time < first + window for time in times) for first in times)


RATES = st.integers(2, 1_500).map(lambda tenths: tenths / 10)

STEPS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.0, 0.001, 0.3, 1.0, 7.5]), st.sampled_from([None] * 9 + [429])
    ),
    min_size=30,
    max_size=60,
)


@SAME
@given(RATES, STEPS, st.none() | st.floats(0, 20))
def test_no_half_open_second_holds_more_than_the_cap(
    rps: float, steps: list[tuple[float, int | None]], retry_after: float | None
) -> None:
    pace, clock = paced(Caps(rps, 10_000, 1e6))
    times = []
    for takes, status in steps:
        times += write(pace, clock, takes=takes)
        if status == 429:
            pace.wait_out(retry_after)

    assert most_in(times, 1.0) <= max(1.0, rps)
    assert most_in(times, max(1.0, 1 / rps)) <= max(1.0, rps)


@SAME
@given(
    st.integers(1, 400),
    st.sampled_from([0.5, 1.0, 2.0, 10.0, 60.0]),
    st.lists(st.sampled_from([0.0, 0.01, 0.4, 3.0]), min_size=60, max_size=120),
)
def test_no_window_holds_more_than_four_fifths_of_a_declared_limit(
    requests: int, window: float, answers: list[float]
) -> None:
    pace, clock = paced(Caps(10_000, 10_000, 1e9), DeclaredLimit(requests, window))
    times = [time for takes in answers for time in write(pace, clock, takes=takes)]

    assert most_in(times, window) <= math.ceil(0.8 * requests)


def test_the_slowest_of_several_limits_rules() -> None:
    pace, clock = paced(MANY, DeclaredLimit(200, 2.0), DeclaredLimit(60, 60.0))

    times = write(pace, clock, 3)
    assert [later - sooner for sooner, later in itertools.pairwise(times)] == pytest.approx(
        [1.25] * 2
    )
    assert pace.rate_rps == pytest.approx(0.8)


def test_requests_are_spaced_evenly() -> None:
    pace, clock = paced(Caps(20, 1_000, 1e6))

    times = write(pace, clock, 40)
    gaps = [later - sooner for sooner, later in itertools.pairwise(times)]
    assert max(gaps) == pytest.approx(min(gaps))
    assert min(gaps) > 1 / 20


def test_a_slow_target_is_not_waited_for_twice() -> None:
    pace, clock = paced(Caps(20, 1_000, 1e6))

    write(pace, clock, 5, takes=1.0)
    assert sum(clock.slept) == pytest.approx(1.06 / 20)


def test_time_lost_is_not_caught_up() -> None:
    pace, clock = paced(Caps(10, 1_000, 1e6))
    write(pace, clock, 1, takes=60.0)

    assert most_in(write(pace, clock, 50), 1.0) <= 10


@pytest.mark.parametrize("requests", [1, 2, 7])
def test_the_cap_on_requests_is_exact(requests: int) -> None:
    pace, clock = paced(Caps(100, requests, 1e6))
    write(pace, clock, requests)

    with pytest.raises(BudgetSpent) as caught:
        pace.admit()
    assert (caught.value.setting, pace.requests) == ("MAX_REQUESTS", requests)
    assert "BUSYBOARD_MAX_REQUESTS" in str(caught.value)


def test_requests_made_before_count() -> None:
    pace, clock = paced(Caps(100, 3, 1e6))
    pace.requests = 2

    write(pace, clock, 1)
    with pytest.raises(BudgetSpent):
        pace.admit()


def test_nothing_is_written_once_the_time_is_over() -> None:
    pace, clock = paced(Caps(4, 1_000, 2.0))
    started = clock()
    times: list[float] = []

    with pytest.raises(BudgetSpent) as caught:
        write_for_ever(pace, clock, times)

    assert caught.value.setting == "MAX_SECONDS"
    assert max(times) - started < 2.0
    assert clock() - started < 2.0


def test_what_was_admitted_but_never_written_does_not_count() -> None:
    pace, clock = paced(Caps(100, 1, 1e6))

    pace.admit()
    pace.admit()
    assert (pace.requests, len(write(pace, clock))) == (0, 1)


# --- waiting out a 429 ------------------------------------------------------------------------


def waits(*asked: float | None, caps: Caps = MANY) -> tuple[list[bool], list[float]]:
    pace, clock = paced(caps)
    return [pace.wait_out(seconds) for seconds in asked], clock.slept


@pytest.mark.parametrize(
    ("asked", "waited", "slept"),
    [
        pytest.param([1.0] * 4, [True] * 3 + [False], [1.0] * 3, id="three-at-most"),
        pytest.param([30.0, 30.0, 1.0], [True, True, False], [30.0, 30.0], id="60-s-together"),
        pytest.param([20.0] * 3, [True] * 3, [20.0] * 3, id="exactly-60-s"),
        pytest.param([60.5], [False], [], id="too-long-at-once"),
        pytest.param([3600.0, 1.0], [False, True], [1.0], id="too-long-is-not-counted"),
        pytest.param([0.0] * 4, [True] * 3 + [False], [0.0] * 3, id="zero"),
        pytest.param([float("inf")], [False], [], id="for-ever"),
        pytest.param([None] * 4, [True] * 3 + [False], [5.0, 15.0, 40.0], id="without-advice"),
        pytest.param([None, 50.0], [True, True], [5.0, 50.0], id="advice-after-none"),
        pytest.param([50.0, None], [True, False], [50.0], id="none-after-advice"),
    ],
)
def test_at_most_three_waits_of_60_s_together(
    asked: list[float | None], waited: list[bool], slept: list[float]
) -> None:
    assert waits(*asked) == (waited, slept)


@SAME
@given(st.lists(st.none() | st.floats(0, 100), max_size=8))
def test_whatever_is_asked_the_waits_stay_within_bounds(asked: list[float | None]) -> None:
    waited, slept = waits(*asked)

    assert sum(waited) == len(slept) <= 3
    assert sum(slept) <= 60


def test_no_wait_goes_beyond_the_time_of_the_run() -> None:
    assert waits(30.0, 5.0, caps=Caps(100, 100, 20.0)) == ([False, True], [5.0])


def test_after_a_refusal_four_fifths_of_what_passed_are_kept_to() -> None:
    pace, clock = paced(Caps(10, 10_000, 1e6))
    write(pace, clock, 51)
    met = 51 / (51 * 0.106 + 10)

    pace.wait_out(10.0)
    assert pace.rate_rps == pytest.approx(0.8 * met)


def test_a_refusal_never_speeds_up() -> None:
    pace, clock = paced(Caps(1, 10_000, 1e6))
    write(pace, clock, 20)
    before = pace.rate_rps

    pace.wait_out(0.0)
    assert pace.rate_rps <= before


def test_an_early_refusal_says_nothing_of_the_rate() -> None:
    pace, clock = paced(Caps(10, 10_000, 1e6))
    write(pace, clock, 4)
    before = pace.rate_rps

    pace.wait_out(10.0)
    assert pace.rate_rps == before
