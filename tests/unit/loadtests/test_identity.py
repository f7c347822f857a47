from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from benchmarks.ratelimit.simulator import Network, Server, Simulator
from contracts.declared import read_declared
from loadtests.counters import FixedGrid, SlidingCounter
from loadtests.estimator import RateLimit, estimate
from loadtests.gates import Answer, CountGate, Gate
from loadtests.identity import Variation, read_sandwiches
from loadtests.limiters import FixedWindow, SlidingLog, TokenBucket
from loadtests.plan import plan_for
from loadtests.segments import Budget
from loadtests.sharing import Questions
from loadtests.strangers import Flood, frees
from loadtests.trace import PLAIN, Call, Trace

FORGED = Variation("with a forged address", "same", remark="(if it is not trusted)")
FRESH = Variation("over a fresh connection", "same", fresh=True)
HEAD = Variation("by HEAD", "same", warns=True)
SECOND = Variation("with the second key", None)
WRONG = "with a wrong key"
SCOPED = "with a key that lacks the scope"
QUESTIONS = Questions((FORGED, FRESH, HEAD, SECOND), (WRONG, SCOPED), SECOND.probe)


def fixed_window() -> Gate:
    return CountGate(FixedWindow(10.0), 40)


def token_bucket() -> Gate:
    return CountGate(TokenBucket(4.0), 40)


LIMITERS = [
    pytest.param(fixed_window, id="fixed-first"),
    pytest.param(lambda: CountGate(FixedGrid(10.0, 3.3), 40), id="fixed-grid"),
    pytest.param(lambda: CountGate(SlidingLog(10.0), 40), id="log"),
    pytest.param(lambda: CountGate(SlidingCounter(10.0, 1.7), 40), id="counter"),
    pytest.param(token_bucket, id="bucket"),
]


class Failing:
    """Refuses whatever comes, and lets another limiter count it where that is a fault."""

    def __init__(self, gate: Gate | None) -> None:
        self._gate = gate

    def ask(self, arrived: float, took: float = 0.0) -> object:
        if self._gate is not None:
            self._gate.ask(arrived, took)
        return CountGate(FixedWindow(1.0), 0).ask(arrived)


def server(
    gate: Gate,
    *,
    apart: frozenset[str] = frozenset(),
    charged: frozenset[str] = frozenset(),
    wrong: Gate | None = None,
) -> Server:
    others = {probe: CountGate(FixedWindow(10.0), 40) for probe in apart}
    failing = {probe: Failing(gate if probe in charged else None) for probe in (WRONG, SCOPED)}

    def gate_of(probe: str, _connection: str) -> Gate:
        if wrong is not None and probe == WRONG:
            return wrong
        return {**others, **failing}.get(probe, gate)  # type: ignore[return-value] # all are gates

    return Server([gate], gate_of=gate_of)


def ask(served: Server, declared: str = "40/10s") -> RateLimit:
    claim, budget = read_declared(declared), Budget()
    plan = plan_for(claim, budget, quiet=1e9, questions=QUESTIONS)
    trace, done = Simulator(served, Network(), Random(1)).run(plan, budget.max_rps)
    return estimate(trace, claim, done, QUESTIONS)


@pytest.mark.parametrize("limiter", LIMITERS)
def test_a_limiter_that_counts_everything_alike_is_confirmed(limiter: Callable[[], Gate]) -> None:
    said = ask(server(limiter()))

    assert said.status == "confirmed", said.detail
    assert (said.shared.wrong, said.shared.warned) == ((), ())


@pytest.mark.parametrize(
    ("probe", "limiter"), [(FORGED.probe, fixed_window), (FRESH.probe, token_bucket)]
)
def test_a_way_round_the_limit_contradicts_it(limiter: Callable[[], Gate], probe: str) -> None:
    said = ask(server(limiter(), apart=frozenset({probe})))

    assert said.status == "contradicted"
    assert said.shared.probes == (probe,)
    assert f"the call {probe} gets past it" in said.detail


def test_an_unmetered_head_warns() -> None:
    said = ask(server(fixed_window(), apart=frozenset({HEAD.probe})))

    assert said.status == "confirmed"
    assert [name for name, _ in said.shared.warned] == ["D4.unmetered"]


def test_a_second_key_with_a_counter_of_its_own_is_a_fact() -> None:
    said = ask(server(fixed_window(), apart=frozenset({SECOND.probe})))

    assert said.status == "confirmed"
    assert "The call with the second key meets a counter of its own." in said.detail


@pytest.mark.parametrize(
    ("charged", "kinds"),
    [
        ({WRONG}, (True, False)),
        ({SCOPED}, (False, True)),
        ({WRONG, SCOPED}, (True, True)),
    ],
)
def test_what_failing_calls_cost_is_told_apart(charged: set[str], kinds: tuple[bool, ...]) -> None:
    gate = fixed_window()
    served = server(gate, apart=frozenset({SECOND.probe}), charged=frozenset(charged))

    said = ask(served)

    labels = zip((WRONG, SCOPED), kinds, strict=True)
    expected = [f"calls {label} use up its calls" for label, counts in labels if counts]
    assert [text.partition(",")[0] for _, text in said.shared.warned] == expected
    assert said.status == "confirmed"


def test_against_a_limit_declared_per_key_it_is_a_contradiction() -> None:
    gate = fixed_window()
    served = server(gate, apart=frozenset({SECOND.probe}), charged=frozenset({WRONG}))

    said = ask(served, "40/10s per=key")

    assert said.status == "contradicted"
    assert "against per=key" in said.detail


def test_wrong_keys_that_cost_every_key_are_a_fact() -> None:
    said = ask(server(fixed_window(), charged=frozenset({WRONG})))

    assert said.status == "confirmed"
    assert said.shared.warned == ()


class Slowing:
    """A limit beside which every call takes longer than the last, until all have rested."""

    def __init__(self) -> None:
        self.gate, self.count, self.last = fixed_window(), 0, 0.0

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        self.count = self.count + 1 if arrived < self.last + 5 else 0
        self.last = arrived
        answer = self.gate.ask(arrived, took)
        return replace(answer, delay=0.01 * self.count) if answer.admitted else answer


def test_what_gets_past_a_limit_is_asked_where_answers_grow_slower() -> None:
    said = ask(server(Slowing(), apart=frozenset({FORGED.probe})))

    assert said.status == "contradicted"
    assert "the call with a forged address gets past it" in said.detail


class Resetting:
    """A limit that begins anew when it is told to."""

    def __init__(self, limiter: Callable[[], Gate]) -> None:
        self.limiter, self.gate = limiter, limiter()

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        return self.gate.ask(arrived, took)


class Resets:
    """Refuses whatever comes, and sets a limit back."""

    def __init__(self, resetting: Resetting) -> None:
        self.resetting = resetting

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        del arrived, took
        self.resetting.gate = self.resetting.limiter()
        return Answer(admitted=False)


@pytest.mark.parametrize("limiter", LIMITERS)
def test_a_limit_that_wrong_keys_set_back_is_contradicted(limiter: Callable[[], Gate]) -> None:
    resetting = Resetting(limiter)

    said = ask(server(resetting, wrong=Resets(resetting)))

    assert said.status == "contradicted"
    assert f"calls {WRONG} set it back" in said.detail


@pytest.mark.parametrize(
    ("left", "charged"),
    [
        (40, (False, False)),
        (30, (True, False)),
        (20, (False, True)),
        (10, (True, True)),
        (35, None),
    ],
)
def test_a_flood_is_read_by_what_is_missing(left: int, charged: tuple[bool, ...] | None) -> None:
    assert Flood(left, (10, 20), apart=True).charged(40) == charged


def sandwich(*statuses: int, took: float = 0.01, probe: str = FORGED.probe) -> list[Call]:
    """Two refused plain calls and some varied ones between, in each of two segments."""
    calls = []
    for segment in (1, 2):
        at = 10.0 * segment
        calls.append(Call(0, segment, at, at, at + 0.001, 429, probe=PLAIN))
        calls += [
            Call(0, segment, at + 0.002, at + 0.002, at + took, status, probe=probe)
            for status in statuses
        ]
        calls.append(Call(0, segment, at + took, at + took, at + took + 0.001, 429, probe=PLAIN))
    return calls


FROM_REST = Call(0, 0, 0.0, 0.0, 0.001, 200, probe=FORGED.probe)


@pytest.mark.parametrize(
    ("calls", "counter"),
    [
        pytest.param([FROM_REST, *sandwich(200, 200, 200, 200)], "other", id="all-pass"),
        pytest.param([FROM_REST, *sandwich(429, 429, 429, 429)], "same", id="none-passes"),
        pytest.param([FROM_REST, *sandwich(200, 429, 429, 429)], "same", id="one-token"),
        pytest.param([FROM_REST, *sandwich(200, 200, 200, 429)], "unclear", id="most"),
        pytest.param([FROM_REST, *sandwich(200, 200, took=0.9)], "unclear", id="too-slow"),
        pytest.param(sandwich(200, 200, 200, 200), "unclear", id="never-tried-from-rest"),
        pytest.param([FROM_REST, *sandwich(200, 200)[:5]], "unclear", id="once"),
    ],
)
def test_two_valid_sandwiches_decide(calls: list[Call], counter: str) -> None:
    met = read_sandwiches(calls, (FORGED,), size=40, rate=4.0)

    assert [each.counter for each in met] == [counter]


def test_a_small_counter_of_its_own_may_be_drained_and_is_not_the_same() -> None:
    calls = [FROM_REST, *sandwich(429, 429, 429, 429)]

    met = read_sandwiches(calls, (FORGED,), size=8, rate=4.0)

    assert [each.counter for each in met] == ["unclear"]


def test_a_call_that_brings_other_data_is_not_asked_about() -> None:
    other = Call(0, 0, 0.0, 0.0, 0.001, 200, probe=FORGED.probe, alike=False)

    met = read_sandwiches([other, *sandwich(200, 200, 200, 200)], (FORGED,), size=40, rate=4.0)

    assert [each.counter for each in met] == ["unclear"]


def test_the_trace_keeps_whether_answers_were_alike() -> None:
    call = Call(0, 0, 0.0, 0.0, 0.1, 200, alike=False)

    assert list(Trace([call])) == [call]


@pytest.mark.parametrize(("reopened", "is_free"), [(1, False), (40, True)])
def test_what_a_bucket_gives_back_meanwhile_is_not_set_back(reopened: int, is_free: bool) -> None:
    """Answers to wrong keys may take so long that one place is free after them."""
    calls: list[Call] = []

    def send(probe: str, *statuses: int) -> None:
        for status in statuses:
            at = 0.01 * len(calls)
            calls.append(Call(len(calls), 0, at, at, at + 0.005, status, probe=probe))

    send(PLAIN, 429)
    for turn in range(3):
        send(WRONG, 401, 401)
        send(PLAIN, *[200] * (reopened if turn < 2 else 1), *[429] * (turn < 2))

    assert frees(calls, WRONG, size=40, rate=4.0) == is_free


def test_where_refusals_take_too_long_for_any_sandwich_none_is_made() -> None:
    claim, budget = read_declared("40/10s"), Budget()
    plan = plan_for(claim, budget, quiet=1e9, questions=QUESTIONS)
    slow = Simulator(server(fixed_window()), Network(rtt=0.4, jitter=0.01), Random(1))

    trace, _ = slow.run(plan, budget.max_rps)

    assert sum(call.probe == FORGED.probe for call in trace) == 1
