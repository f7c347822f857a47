"""What shares one counter: sandwiches of refused plain calls with varied calls between.

Pure. Every varied call is made once from rest: only one that is answered as the plain call is asked
about. Then the limit is drained and kept empty; some varied calls at once, between two plain ones
that are refused, are admitted where they meet another counter, and refused where they meet the
same. What a bucket gives back meanwhile could let one pass, never most of them; a sandwich that
took longer than that is void, and what is said rests on two of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, Literal

from loadtests.segments import REST, Abreast, Paced, Part, Schedule, Segment, drain
from loadtests.trace import PLAIN, Call

Expected = Literal["same", "other"]
Counter = Literal["same", "other", "unclear"]

FILLING: Final = 6
"""Varied calls of one sandwich."""

REPEATS: Final = 2
"""So many sandwiches must agree: one may have been cut by an edge of the window."""

ROUNDS: Final = 3
"""So often two sandwiches each are made until enough are valid; once does on a quiet network."""

ROOM: Final = 2
"""From rest the varied calls follow one another where the limit is so many times as many; else they
keep below its rate, and then no limit of that rate refuses any."""


@dataclass(frozen=True, slots=True)
class Variation:
    """A varied call.

    Attributes:
        probe: What it is in words, after "the call"; the edge maps it to requests.
        expected: Which counter it must meet; ``None`` where nothing documented or declared says.
        fresh: Every call goes over a new connection.
        warns: The wrong counter is worth a warning, no more.
        alike: Whether it asks for the same, so that the same data must come.
        remark: What a reader of a violation must know, or nothing.
    """

    probe: str
    expected: Expected | None = None
    fresh: bool = False
    warns: bool = False
    alike: bool = True
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Met:
    """Which counter a variation met.

    Attributes:
        variation: The varied call.
        counter: The plain call's, or another; unclear if it was not answered alike from rest, or
            too few sandwiches were valid, or they disagree.
        admitted: How many of its calls between refused plain ones were admitted.
        tried: How many there were.
    """

    variation: Variation
    counter: Counter
    admitted: int
    tried: int

    @property
    def unexpected(self) -> bool:
        """Whether it is certainly not the counter that it must be."""
        expected = self.variation.expected
        return expected is not None and self.counter not in ("unclear", expected)


@dataclass(slots=True)
class Identity:
    """The schedule that asks which counter every variation meets.

    Attributes:
        variations: The varied calls.
        size: How many calls drain the limit.
        rate: How many are given back per second.
        calls: Every call of it so far.
    """

    variations: Sequence[Variation]
    size: int
    rate: float
    calls: list[Call] = field(default_factory=list)

    def schedule(self, since: float) -> Schedule[None]:
        """Everything.

        Args:
            since: When the last call before was answered, in seconds.

        Yields:
            Every variation once from rest, a drain, and the sandwiches, as often as needed.
        """
        yield from self._from_rest(since + REST * self.size / self.rate)
        yield from self._send("drain", drain(self.size, PLAIN))
        if self._takes_too_long():
            return
        asked = self.variations
        for turn in range(ROUNDS):
            met = read_sandwiches(self.calls, asked, size=self.size, rate=self.rate)
            if turn and not any(each.tried for each in met):
                return  # Nothing was quick enough to be told.
            asked = [m.variation for m in met if _is_alike(m.variation, self.calls) and _open(m)]
            if not asked:
                return
            yield from self._round(asked)

    def _from_rest(self, start: float) -> Schedule[None]:
        parts = [
            Part(Paced(1, 1.0), probe=variation.probe, fresh=variation.fresh)
            for variation in self.variations
        ]
        plain = Part(Paced(1, 1.0), probe=PLAIN)
        if len(parts) * ROOM <= self.size:
            yield from self._send("variations from rest", plain, *parts, start=start)
            return
        for at, part in enumerate((plain, *parts)):
            yield from self._send("variations from rest", part, start=start + at * 1.3 / self.rate)

    def _takes_too_long(self) -> bool:
        """Whether refusals take so long that no sandwich can be valid; then none is made."""
        refused = [call.answered - call.written for call in self.calls if call.refused]
        return 2 * min(refused, default=0.0) * self.rate > (self._filling - 1) / 2

    def _round(self, asked: Sequence[Variation]) -> Schedule[None]:
        shut = Part(Abreast(24, 2), until_refused=1, probe=PLAIN)
        parts = [drain(self.size, PLAIN), shut]
        for variation in (*asked, *asked):
            arrivals = Abreast(self._filling, self._filling)
            parts.append(Part(arrivals, probe=variation.probe, fresh=variation.fresh))
            parts.append(shut)
        yield from self._send("sandwiches", *parts)

    @property
    def _filling(self) -> int:
        """A small limit's other counter must not be drained by what asks about it."""
        return max(2, min(FILLING, self.size // 4))

    def _send(self, phase: str, *parts: Part, start: float = 0.0) -> Schedule[None]:
        self.calls.extend((yield Segment(phase, parts, start)))


def _open(met: Met) -> bool:
    """Whether more sandwiches can say more."""
    return met.counter == "unclear"


def _first(variation: Variation, calls: Sequence[Call]) -> Call | None:
    return next((call for call in calls if call.probe == variation.probe), None)


def _is_alike(variation: Variation, calls: Sequence[Call]) -> bool:
    """Whether its call from rest, or any since, was answered as the plain one."""
    first = _first(variation, calls)
    return first is not None and first.admitted and (first.alike or not variation.alike)


def read_sandwiches(
    calls: Sequence[Call], variations: Sequence[Variation], *, size: int, rate: float
) -> list[Met]:
    """Which counter every variation met.

    Args:
        calls: All calls by the time written, every probe.
        variations: The varied calls, in the order wanted.
        size: How many calls drain the limit.
        rate: What a bucket gives back, per second.

    Returns:
        One entry for each variation.
    """
    fillings: dict[str, list[list[Call]]] = {}
    for probe, filling in _sandwiches(calls, rate):
        fillings.setdefault(probe, []).append(filling)
    return [
        _met(variation, fillings.get(variation.probe, []), calls, size) for variation in variations
    ]


def _sandwiches(calls: Sequence[Call], rate: float) -> Iterator[tuple[str, list[Call]]]:
    """Every valid one: refused plain calls on either side, too soon for a bucket to fill."""
    runs = [list(run) for _, run in groupby(calls, key=lambda call: (call.segment, call.probe))]
    for before, filling, after in zip(runs, runs[1:], runs[2:], strict=False):
        bread = before[-1], after[0]
        plain = all(call.probe == PLAIN and call.refused for call in bread)
        together = before[0].segment == filling[0].segment == after[0].segment
        took = max(call.answered for call in filling) - before[-1].written
        whole = len(filling) >= 2 and not any(call.lost for call in filling)
        soon = took * rate <= (len(filling) - 1) / 2
        if plain and together and whole and soon and filling[0].probe != PLAIN:
            yield filling[0].probe, filling


def _met(
    variation: Variation, fillings: Sequence[Sequence[Call]], calls: Sequence[Call], size: int
) -> Met:
    # A counter of its own is drained by as many calls, and then refuses like the same.
    left = sum(call.probe == variation.probe for call in calls) <= size
    admitted = [sum(call.admitted for call in filling) for filling in fillings]
    tried = sum(map(len, fillings))
    counter: Counter = "unclear"
    rested = not any(_first(variation, calls) in filling for filling in fillings)
    if len(fillings) >= REPEATS and rested and _is_alike(variation, calls):
        if all(count == len(filling) for count, filling in zip(admitted, fillings, strict=True)):
            counter = "other"
        elif left and all(
            2 * count <= len(filling) for count, filling in zip(admitted, fillings, strict=True)
        ):
            counter = "same"
    return Met(variation, counter, sum(admitted), tried)
