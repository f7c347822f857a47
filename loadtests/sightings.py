"""Plain facts of a trace, without any model of the limiter.

Pure. Calls are given by the time they were written.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final, NamedTuple

from loadtests.trace import Call

SUSTAINED_REFUSALS: Final = 20
SUSTAINED_S: Final = 3.0
"""At least 20 refusals over at least 3 s above the limit: "sustained 429" of ``interfaces.md``."""


def sustained(calls: Sequence[Call]) -> bool:
    """Whether enough calls were refused for long enough to judge."""
    refused = [call.written for call in calls if call.refused]
    if len(refused) < SUSTAINED_REFUSALS:
        return False
    return max(refused) - min(refused) >= SUSTAINED_S


def first_refusal(calls: Sequence[Call]) -> int | None:
    """How many requests had been sent when the first was refused, that one included."""
    return next((at for at, call in enumerate(calls, start=1) if call.refused), None)


def admitted_at_first(calls: Sequence[Call]) -> int:
    """How many calls were admitted before the first refusal was answered."""
    first = min((call.answered for call in calls if call.refused), default=float("inf"))
    return sum(call.admitted and call.answered < first for call in calls)


def recovery_seconds(calls: Sequence[Call]) -> float | None:
    """Seconds from the last refusal of the longest refused run to the next admitted call.

    Args:
        calls: By the time written.

    Returns:
        The time, ``None`` if nothing was refused or nothing admitted afterwards.
    """
    found: tuple[int, float] | None = None
    run = 0
    last = 0.0
    for call in calls:
        if call.refused:
            run, last = run + 1, call.answered
        elif call.admitted and run:
            if found is None or run > found[0]:
                found = (run, max(0.0, call.written - last))
            run = 0
    return None if found is None else found[1]


def admitted_rate(calls: Sequence[Call]) -> float | None:
    """Admitted calls per second between the first and the last refusal, ``None`` without two."""
    refused = [call.written for call in calls if call.refused]
    if len(refused) < 2 or refused[-1] == refused[0]:
        return None
    between = sum(call.admitted and refused[0] < call.written < refused[-1] for call in calls)
    return between / (refused[-1] - refused[0])


class Overload(NamedTuple):
    """What came back from one refusal to another, while more was asked for all the time.

    Attributes:
        admitted: Calls admitted that were written between the two.
        surely: Those of them that neither refusal can have been overtaken by.
        lost: Calls between them that got no answer.
        seconds: From the one to the other.
        gap: The most seconds in which nothing was asked.
        took: How long refusals took, in seconds, the median: they wait in no queue.
    """

    admitted: int
    surely: int
    lost: int
    seconds: float
    gap: float
    took: float


def longest_overload(calls: Sequence[Call]) -> Overload | None:
    """The longest overload within one segment of the plan, if there was any."""
    segments: defaultdict[int, list[Call]] = defaultdict(list)
    for call in calls:
        segments[call.segment].append(call)
    found = [seen for segment in segments.values() if (seen := _overload(segment)) is not None]
    return max(found, key=lambda seen: seen.seconds, default=None)


def _overload(calls: Sequence[Call]) -> Overload | None:
    refused = [call for call in calls if call.refused]
    if len(refused) < 2:
        return None
    first, last = refused[0].written, refused[-1].written
    begun = refused[0].answered
    within = [call for call in calls if first <= call.written <= last]
    return Overload(
        sum(call.admitted for call in within),
        sum(call.admitted and begun <= call.written and call.answered <= last for call in within),
        sum(call.lost for call in within),
        last - first,
        max(later.written - call.written for call, later in pairwise(within)),
        median(call.answered - call.written for call in refused),
    )


def most_in_a_second(times: Sequence[float]) -> int:
    """The most of the ascending times within any one second."""
    return most_within(times, 1.0)


def most_within(times: Sequence[float], seconds: float) -> int:
    """The most of the ascending times within any span of so many seconds."""
    first = most = 0
    for last, time in enumerate(times):
        while time - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def bursts_beyond(calls: Sequence[Call], limit: int, seconds: float) -> int:
    """In how many segments more calls than a limit were admitted within some seconds.

    Args:
        calls: By the time written.
        limit: The most that should be.
        seconds: Within which time.
    """
    times: dict[int, list[float]] = {}
    for call in calls:
        if call.admitted:
            times.setdefault(call.segment, []).append(call.written)
    return sum(most_within(each, seconds) > limit for each in times.values())


MELEE_S: Final = 0.3
"""Calls in flight together are answered out of order for about so long, in seconds."""

CONTROL_S: Final = 1.5
"""How long before the first drain the control begins, in seconds, and a little."""


def drains_from_rest(calls: Sequence[Call], rest: float) -> list[tuple[int, int]]:
    """How many calls each drain from rest admitted until it was refused, and how many were lost.

    Args:
        calls: By the time written.
        rest: The shortest silence that fills the limit, in seconds.
    """
    drains: list[tuple[int, int]] = []
    admitted = lost = 0
    rested, before = True, float("-inf")
    refused_at: float | None = None
    for call in calls:
        if call.written - before >= rest:
            if rested and refused_at is not None:
                drains.append((admitted, lost))
            rested, admitted, lost, refused_at = True, 0, 0, None
        over = refused_at is not None and call.written > refused_at + MELEE_S
        if rested and over and not call.refused:
            drains.append((admitted, lost))
            rested = False
        admitted += call.admitted
        lost += call.lost
        if call.refused and refused_at is None:
            refused_at = call.written
        before = call.written
    if rested and refused_at is not None:
        drains.append((admitted, lost))
    return drains


def drains_agree(calls: Sequence[Call], *, rest: float, rate: float) -> bool:
    """Whether drains from rest admitted the same, one request and lost calls aside.

    Others who use the counter take another share each time; alone, it is the same each time. The
    first drain took longer, with the control before it, so a bucket gave back some more.

    Args:
        calls: By the time written.
        rest: The shortest silence that fills the limit, in seconds.
        rate: What a bucket gives back, per second.
    """
    drains = drains_from_rest(calls, rest)
    if len(drains) < 2:
        return False
    room = 1 + max(lost for _, lost in drains)
    first, *again = [count for count, _ in drains]
    same = max(again) - min(again) <= room
    return same and min(again) - room <= first <= max(again) + room + rate * CONTROL_S


SILENT: Final = 4
"""So many calls in a row without an answer: on a network that loses one in fifty this happens once
in six million calls."""


def falls_silent(calls: Sequence[Call]) -> bool:
    """Whether the last calls got no answer."""
    return len(calls) >= SILENT and all(call.lost for call in calls[-SILENT:])


def admitted_before_silence(calls: Sequence[Call], rest: float) -> list[int]:
    """How many calls were admitted from each rest on until answers ceased.

    Args:
        calls: By the time written.
        rest: The shortest silence that fills the limit, in seconds.

    Returns:
        A count for each stretch that ends without answers and begins with one.
    """
    stretches: list[list[Call]] = []
    before = float("-inf")
    for call in calls:
        if call.written - before >= rest:
            stretches.append([])
        stretches[-1].append(call)
        before = call.written
    return [
        sum(call.admitted for call in stretch)
        for stretch in stretches
        if stretch[0].admitted and falls_silent(stretch)
    ]


def refusal_statuses(calls: Sequence[Call]) -> tuple[tuple[int, int], ...]:
    """How often each status refused a call, by status."""
    counts = Counter(call.status for call in calls if call.refused)
    return tuple(sorted(counts.items()))
