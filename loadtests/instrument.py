"""How well the sender kept the clock: asked against sent.

Pure. A call that leaves late blurs what is measured, and never falsifies it, since its own send
time counts; but a sender that falls behind did not put on the load that the plan asked for, and
nothing may be concluded from what it did not see.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from loadtests.segments import Abreast, Segment
from loadtests.trace import Call

LATE_S: Final = 0.1
"""A call this late is late, in seconds. On a busy machine of two cores p99 was 3 to 35 ms."""

BEHIND_S: Final = 1.0
"""Late without a break for so long, in seconds, is behind; the longest single pause was 0.18 s. A
sender that manages nine tenths of the rate is behind within two seconds."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """What the sender did with what it was asked for.

    Attributes:
        clocked: Calls sent that had a time to leave at.
        late_p50: By how much they left late, in seconds: the median.
        late_p99: The same, of the latest in a hundred.
        late_most: The latest.
        behind_s: The longest time in which every call was late by more than ``LATE_S``.
        shed: Calls asked for that found no place and were never sent.
        clocks_within: How far the clocks of several machines may be apart, in seconds.
    """

    clocked: int = 0
    late_p50: float = 0.0
    late_p99: float = 0.0
    late_most: float = 0.0
    behind_s: float = 0.0
    shed: int = 0
    clocks_within: float = 0.0

    @property
    def fell_behind(self) -> bool:
        """Whether the plan's load was not put on."""
        return self.shed > 0 or self.behind_s >= BEHIND_S

    def __str__(self) -> str:
        """Say it in a sentence without a full stop; empty where nothing was on the clock."""
        if not self.clocked and not self.shed:
            return ""
        words = (
            f"of {self.clocked + self.shed} calls on the clock {self.clocked} were sent, "
            f"{_milliseconds(self.late_p50)} late at the median, {_milliseconds(self.late_p99)} "
            f"at p99, {_milliseconds(self.late_most)} at most"
        )
        if self.shed:
            words += f"; {self.shed} found no place among those in flight"
        if self.clocks_within:
            words += f"; the workers' clocks agree within {_milliseconds(self.clocks_within)}"
        return words


def watch(
    segments: Sequence[Segment],
    calls: Iterable[Call],
    *,
    shed: int = 0,
    clocks_within: float = 0.0,
) -> Instrument:
    """Measure the sender.

    Args:
        segments: What the plan asked for, in order, every one of the run.
        calls: Every call sent.
        shed: Calls that found no place.
        clocks_within: How far the clocks of several machines may be apart, in seconds.

    Returns:
        Asked against sent. Calls made as fast as they were answered have no time to leave at.
    """
    clocked = set(_clocked(segments))
    sent = sorted(
        (call.asked, call.written - call.asked)
        for call in calls
        if call.wire and call.index in clocked
    )
    late = sorted(seconds for _, seconds in sent)
    return Instrument(
        clocked=len(late),
        late_p50=_quantile(late, 0.5),
        late_p99=_quantile(late, 0.99),
        late_most=_quantile(late, 1.0),
        behind_s=_longest_behind(sent),
        shed=shed,
        clocks_within=clocks_within,
    )


def _clocked(segments: Sequence[Segment]) -> Iterator[int]:
    """Numbers of the calls on the clock; every part has its numbers, sent or not."""
    first = 0
    for segment in segments:
        for part in segment.parts:
            if not isinstance(part.arrivals, Abreast):
                yield from range(first, first + part.arrivals.count)
            first += part.arrivals.count


def _longest_behind(sent: Sequence[tuple[float, float]]) -> float:
    """The longest time between two late calls without one in time between them."""
    longest, since = 0.0, math.inf
    for asked, late in sent:
        since = min(since, asked) if late > LATE_S else math.inf
        longest = max(longest, asked - since)
    return longest


def _quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that so many are not above; 0 without values."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def _milliseconds(seconds: float) -> str:
    return f"{1000 * seconds:.3g} ms"
