from random import Random

import pytest

from benchmarks.ratelimit.simulator import Network, Server, Simulator
from contracts.declared import read_declared
from loadtests.estimator import estimate
from loadtests.gates import CountGate, Gate
from loadtests.identity import Cost, Variation, read_cost, read_sandwiches
from loadtests.limiters import FixedWindow, TokenBucket
from loadtests.plan import plan_for
from loadtests.segments import Budget
from loadtests.trace import Call

FORGED = Variation("forged address", "same")
SECOND = Variation("second key", "other")
FAILING = Variation("bad key", fails=True)


def server(gate: Gate, *, apart: set[str], free: bool = False) -> Server:
    other = CountGate(FixedWindow(10.0), 30)
    idle = CountGate(FixedWindow(10.0), 10**6)

    def gate_of(probe: str, _connection: str) -> Gate:
        if probe == "bad key":
            return idle if free else gate
        return other if probe in apart else gate

    return Server([gate], gate_of=gate_of)


def calls_of(served: Server) -> list[Call]:
    claim = read_declared("30/10s")
    budget = Budget()
    plan = plan_for(claim, budget, quiet=1e9, variations=(FORGED, SECOND, FAILING))
    trace, _ = Simulator(served, Network(), Random(1)).run(plan, budget.max_rps)
    return sorted(trace, key=lambda call: call.written)


@pytest.mark.parametrize(
    "gate",
    [
        pytest.param(CountGate(FixedWindow(10.0), 30), id="window"),
        pytest.param(CountGate(TokenBucket(3.0), 30), id="bucket"),
    ],
)
def test_sandwiches_tell_whose_counter_is_met(gate: Gate) -> None:
    calls = calls_of(server(gate, apart={"second key"}))

    met = read_sandwiches(calls, (FORGED, SECOND, FAILING))

    assert [(each.variation, each.counter, each.unexpected) for each in met] == [
        (FORGED, "same", False),
        (SECOND, "other", False),
    ]


@pytest.mark.parametrize(("free", "charged"), [(True, False), (False, True)])
def test_what_a_failing_call_costs_is_counted(*, free: bool, charged: bool) -> None:
    gate = CountGate(FixedWindow(10.0), 30)

    cost = read_cost(calls_of(server(gate, apart=set(), free=free)), FAILING, size=30)

    assert cost == Cost("bad key", 15, 30 if free else 15, charged)


def test_a_way_round_the_limit_contradicts_it() -> None:
    claim, budget = read_declared("30/10s"), Budget()
    served = server(CountGate(FixedWindow(10.0), 30), apart={"forged address"})
    plan = plan_for(claim, budget, quiet=1e9, variations=(FORGED,))
    trace, done = Simulator(served, Network(), Random(1)).run(plan, budget.max_rps)

    said = estimate(trace, claim, done, (FORGED,))

    assert said.status == "contradicted"
    assert "forged address meets the other counter" in said.detail


def test_sandwiches_whose_bread_was_admitted_are_void() -> None:
    plain = [Call(at, 0, at, at, at + 0.1, 200) for at in (0, 2)]
    varied = Call(1, 0, 1.0, 1.0, 1.1, 200, probe=FORGED.probe)

    met = read_sandwiches([plain[0], varied, plain[1]], (FORGED,))

    assert [(each.counter, each.tried) for each in met] == [("unclear", 0)]
