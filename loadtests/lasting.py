"""Whether a declared limit is still the same once many calls have been refused.

Pure. Servers that punish, adapt or fail under load admit less afterwards. The drain that shows what
wrong keys cost shows this, too; only where it fell short is the limit drained from rest with plain
calls alone. Of several limits it is not asked: the one that was met last takes longer to come back.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Final

from loadtests.claims import room
from loadtests.segments import Schedule, Segment, drain
from loadtests.strangers import REST
from loadtests.trace import LASTING, PLAIN, Call

REPEATS: Final = 2
"""So many drains must fall short: others may have used the counter during one."""


def again(calls: Sequence[Call], *, size: int, span: float, since: float) -> Schedule[None]:
    """Drain the limit from rest, once more where it admits less than declared.

    Args:
        calls: Those of the last drain; empty where there was none.
        size: How many calls drain it.
        span: In which time it is given back, in seconds.
        since: When the last call before was answered, in seconds.

    Yields:
        The calls; none where the last drain admitted as many as declared.
    """
    if calls and _passed(calls) >= size - room(size):
        return
    for _ in range(REPEATS):
        drained = yield Segment("the limit again", (drain(size, LASTING),), since + REST * span)
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
        size: How many calls are declared to drain it.
    """
    own = (call for call in calls if call.probe == LASTING)
    groups = [list(group) for _, group in groupby(own, key=lambda call: call.segment)]
    drains = [_passed(group) for group in groups if len(group) > 1]
    if len(drains) < REPEATS or drains[-1] >= size - room(size):
        return ""
    if not drains[-1] and _passed(groups[0]):
        # An address that wrong keys came from may rightly be shut out.
        return ""
    seen = " and ".join(map(str, drains))
    return (
        f"{size} calls from rest are declared, and at the end {seen} were admitted: it falls when "
        "it is met often, wrong keys count against their address, or somebody else began to use it"
    )
