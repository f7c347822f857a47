"""Carries out the plan: gives segments to the workers, gathers their calls, ends the run.

Works the same in one process and with Locust's master and workers: what the two sides say to each
other goes through Locust's messages, which a local runner hands over at once.
"""

import gzip
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

import gevent
from gevent.event import Event

from loadtests import messages
from loadtests.charts import Rates
from loadtests.clocks import FEWEST, Clocks
from loadtests.instrument import Instrument, watch
from loadtests.plan import is_spread
from loadtests.segments import Cut, Done, Planner, Progress, Segment
from loadtests.trace import (
    Call,
    Trace,
    write_calls,
    write_footer,
    write_header,
    write_segment,
)

_CONSULT_S: Final = 0.1
"""The most seconds between two questions to the plan."""

AHEAD_S: Final = 0.3
AHEAD_HERE_S: Final = 0.02
"""How long before its start a segment is told to workers: in other processes, and in this one."""

_LONGEST_WITHOUT_S: Final = 10.0
"""Seconds without any worker after which the run is given up."""

Send = Callable[[str, Any, str], None]
"""Sends a message of a type with data to one worker."""

Stop = Literal["health", "worker_lost", "signal"]


class TraceFile:
    """`trace.jsonl.gz`, appended as calls come; without its last line the run was interrupted."""

    def __init__(self, path: Path, facts: Mapping[str, object]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = gzip.open(path, "wb")  # noqa: SIM115 -- open as long as the run
        self._file.write(write_header(facts))

    def segment(self, segment: Segment) -> None:
        """Note what the plan asked for."""
        self._file.write(write_segment(segment.number, messages.pack_segment(segment)))
        self._file.flush()

    def calls(self, calls: Sequence[Call]) -> None:
        """Note calls that were answered."""
        self._file.write(write_calls(calls))
        self._file.flush()

    def finish(self, facts: Mapping[str, object]) -> None:
        """Write the last line and close the file."""
        self._file.write(write_footer(facts))
        self._file.close()


@dataclass(slots=True)
class Director:
    """Runs one plan over one or several workers.

    Attributes:
        planner: Decides what comes next.
        send: Sends a message to a worker.
        workers: Names the workers that are there now.
        terms: What every worker is told with each segment: ``run_id``, the ``call``, the target's
            ``base_url``, ``max_rps``.
        file: Where the trace is written.
        ahead: Seconds between telling a segment and its start.
        origin: Time 0 of the plan on this process's monotonic clock.
        trace: Every call so far.
        done: How it ended; None while it runs.
        phase: What is going on, for people.
        segments: What was asked for so far.
        clocks: Of the workers.
        shed: Calls that found no place.
        rates: The calls so far, counted.
        examples: For each fault, an answer that showed it.
    """

    planner: Planner
    send: Send
    workers: Callable[[], Sequence[str]]
    terms: Mapping[str, Any]
    file: TraceFile
    ahead: float
    origin: float = field(default_factory=time.monotonic)
    trace: Trace = field(default_factory=Trace)
    done: Done | None = None
    phase: str = "start"
    segments: list[Segment] = field(default_factory=list)
    clocks: Clocks = field(default_factory=Clocks)
    shed: int = 0
    rates: Rates = field(default_factory=Rates)
    examples: dict[str, str] = field(default_factory=dict)
    _stop: Stop | None = None
    _finished: int = -1
    _base: int = 0
    _running: Segment | None = None
    _pending: set[str] = field(default_factory=set)
    _ended: Event = field(default_factory=Event)
    _seen_at: float = field(default_factory=time.monotonic)

    def stop(self, why: Stop) -> None:
        """End the run soon: the plan is told at its next turn."""
        self._stop = why

    def run(self, tell: Callable[..., None]) -> Done:
        """Consult the plan until it is done.

        Args:
            tell: Takes how far it is.
        """
        while self.done is None:
            tell(phase=self.phase, requests=self.trace.requests)
            self._check_workers()
            self._ask_clocks()
            if not self._ready() and self._stop is None:
                gevent.sleep(_CONSULT_S)
                continue
            self._ended.clear()
            match self.planner.next_step(self.trace, self._progress()):
                case Segment() as segment:
                    self._begin(segment)
                case Cut():
                    self._cut()
                case Done() as done:
                    self._end(done)
                case _:
                    pass
            if self.done is None:
                self._ended.wait(_CONSULT_S)
        return self.done

    def _progress(self) -> Progress:
        now = time.monotonic() - self.origin
        return Progress(now, now + self.ahead, self._finished, self._stop)

    def _ready(self) -> list[str]:
        """The workers whose clocks are known: only they can be given times."""
        return [worker for worker in self.workers() if self.clocks.knows(worker)]

    def _ask_clocks(self) -> None:
        """Ask each worker what its clock shows; a new one often enough to begin at once."""
        for worker in self.workers():
            for _ in range(1 if self.clocks.knows(worker) else FEWEST):
                self.send(messages.ASK_CLOCK, time.monotonic(), worker)

    def take_clock(self, data: Mapping[str, Any], worker: str) -> None:
        """Note what a worker's clock showed."""
        back = time.monotonic()
        self.clocks.take(worker, sent=data["sent"], there=data["there"], back=back)

    @property
    def instrument(self) -> Instrument:
        """How well the workers kept the clock."""
        within = self.clocks.within()
        return watch(self.segments, self.trace, shed=self.shed, clocks_within=within)

    def _begin(self, segment: Segment) -> None:
        self.phase, self._running = segment.phase, segment
        self.segments.append(segment)
        self.file.segment(segment)
        workers = self._ready()
        sharing = workers if is_spread(segment) else workers[:1]
        self._pending = set(sharing)
        for k, worker in enumerate(sharing):
            data = {
                **self.terms,
                "segment": messages.pack_segment(segment),
                "base": self._base,
                "k": k,
                "n": len(sharing),
                "origin": self.origin + self.clocks.ahead(worker),
            }
            self.send(messages.SEGMENT, data, worker)
        self._base += segment.most_requests

    def _cut(self) -> None:
        if self._running:
            for worker in self._pending:
                self.send(messages.CUT, self._running.number, worker)

    @property
    def elapsed(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self.origin

    def _end(self, done: Done) -> None:
        self._cut()
        deadline = time.monotonic() + 2
        while self._pending and time.monotonic() < deadline:
            gevent.sleep(0.02)
        self.phase, self.done = "done", done

    def _check_workers(self) -> None:
        there = set(self.workers())
        self._seen_at = time.monotonic() if there else self._seen_at
        if self._pending - there or time.monotonic() - self._seen_at > _LONGEST_WITHOUT_S:
            self._stop = self._stop or "worker_lost"
            self._pending.clear()

    def take_calls(self, data: Mapping[str, Any]) -> None:
        """Take a worker's batch."""
        calls = messages.unpack_calls(data["calls"])
        self.trace.extend(calls)
        self.rates.add(calls)
        self.file.calls(calls)
        self.examples = {**data["examples"], **self.examples}

    def take_end(self, data: Mapping[str, Any], worker: str) -> None:
        """Note that a worker's share of a segment has ended."""
        self._pending.discard(worker)
        self.shed += data["shed"]
        if data["failed"]:
            self.stop("worker_lost")
        if not self._pending:
            self._finished = data["number"]
            self._ended.set()
