"""A sender, a network and a server in simulated time: what a plan would see, in milliseconds.

Discrete events on a heap. The sender keeps the contract of ``loadtests.segments``: batches of
200 ms, a plan asked ten times a second and when a segment has ended.
"""

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random

from loadtests.director import AHEAD_HERE_S
from loadtests.gates import Gate
from loadtests.segments import (
    Abreast,
    Cut,
    Done,
    Governor,
    Listed,
    Paced,
    Part,
    Planner,
    Progress,
    Segment,
    Wait,
)
from loadtests.trace import Call, Trace

BATCH_S = 0.2
TICK_S = 0.1
TIMEOUT_S = 2.0
REOPEN_S = 2.0


@dataclass(frozen=True, slots=True)
class Network:
    """How calls travel.

    Attributes:
        rtt: Smallest round trip in seconds.
        jitter: Mean of what is added on each way, in seconds, exponentially distributed.
        loss: Share of calls without an answer; half of them never arrive.
        service: How long the server works on an admitted call, in seconds.
    """

    rtt: float = 0.01
    jitter: float = 0.001
    loss: float = 0.0
    service: float = 0.001


@dataclass(slots=True)
class Server:
    """Replicas behind one name.

    Attributes:
        gates: The limiter of each replica; the same object where they share a counter.
        skews: What each replica's clock is ahead, in seconds.
        status: What a refusal looks like.
        gate_of: Which gates a call meets by its probe label, where that matters.
    """

    gates: Sequence[Gate]
    skews: Sequence[float] = (0.0,)
    status: int = 429
    gate_of: Callable[[str, str], Gate] | None = None

    def answer(self, replica: int, call: "Sent", arrived: float, took: float) -> tuple[int, float]:
        """Status and how long the limiter held it back."""
        gate = self.gates[replica % len(self.gates)]
        if self.gate_of is not None:
            gate = self.gate_of(call.part.probe, call.connection)
        answer = gate.ask(arrived + self.skews[replica % len(self.skews)], took)
        return (200 if answer.admitted else self.status), answer.delay


@dataclass(slots=True)
class Sent:
    """A call under way."""

    part: Part
    connection: str
    asked: float
    written: float
    then: Callable[[Call], None]


@dataclass(slots=True)
class Connection:
    """A kept connection: its replica, and when it was last used."""

    label: str
    replica: int
    used: float


@dataclass(slots=True)
class PartState:
    """How far the part under way is."""

    part: Part
    first: int
    left: int
    waiting: int = 0
    refused: int = 0
    admitted: int = 0
    ended: bool = False


@dataclass(slots=True)
class Simulator:
    """One run of one plan.

    Attributes:
        server: Who answers.
        network: How calls travel.
        random: Where all chance comes from.
        foreign_rps: Calls of somebody else on the same counter, per second, at random times.
        cost: How long the sender itself works on a call, in seconds: it sends one after another.
        until: The latest time, in seconds.
        ahead: How long before its start a segment is told, in seconds: here as to a worker of the
            same process.
    """

    server: Server
    network: Network
    random: Random
    foreign_rps: float = 0.0
    cost: float = 0.0
    until: float = 100_000.0
    ahead: float = AHEAD_HERE_S
    trace: Trace = field(default_factory=Trace)
    segments: dict[int, Segment] = field(default_factory=dict)
    now: float = 0.0
    _events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _order: "count[int]" = field(default_factory=count)
    _unreported: list[Call] = field(default_factory=list)
    _next_index: int = 0
    _free_at: float = 0.0
    _labels: "count[int]" = field(default_factory=count)
    _kept: dict[int, Connection] = field(default_factory=dict)
    _segment: Segment | None = None
    _parts: list[Part] = field(default_factory=list)
    _state: PartState | None = None
    _finished: int = -1
    _governor: Governor = field(default_factory=lambda: Governor(1e6))
    _consult: Callable[[], None] = lambda: None

    def run(self, plan: Planner, max_rps: float) -> tuple[Trace, Done]:
        """Run a plan to its end.

        Args:
            plan: What to send.
            max_rps: The budget's, for the governor.

        Returns:
            The trace and how it ended.
        """
        self._governor = Governor(max_rps)
        done: list[Done] = []
        self._consult = lambda: self._ask(plan, done)
        self._at(0.0, self._tick)
        if self.foreign_rps:
            self._at(self.random.expovariate(self.foreign_rps), self._foreign)
        while not done and self.now < self.until:
            self.now, _, event = heapq.heappop(self._events)
            event()
        return self.trace, done[0] if done else Done("max_seconds", "the simulation ended")

    def _at(self, time: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (time, next(self._order), event))

    def _tick(self) -> None:
        if round(self.now / TICK_S) % round(BATCH_S / TICK_S) == 0:
            self._report()
        self._consult()
        self._at((round(self.now / TICK_S) + 1) * TICK_S, self._tick)

    def _report(self) -> None:
        self.trace.extend(self._unreported)
        self._unreported.clear()

    def _end(self) -> None:
        """All calls of a segment are answered: they are reported, and the plan is asked at once."""
        self._report()
        if self._segment is not None:
            self._finished, self._segment = self._segment.number, None
        self._consult()

    def _ask(self, plan: Planner, done: list[Done]) -> None:
        progress = Progress(self.now, self.now + self.ahead, self._finished)
        match plan.next_step(self.trace, progress):
            case Segment() as segment:
                self._begin(segment)
            case Done() as end:
                done.append(end)
            case Cut() if self._state is not None:
                self._state.ended = True
                self._maybe_next()
            case Cut() | Wait():
                pass

    def _begin(self, segment: Segment) -> None:
        self._segment, self._parts = segment, list(segment.parts)
        self.segments[segment.number] = segment
        self._state = None
        self._at(segment.start, self._next_part)

    def _next_part(self) -> None:
        if not self._parts:
            self._state = None
            self._at(self.now, self._end)
            return
        part = self._parts.pop(0)
        self._state = state = PartState(part, self._next_index, part.arrivals.count)
        self._next_index += part.arrivals.count
        if isinstance(part.arrivals, Abreast):
            for slot in range(min(part.arrivals.count, part.arrivals.connections)):
                self._abreast(state, slot)
        else:
            due = list(self._due(part.arrivals))
            state.left = len(due)
            for slot, time in enumerate(due):
                self._wish(state, time, slot)
        self._maybe_next()

    def _due(self, arrivals: Paced | Listed) -> Iterator[float]:
        if isinstance(arrivals, Paced):
            yield from (self.now + at / arrivals.rate for at in range(arrivals.count))
            return
        start = self._segment.start if self._segment else self.now
        yield from (start + at for at in arrivals.offsets if start + at >= self.now - ROUNDING_S)

    def _wish(self, state: PartState, due: float, slot: int) -> None:
        """One call on the clock, whatever the others do."""

        def fire() -> None:
            if state.ended:
                return
            allowed = self._may_leave()
            if allowed > self.now:
                self._at(allowed, fire)
                return
            state.left -= 1
            self._send(state, state.first + slot, due, slot % 32, lambda _: None)

        self._at(due, fire)

    def _abreast(self, state: PartState, slot: int) -> None:
        """One connection that sends its next call when the last was answered."""

        def fire() -> None:
            if state.ended or not state.left:
                return
            allowed = self._may_leave()
            if allowed > self.now:
                self._at(allowed, fire)
                return
            index = state.first + state.part.arrivals.count - state.left
            state.left -= 1
            self._send(state, index, self.now, slot, lambda _: fire())

        self._at(self.now, fire)

    def _may_leave(self) -> float:
        return max(self._governor.may_leave(self.now), self._free_at)

    def _send(
        self,
        state: PartState,
        index: int,
        asked: float,
        slot: int,
        then: Callable[[Call], None],
    ) -> None:
        self._governor.note(self.now)
        self._free_at = self.now + self.cost
        state.waiting += 1
        connection = self._connection(state.part, slot)
        sent = Sent(state.part, connection.label, asked, self.now, then)
        number = self._segment.number if self._segment else -1

        def answered(status: int, *, lost: bool) -> None:
            call = Call(
                index, number, asked, sent.written, self.now, status, lost,
                connection.label, state.part.probe,
            )  # fmt: skip
            self._take(state, call, then)

        self._travel(sent, connection.replica, answered)

    def _travel(self, sent: Sent, replica: int, answered: Callable[..., None]) -> None:
        network = self.network
        fate = self.random.random()
        out = network.rtt / 2 + self.random.expovariate(1 / network.jitter)
        back = network.rtt / 2 + self.random.expovariate(1 / network.jitter)
        if fate < network.loss:
            self._at(self.now + TIMEOUT_S, lambda: answered(0, lost=True))
        if fate < network.loss / 2:
            return

        def arrive() -> None:
            status, delay = self.server.answer(replica, sent, self.now, network.service)
            took = network.service + delay if status < 400 else 0.0
            if fate >= network.loss:
                self._at(self.now + took + back, lambda: answered(status, lost=False))

        self._at(self.now + out, arrive)

    def _take(self, state: PartState, call: Call, then: Callable[[Call], None]) -> None:
        self._unreported.append(call)
        state.waiting -= 1
        state.refused += call.refused
        state.admitted += call.admitted
        part = state.part
        if part.until_refused and state.refused >= part.until_refused:
            state.ended = True
        if part.until_admitted and state.admitted >= part.until_admitted:
            state.ended = True
        then(call)
        self._maybe_next()

    def _maybe_next(self) -> None:
        state = self._state
        if state is not None and not state.waiting and (state.ended or not state.left):
            self._state = None
            self._next_part()

    def _connection(self, part: Part, slot: int) -> Connection:
        kept = self._kept.get(slot)
        if part.fresh or kept is None or self.now - kept.used > REOPEN_S:
            replica = self.random.randrange(max(len(self.server.gates), len(self.server.skews)))
            kept = Connection(f"c{next(self._labels)}", replica, self.now)
            if not part.fresh:
                self._kept[slot] = kept
        kept.used = self.now
        return kept

    def _foreign(self) -> None:
        part = Part(Abreast(1))
        sent = Sent(part, "foreign", self.now, self.now, lambda _: None)
        self.server.answer(self.random.randrange(len(self.server.gates)), sent, self.now, 0.0)
        self._at(self.now + self.random.expovariate(self.foreign_rps), self._foreign)


ROUNDING_S = 1e-9
