"""What arrived, request by request, written by the server and read by a test."""

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.servers.degenerate.wire import Request


@dataclass(frozen=True, slots=True)
class Arrival:
    """One request in the record.

    Attributes:
        number: Counts from 1, the document's requests included.
        connection: Counts from 1 in the order of acceptance.
        arrived_s: Seconds on the system's monotonic clock, one for all its processes on Linux,
            when the head was complete.
        head: The head's bytes, each as the Latin-1 character of its value.
        body_bytes: Length of the body in bytes.
    """

    number: int
    connection: int
    arrived_s: float
    head: str
    body_bytes: int


class Recorder:
    """Numbers the requests; given a file, appends a JSON line for each before its answer."""

    def __init__(self, path: Path | None) -> None:
        self._file = path.open("a", buffering=1, encoding="ascii") if path else None
        self._count = 0

    def note(self, request: Request, *, connection: int) -> int:
        """Record a request and return its number."""
        arrived_s = time.monotonic()
        self._count += 1
        if self._file is not None:
            head = request.head.decode("latin-1")
            arrival = Arrival(self._count, connection, arrived_s, head, request.body_bytes)
            self._file.write(json.dumps(asdict(arrival)) + "\n")
        return self._count


def read_record(path: Path) -> list[Arrival]:
    """Read what has arrived so far, in order."""
    return [Arrival(**json.loads(line)) for line in path.read_text(encoding="ascii").splitlines()]
