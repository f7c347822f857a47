"""Do as Retry-After says, where the trace gives reason to doubt it.

Pure. Polls say little of a promise: some limiters start anew with each call, and each refusal
brings another promise. So where a call was refused after a moment that was promised before, the
limit is drained from rest, nothing is sent until the promised moment has passed by more than whole
seconds hide, and then one call.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from loadtests.headers import read_fields
from loadtests.promises import ROUNDING_S
from loadtests.segments import REST, Paced, Part, Schedule, Segment, drain
from loadtests.trace import BELIEVING, Call

REPEATS: Final = 2
"""So many promises are tried; others may have used the limit meanwhile."""

LONGEST: Final = 2.0
"""In spans: what promises more is true anyway, or refuses for good, which is looked for apart."""

DOUBT_S: Final = 0.1
"""Answers on their way overtake each other by less."""

MARGIN_S: Final = 0.05


def doubtful(calls: Sequence[Call]) -> bool:
    """Whether a call was refused after the moment that an earlier refusal had promised.

    Args:
        calls: The plain calls by the time written.
    """
    soonest = float("inf")
    for call in calls:
        if call.refused and call.written > soonest + DOUBT_S:
            return True
        if call.admitted:
            soonest = float("inf")
        wait = read_fields(call.fields).retry_after if call.refused else None
        if wait is not None:
            soonest = min(soonest, call.answered + wait)
    return False


def believe(calls: Sequence[Call], *, size: int, span: float) -> Schedule[None]:
    """Drain, wait as promised, ask once; twice.

    Args:
        calls: The plain calls so far, by the time written.
        size: How many calls drain the limit.
        span: In which time it is given back, in seconds.

    Yields:
        The calls, if any promise is doubtful.
    """
    if not doubtful(calls):
        return
    last = max(call.answered for call in calls)
    for _ in range(REPEATS):
        drained = yield Segment("drain to believe", (drain(size, BELIEVING),), last + REST * span)
        refused = [call for call in drained if call.refused]
        wait = read_fields(refused[-1].fields).retry_after if refused else None
        if wait is None or wait > LONGEST * span:
            return
        due = refused[-1].answered + wait + ROUNDING_S + MARGIN_S
        asked = yield Segment("as promised", (Part(Paced(1, 1.0), probe=BELIEVING),), due)
        last = asked[-1].answered


def broken(calls: Sequence[Call]) -> tuple[str, ...]:
    """The promises after which the one call was refused, in words.

    Args:
        calls: Every call, any probe.
    """
    own = sorted((call for call in calls if call.probe == BELIEVING), key=lambda c: c.written)
    waits = [
        read_fields(before.fields).retry_after
        for before, call in pairwise(own)
        if before.segment != call.segment and before.refused and call.refused
    ]
    return tuple(
        f"Retry-After promised {wait:g} s, and more than a second later a call was refused"
        for wait in waits
        if wait is not None
    )
