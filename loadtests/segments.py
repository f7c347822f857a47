"""What the plan asks of the sender, and what the sender tells the plan.

Pure. This is the whole contract between the two:

1. The sender calls ``Planner.next_step(trace, progress)`` about ten times a second and when a
   segment has ended, with every call answered so far in the trace (batches of 200 ms are soon
   enough).
2. ``Segment``: run it. The clock is the sender's; 0 is when it began. The plan gives the next
   segment only after ``progress.finished`` says that the last one ended and all its calls are in
   the trace. A call's ``segment`` is the segment's number.
3. ``Wait``: go on. ``Cut``: fire no further call of the running segment, let those in flight end.
   ``Done``: send nothing more.
4. A segment is one or more parts, run in order; a part begins when the one before has ended and
   its calls are answered. Where ``plan.is_spread`` says so a segment may be spread over workers,
   call k of n each; all others run whole on one worker, since their parts look at their answers.
5. ``until_refused`` and ``until_admitted`` are watched by whoever runs the part, at each answer:
   when the part has seen so many, it ends. (The plan would be a quarter second late.)
6. A part also ends when four of its calls in a row got no answer (``sightings.SILENT``): what
   resets or hangs at the limit would hold a run up for hours.
7. No more than ``Budget.max_rps`` calls leave in any second: ``Governor`` says when the next may.
"""

from collections import deque
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, Protocol, TypeVar

from loadtests.trace import CONTROL, Call, Trace

StoppedBy = Literal[
    "done", "max_requests", "max_seconds", "max_rps", "health", "worker_lost", "signal"
]


@dataclass(frozen=True, slots=True)
class Paced:
    """Calls on the clock, evenly: call i is due i / rate seconds after the part begins.

    An open model: no call waits for another's answer.

    Attributes:
        count: How many.
        rate: Calls per second.
    """

    count: int
    rate: float


@dataclass(frozen=True, slots=True)
class Listed:
    """Calls on the clock at listed times, an open model too.

    Attributes:
        offsets: Seconds from the **segment's** start, ascending. One that has passed when the
            part begins is left out.
    """

    offsets: tuple[float, ...]

    @property
    def count(self) -> int:
        """How many."""
        return len(self.offsets)


@dataclass(frozen=True, slots=True)
class Abreast:
    """Calls as fast as they are answered, so many abreast.

    Every connection sends its next call when its last was answered; all begin at once, each
    connection open before. One connection gives serial calls, as many connections as calls a
    simultaneous burst.

    Attributes:
        count: How many calls in all.
        connections: How many connections.
    """

    count: int
    connections: int = 1


Arrivals = Paced | Listed | Abreast


@dataclass(frozen=True, slots=True)
class Part:
    """Some calls of one kind.

    Attributes:
        arrivals: When they leave.
        until_refused: The part ends when so many of its calls were refused; 0: never.
        until_admitted: The part ends when so many of its calls were admitted; 0: never.
        probe: What is sent, a label that the edge maps to a request.
        fresh: Every call goes over a new connection; else kept connections are used, opened
            anew before the part if they idled for more than 2 s (gunicorn, node and Varnish
            close them after 4 s without a word).
    """

    arrivals: Arrivals
    until_refused: int = 0
    until_admitted: int = 0
    probe: str = CONTROL
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """What to send next.

    Attributes:
        phase: What it is for, one or two words, shown to people.
        parts: What to send, in order.
        start: When the first part begins, in seconds; the sender never begins earlier.
        number: Its number in the run, from 0; set by the planner.
    """

    phase: str
    parts: tuple[Part, ...]
    start: float = 0.0
    number: int = -1

    @property
    def most_requests(self) -> int:
        """The most calls it can make."""
        return sum(part.arrivals.count for part in self.parts)

    def least_seconds(self, max_rps: float) -> float:
        """How long it takes at the soonest, in seconds: parts that may end early count as none."""
        return sum(
            _least_seconds(part.arrivals, max_rps)
            for part in self.parts
            if not part.until_refused and not part.until_admitted
        )


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing new: go on."""


@dataclass(frozen=True, slots=True)
class Cut:
    """End the running segment early: fire no more of its calls.

    Attributes:
        reason: Why, for people.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """Send nothing more.

    Attributes:
        stopped_by: What ended it, as ``interfaces.md`` names it.
        reason: The same for people, one sentence.
    """

    stopped_by: StoppedBy
    reason: str


Step = Segment | Wait | Cut | Done


@dataclass(frozen=True, slots=True)
class Progress:
    """Where the sender is.

    Attributes:
        now: The time, in seconds since the sender began.
        earliest: When a segment given now could begin at the soonest.
        finished: Number of the last segment that ended with all its calls in the trace; -1
            before the first.
        stop: Why the sender must end, if it must.
    """

    now: float
    earliest: float
    finished: int = -1
    stop: Literal["health", "worker_lost", "signal"] | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent, hard.

    Attributes:
        max_rps: Requests in any one second.
        max_requests: Requests in all.
        max_seconds: Seconds in all.
    """

    max_rps: float = 100.0
    max_requests: int = 10_000
    max_seconds: float = 600.0


class Planner(Protocol):
    """Whoever decides what is sent next; ``loadtests.plan`` has them."""

    def next_step(self, trace: Trace, progress: Progress) -> Step:
        """Decide from the trace so far."""


@dataclass(frozen=True, slots=True)
class StopError(Exception):
    """A schedule cannot go on: raised inside it, caught by the plan.

    Attributes:
        stopped_by: As in ``Done``.
        reason: As in ``Done``.
    """

    stopped_by: StoppedBy
    reason: str


Result = TypeVar("Result")

Schedule = Generator[Segment, list[Call], Result]
"""Yields what it wants sent, gets the calls of that segment by the time they were written, and
returns what it found; the outermost one returns in one sentence why it is done."""


KEPT_S: Final = 1.1
"""Seconds in which no more calls leave than may in one."""


class Governor:
    """Says when the next call may leave so that no second sees more than ``max_rps``.

    A window is kept a tenth longer than a second: a receiver that is busy for a moment sees calls
    closer together than they left (measured: 23 in a second where 20 had left).
    """

    def __init__(self, max_rps: float) -> None:
        self._left: deque[float] = deque(maxlen=max(1, int(max_rps)))
        self._least_gap = KEPT_S * max(1.0, 1 / max_rps)

    def may_leave(self, wanted: float) -> float:
        """The soonest time, not before ``wanted``, at which one more call may leave."""
        if len(self._left) < (self._left.maxlen or 0):
            return wanted
        return max(wanted, self._left[0] + self._least_gap)

    def note(self, left: float) -> None:
        """One call left at that time; calls are noted in the order they leave."""
        self._left.append(left)


REST: Final = 1.15
"""After so many spans without a call a limit that is none too tight has all of its places free."""


def drain(size: int, probe: str) -> Part:
    """Calls that drain a limit of about so many, several abreast, until it is seen to be shut."""
    return Part(Abreast(2 * size + 20, 8), until_refused=2, probe=probe)


def numbered(segment: Segment, number: int, start: float) -> Segment:
    """The segment under its number, at its time."""
    return replace(segment, number=number, start=start)


def refused_count(calls: Sequence[Call]) -> int:
    """How many were turned away."""
    return sum(call.refused for call in calls)


def admitted_count(calls: Sequence[Call]) -> int:
    """How many were let pass."""
    return sum(call.admitted for call in calls)


def _least_seconds(arrivals: Arrivals, max_rps: float) -> float:
    match arrivals:
        case Paced(count, rate):
            return max(0, count - 1) / rate
        case Listed(offsets):
            return offsets[-1] if offsets else 0.0
        case Abreast(count):
            return max(0.0, count / max_rps - 1)
