"""Whether the limit is still what it was, once many calls have been refused.

Pure. Servers that punish, adapt or fail under load admit less afterwards. The drain that shows what
failing calls cost shows this too; only where it fell short is the limit drained from rest with
plain calls alone.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from loadtests.claims import room
from loadtests.segments import Abreast, Part, Schedule, Segment
from loadtests.trace import LASTING, PLAIN, Call

REST: Final = 2.1
"""In spans: a sliding counter is full again after two."""

REPEATS: Final = 2
"""So many drains must fall short: others may have used the counter during one."""


def last(calls: Sequence[Call], *, size: int, span: float, since: float) -> Schedule[None]:
    """Drain the limit from rest, again where it admits less than before.

    Args:
        calls: Those of the last drain after failing calls; empty where none was asked.
        size: How many calls drained it before.
        span: In which time it is given back, in seconds.
        since: When the last call before was answered, in seconds.

    Yields:
        The calls; none where the last drain admitted as many as ever.
    """
    if calls and _passed(calls) >= size - room(size):
        return
    drain = Part(Abreast(2 * size + 20, 8), until_refused=2, probe=LASTING)
    for _ in range(REPEATS):
        drained = yield Segment("the limit again", (drain,), since + REST * span)
        if _passed(drained) >= size - room(size):
            return
        since = max(call.answered for call in drained)


def _passed(calls: Iterable[Call]) -> int:
    """Calls that were admitted, or lost and may have been."""
    return sum((call.admitted or call.lost) and call.probe in (PLAIN, LASTING) for call in calls)


def read_fallen(calls: Iterable[Call], size: int) -> str:
    """What the limit came down to, in words; empty where it stayed.

    Args:
        calls: Every call by the time written, any probe.
        size: How many calls drained it before.
    """
    own = (call for call in calls if call.probe == LASTING)
    drains = [_passed(drain) for _, drain in groupby(own, key=lambda call: call.segment)]
    if len(drains) < REPEATS or not 0 < drains[-1] < size - room(size):
        # Nothing at all is what an address gets that wrong keys came from.
        return ""
    seen = " and ".join(map(str, drains))
    return (
        f"{size} calls were admitted from rest at first, and {seen} at the end: the limit falls "
        "when it is met often, or somebody else began to use the same counter"
    )
