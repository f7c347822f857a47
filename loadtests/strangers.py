"""What calls cost that are refused for another reason: wrong keys, keys that lack the scope.

Pure. From rest a part of the limit is spent on such calls, then the rest is drained with plain
ones: as many are missing as were charged. The shares differ, so that one drain tells which. Wrong
keys from one address may rightly be slowed down together with all that comes from there; only
where the second key is admitted at that very moment has somebody else's guessing used up the right
key's own calls.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from loadtests.segments import Abreast, Part, Schedule, Segment, drain
from loadtests.trace import LASTING, PLAIN, Call

SHARES: Final = (4, 2)
"""One in so many of the limit: for the first kind a quarter, for the second half."""

SMALLEST: Final = 16
"""Of a smaller limit a quarter is too few to tell from a call of somebody else's."""

REST: Final = 2.1
"""In spans: a sliding counter is full again after two."""

REPEATS: Final = 2


@dataclass(frozen=True, slots=True)
class Flood:
    """One flood and the drain after it.

    Attributes:
        left: Plain calls admitted afterwards.
        spent: How many calls of each kind were answered, in the order of the kinds.
        apart: Whether the second key was admitted while the first was refused.
    """

    left: int
    spent: tuple[int, ...]
    apart: bool

    def charged(self, size: int) -> tuple[bool, ...] | None:
        """Which kinds were charged; None if the missing calls fit no answer."""
        missing = size - self.left
        whole = [(), *((n,) for n in range(len(self.spent))), tuple(range(len(self.spent)))]
        sums = {kinds: sum(self.spent[n] for n in kinds) for kinds in whole}
        nearest = min(sums, key=lambda kinds: abs(sums[kinds] - missing))
        if abs(sums[nearest] - missing) > max(1, min(self.spent, default=0) // 3):
            return None
        return tuple(n in nearest for n in range(len(self.spent)))


def flood(
    kinds: Sequence[str], second: str, *, size: int, rate: float, since: float
) -> Schedule[list[Call]]:
    """Spend a part of the limit on calls that fail, and drain the rest; again where one counted.

    The first call is a plain one: where that is refused, no wrong key is the reason.

    Args:
        kinds: Labels of the failing calls, two at most.
        second: Label of the second key's call; empty without one.
        size: How many calls drain the limit.
        rate: How many are given back per second.
        since: When the last call before was answered, in seconds.

    Yields:
        The calls.

    Returns:
        Those of the last time; none for a limit that is too small to tell.
    """
    calls: list[Call] = []
    if size < SMALLEST:
        return calls
    parts = [
        Part(Abreast(size // share, 4), probe=kind)
        for kind, share in zip(kinds, SHARES, strict=False)
    ]
    first = Part(Abreast(1), probe=LASTING)
    plain = Part(Abreast(1), probe=PLAIN)
    beside = (Part(Abreast(2), probe=second), plain) if second else ()
    for _ in range(REPEATS):
        start = since + REST * size / rate
        calls = yield Segment(
            "cost of failures", (first, *parts, drain(size, PLAIN), plain, *beside), start
        )
        found = read_floods(calls, kinds, second)
        if not found or not any(found[0].charged(size) or ()):
            break
        since = calls[-1].answered
    return calls


def read_floods(calls: Sequence[Call], kinds: Sequence[str], second: str) -> list[Flood]:
    """Read every flood.

    Args:
        calls: All calls by the time written, every probe.
        kinds: Labels of the failing calls.
        second: Label of the second key's call.
    """
    segments = dict.fromkeys(call.segment for call in calls if call.probe in kinds)
    found = []
    for segment in segments:
        inside = [call for call in calls if call.segment == segment]
        if inside[0].probe == PLAIN:
            continue
        counted = [c for c in inside if c.probe in kinds and not c.lost and not c.admitted]
        spent = tuple(sum(call.probe == kind for call in counted) for kind in kinds)
        left = sum(call.admitted and call.probe in (LASTING, PLAIN) for call in inside)
        found.append(Flood(left, spent, _apart(inside, second)))
    return found


FREEINGS: Final = 3
"""Within half a span an edge of the window frees the limit once at most, and a bucket gives back
less than half of it."""


def free(kind: str, *, size: int) -> Schedule[float]:
    """Send failing calls while the limit is shut, and drain it anew if they opened it.

    Args:
        kind: Label of the failing calls.
        size: How many calls drain the limit; it has just been drained.

    Yields:
        The calls.

    Returns:
        When the last was answered, in seconds.
    """
    anew = Part(Abreast(size + size // 10 + 10, 8), until_refused=2, probe=PLAIN)
    shut = Part(Abreast(24, 2), until_refused=1, probe=PLAIN)
    turn = (shut, Part(Abreast(2), probe=kind), Part(Abreast(1), probe=PLAIN))
    calls = yield Segment("failures over the limit", (*turn, *(anew, *turn) * (FREEINGS - 1)))
    return max(call.answered for call in calls)


def frees(calls: Sequence[Call], kind: str, *, size: int, rate: float) -> bool:
    """Whether failing calls open the whole limit for plain ones, each time.

    Args:
        calls: All calls by the time written, every probe.
        kind: Label of the failing calls.
        size: How many calls drain the limit.
        rate: How many are given back per second.
    """
    runs = [list(run) for _, run in groupby(calls, key=lambda call: (call.segment, call.probe))]
    opened = [
        (before[-1].written, after)
        for before, failing, after in zip(runs, runs[1:], runs[2:], strict=False)
        if failing[0].probe == kind
        and before[-1].segment == failing[0].segment == after[0].segment
        and before[-1].probe == after[0].probe == PLAIN
        and before[-1].refused
        and after[0].admitted
        and not any(call.admitted for call in failing)
    ]
    if len(opened) != FREEINGS:
        return False
    took = opened[-1][1][0].answered - opened[0][0]
    admitted = [sum(call.admitted for call in after) for _, after in opened[:-1]]
    return took < size / rate / 2 and min(admitted) >= size / 2


def _apart(calls: Sequence[Call], second: str) -> bool:
    """Whether the second key passed between two refused plain calls."""
    at = [n for n, call in enumerate(calls) if second and call.probe == second]
    if not at or at[0] == 0 or at[-1] + 1 >= len(calls):
        return False
    bread = calls[at[0] - 1], calls[at[-1] + 1]
    return all(call.refused for call in bread) and all(calls[n].admitted for n in at)


def charged_always(floods: Sequence[Flood], kind: int, size: int) -> bool:
    """Whether calls of a kind counted in every flood, and there were enough of them."""
    return len(floods) >= REPEATS and all(
        charged is not None and charged[kind] for charged in (one.charged(size) for one in floods)
    )
