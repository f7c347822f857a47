"""What no reading of a claim allows, whatever else was sent between."""

from functools import cache
from random import Random

import pytest

from benchmarks.ratelimit.simulator import Network, Server, Simulator
from contracts.declared import read_declared
from loadtests.claims import (
    SOON_SHARE,
    explaining,
    far_beyond,
    read_claim,
    repeats,
    surely_late,
)
from loadtests.gates import CountGate
from loadtests.limiters import TokenBucket
from loadtests.plan import plan_for
from loadtests.segments import Budget
from loadtests.trace import Call, Trace
from tests.unit.loadtests.simulating import quiet_world


def admitted(count: int, *, within: float, took: float = 0.01) -> list[Call]:
    """Calls that were admitted one after the other."""
    times = [within * at / count for at in range(count)]
    return [Call(at, 0, time, time, time + took, 200) for at, time in enumerate(times)]


@pytest.mark.parametrize(
    ("declared", "most"),
    [("30/4s", 60), ("100/60s", 200), ("5/1s burst=30", 31)],
)
def test_two_windows_or_a_bucket_and_its_rate_are_the_most(declared: str, most: int) -> None:
    (claim,) = read_declared(declared)
    soon = SOON_SHARE * claim.window

    assert far_beyond(claim, admitted(most, within=soon)) == 0
    assert far_beyond(claim, admitted(most + 10, within=soon)) > most


def test_slow_answers_tell_nothing_of_when_calls_arrived() -> None:
    (claim,) = read_declared("30/4s")

    assert far_beyond(claim, admitted(90, within=0.5, took=0.3)) == 0


@cache
def answers(kind: str) -> Trace:
    """What such a limit of 30 in 10 s answers to whoever confirms it."""
    simulator = quiet_world(kind, 30, 10.0).simulator()
    return simulator.run(plan_for(read_declared("30/10s"), Budget(), quiet=1e9), 100.0)[0]


@pytest.mark.parametrize("declared", ["30/10s", "24/10s", "38/10s", "30/10s burst=30"])
@pytest.mark.parametrize("kind", ["fixed window, grid", "token bucket"])
def test_what_explains_a_claim_is_what_reading_it_finds(declared: str, kind: str) -> None:
    (claim,) = read_declared(declared)

    best = read_claim(claim, answers(kind))[0]

    explained = any(True for _ in explaining(claim, answers(kind)))
    assert explained == (best.contradictions == 0)


def test_a_bucket_that_a_timer_fills_is_read_as_one() -> None:
    (claim,) = read_declared("80/10s burst=16")
    gate = CountGate(TokenBucket(8.0, 0.1, 0.03), 16)
    network = Network(rtt=0.01, jitter=0.002)
    simulator = Simulator(Server([gate]), network, Random(1))
    trace, _ = simulator.run(plan_for((claim,), Budget(), quiet=1e9), 100.0)

    steps = {reading.candidate.extra for reading in explaining(claim, trace)}

    assert steps == {0.1}


@pytest.mark.parametrize(("size", "late"), [(24, False), (30, False), (38, True)])
@pytest.mark.parametrize("kind", ["fixed window, first call", "sliding log", "token bucket"])
def test_calls_refused_too_early_make_no_other_late(kind: str, size: int, late: bool) -> None:
    (claim,) = read_declared("30/10s")
    simulator = quiet_world(kind, size, 10.0).simulator()
    trace, _ = simulator.run(plan_for((claim,), Budget(), quiet=1e9), 100.0)

    assert surely_late(claim, trace) == late


@pytest.mark.parametrize(
    ("drained", "further"), [(60, 3), (87, 3), (88, 5), (97, 5), (98, 3), (130, 3)]
)
def test_where_a_few_calls_are_missing_more_drains_must_show_it(drained: int, further: int) -> None:
    (claim,) = read_declared("100/60s")
    refused = Call(drained, 0, 1.0, 1.0, 1.01, 429)

    assert repeats(claim, [*admitted(drained, within=1.0), refused]) == further
