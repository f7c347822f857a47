"""How far each worker's clock is ahead of the master's, from round trips of messages.

Pure. Workers of one machine share its monotonic clock; those of other machines count from another
moment, and their send times would be hours off. The quickest of some round trips tells the
difference to half its length (measured on one machine: 0.12 ms at most with eight, up to 2 ms
with one).
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

FEWEST: Final = 8
"""Round trips before a worker is given anything to send."""

KEPT: Final = 100
"""Round trips that count; at ten a second the last ten seconds: clocks of two machines drift
apart by up to 0.1 ms a second."""


GRAIN_S: Final = 1e-6
"""Of times as they are written down, in seconds."""


@dataclass(frozen=True, slots=True)
class Trip:
    """One round trip.

    Attributes:
        ahead: What the worker's clock showed more than the master's half-way, in seconds.
        within: How far that may be off: half the round trip, in seconds.
    """

    ahead: float
    within: float


@dataclass(slots=True)
class Clocks:
    """The clocks of all workers of a run."""

    _trips: dict[str, deque[Trip]] = field(default_factory=dict)

    def take(self, worker: str, *, sent: float, there: float, back: float) -> None:
        """Note a round trip.

        Args:
            worker: Who answered.
            sent: When the question left, by the master's clock.
            there: When it was answered, by the worker's clock.
            back: When the answer came, by the master's clock.
        """
        trip = Trip(there - (sent + back) / 2, (back - sent) / 2)
        self._trips.setdefault(worker, deque(maxlen=KEPT)).append(trip)

    def knows(self, worker: str) -> bool:
        """Whether enough is known of a worker's clock to give it times."""
        return len(self._trips.get(worker, ())) >= FEWEST

    def ahead(self, worker: str) -> float:
        """Seconds to add to a time of the master's; 0 where the clocks cannot be told apart."""
        trip = self._quickest(worker)
        return trip.ahead if abs(trip.ahead) > trip.within + GRAIN_S else 0.0

    def within(self) -> float:
        """How far times of different workers may be off, in seconds; 0 where they share a clock."""
        trips = [self._quickest(worker) for worker in self._trips if self.ahead(worker)]
        return max((trip.within for trip in trips), default=0.0)

    def _quickest(self, worker: str) -> Trip:
        return min(self._trips[worker], key=lambda trip: trip.within)
