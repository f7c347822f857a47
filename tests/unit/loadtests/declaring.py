"""Runs in simulated time with a declared limit."""

from random import Random

from benchmarks.ratelimit.simulation import Run
from benchmarks.ratelimit.simulator import Network, Server, Simulator
from benchmarks.ratelimit.worlds import World, draw
from contracts.declared import read_declared
from loadtests.estimator import estimate
from loadtests.gates import Gate
from loadtests.plan import plan_for
from loadtests.segments import Budget, Done
from loadtests.trace import Call


def hold(declared: str, world: World, simulator: Simulator | None = None) -> Run:
    claim, budget = read_declared(declared), Budget()
    trace, done = (simulator or world.simulator()).run(
        plan_for(claim, budget, quiet=1e9), budget.max_rps
    )
    return Run(world, estimate(trace, claim, done))


def run_declared(gates: list[Gate], declared: str, seed: int = 2) -> Run:
    return hold(declared, draw("queue", 0), Simulator(Server(gates), Network(), Random(seed)))


def answers(gate: Gate, declared: str) -> tuple[list[Call], Done]:
    """What a run sees, by the time written, and how it ends."""
    plan = plan_for(read_declared(declared), Budget(), quiet=1e9)
    trace, done = Simulator(Server([gate]), Network(), Random(2)).run(plan, Budget().max_rps)
    return sorted(trace, key=lambda call: call.written), done


def run_slowly(gate: Gate, declared: str, rtt: float) -> Run:
    network = Network(rtt, rtt / 20)
    return hold(declared, draw("queue", 0), Simulator(Server([gate]), network, Random(1)))
