"""Holds arrivals by the clock: an open model, in which no call waits for another's answer.

One dispatcher wakes at each arrival and gives it a greenlet of its own (measured: a user that
loops starts bursts in step, and a full pool of users hides a slow server). gevent's own sleep has
a grain of 1 ms, so a Linux timer wakes the dispatcher where there is one.
"""

import ctypes
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import gevent
from gevent.pool import Pool

from loadtests.observing import Observer
from loadtests.segments import Abreast, Governor, Listed, Paced, Part, Segment
from loadtests.sending import Sender
from loadtests.sightings import SILENT
from loadtests.trace import PLACES, Call

MOST_IN_FLIGHT: Final = 400
"""Calls of one process; what finds no place is shed, counted, and makes the run inconclusive."""

BATCH_S: Final = 0.2
"""Seconds between two reports to the plan."""

_NOT_WORTH_SLEEPING_S: Final = 30e-6

_CLOCK_MONOTONIC: Final = 1
_ABSOLUTE: Final = 1


class Timer:
    """Wakes one greenlet at a time of the monotonic clock, to a tenth of a millisecond."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        create = getattr(self._libc, "timerfd_create", None)
        self._fd = create(_CLOCK_MONOTONIC, os.O_NONBLOCK | os.O_CLOEXEC) if create else -1
        self._watcher = gevent.get_hub().loop.io(self._fd, 1) if self._fd >= 0 else None

    def wait_until(self, due: float) -> None:
        """Return at `due`, or at once where that has passed."""
        left = due - time.monotonic()
        if left < _NOT_WORTH_SLEEPING_S:
            return
        if self._watcher is None:
            gevent.sleep(left)
            return
        fraction, whole = math.modf(due)
        spec = (ctypes.c_long * 4)(0, 0, int(whole), int(fraction * 1e9))
        self._libc.timerfd_settime(self._fd, _ABSOLUTE, spec, None)
        gevent.get_hub().wait(self._watcher)
        os.read(self._fd, 8)

    def close(self) -> None:
        """Give the timer back."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


@dataclass(frozen=True, slots=True)
class Share:
    """Which calls of a segment one process sends: numbers k, k + n, k + 2n and so on.

    Attributes:
        base: Index of the segment's first call in the run.
        k: This process's place.
        n: How many processes share it.
    """

    base: int
    k: int = 0
    n: int = 1


@dataclass(slots=True)
class _Running:
    """One part while it runs."""

    segment: Segment
    part: Part
    origin: float
    cut: bool = False
    refused: int = 0
    admitted: int = 0
    lost: int = 0

    def note(self, call: Call) -> None:
        self.refused += call.refused
        self.admitted += call.admitted
        self.lost = self.lost + 1 if call.lost else 0

    @property
    def over(self) -> bool:
        wanted = self.part.until_refused, self.part.until_admitted
        return (
            self.cut
            or self.lost >= SILENT
            or any(
                want and seen >= want
                for want, seen in zip(wanted, (self.refused, self.admitted), strict=True)
            )
        )


@dataclass(slots=True)
class Dispatcher:
    """Runs segments in one process.

    Attributes:
        sender: Sends a call.
        observer: Reads an answer.
        governor: Says when the next call may leave.
        report: Takes the calls answered since the last report.
        shed: Arrivals that found no place.
    """

    sender: Sender
    observer: Observer
    governor: Governor
    report: Callable[[list[Call]], None]
    shed: int = 0
    _answered: list[Call] = field(default_factory=list)
    _running: _Running | None = None

    def cut(self, number: int) -> None:
        """Fire no further call of a segment."""
        if self._running and self._running.segment.number == number:
            self._running.cut = True

    def run(self, segment: Segment, share: Share, origin: float) -> None:
        """Run a segment, and report every call of it before returning.

        Args:
            segment: What to send.
            share: Which of its calls.
            origin: Time 0 of the plan, on this process's monotonic clock.
        """
        base = share.base
        with self._reporting():
            for part in segment.parts:
                running = self._running = _Running(segment, part, origin)
                self._run_part(running, Share(base, share.k, share.n))
                base += part.arrivals.count
                if running.cut:
                    break
        self._running = None

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        def report() -> None:
            while True:
                gevent.sleep(BATCH_S)
                self._flush()

        reporter = gevent.spawn(report)
        try:
            yield
        finally:
            reporter.kill()
            self._flush()

    def _flush(self) -> None:
        if self._answered:
            calls, self._answered = self._answered, []
            self.report(calls)

    def _run_part(self, running: _Running, share: Share) -> None:
        start = running.origin + running.segment.start
        match running.part.arrivals:
            case Abreast(count, connections):
                self._run_abreast(running, share.base, count, connections)
            case Paced(count, rate):
                offsets = [(i, i / rate) for i in range(share.k, count, share.n)]
                self._warm(running, offsets)
                start = max(start, time.monotonic())
                dues = [(i, start + offset) for i, offset in offsets]
                self._run_clocked(running, share.base, dues)
            case Listed(offsets):
                now = time.monotonic()
                dues = [(i, start + offset) for i, offset in enumerate(offsets)]
                dues = [due for due in dues if due[1] >= now]
                self._warm(running, dues)
                self._run_clocked(running, share.base, dues)

    def _warm(self, running: _Running, times: list[tuple[int, float]]) -> None:
        """Open the connections that the first calls need: far away that takes a while."""
        if times and not running.part.fresh:
            self.sender.warm(self.sender.needed(_first_rate(times)))

    def _run_clocked(self, running: _Running, base: int, dues: list[tuple[int, float]]) -> None:
        if not dues:
            return
        timer, pool = Timer(), Pool(MOST_IN_FLIGHT)
        try:
            for i, due in dues:
                timer.wait_until(due)
                if running.over:
                    break
                if pool.full():
                    self.shed += 1
                    continue
                pool.spawn(self._call, running, base + i, due)
            pool.join()
        finally:
            timer.close()
            self.sender.close_unused()

    def _run_abreast(self, running: _Running, base: int, count: int, connections: int) -> None:
        timer = Timer()
        timer.wait_until(running.origin + running.segment.start)
        timer.close()
        numbers = iter(range(count))

        def serial() -> None:
            for i in numbers:
                if running.over:
                    return
                self._call(running, base + i, time.monotonic())

        if not running.part.fresh:
            self.sender.warm(min(connections, count))
        gevent.joinall([gevent.spawn(serial) for _ in range(min(connections, count))])

    def _call(self, running: _Running, index: int, due: float) -> None:
        part = running.part
        sent = self.sender.send(part.probe, fresh=part.fresh, leave=self._leave)
        fault, alike = self.observer.look(part.probe, sent)
        left = sent.answered if sent.written is None else sent.written
        call = Call(
            index,
            running.segment.number,
            round(due - running.origin, PLACES),
            round(left - running.origin, PLACES),
            round(sent.answered - running.origin, PLACES),
            sent.status,
            lost=bool(sent.trouble),
            connection=sent.connection,
            probe=part.probe,
            wire=int(sent.written is not None),
            fields=self.observer.fields(sent),
            fault=fault,
            alike=alike,
        )
        running.note(call)
        self._answered.append(call)

    def _leave(self) -> None:
        """Keep the cap; a place is taken before the wait, so that no two calls get the same."""
        now = time.monotonic()
        at = self.governor.may_leave(now)
        self.governor.note(at)
        if at > now:
            gevent.sleep(at - now)


def _first_rate(times: list[tuple[int, float]]) -> float:
    """Calls per second in the first fifth of a second."""
    first = times[0][1]
    return sum(at - first < BATCH_S for _, at in times) / BATCH_S
