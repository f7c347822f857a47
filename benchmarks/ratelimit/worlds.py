"""Random limiters behind random networks: what the simulation asks the plan and estimator about.

Everything is drawn from one seeded source, so a world is named by its kind and seed.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from benchmarks.ratelimit.simulator import Network, Server, Simulator
from loadtests.counters import CounterFromFirst, FixedGrid, SegmentedLog, SlidingCounter
from loadtests.gates import CountGate, Gate, QueueGate
from loadtests.limiters import (
    CountingRefused,
    Extending,
    FixedWindow,
    InFlight,
    Limiter,
    Penalty,
    SlidingLog,
    TokenBucket,
)

FASTEST_RPS: Final = 40.0
"""Limits above this are drawn anew: a search at 100 per second must be able to reach them."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of limiter as a server has it.

    Attributes:
        algorithm: How ``interfaces.md`` names it.
        make: A fresh limiter from N, W and a random source.
        cost: The least requests and seconds of section 3 of the measurements, as multiples of N
            and W: ``(requests, seconds)``.
        has_rate: Its second figure is a rate, not a window.
    """

    algorithm: str
    make: Callable[[int, float, Random], Gate]
    cost: tuple[float, float]
    has_rate: bool = False


def _counted(make: Callable[[int, float, Random], Limiter]) -> Callable[[int, float, Random], Gate]:
    def gate(size: int, window: float, random: Random) -> Gate:
        return CountGate(make(size, window, random), size)

    return gate


def _grid(kind: type[FixedGrid] | type[SlidingCounter]) -> Callable[[int, float, Random], Limiter]:
    return lambda _, window, random: kind(window, random.random() * window)


def _segmented(_: int, window: float, random: Random) -> Limiter:
    segment = window / random.choice((2, 3, 5, 6, 10, 12, 20))
    return SegmentedLog(window, segment, random.random() * segment)


KINDS: Final[dict[str, Kind]] = {
    "fixed window, first call": Kind(
        "fixed_window", _counted(lambda _n, w, _r: FixedWindow(w)), (1.5, 1.03)
    ),
    "fixed window, grid": Kind("fixed_window", _counted(_grid(FixedGrid)), (2.0, 1.5)),
    "sliding log": Kind("sliding_window", _counted(lambda _n, w, _r: SlidingLog(w)), (1.5, 1.03)),
    "segmented log": Kind("sliding_window", _counted(_segmented), (1.5, 1.03)),
    "log counting refused": Kind(
        "sliding_window", _counted(lambda _n, w, _r: CountingRefused(SlidingLog(w))), (1.5, 1.03)
    ),
    "sliding counter": Kind("sliding_window", _counted(_grid(SlidingCounter)), (1.0, 0.5)),
    "counter counting refused": Kind(
        "sliding_window",
        _counted(lambda _n, w, r: CountingRefused(SlidingCounter(w, r.random() * w))),
        (1.0, 0.5),
    ),
    "counter, first call": Kind(
        "sliding_window", _counted(lambda _n, w, _r: CounterFromFirst(w)), (1.0, 0.5)
    ),
    "counter, first call, counting refused": Kind(
        "sliding_window",
        _counted(lambda _n, w, _r: CountingRefused(CounterFromFirst(w))),
        (1.0, 0.5),
    ),
    "token bucket": Kind(
        "token_bucket", _counted(lambda n, w, _r: TokenBucket(n / w)), (1.0, 0.0), has_rate=True
    ),
    "stepped bucket": Kind(
        "token_bucket",
        _counted(lambda n, w, r: TokenBucket(n / w, 1.0, r.random())),
        (1.0, 0.0),
        has_rate=True,
    ),
    "penalty": Kind(
        "unknown", _counted(lambda _n, w, r: Penalty(w, r.uniform(0.5, 2) * w)), (2.0, 2.0)
    ),
    "extending": Kind("unknown", _counted(lambda _n, w, _r: Extending(w)), (1.0, 2.0)),
    "calls in flight": Kind("concurrency", _counted(lambda _n, _w, _r: InFlight()), (1.0, 0.0)),
    "queue": Kind(
        "leaky_bucket", lambda n, w, _: QueueGate(n / w, n - 1), (1.0, 0.0), has_rate=True
    ),
}


@dataclass(frozen=True, slots=True)
class World:
    """A limiter and the way to it.

    Attributes:
        kind: Name of its kind.
        size: N; of a bucket what it admits at once.
        window: W in seconds; a bucket gives N back in it.
        network: How calls travel.
        replicas: How many servers share the name.
        private: Each replica counts for itself.
        foreign: Share of N per W that others send.
        seed: Of everything random.
    """

    kind: str
    size: int
    window: float
    network: Network
    replicas: int
    private: bool
    foreign: float
    seed: int

    def simulator(self) -> Simulator:
        """A fresh simulation of this world."""
        random = Random(f"{self.kind} {self.seed}")
        make = KINDS[self.kind].make
        gates = [
            make(self.size, self.window, random)
            for _ in range(self.replicas if self.private else 1)
        ]
        skews = [random.uniform(-0.025, 0.025) if self.replicas > 1 else 0.0 for _ in gates]
        if not self.private and self.replicas > 1:
            skews = [random.uniform(-0.025, 0.025) for _ in range(self.replicas)]
        foreign = self.foreign * self.size / self.window
        return Simulator(Server(gates, skews), self.network, random, foreign)


def draw(kind: str, seed: int, *, plain: bool = False) -> World:
    """Draw a world: N 5 to 1000, W 1 to 600 s, round trips of 5 to 100 ms, losses up to 2 %.

    Args:
        kind: One of ``KINDS``.
        seed: Which.
        plain: One server, nobody else.

    Returns:
        The world; a third has two or three replicas, a third of these with private counters, and
        a quarter has foreign traffic of 5 %.
    """
    random = Random(f"draw {kind} {seed}")
    size, window = _sizes(random)
    if kind == "calls in flight":
        size = random.randint(2, 20)
    rtt = random.uniform(0.005, 0.1)
    service = random.uniform(0.05, 0.3) if kind == "calls in flight" else 0.001
    network = Network(rtt, 0.1 * rtt, random.choice((0.0, 0.01, 0.02)), service)
    replicas = random.choice((1, 1, 1, 1, 2, 3))
    private = replicas > 1 and random.random() < 1 / 3
    foreign = random.choice((0.0, 0.0, 0.0, 0.05))
    if plain:
        replicas, private, foreign = 1, False, 0.0
    return World(kind, size, window, network, replicas, private, foreign, seed)


def _sizes(random: Random) -> tuple[int, float]:
    while True:
        size = round(math.exp(random.uniform(math.log(5), math.log(1000))))
        window = math.exp(random.uniform(0.0, math.log(600)))
        if size / window <= FASTEST_RPS:
            return size, window


def least_cost(world: World) -> tuple[float, float]:
    """The theoretical minimum of requests and seconds to know N and W or r to 3 %.

    Polls are not counted, so the ratios to it are upper bounds.
    """
    requests, seconds = KINDS[world.kind].cost
    tokens = min(33.0, world.size) if KINDS[world.kind].has_rate else 0.0
    wait = tokens * world.window / world.size
    return requests * world.size + 2 + tokens, seconds * world.window + wait


def kinds(names: Sequence[str] = ()) -> Sequence[str]:
    """The kinds whose names contain one of the words; all without words."""
    return [kind for kind in KINDS if not names or any(name in kind for name in names)]
