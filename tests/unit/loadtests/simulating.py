"""Runs in simulated time: worlds to run in, and a whole run as a trace file has it."""

from dataclasses import replace
from random import Random
from typing import Final

from benchmarks.ratelimit.simulator import Network, Server, Simulator
from benchmarks.ratelimit.worlds import World, draw
from contracts.credentials import FULL, RoleKey
from contracts.declared import DeclaredLimit, read_declared
from contracts.exchange import Request
from contracts.settings import Settings
from contracts.verdict import RateLimit
from loadtests import messages, outcome
from loadtests.estimator import estimate
from loadtests.gates import CountGate, Gate
from loadtests.instrument import Instrument, watch
from loadtests.limiters import FixedWindow
from loadtests.plan import plan_for
from loadtests.recorded import footer, header
from loadtests.segments import Budget, Done, Segment
from loadtests.sharing import Questions
from loadtests.trace import Trace, write_calls, write_footer, write_header, write_segment
from loadtests.variations import Plain

KEY: Final = "sk_live_0123456789abcdefABCDEF"


PLAIN: Final = Plain(Request("GET", "/v1/calls", (), b"", RoleKey(FULL), "GET /calls"))


def quiet_world(kind: str, size: int, window: float, seed: int = 1) -> World:
    """One limiter of a kind, alone, on a near network that loses nothing."""
    world = replace(draw(kind, seed, plain=True), size=size, window=window)
    return replace(world, network=replace(world.network, rtt=0.02, jitter=0.002, loss=0.0))


class Simulated:
    """A run, its calls rounded as the sender rounds them.

    Attributes:
        trace: Every call.
        done: How it ended.
        segments: What was asked for.
        declared: What was declared.
    """

    def __init__(
        self,
        gate: Gate | None = None,
        declared: str = "",
        *,
        cost: float = 0.0,
        max_rps: float = 100.0,
    ) -> None:
        self.declared: tuple[DeclaredLimit, ...] = read_declared(declared) if declared else ()
        self.budget = Budget(max_rps=max_rps)
        simulator = Simulator(
            Server([gate or CountGate(FixedWindow(10.0), 30)]),
            Network(0.02, 0.002),
            Random(1),
            cost=cost,
        )
        plan = plan_for(self.declared, self.budget, quiet=1e9)
        trace, self.done = simulator.run(plan, max_rps)
        self.segments: list[Segment] = list(simulator.segments.values())
        self.trace = Trace(_rounded(trace))

    @property
    def instrument(self) -> Instrument:
        """How well the simulated sender kept the clock."""
        return watch(self.segments, self.trace)

    @property
    def concluded(self) -> RateLimit:
        """What the run says of the limit."""
        said = estimate(self.trace, self.declared, self.done, Questions())
        return outcome.published(said, self.instrument)

    def written(self, *, done: Done | None = None) -> list[bytes]:
        """The lines of its trace file."""
        settings = Settings(
            base_url="http://127.0.0.1:1/v1", api_key=KEY, declared_limit=self.declared
        )
        text = write_header(header(settings, self.budget, PLAIN, Questions()))
        for segment in self.segments:
            text += write_segment(segment.number, messages.pack_segment(segment))
        text += write_calls(self.trace)
        text += write_footer(footer(done or self.done, self.instrument))
        return text.splitlines(keepends=True)


def _rounded(trace: Trace) -> Trace:
    from loadtests.trace import read_trace

    return read_trace([write_header({}), *write_calls(trace).splitlines()]).trace
