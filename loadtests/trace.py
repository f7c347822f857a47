"""The record of every call: when it was asked for, written and answered, and with what.

Pure. Times are seconds on the sender's monotonic clock, from the first request. A trace is kept
and written so that an analysis can be repeated without sending anything: ``write_*`` gives the
lines of ``trace.jsonl.gz``, ``read_trace`` takes them back.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Final, overload

CONTROL: Final = "control"
"""The probe label of the plain valid call, by which the limit is measured."""

PLAIN: Final = "plain"
"""The same call between varied ones: what those take is not seen, so it measures nothing."""

BELIEVING: Final = "as promised"
"""The same call again, to see whether what a refusal promised is kept."""

LASTING: Final = "again"
"""The same call at the end, to see whether the limit is still the same."""

WRITTEN: Final = "a marked write"
LISTED: Final = "the list of what was written"
"""The plain call too; its answer is searched for the marks."""

VERSION: Final = 1

PLACES: Final = 6
"""Decimal places of a time: a microsecond. Times are rounded where they are taken, so that what is
concluded from the calls and from the file is the same to the last digit."""


class BrokenTraceError(ValueError):
    """A trace file is not one that this suite wrote, or it was damaged."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call, from the plan's wish to the answer.

    Attributes:
        index: Its number in the run, from 0.
        segment: Number of the plan's segment that asked for it.
        asked: When the plan wanted it to leave.
        written: When its bytes were handed to the socket.
        answered: When its answer was complete; for a lost call, when it was given up.
        status: The HTTP status, 0 for a lost call.
        lost: No answer came: it may or may not have reached the limiter.
        connection: Label of the connection it went over; equal labels are the same connection.
        probe: What was sent, as a label that the edge maps to a request.
        wire: How often it went over the wire; above 1 the client resent it.
        fields: The header fields of the answer that speak of limits, as received
            (``loadtests.headers.select_fields``).
        fault: What its answer broke, in words that name the requirement first; empty for nothing.
        alike: Whether its answer shows what the plain call's does; where it cannot be told, too.
    """

    index: int
    segment: int
    asked: float
    written: float
    answered: float
    status: int
    lost: bool = False
    connection: str = ""
    probe: str = CONTROL
    wire: int = 1
    fields: tuple[tuple[str, str], ...] = ()
    fault: str = ""
    alike: bool = True

    @property
    def admitted(self) -> bool:
        """Whether the limiter let it pass: an answer below 400."""
        return not self.lost and self.status < 400

    @property
    def refused(self) -> bool:
        """Whether it was turned away: any answer from 400 on, by contrast with the control.

        The status is judged apart: nginx, HAProxy and django-ratelimit refuse with 503 or 403
        by default.
        """
        return not self.lost and self.status >= 400


class Trace(Sequence[Call]):
    """The calls so far, in the order they were reported.

    Columns instead of objects: with 300,000 small objects a full collection held the sender up
    for 115 ms, with arrays for none.
    """

    __slots__ = ("_labels", "_numbers", "_requests", "_times")

    def __init__(self, calls: Iterable[Call] = ()) -> None:
        self._times = array("d")
        self._numbers = array("q")
        self._labels: list[tuple[str, str, tuple[tuple[str, str], ...], str]] = []
        self._requests = 0
        self.extend(calls)

    @property
    def requests(self) -> int:
        """How many requests went over the wire, resent ones included."""
        return self._requests

    def append(self, call: Call) -> None:
        """Add one call."""
        self._times.extend((call.asked, call.written, call.answered))
        self._numbers.extend(
            (call.index, call.segment, call.status, call.lost, call.wire, call.alike)
        )
        self._labels.append((call.connection, call.probe, call.fields, call.fault))
        self._requests += call.wire

    def extend(self, calls: Iterable[Call]) -> None:
        """Add the calls of one batch."""
        for call in calls:
            self.append(call)

    def of_segment(self, number: int) -> list[Call]:
        """The calls of one segment, by the time they were written."""
        segments = self._numbers[1::6]
        calls = [self[at] for at, segment in enumerate(segments) if segment == number]
        return sorted(calls, key=lambda call: call.written)

    def latest(self, count: int) -> list[tuple[float, int]]:
        """Of the calls reported last, when each was answered, and with which status.

        Args:
            count: How many, at most.
        """
        answered = self._times[-3 * count :][2::3]
        statuses = self._numbers[-6 * count :][2::6]
        return list(zip(answered, statuses, strict=True))

    def __len__(self) -> int:
        return len(self._labels)

    @overload
    def __getitem__(self, at: int) -> Call: ...
    @overload
    def __getitem__(self, at: slice) -> "list[Call]": ...
    def __getitem__(self, at: int | slice) -> "Call | list[Call]":
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        at = range(len(self))[at]
        asked, written, answered = self._times[3 * at : 3 * at + 3]
        index, segment, status, lost, wire, alike = self._numbers[6 * at : 6 * at + 6]
        connection, probe, fields, fault = self._labels[at]
        return Call(
            index, segment, asked, written, answered, status, bool(lost), connection, probe, wire,
            fields, fault, bool(alike),
        )  # fmt: skip

    def __iter__(self) -> Iterator[Call]:
        return (self[at] for at in range(len(self)))


@dataclass(frozen=True, slots=True)
class RecordedTrace:
    """What a trace file holds.

    Attributes:
        header: Facts of the run: target, declared limit, budgets.
        segments: What the plan asked for, by segment number, as plain values.
        trace: The calls.
        footer: How the run ended; ``None`` if it was interrupted before it could say so.
    """

    header: Mapping[str, object]
    segments: Mapping[int, Mapping[str, object]]
    trace: Trace
    footer: Mapping[str, object] | None = None


def write_header(facts: Mapping[str, object]) -> bytes:
    """The first line of a trace file."""
    return _line("header", {"version": VERSION, **facts})


def write_segment(number: int, segment: Mapping[str, object]) -> bytes:
    """The line that says what the plan asked for in one segment."""
    return _line("segment", {"number": number, **segment})


def write_calls(calls: Iterable[Call]) -> bytes:
    """The lines of some calls, times to the microsecond."""
    return b"".join(_line("call", _plain(call)) for call in calls)


def write_footer(facts: Mapping[str, object]) -> bytes:
    """The last line; a file without it ends in an interrupted run."""
    return _line("footer", facts)


def read_trace(lines: Iterable[bytes]) -> RecordedTrace:
    """Read what the ``write_*`` functions wrote.

    Args:
        lines: The lines of an unpacked trace file. A last line that was cut by a crash is left
            out, as is the footer then.

    Returns:
        The recorded trace.

    Raises:
        BrokenTraceError: The first line is no header of a known version, or a line in the middle
            cannot be read.
    """
    reader = _Reader()
    broken: str | None = None
    for number, line in enumerate(lines, start=1):
        if broken is not None:
            raise BrokenTraceError(broken)
        try:
            reader.take(json.loads(line))
        except (ValueError, TypeError, KeyError) as error:
            broken = f"line {number} of the trace cannot be read: {error}"
    if reader.header.get("version") != VERSION:
        raise BrokenTraceError(broken or f"no trace of version {VERSION}: its header is missing")
    return RecordedTrace(reader.header, reader.segments, reader.trace, reader.footer)


@dataclass(slots=True)
class _Reader:
    header: dict[str, object] = field(default_factory=dict)
    segments: dict[int, dict[str, object]] = field(default_factory=dict)
    trace: Trace = field(default_factory=Trace)
    footer: dict[str, object] | None = None

    def take(self, row: dict[str, object]) -> None:
        match row.pop("line"):
            case "header":
                self.header = row
            case "segment":
                self.segments[int(str(row.pop("number")))] = row
            case "call":
                self.trace.append(_call(row))
            case "footer":
                self.footer = row
            case other:
                raise ValueError(f"no such line: {other!r}")


def _line(kind: str, row: Mapping[str, object]) -> bytes:
    return json.dumps({"line": kind, **row}, separators=(",", ":")).encode() + b"\n"


def _plain(call: Call) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(call, name) for name in _FIELDS}
    for name in ("asked", "written", "answered"):
        row[name] = round(getattr(call, name), PLACES)
    return row


_FIELDS: Final = tuple(each.name for each in fields(Call))


def _call(row: dict[str, object]) -> Call:
    fields = row.pop("fields")
    if not isinstance(fields, list):
        raise TypeError("fields must be a list")
    return Call(**row, fields=tuple((str(name), str(value)) for name, value in fields))  # type: ignore[arg-type] # the writer wrote these very types
