"""A seeded sample of the simulation; the whole of it is ``benchmarks.ratelimit.simulation``."""

from dataclasses import replace

import pytest

from benchmarks.ratelimit.simulation import accurate, find, named
from benchmarks.ratelimit.simulator import Network
from benchmarks.ratelimit.worlds import KINDS, draw
from contracts.declared import read_declared
from loadtests.estimator import estimate
from loadtests.plan import plan_for
from loadtests.segments import Budget, Done
from loadtests.trace import Call, Trace, read_trace, write_calls, write_header
from tests.unit.loadtests.simulating import quiet_world

SMALL_WORLDS = {
    "fixed window, first call": (45, 12.0),
    "fixed window, grid": (45, 12.0),
    "sliding log": (45, 12.0),
    "sliding counter": (60, 20.0),
    "counter, first call": (45, 12.0),
    "counter, first call, counting refused": (45, 12.0),
    "token bucket": (60, 20.0),
    "queue": (40, 8.0),
    "calls in flight": (12, 30.0),
}


@pytest.mark.parametrize("kind", SMALL_WORLDS)
def test_an_unknown_limit_is_found_and_its_kind_named(kind: str) -> None:
    run = find(quiet_world(kind, *SMALL_WORLDS[kind]))

    assert (run.said.status, run.said.algorithm) == ("confirmed", KINDS[kind].algorithm)
    assert accurate(run)


@pytest.mark.parametrize("rate", [5, 7, 11])
def test_a_limit_of_one_call_is_timed_and_its_kind_left_open(rate: int) -> None:
    near = Network(rtt=0.001, jitter=0.0003)

    run = find(replace(quiet_world("token bucket", 1, 1 / rate), network=near))

    assert (run.said.limit, run.said.algorithm) == (1, "unknown")
    assert run.said.requests_sent <= 130
    assert run.said.window_s == pytest.approx(1 / rate, rel=0.08)


@pytest.mark.parametrize("size", [14, 24])
def test_a_small_bucket_is_drained_again_until_its_rate_is_known(size: int) -> None:
    run = find(quiet_world("token bucket", size, size / 5))

    assert accurate(run)


def test_of_calls_under_way_together_the_first_written_may_be_refused() -> None:
    spans = [(0.0, 0.01), (0.1, 0.11), (5.0, 5.03), (5.001, 5.02), (9.0, 9.01)]
    statuses = [200, 429, 429, 200, 429]
    trace = Trace(
        Call(at, 0, written, written, answered, status)
        for at, ((written, answered), status) in enumerate(zip(spans, statuses, strict=True))
    )

    said = estimate(trace, read_declared("20/1s"), Done("done", "the schedule is complete"))

    assert "nothing is admitted" not in said.detail


def test_a_written_trace_gives_the_same_estimate() -> None:
    world = quiet_world("token bucket", 30, 10.0)
    budget = Budget()
    trace, done = world.simulator().run(plan_for((), budget, quiet=1e9), budget.max_rps)

    text = write_header({}) + write_calls(trace)
    again = read_trace(text.splitlines(keepends=True)).trace

    assert estimate(again, (), done).detail == estimate(trace, (), done).detail


def test_without_a_refusal_no_limit_was_seen() -> None:
    trace = Trace(Call(at, 0, at / 10, at / 10, at / 10 + 0.01, 200) for at in range(50))

    said = estimate(trace, (), Done("max_rps", "nothing was refused at 10 per second"))

    assert (said.status, said.first_429_at, said.recovery_s) == ("no_limit_seen", None, None)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "extending"])
def test_no_kind_is_named_wrongly_beyond_nine_tenths(kind: str) -> None:
    world = next(world for seed in range(99) if (world := draw(kind, seed)).size <= 30)

    assert named(find(world)) != "sure"
