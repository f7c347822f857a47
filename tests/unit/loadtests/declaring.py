"""Runs in simulated time with a declared limit."""

from random import Random

from benchmarks.ratelimit.simulation import Run
from benchmarks.ratelimit.simulator import Network, Server, Simulator
from benchmarks.ratelimit.worlds import World, draw
from contracts.declared import read_declared
from loadtests.estimator import estimate
from loadtests.gates import Gate
from loadtests.plan import plan_for
from loadtests.segments import Budget


def hold(declared: str, world: World, simulator: Simulator | None = None) -> Run:
    claim, budget = read_declared(declared), Budget()
    trace, done = (simulator or world.simulator()).run(
        plan_for(claim, budget, quiet=1e9), budget.max_rps
    )
    return Run(world, estimate(trace, claim, done))


def run_declared(gates: list[Gate], declared: str, seed: int = 2) -> Run:
    return hold(declared, draw("queue", 0), Simulator(Server(gates), Network(), Random(seed)))


def run_slowly(gate: Gate, declared: str, rtt: float) -> Run:
    network = Network(rtt, rtt / 20)
    return hold(declared, draw("queue", 0), Simulator(Server([gate]), network, Random(1)))
