"""Whether a write that was refused for the rate was carried out all the same.

Pure. Every write carries a mark of its own. One within the limit must pass and show in the list;
then some over the limit are refused, and after a rest the list is asked again: a mark of theirs in
it was written although its answer was 429. Promise: D4, "Rate limit exceeded."
"""

from collections.abc import Sequence
from typing import Final

from loadtests.segments import REST, Abreast, Paced, Part, Schedule, Segment, drain
from loadtests.trace import LISTED, PLAIN, WRITTEN, Call

REFUSED_WRITES: Final = 3
"""Writes over the limit; two of them must show, since one answer may lie."""

FORMS: Final = 8
"""Writes with marks of their own; a run sends four."""


def write(*, size: int, span: float, since: float) -> Schedule[None]:
    """Write within the limit and over it; the list is asked again by whoever goes on after a rest.

    Args:
        size: How many calls drain the limit.
        span: In which time it is given back, in seconds.
        since: When the last call before was answered, in seconds.

    Yields:
        The calls; nothing over the limit where the first write does not show in the list.
    """
    start = since + REST * span
    parts = Part(Paced(1, 1.0), probe=WRITTEN), Part(Paced(1, 1.0), probe=LISTED)
    calls = yield Segment("a write", parts, start)
    if not shows(calls):
        return
    writes = Part(Abreast(REFUSED_WRITES, 1), probe=WRITTEN)
    calls = yield Segment("writes over the limit", (drain(size, PLAIN), writes))
    last = max(call.answered for call in calls)
    yield Segment("the list again", (Part(Paced(1, 1.0), probe=LISTED),), last + REST * span)


def shows(calls: Sequence[Call]) -> bool:
    """Whether a write was admitted and the list then showed its mark.

    Args:
        calls: Those of the first segment.
    """
    written = any(call.probe == WRITTEN and call.admitted for call in calls)
    return written and any(call.probe == LISTED and call.admitted and call.alike for call in calls)


def carried_out(calls: Sequence[Call]) -> str:
    """What the list showed of refused writes, in words; empty for nothing.

    Args:
        calls: Every call, any probe.
    """
    faults = [call.fault for call in calls if call.probe == LISTED and call.fault]
    return faults[-1].removeprefix("D4 ") if faults else ""
