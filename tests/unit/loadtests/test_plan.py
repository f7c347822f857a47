from collections.abc import Callable, Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.ratelimit.simulator import Network, Sent, Server, Simulator
from contracts.declared import read_declared
from loadtests.counters import FixedGrid
from loadtests.estimator import estimate
from loadtests.gates import Answer, CountGate, Gate
from loadtests.limiters import FixedWindow, SlidingLog, TokenBucket
from loadtests.plan import Plan, is_spread, plan_for
from loadtests.segments import (
    Abreast,
    Budget,
    Cut,
    Done,
    Governor,
    Paced,
    Part,
    Progress,
    Schedule,
    Segment,
    Wait,
)
from loadtests.sightings import most_in_a_second, sustained
from loadtests.trace import Call, Trace

REST = 1e9


def run(
    gate: Gate,
    declared: str = "",
    budget: Budget | None = None,
    *,
    status: int = 429,
    seed: int = 1,
) -> tuple[Trace, Done]:
    limits = read_declared(declared) if declared else ()
    spent = budget or Budget()
    simulator = Simulator(Server([gate], status=status), Network(0.02, 0.002), Random(seed))
    return simulator.run(plan_for(limits, spent, quiet=REST), spent.max_rps)


def window(size: int = 30, seconds: float = 10.0) -> Gate:
    return CountGate(FixedWindow(seconds), size)


def answered(index: int, segment: int, status: int, at: float = 0.0) -> Call:
    return Call(index, segment, at, at, at + 0.01, status)


def one_segment(segment: Segment) -> Schedule[str]:
    yield segment
    return "over"


@pytest.mark.parametrize("declared", ["", "30/10s", "200/2s"])
@pytest.mark.parametrize("max_rps", [3.0, 20.0, 55.0])
def test_no_second_sees_more_than_max_rps(declared: str, max_rps: float) -> None:
    trace, _ = run(window(), declared, Budget(max_rps=max_rps))

    assert most_in_a_second(sorted(call.written for call in trace)) <= max_rps


@pytest.mark.parametrize("declared", ["", "30/10s", "1000/3600s"])
@pytest.mark.parametrize("most", [1, 7, 60, 133])
def test_no_more_than_max_requests_leave(declared: str, most: int) -> None:
    trace, _ = run(window(), declared, Budget(max_requests=most))

    assert trace.requests <= most


@pytest.mark.parametrize("declared", ["", "30/10s"])
@pytest.mark.parametrize("seconds", [1.0, 9.0, 25.0])
def test_nothing_leaves_after_max_seconds(declared: str, seconds: float) -> None:
    trace, _ = run(window(), declared, Budget(max_seconds=seconds))

    assert all(call.written <= seconds for call in trace)


@pytest.mark.parametrize(
    ("declared", "stopped_by"),
    [
        pytest.param("1000/3600s", "max_seconds", id="window"),
        pytest.param("100000/600s", "max_rps", id="rate"),
        pytest.param("9000/300s", "max_requests", id="size"),
    ],
)
def test_what_the_budget_cannot_reach_is_not_confirmed_and_says_what_it_takes(
    declared: str, stopped_by: str
) -> None:
    budget = Budget(max_seconds=600.0 if stopped_by != "max_requests" else 1000.0)
    trace, done = run(CountGate(SlidingLog(3600.0), 10**6), declared, budget)

    said = estimate(trace, read_declared(declared), done)

    assert (said.status, said.stopped_by) == ("not_confirmed", stopped_by)
    assert "needs" in said.detail


def test_a_failing_control_ends_the_run_before_anything_else_is_sent() -> None:
    trace, done = run(CountGate(SlidingLog(10.0), 0), "30/10s", status=500)

    assert (len(trace), done.stopped_by) == (2, "health")


class NumberedGate:
    """Admits calls by their number alone, whatever the time."""

    def __init__(self, admits: Callable[[int], bool]) -> None:
        self._admits = admits
        self._asked = 0

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        del arrived, took
        self._asked += 1
        return Answer(self._admits(self._asked))


def test_server_errors_end_the_run() -> None:
    gate = NumberedGate(lambda number: number <= 10 or number % 3 == 0)

    trace, done = run(gate, "100/10s", status=500)

    failing = sum(call.status == 500 for call in trace)
    assert done.stopped_by == "health"
    assert failing < 60


@pytest.mark.parametrize(
    "gate",
    [
        pytest.param(CountGate(FixedWindow(60.0), 100), id="window"),
        pytest.param(CountGate(TokenBucket(100 / 60), 100), id="bucket"),
    ],
)
def test_sustained_refusals_are_always_part_of_it(gate: Gate) -> None:
    trace, _ = run(gate, "100/60s")

    assert sustained(sorted(trace, key=lambda call: call.written))


def test_a_small_limit_is_done_within_25_seconds() -> None:
    trace, done = run(window(200, 2.0), "200/2s", Budget(max_rps=400.0))

    assert done.stopped_by == "done"
    assert max(call.answered for call in trace) < 25


def test_the_same_answers_give_the_same_steps() -> None:
    first, _ = run(window(), seed=3)
    second, _ = run(window(), seed=3)

    assert list(first) == list(second)


@pytest.mark.parametrize("stop", ["health", "worker_lost", "signal"])
def test_a_sender_that_must_end_ends_the_plan(stop: str) -> None:
    plan = plan_for((), Budget())

    step = plan.next_step(Trace(), Progress(0.0, 0.3, stop=stop))  # type: ignore[arg-type] # one of the literals

    assert isinstance(step, Done)
    assert step.stopped_by == stop


def test_a_segment_waits_until_the_last_one_has_finished() -> None:
    plan = plan_for((), Budget())

    first = plan.next_step(Trace(), Progress(0.0, 0.3))

    assert isinstance(first, Segment)
    assert plan.next_step(Trace(), Progress(0.1, 0.4)) == Wait()


def test_a_spread_part_is_cut_by_the_plan() -> None:
    part = Part(Paced(5000, 500.0), until_refused=2)
    plan = Plan(one_segment(Segment("fast", (part,))), Budget(max_rps=1000.0))
    plan.next_step(Trace(), Progress(0.0, 0.3))

    step = plan.next_step(Trace([answered(0, 0, 429), answered(1, 0, 429)]), Progress(1.0, 1.3))

    assert step == Cut("2 refused")


@pytest.mark.parametrize(
    ("parts", "spread"),
    [
        pytest.param((Part(Paced(9, 9.0)),), True, id="on-the-clock"),
        pytest.param((Part(Paced(9, 9.0), until_refused=1),), False, id="watching-its-answers"),
        pytest.param((Part(Abreast(9, 3)),), False, id="as-answered"),
        pytest.param((Part(Paced(9, 9.0)), Part(Abreast(1))), False, id="two-parts"),
    ],
)
def test_only_what_needs_no_answer_is_spread(parts: Sequence[Part], *, spread: bool) -> None:
    assert is_spread(Segment("x", tuple(parts))) is spread


@given(
    wishes=st.lists(st.integers(0, 5000).map(lambda milli: milli / 1000), max_size=80).map(sorted),
    max_rps=st.integers(1, 9),
)
@settings(max_examples=50)
def test_the_governor_keeps_every_second(wishes: list[float], max_rps: int) -> None:
    governor = Governor(max_rps)
    left: list[float] = []

    for wish in wishes:
        left.append(governor.may_leave(max(wish, left[-1] if left else 0.0)))
        governor.note(left[-1])

    assert most_in_a_second(left) <= max_rps
    assert left == sorted(left)


@pytest.mark.parametrize("status", [403, 500, 502, 503])
@pytest.mark.parametrize(
    "gate",
    [
        pytest.param(window, id="window"),
        pytest.param(lambda: CountGate(FixedGrid(10.0, 2.0), 30), id="edge-in-the-drain"),
        pytest.param(lambda: CountGate(TokenBucket(3.0), 30), id="bucket"),
    ],
)
def test_a_limiter_that_answers_otherwise_is_contradicted(
    gate: Callable[[], Gate], status: int
) -> None:
    trace, done = run(gate(), "30/10s", status=status)

    said = estimate(trace, read_declared("30/10s"), done)

    assert said.status == "contradicted"
    assert f"{status}, not 429" in said.detail


class SometimesFailing(Server):
    """A server of which every so-many-th refusal is a failure."""

    def __init__(self, gate: Gate, every: int) -> None:
        super().__init__([gate])
        self._every, self._refused = every, 0

    def answer(self, replica: int, call: Sent, arrived: float, took: float) -> tuple[int, float]:
        status, delay = super().answer(replica, call, arrived, took)
        self._refused += status == 429
        return (500 if status == 429 and self._refused % self._every == 0 else status), delay


@pytest.mark.parametrize("every", [2, 5, 13])
def test_a_limiter_that_fails_now_and_then_instead_of_refusing_is_contradicted(every: int) -> None:
    simulator = Simulator(SometimesFailing(window(), every), Network(0.02, 0.002), Random(1))
    declared = read_declared("30/10s")

    trace, done = simulator.run(plan_for(declared, Budget(), quiet=REST), Budget().max_rps)
    said = estimate(trace, declared, done)

    assert said.status == "contradicted"
    assert "500, not 429" in said.detail


class BusyGate:
    """Fails when more than some calls come within a moment, as a server without the capacity."""

    def __init__(self) -> None:
        self._recent: list[float] = []

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        del took
        self._recent = [at for at in self._recent if arrived - at < 0.2]
        self._recent.append(arrived)
        return Answer(len(self._recent) <= 8)


@pytest.mark.parametrize(
    ("gate", "reason"),
    [
        pytest.param(window(22), "its capacity may be the cause", id="before-the-limit"),
        pytest.param(BusyGate(), "answers were server errors", id="at-once"),
    ],
)
def test_a_target_that_fails_elsewhere_than_at_its_limit_may_lack_the_capacity(
    gate: Gate, reason: str
) -> None:
    trace, done = run(gate, "30/10s", status=500)

    said = estimate(trace, read_declared("30/10s"), done)

    assert said.status == "not_confirmed"
    assert reason in said.detail


def test_an_outage_is_no_limit() -> None:
    trace, done = run(NumberedGate(lambda number: number <= 10), status=502)

    said = estimate(trace, (), done)

    assert (said.status, said.stopped_by) == ("not_confirmed", "health")
