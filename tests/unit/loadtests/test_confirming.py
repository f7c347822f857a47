"""Declared limits held against simulated servers that keep them, and others that do not."""

import re
from dataclasses import replace
from random import Random

import pytest

from benchmarks.ratelimit.simulation import FIVE, Run, confirm
from benchmarks.ratelimit.simulator import Network, Server, Simulator
from benchmarks.ratelimit.worlds import World, draw
from contracts.declared import read_declared
from loadtests.counters import FixedGrid
from loadtests.estimator import estimate
from loadtests.gates import Answer, CountGate, Gate, QueueGate, StackGate
from loadtests.limiters import FixedWindow, Penalty, SlidingLog, TokenBucket
from loadtests.plan import plan_for
from loadtests.segments import Budget
from tests.unit.loadtests.simulating import quiet_world


def hold(declared: str, world: World, simulator: Simulator | None = None) -> Run:
    claim, budget = read_declared(declared), Budget()
    trace, done = (simulator or world.simulator()).run(
        plan_for(claim, budget, quiet=1e9), budget.max_rps
    )
    return Run(world, estimate(trace, claim, done))


def run_declared(gates: list[Gate], declared: str, seed: int = 2) -> Run:
    return hold(declared, draw("queue", 0), Simulator(Server(gates), Network(), Random(seed)))


@pytest.mark.parametrize("kind", FIVE)
def test_a_true_declaration_is_confirmed_within_its_budget(kind: str) -> None:
    run = confirm(quiet_world(kind, 100, 60.0))

    assert run.said.status == "confirmed"
    assert run.said.seconds <= 130
    assert run.said.requests_sent <= 290


@pytest.mark.parametrize(
    ("kind", "window", "seed"),
    [("sliding counter", 54.0, 0), ("sliding counter", 66.0, 0), ("token bucket", 66.0, 3)],
)
def test_an_edge_that_happens_to_lie_in_the_drain_confirms_nothing(
    kind: str, window: float, seed: int
) -> None:
    run = confirm(replace(draw(kind, seed, plain=True), size=100, window=window))

    assert run.said.status != "confirmed"


@pytest.mark.parametrize(
    ("kind", "truth"),
    [*((kind, (36, 20.0)) for kind in FIVE), (FIVE[1], (40, 22.0)), (FIVE[0], (44, 20.0))],
)
def test_a_declaration_one_tenth_off_is_contradicted(kind: str, truth: tuple[int, float]) -> None:
    run = hold("40/20s", quiet_world(kind, *truth))

    assert run.said.status == "contradicted"


def test_a_window_that_could_have_ended_within_the_drain_is_drained_once_more() -> None:
    run = hold("100/60s", quiet_world(FIVE[0], 105, 60.0))

    assert run.said.status == "contradicted"
    assert "from rest up to 105 at once." in run.said.detail


@pytest.mark.parametrize("kind", FIVE[2:])
@pytest.mark.parametrize("size", [99, 101])
def test_one_request_more_or_less_is_the_declared_limit(kind: str, size: int) -> None:
    assert confirm(quiet_world(kind, size, 60.0)).said.status == "confirmed"


def run_slowly(gate: Gate, declared: str, rtt: float) -> Run:
    network = Network(rtt, rtt / 20)
    return hold(declared, draw("queue", 0), Simulator(Server([gate]), network, Random(1)))


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
    ("kind", "share", "seed"), [("fixed window, first call", 0.7, 4), ("token bucket", 0.2, 6)]
)
def test_a_limit_of_which_others_use_a_part_is_not_contradicted(
    kind: str, share: float, seed: int
) -> None:
    world = replace(quiet_world(kind, 100, 60.0, seed), foreign=share)
    simulator, random, before = world.simulator(), Random(seed), -120.0
    while (before := before + random.expovariate(share * 100 / 60)) < 0:
        simulator.server.gates[0].ask(before)

    assert hold("100/60s", world, simulator).said.status == "not_confirmed"


def test_a_limit_twice_as_large_is_not_missed_where_answers_take_a_while() -> None:
    run = run_slowly(CountGate(SlidingLog(2.0), 80), "40/2s", 0.1)

    assert run.said.status == "contradicted"


def test_what_slow_answers_cannot_tell_apart_is_not_confirmed() -> None:
    run = run_slowly(CountGate(SlidingLog(2.0), 40), "40/2s", 0.7)

    assert run.said.status == "not_confirmed"
    assert re.search(r"no answer contradicts it, and none (30|50)/2s either", run.said.detail)
    assert "(half of them took 0.8 s or more)" in run.said.detail


@pytest.mark.parametrize("phase", [0.05, 0.9, 1.31, 1.4, 1.6, 2.5, 4.0, 6.0, 8.0, 9.9])
def test_the_doubled_admission_across_an_edge_is_no_violation(phase: float) -> None:
    gate = CountGate(FixedGrid(10.0, phase), 40)

    assert run_declared([gate], "40/10s").said.status == "confirmed"


@pytest.mark.parametrize(
    "gate",
    [
        pytest.param(CountGate(TokenBucket(10.0), 21), id="without-delay"),
        pytest.param(QueueGate(10.0, 20), id="queued"),
    ],
)
def test_a_declared_burst_is_a_bucket_of_that_size_or_one_more(gate: Gate) -> None:
    assert run_declared([gate], "600/60s burst=20").said.status == "confirmed"


def test_counters_of_their_own_on_each_replica_are_contradicted() -> None:
    gates: list[Gate] = [CountGate(FixedWindow(10.0), 30) for _ in range(3)]

    said = run_declared(gates, "30/10s").said

    assert said.status == "contradicted"


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
    said = run_declared([RacingGate(60, 10.0, 0.02)], "60/10s").said

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
