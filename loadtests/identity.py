"""What shares one counter: sandwiches of refused calls with a varied call between.

Pure. Drain the limit once; then a refused plain call, the varied one, a refused plain call: the
varied call admitted means another counter, refused means the same. A sandwich whose plain calls
were admitted is void. A hit is repeated before it counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from loadtests.segments import Abreast, Paced, Part, Schedule, Segment
from loadtests.trace import CONTROL, Call

Counter = Literal["same", "other", "unclear"]

PAUSE_RPS: Final = 10.0
"""Pace of the varied calls from rest, in requests per second."""

REPEATS: Final = 2
"""So many sandwiches must agree: one may have been cut by an edge of the window."""


@dataclass(frozen=True, slots=True)
class Variation:
    """A varied call.

    Attributes:
        probe: Its label; the edge maps it to a request.
        expected: Which counter it must meet, as far as the declared limit says; ``None`` where
            it says nothing.
        fails: The call is refused for another reason (a bad key, a missing scope); what it costs
            is asked instead.
    """

    probe: str
    expected: Literal["same", "other"] | None = None
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Met:
    """Which counter a variation met.

    Attributes:
        variation: The varied call.
        counter: The plain call's, or another; unclear if it was not admitted from rest either,
            or no sandwich was valid, or they disagree.
        tried: How many sandwiches were valid.
        status: What it was answered last, 0 if it never was.
    """

    variation: Variation
    counter: Counter
    tried: int
    status: int

    @property
    def unexpected(self) -> bool:
        """Whether it is certainly not the counter that it must be."""
        expected = self.variation.expected
        return expected is not None and self.counter not in ("unclear", expected)


def sandwiches(variations: Sequence[Variation], *, size: int, span: float) -> Schedule[str]:
    """Ask which counter every variation meets.

    Args:
        variations: The varied calls.
        size: How many calls drain the limit.
        span: In which time it is given back, in seconds.

    Yields:
        Every variation once from rest, a drain, and the sandwiches, hits twice.

    Returns:
        How many were asked.
    """
    asked = [variation for variation in variations if not variation.fails]
    if not asked:
        return "no variations"
    passes = []
    rest = 2.1 * span
    calls = yield Segment("rest", (Part(Paced(1, 1.0)),))
    start = calls[0].answered + rest if calls else 0.0
    for variation in asked:
        part = Part(Paced(1, PAUSE_RPS), probe=variation.probe)
        calls = yield Segment("variation from rest", (part,), start)
        if any(call.admitted for call in calls):
            passes.append(variation)
    drain = Part(Abreast(2 * size + 20, 8), until_refused=2)
    parts = [part for variation in passes for part in _sandwich(variation, size)]
    if parts:
        yield Segment("sandwiches", (drain, *parts, *parts))
    return f"{len(passes)} variations asked"


def _sandwich(variation: Variation, size: int) -> tuple[Part, ...]:
    """Drain what came back, the varied call, a plain one."""
    drained = Part(Abreast(size + 20, 1), until_refused=1)
    return drained, Part(Abreast(1), probe=variation.probe), Part(Abreast(1))


def costs(variation: Variation, *, size: int, span: float) -> Schedule[str]:
    """Ask what calls that fail for another reason cost: half the limit of them, then a drain.

    Args:
        variation: A failing call.
        size: How many calls drain the limit.
        span: In which time it is given back, in seconds.

    Yields:
        The calls.

    Returns:
        That it was asked.
    """
    half = Part(Abreast(max(1, size // 2), 4), probe=variation.probe)
    drain = Part(Abreast(2 * size + 20, 1), until_refused=1)
    calls = yield Segment("rest", (Part(Paced(1, 1.0)),))
    yield Segment("cost of failures", (half, drain), calls[-1].answered + 2.1 * span)
    return "asked"


def read_sandwiches(calls: Sequence[Call], variations: Sequence[Variation]) -> list[Met]:
    """Which counter every variation met.

    Args:
        calls: All calls by the time written, every probe.
        variations: The varied calls, in the order wanted.

    Returns:
        One entry for each variation that does not fail for another reason.
    """
    found: dict[str, list[Call]] = {}
    for at, call in enumerate(calls[1:-1], start=1):
        before, after = calls[at - 1], calls[at + 1]
        plain = before.probe == after.probe == CONTROL
        same = before.segment == call.segment == after.segment
        if call.probe != CONTROL and plain and same and before.refused and after.refused:
            found.setdefault(call.probe, []).append(call)
    return [
        _met(variation, found.get(variation.probe, []))
        for variation in variations
        if not variation.fails
    ]


def _met(variation: Variation, between: Sequence[Call]) -> Met:
    answers = [call for call in between if not call.lost]
    status = answers[-1].status if answers else 0
    counter: Counter = "unclear"
    if len(answers) >= REPEATS and all(call.admitted for call in answers):
        counter = "other"
    elif answers and all(call.status == 429 for call in answers):
        counter = "same"
    return Met(variation, counter, len(answers), status)


@dataclass(frozen=True, slots=True)
class Cost:
    """What calls cost that fail for another reason.

    Attributes:
        probe: The failing call.
        sent: How many of them.
        left: How many plain calls were admitted afterwards.
        charged: Whether they counted; ``None`` if it cannot be told.
    """

    probe: str
    sent: int
    left: int
    charged: bool | None


def read_cost(calls: Sequence[Call], variation: Variation, *, size: int) -> Cost | None:
    """What failing calls cost.

    Args:
        calls: All calls by the time written, every probe.
        variation: A failing call.
        size: The measured limit.

    Returns:
        The cost; ``None`` if it was not asked.
    """
    failing = [call for call in calls if call.probe == variation.probe]
    if not failing:
        return None
    segment = failing[-1].segment
    sent = sum(call.segment == segment for call in failing)
    left = sum(c.admitted and c.segment == segment and c.probe == CONTROL for c in calls)
    charged = None
    if abs(left - size) <= max(1, sent // 4):
        charged = False
    elif abs(left - (size - sent)) <= max(1, sent // 4):
        charged = True
    return Cost(variation.probe, sent, left, charged)
