"""Plain facts of a trace, without any model of the limiter.

Pure. Calls are given by the time they were written.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

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


def most_in_a_second(times: Sequence[float]) -> int:
    """The most of the ascending times within any one second."""
    first = most = 0
    for last, time in enumerate(times):
        while time - times[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most


MELEE_S: Final = 0.3
"""Calls in flight together are answered out of order for about so long, in seconds."""


def full_drains(calls: Sequence[Call]) -> list[tuple[int, int]]:
    """How many calls each drain of a full limit admitted, and how many of it were lost.

    Drains of half as many and less had not seen the limit full.
    """
    drains: list[tuple[int, int]] = []
    admitted = lost = 0
    refused_at: float | None = None
    for call in calls:
        if refused_at is not None and not call.refused and call.written > refused_at + MELEE_S:
            drains.append((admitted, lost))
            admitted, lost, refused_at = 0, 0, None
        admitted += call.admitted
        lost += call.lost
        if call.refused:
            refused_at = call.written
    if refused_at is not None:
        drains.append((admitted, lost))
    most = max((count for count, _ in drains), default=0)
    return [drain for drain in drains if drain[0] > most / 2]


def drains_agree(calls: Sequence[Call]) -> bool:
    """Whether drains of a full limit admitted the same, one request and lost calls aside.

    Others who use the counter take another share each time; alone, it is the same each time. The
    largest drain may have been helped by an edge of a grid.
    """
    drains = sorted(full_drains(calls))
    compared = drains[:-1] if len(drains) > 3 else drains
    if len(compared) < 2:
        return False
    room = 1 + max(lost for _, lost in compared)
    return compared[-1][0] - compared[0][0] <= room


def refusal_statuses(calls: Sequence[Call]) -> tuple[tuple[int, int], ...]:
    """How often each status refused a call, by status."""
    counts = Counter(call.status for call in calls if call.refused)
    return tuple(sorted(counts.items()))
