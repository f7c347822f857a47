from dataclasses import replace
from random import Random

import pytest

from benchmarks.ratelimit.simulator import Network, Server, Simulator
from contracts.declared import read_declared
from loadtests.advice import warnings
from loadtests.believing import broken, doubtful
from loadtests.estimator import RateLimit, estimate
from loadtests.gates import CountGate
from loadtests.limiters import Extending, FixedWindow, Limiter
from loadtests.plan import plan_for
from loadtests.segments import Budget, Planner, Progress, Step
from loadtests.trace import BELIEVING, Call, Trace

DECLARED = "40/10s"


class Promising:
    """A plan that sees every refusal with the same Retry-After."""

    def __init__(self, plan: Planner, value: str) -> None:
        self._plan, self._value = plan, value

    def promised(self, trace: Trace) -> Trace:
        fields = (("retry-after", self._value),)
        return Trace(replace(c, fields=fields) if c.refused else c for c in trace)

    def next_step(self, trace: Trace, progress: Progress) -> Step:
        return self._plan.next_step(self.promised(trace), progress)


def run(limiter: Limiter, value: str) -> RateLimit:
    claim, budget = read_declared(DECLARED), Budget()
    plan = Promising(plan_for(claim, budget, quiet=1e9), value)
    served = Server([CountGate(limiter, 40)])
    trace, done = Simulator(served, Network(), Random(1)).run(plan, budget.max_rps)
    return estimate(plan.promised(trace), claim, done)


def said_of(said: RateLimit) -> dict[str, int]:
    return {record.id: record.count for record in warnings(said, "GET /calls")}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("0", {"D4.retry-after-untrue": 2}, id="at-once"),
        pytest.param("10", {}, id="the-whole-window"),
        pytest.param("9500", {"D4.retry-after-untrue": 1}, id="milliseconds"),
    ],
)
def test_what_retry_after_promises_is_tried(value: str, expected: dict[str, int]) -> None:
    said = run(FixedWindow(10.0), value)

    assert said.status == "confirmed"
    assert said_of(said) == expected


def test_a_limit_that_calls_prolong_keeps_its_promise_to_whoever_waits() -> None:
    said = run(Extending(10.0), "10")

    assert said_of(said) == {}


@pytest.mark.parametrize(
    ("value", "id_"),
    [
        ("1.5", "D4.retry-after-malformed"),
        ("-3", "D4.retry-after-malformed"),
        ("soon", "D4.retry-after-malformed"),
    ],
)
def test_what_no_grammar_allows_warns_once(value: str, id_: str) -> None:
    assert list(said_of(run(FixedWindow(10.0), value)))[:1] == [id_]


def refused(at: float, wait: str = "1", segment: int = 0) -> Call:
    fields = (("retry-after", wait),)
    return Call(0, segment, at, at, at + 0.01, 429, probe=BELIEVING, fields=fields)


@pytest.mark.parametrize(
    ("calls", "doubt"),
    [
        pytest.param([refused(0.0), refused(0.9)], False, id="still-waiting"),
        pytest.param([refused(0.0), refused(1.5)], True, id="refused-later"),
        pytest.param(
            [refused(0.0), replace(refused(1.1), status=200), refused(1.5)], False, id="kept"
        ),
        pytest.param([replace(refused(0.0), fields=()), refused(9.0)], False, id="no-promise"),
    ],
)
def test_a_promise_is_doubtful_after_a_later_refusal(calls: list[Call], *, doubt: bool) -> None:
    assert doubtful(calls) is doubt


def test_only_what_is_refused_after_silence_is_broken() -> None:
    calls = [refused(0.0), refused(0.1), refused(2.2, segment=1), refused(9.0, segment=2)]

    assert len(broken([*calls[:2], replace(calls[2], status=200)])) == 0
    assert len(broken(calls)) == 2
