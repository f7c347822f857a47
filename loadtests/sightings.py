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


def refusal_statuses(calls: Sequence[Call]) -> tuple[tuple[int, int], ...]:
    """How often each status refused a call, by status."""
    counts = Counter(call.status for call in calls if call.refused)
    return tuple(sorted(counts.items()))
