"""What master and workers say to each other, as plain values that msgpack carries.

Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from operator import attrgetter
from typing import Any, Final

from loadtests.segments import Abreast, Arrivals, Listed, Paced, Part, Segment
from loadtests.trace import Call

SEGMENT: Final = "busyboard segment"
"""Master to worker: run a segment."""

CUT: Final = "busyboard cut"
"""Master to worker: fire no further call of it."""

CALLS: Final = "busyboard calls"
"""Worker to master: calls that were answered."""

ENDED: Final = "busyboard ended"
"""Worker to master: its share of a segment has ended, and all its calls were told."""

ASK_CLOCK: Final = "busyboard ask clock"
"""Master to worker: what does your clock show?"""

CLOCK: Final = "busyboard clock"
"""Worker to master: what it shows, and the question's own time again."""

_ARRIVALS: Final[Mapping[str, type[Arrivals]]] = {
    kind.__name__: kind for kind in (Paced, Listed, Abreast)
}


def pack_segment(segment: Segment) -> dict[str, Any]:
    """Write a segment as plain values; `kind` names each part's arrivals."""
    packed = asdict(segment)
    for part, plain in zip(segment.parts, packed["parts"], strict=True):
        plain["arrivals"]["kind"] = type(part.arrivals).__name__
    return packed


def unpack_segment(packed: Mapping[str, Any]) -> Segment:
    """Read it back; lists become tuples again."""
    parts = tuple(_part(dict(plain)) for plain in packed["parts"])
    return Segment(packed["phase"], parts, packed["start"], packed["number"])


def _part(plain: dict[str, Any]) -> Part:
    arrivals = dict(plain.pop("arrivals"))
    kind = _ARRIVALS[arrivals.pop("kind")]
    if kind is Listed:
        return Part(Listed(tuple(arrivals["offsets"])), **plain)
    return Part(kind(**arrivals), **plain)


def pack_calls(calls: Sequence[Call]) -> list[Any]:
    """Write calls as rows."""
    return [_ROW(call) for call in calls]


_ROW: Final = attrgetter(*(each.name for each in fields(Call)))
"""Not `astuple`: it copies every value deeply, and that took a third of the sender's time."""


def unpack_calls(rows: Sequence[Any]) -> list[Call]:
    """Read them back; lists become tuples again."""
    return [
        Call(*(*row[:10], tuple((name, value) for name, value in row[10]), *row[11:]))
        for row in rows
    ]
