"""Declared limits that simulated servers do not keep, or that answers cannot confirm."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from random import Random

import pytest

from benchmarks.ratelimit.simulation import FIVE, confirm
from benchmarks.ratelimit.simulator import Network, Server, Simulator
from benchmarks.ratelimit.worlds import KINDS, draw
from contracts.declared import read_declared
from loadtests.claims import REPEATS_OF_FEW
from loadtests.counters import SegmentedLog, SlidingCounter
from loadtests.gates import Answer, CountGate, Gate
from loadtests.limiters import FixedWindow, Limiter, Penalty, SlidingLog, TokenBucket
from loadtests.sightings import drains_from_rest
from tests.unit.loadtests.declaring import answers, hold, run_declared, run_slowly
from tests.unit.loadtests.simulating import quiet_world


@pytest.mark.parametrize(("window", "seed"), [(54.0, 3), (66.0, 5)])
def test_an_edge_that_happens_to_lie_in_the_drain_confirms_nothing(
    window: float, seed: int
) -> None:
    world = draw("sliding counter", seed, plain=True)

    run = confirm(replace(world, size=100, window=window))

    assert run.said.status != "confirmed"


def test_a_kind_that_leaves_more_answers_to_chance_does_not_settle_the_window() -> None:
    chance = Random("ctr1")
    gate = CountGate(SlidingCounter(1.12, chance.random() * 1.12), 10)
    simulator = Simulator(Server([gate]), Network(), chance)

    run = hold("10/1s", draw("queue", 0), simulator)

    assert run.said.status == "contradicted"


@pytest.mark.parametrize(
    ("kind", "size", "window", "declared"),
    [("counter, first call", 5, 0.85, "5/1s"), ("sliding counter", 10, 1.7, "10/2s")],
)
def test_windows_that_may_begin_anew_settle_no_other(
    kind: str, size: int, window: float, declared: str
) -> None:
    chance = Random(f"{kind}0{size}")
    gate = KINDS[kind].make(size, window, chance)
    simulator = Simulator(Server([gate]), Network(0.02, 0.002), chance)

    assert hold(declared, draw("queue", 0), simulator).said.status != "confirmed"


@pytest.mark.parametrize(
    ("kind", "truth"),
    [*((kind, (36, 20.0)) for kind in FIVE), (FIVE[1], (40, 22.0)), (FIVE[0], (44, 20.0))],
)
def test_a_declaration_one_tenth_off_is_contradicted(kind: str, truth: tuple[int, float]) -> None:
    run = hold("40/20s", quiet_world(kind, *truth))

    assert run.said.status == "contradicted"


@pytest.mark.parametrize(
    ("kind", "size", "window", "seed"),
    [
        pytest.param("token bucket", 100, 66.0, 3, id="bucket-slower"),
        pytest.param("sliding counter", 110, 60.0, 5, id="counter-larger"),
    ],
)
def test_a_tenth_is_told_although_calls_are_lost(
    kind: str, size: int, window: float, seed: int
) -> None:
    world = replace(draw(kind, seed, plain=True), size=size, window=window)

    assert confirm(world).said.status == "contradicted"


def test_a_window_that_could_have_ended_within_the_drain_is_drained_once_more() -> None:
    run = hold("100/60s", quiet_world(FIVE[0], 105, 60.0))

    assert run.said.status == "contradicted"
    assert "from rest up to 105 at once." in run.said.detail


@pytest.mark.parametrize("window", [1.7, 2.3])
def test_of_a_short_window_no_penalty_and_no_edge_explains_another_one(window: float) -> None:
    run = run_slowly(CountGate(FixedWindow(window), 10), "10/2s", 0.02)

    assert run.said.status == "contradicted"


@pytest.mark.parametrize("limiter", [SlidingLog(18.0), SegmentedLog(17.0, 1.7, 0.4)])
def test_segments_explain_no_shorter_window(limiter: Limiter) -> None:
    assert run_declared([CountGate(limiter, 40)], "40/20s").said.status != "confirmed"


@pytest.mark.parametrize("rate", [1.7, 2.3])
def test_lumps_explain_no_other_rate(rate: float) -> None:
    gate = CountGate(TokenBucket(rate, 2.0, 0.9), 40)

    assert run_declared([gate], "40/20s").said.status != "confirmed"


class GivingUpGate:
    """Lets everybody in for half a window as soon as it has refused many calls in a row."""

    def __init__(self, limiter: Limiter) -> None:
        self._gate, self._refused, self._open_until = CountGate(limiter, 100), [0.0], 0.0

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        if arrived < self._open_until:
            return Answer(admitted=True)
        answer = self._gate.ask(arrived, took)
        if not answer.admitted:
            self._refused.append(arrived)
            if sum(arrived - at < 3.0 for at in self._refused) == 15:
                self._open_until = arrived + 30.0
        return answer


def test_a_limit_that_gives_up_under_overload_is_contradicted() -> None:
    gate = GivingUpGate(FixedWindow(60.0))

    assert run_declared([gate], "100/60s").said.status == "contradicted"


class ForgettingGate:
    """Knows nothing of a caller who paused for longer than half a window."""

    def __init__(self, make: Callable[[], Limiter]) -> None:
        self._make, self._gate, self._last = make, CountGate(make(), 40), 0.0

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        if arrived - self._last > 11.0:
            self._gate = CountGate(self._make(), 40)
        self._last = arrived
        return self._gate.ask(arrived, took)


@pytest.mark.parametrize("make", [partial(FixedWindow, 20.0), partial(SlidingLog, 20.0)])
def test_a_limit_that_a_pause_ends_is_not_confirmed(make: Callable[[], Limiter]) -> None:
    assert run_declared([ForgettingGate(make)], "40/20s").said.status != "confirmed"


class RestartingGate:
    """Begins a new window once, in the middle of the second drain."""

    def __init__(self) -> None:
        self._gate = CountGate(FixedWindow(20.0), 37)
        self._last = 0.0
        self._drains = self._asked = 0

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        if arrived - self._last > 15.0:
            self._drains, self._asked = self._drains + 1, 0
        self._last, self._asked = arrived, self._asked + 1
        if (self._drains, self._asked) == (2, 20):
            self._gate = CountGate(FixedWindow(20.0), 37)
        return self._gate.ask(arrived, took)


def test_a_drain_in_which_a_window_ended_is_made_up_for() -> None:
    calls, _ = answers(RestartingGate(), "40/20s")

    assert len(drains_from_rest(calls, rest=20.0)) == 1 + REPEATS_OF_FEW


@pytest.mark.parametrize("phase", [0.06, 0.3, 0.574])
def test_of_ten_calls_a_window_a_fifth_shorter_is_not_confirmed(phase: float) -> None:
    gate = CountGate(SlidingCounter(1.64, phase), 10)

    assert run_declared([gate], "10/2s", seed=1).said.status != "confirmed"


@pytest.mark.parametrize("window", [0.8, 1.25])
def test_another_rate_is_not_taken_for_that_of_a_small_burst(window: float) -> None:
    gate = CountGate(TokenBucket(3.0), 1)
    claim = replace(read_declared("3/1s burst=1")[0], window=window)

    assert run_slowly(gate, str(claim), 0.02).said.status == "contradicted"


@pytest.mark.parametrize("rate", [5, 7, 11])
def test_of_a_rate_that_admits_one_call_at_once_the_burst_is_asked_for(rate: int) -> None:
    run = run_slowly(CountGate(TokenBucket(float(rate)), 1), f"{rate}/1s", 0.02)

    assert run.said.status == "not_confirmed"
    assert "only one call is admitted at once: declare that as burst=1" in run.said.detail


@pytest.mark.parametrize("step", [0.0, 1.0])
def test_of_a_bucket_smaller_than_its_window_the_burst_is_asked_for(step: float) -> None:
    run = run_slowly(CountGate(TokenBucket(100 / 60, step, 0.3), 20), "100/60s", 0.02)

    assert run.said.status == "not_confirmed"
    assert "20 calls are admitted at once: declare that as burst=20" in run.said.detail


@pytest.mark.parametrize(
    ("kind", "share", "seed"),
    [
        ("fixed window, first call", 0.7, 4),
        ("token bucket", 0.1, 6),
        ("token bucket", 0.05, 2),
        ("fixed window, grid", 0.05, 6),
    ],
)
def test_a_limit_of_which_others_use_a_part_is_not_contradicted(
    kind: str, share: float, seed: int
) -> None:
    world = replace(quiet_world(kind, 100, 60.0, seed), foreign=share)
    simulator, random, before = world.simulator(), Random(seed), -120.0
    while (before := before + random.expovariate(share * 100 / 60)) < 0:
        simulator.server.gates[0].ask(before)

    assert hold("100/60s", world, simulator).said.status != "contradicted"


def test_a_limit_twice_as_large_is_not_missed_where_answers_take_a_while() -> None:
    run = run_slowly(CountGate(SlidingLog(2.0), 80), "40/2s", 0.1)

    assert run.said.status == "contradicted"


def test_what_slow_answers_cannot_tell_apart_is_not_confirmed() -> None:
    run = run_slowly(CountGate(SlidingLog(2.0), 40), "40/2s", 0.7)

    assert run.said.status == "not_confirmed"
    assert re.search(r"no answer contradicts it, and none (30|50)/2s either", run.said.detail)
    assert "(half of them took 0.8 s or more)" in run.said.detail


def test_counters_of_their_own_on_each_replica_are_contradicted() -> None:
    gates: list[Gate] = [CountGate(FixedWindow(10.0), 30) for _ in range(3)]

    said = run_declared(gates, "30/10s").said

    assert said.status == "contradicted"


class RacingGate:
    """Reads its counter, and writes it only when the calls under way at the time have ended."""

    def __init__(self, size: int, window: float, gap: float) -> None:
        self._size, self._window, self._gap = size, window, gap
        self._admitted: list[float] = []

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        del took
        seen = [at for at in self._admitted if arrived - self._window < at <= arrived - self._gap]
        admitted = len(seen) < self._size
        if admitted:
            self._admitted.append(arrived)
        return Answer(admitted)


def test_calls_that_race_the_counter_contradict_the_limit() -> None:
    said = run_declared([RacingGate(30, 10.0, 0.02)], "30/10s").said

    assert said.status == "contradicted"
    assert "calls race the counter" in said.detail


@pytest.mark.parametrize("size", [70, 95])
def test_a_limit_that_comes_early_each_time_is_contradicted(size: int) -> None:
    said = run_declared([CountGate(FixedWindow(10.0), size)], "100/10s").said

    assert said.status == "contradicted"


def test_a_penalty_of_three_windows_is_no_recovery_within_two() -> None:
    said = run_declared([CountGate(Penalty(10.0, 30.0), 40)], "40/10s").said

    assert said.status == "contradicted"
    assert "two windows of silence" in said.detail
