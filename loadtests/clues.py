"""What can be read off a trace before any kind of limiter is held against it.

Pure. Where the search for a fit begins: when something came back, how much and how fast.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from loadtests.limiters import Outcome
from loadtests.replay import Arrival

MOMENT_S: Final = 0.2
"""In so many seconds even the fastest limit that the search meets gives little back."""


@dataclass(frozen=True, slots=True)
class Clues:
    """What can be read off a trace without any model.

    Attributes:
        openers: When windows may have been opened: the first call, and each first admission.
        brackets: The first release and those after which most was admitted, by time.
        drained: How many were admitted before the first refusal.
        rushed: How many of them in the last moment before it.
        closest: The least seconds between two admitted calls.
        refused: When the first refused call was answered, in seconds.
        edges: The releases that ended a time in which nothing came back, as sharply as polls can.
        rate: Calls admitted per second between the first release and the last refusal.
        span: How long the trace lasts, in seconds.
        calls: How many there are.
    """

    openers: Sequence[tuple[float, float]]
    brackets: Sequence[tuple[float, float]]
    edges: Sequence[tuple[float, float]]
    drained: int
    rushed: int
    closest: float
    refused: float
    rate: float
    span: float
    calls: int

    @classmethod
    def read(cls, seen: Sequence[Arrival], brackets: Sequence[tuple[float, float]]) -> "Clues":
        """Read them off the calls, in the order of their answers, and ``replay.releases``."""
        refused = [arrival for arrival in seen if arrival.outcome is Outcome.REFUSED]
        admitted = [arrival for arrival in seen if arrival.outcome is Outcome.ADMITTED]
        drained = max(1, sum(arrival.answered < refused[0].answered for arrival in admitted))
        opener = (seen[0].sent, seen[0].answered)
        major = sorted(_major(brackets, seen))
        rate = _rate(seen, brackets[0][0], max(8, drained // 10))
        return cls(
            openers=[opener, *(((low, high)) for low, high in major)],
            brackets=major,
            edges=_dead_ends(seen, 3 / rate)[:6],
            drained=drained,
            rushed=sum(refused[0].sent - MOMENT_S < a.sent < refused[0].answered for a in admitted),
            closest=min((b.answered - a.sent for a, b in pairwise(admitted)), default=1.0),
            refused=refused[0].answered,
            rate=rate,
            span=max(arrival.answered for arrival in seen) - seen[0].sent,
            calls=len(seen),
        )


def _rate(seen: Sequence[Arrival], since: float, block: int) -> float:
    """How much came back per second, while the limit was kept empty.

    Measured in blocks between two refusals, some admissions each. A block after a rest saw the
    bucket full and time go to waste, one before an edge saw none: the fastest large block counts.
    """
    found: list[tuple[float, int]] = []
    start, tokens = since, 0
    for arrival in seen:
        if arrival.sent <= since:
            continue
        tokens += arrival.outcome is Outcome.ADMITTED
        took = arrival.sent - start
        if arrival.outcome is not Outcome.REFUSED or not tokens or took < MOMENT_S:
            continue
        if tokens >= block or not found:
            found.append((tokens / took, tokens))
            start, tokens = arrival.sent, 0
    if not found:
        return max(1, tokens) / max(seen[-1].answered - since, 1e-3)
    largest = max(count for _, count in found)
    return max(rate for rate, count in found if count >= largest / 5)


def _major(
    brackets: Sequence[tuple[float, float]], seen: Sequence[Arrival]
) -> list[tuple[float, float]]:
    """The first release and those after which most was admitted, six at most."""
    counted = []
    for at, (low, high) in enumerate(brackets):
        until = brackets[at + 1][0] if at + 1 < len(brackets) else float("inf")
        count = sum(
            arrival.outcome is Outcome.ADMITTED and low < arrival.sent < until for arrival in seen
        )
        counted.append((count, (low, high)))
    largest = sorted(counted, reverse=True)[:5]
    return list({brackets[0], *(bracket for _, bracket in largest)})


def _dead_ends(seen: Sequence[Arrival], least: float) -> list[tuple[float, float]]:
    """Releases after at least so many seconds of refusals, known to a quarter of that."""
    found = []
    began: float | None = None
    last = 0.0
    for arrival in seen:
        if arrival.outcome is Outcome.REFUSED:
            began, last = (arrival.answered if began is None else began), arrival.sent
        elif arrival.outcome is Outcome.ADMITTED and began is not None:
            if last - began > least and arrival.answered - last < (last - began) / 4:
                found.append((last, arrival.answered))
            began = None
    return found
