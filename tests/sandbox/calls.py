"""The data behind the API: calls and agents, made up from a seed and kept in memory."""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random
from typing import Final

Call = dict[str, object]

AGENTS: Final = (
    {"id": "agent_front_desk", "name": "Front desk", "language": "en-ZA", "online": True},
    {"id": "agent_after_hours", "name": "After hours", "language": "af-ZA", "online": True},
    {"id": "agent_bookings", "name": "Bookings", "language": "en-ZA", "online": False},
)

_FIRST_CALLS: Final = 25  # more than one default page of 20
_CAPACITY: Final = 1_000  # bounds memory under a flood of POSTs; the oldest drop
_STATUSES: Final = ("completed", "completed", "missed", "in-progress")
_EPOCH: Final = datetime(2025, 6, 2, 8, 0, tzinfo=UTC)  # fixed: one seed, one set of data


class Calls:
    """Calls by id, oldest first, at most 1,000."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._calls: OrderedDict[str, Call] = OrderedDict()
        for number in range(_FIRST_CALLS):
            self.add(
                {
                    "from": self._phone(),
                    "to": self._phone(),
                    "durationS": random.randrange(5, 900),
                    "status": random.choice(_STATUSES),
                },
                started_at=_EPOCH + timedelta(minutes=17 * number),
            )

    def add(self, fields: Mapping[str, object], *, started_at: datetime) -> Call:
        """Record a call under a new id."""
        call: Call = {
            "id": f"call_{self._random.getrandbits(48):012x}",
            "durationS": 0,
            "status": "in-progress",
            "startedAt": started_at.isoformat().replace("+00:00", "Z"),
            **fields,
        }
        self._calls[str(call["id"])] = call
        if len(self._calls) > _CAPACITY:
            self._calls.popitem(last=False)
        return call

    def newest(self, limit: int, *, status: str | None = None) -> list[Call]:
        """List up to ``limit`` calls, the newest first, of one status or of all."""
        wanted = (
            call for call in reversed(self._calls.values()) if status in {None, call["status"]}
        )
        return list(islice(wanted, limit))

    def get(self, call_id: str) -> Call | None:
        """Get one call, or None."""
        return self._calls.get(call_id)

    def remove(self, call_id: str) -> Call | None:
        """Delete one call and give it back, or None where there is none."""
        return self._calls.pop(call_id, None)

    def _phone(self) -> str:
        return f"+2721555{self._random.randrange(10_000):04d}"
