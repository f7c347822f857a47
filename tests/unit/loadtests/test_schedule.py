"""Calls by the clock, where connections take a while to open."""

import time
from collections.abc import Callable
from typing import cast

import gevent
import pytest

from loadtests.observing import Observer
from loadtests.schedule import Dispatcher, Share
from loadtests.segments import Governor, Listed, Paced, Part, Segment
from loadtests.sending import Sender, Sent
from loadtests.trace import Call

WARMING_S = 0.4
ALL = Share(0)


class FarSender:
    """Opens connections slowly and answers at once."""

    warmed = 0.0

    def needed(self, rate: float) -> int:
        """One."""
        del rate
        return 1

    def warm(self, count: int) -> None:
        """Take a while."""
        del count
        gevent.sleep(WARMING_S)
        self.warmed = time.monotonic()

    def send(self, probe: str, *, fresh: bool, leave: Callable[[], None]) -> Sent:
        """Answer 200."""
        del probe, fresh
        leave()
        now = time.monotonic()
        return Sent(now, now, 200, "1")

    def close_unused(self) -> None:
        """There are none."""


class Blind:
    """Finds nothing wrong."""

    def look(self, probe: str, sent: Sent) -> tuple[str, bool]:
        """As documented."""
        del probe, sent
        return "", True

    def fields(self, sent: Sent) -> tuple[tuple[str, str], ...]:
        """None."""
        del sent
        return ()


def sent(part: Part, sender: FarSender, share: Share = ALL) -> tuple[list[Call], float]:
    """Run one part from now on; its calls, and when it began."""
    calls: list[Call] = []
    observer = cast("Observer", Blind())
    dispatcher = Dispatcher(cast("Sender", sender), observer, Governor(1e6), calls.extend)
    origin = time.monotonic()
    dispatcher.run(Segment("phase", (part,), number=0), share, origin)
    return sorted(calls, key=lambda call: call.index), origin


def test_listed_calls_that_fall_due_while_connections_open_leave_late() -> None:
    due = (WARMING_S / 2, 2 * WARMING_S)

    calls, _ = sent(Part(Listed(due)), FarSender())

    assert [call.asked for call in calls] == pytest.approx(due)
    assert calls[0].written >= WARMING_S


def test_paced_calls_are_evenly_due_from_when_connections_are_open() -> None:
    sender = FarSender()

    calls, origin = sent(Part(Paced(4, 200.0)), sender)

    first = calls[0].asked
    assert origin + first >= sender.warmed - 1e-5
    assert [call.asked - first for call in calls] == pytest.approx([0, 0.005, 0.01, 0.015])


def test_a_process_without_a_share_opens_nothing() -> None:
    sender = FarSender()

    calls, _ = sent(Part(Paced(2, 200.0)), sender, Share(0, k=2, n=3))

    assert (calls, sender.warmed) == ([], 0.0)
