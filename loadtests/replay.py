"""How many places each answered call can have found taken, under one kind of limiter.

Pure. The limiter is replayed on the observed outcomes, so one wrong guess does not spoil the
rest. A call arrived at some time between its bytes being written and its answer, and nothing
more is assumed: what is contradicted here is contradicted whatever the network did. Server
clocks are never used.
"""

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import attrgetter
from typing import Final

from loadtests.limiters import SHUT, CountingRefused, Limiter, Outcome, Penalty
from loadtests.trace import CONTROL, Call

LEAST_PAD_S: Final = 0.002
"""Times are widened by at least this, in seconds: limiters count in whole milliseconds."""

PAD_SHARE: Final = 0.001
"""... and by this share of the window: clocks of replicas were up to 50 ms apart."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One call as the limiter may have seen it.

    Attributes:
        sent: The earliest it can have arrived, in seconds.
        answered: The latest.
        outcome: What became of it.
        overtaking: How many calls that were answered later, or never, may have been admitted
            before it.
        beside: How many of them were under way at the same time, times taken as they are.
        turned_away: How many refused calls that were answered later may have arrived before it.
        turned_away_since: The earliest that such a one, or this itself, can have arrived.
    """

    sent: float
    answered: float
    outcome: Outcome
    overtaking: int
    beside: int
    turned_away: int
    turned_away_since: float


def arrivals(calls: Iterable[Call], *, pad: float, probe: str = CONTROL) -> list[Arrival]:
    """What the limiter may have seen of the calls with one probe label.

    Args:
        calls: In any order.
        pad: How much to widen the times on either side, in seconds.
        probe: Which calls.

    Returns:
        The calls in the order of their answers.
    """
    chosen = sorted((c for c in calls if c.probe == probe), key=lambda call: call.answered)
    written = sorted(call.written for call in chosen if not call.refused)
    refused = sorted(call.written for call in chosen if call.refused)
    backwards = accumulate((call.written for call in reversed(chosen) if call.refused), min)
    since = [*backwards][::-1]
    seen, answered_before, refused_before = [], 0, 0
    for call in chosen:
        may_precede = bisect_left(written, call.answered + pad)
        answered_before += not call.refused
        refused_before += call.refused
        overtaking = max(0, may_precede - answered_before)
        beside = max(0, bisect_left(written, call.answered) - answered_before)
        turned_away = max(0, bisect_left(refused, call.answered + pad) - refused_before)
        earliest = since[refused_before - 1] if call.refused else call.written
        span = (call.written - pad, call.answered + pad)
        away = (turned_away, earliest - pad)
        seen.append(Arrival(*span, _outcome(call), overtaking, beside, *away))
    return seen


def _outcome(call: Call) -> Outcome:
    if call.lost:
        return Outcome.UNKNOWN
    return Outcome.REFUSED if call.refused else Outcome.ADMITTED


@dataclass(frozen=True, slots=True)
class Tally:
    """What every answer demands of N, under one limiter.

    An admitted call demands more than the places surely taken, a refused one at most those that
    can have been.

    Attributes:
        needs: For each admitted call, the smallest N that admits it; ascending.
        allows: For each refused call, the largest N that refuses it; ascending.
        could_refuse: For each admitted call, the largest N that could refuse it; ascending.
        could_admit: For each refused call, the smallest N that could admit it; ascending.
    """

    needs: Sequence[int]
    allows: Sequence[int]
    could_refuse: Sequence[int]
    could_admit: Sequence[int]

    @property
    def least(self) -> int:
        """The smallest N that no admitted call contradicts."""
        return self.needs[-1] if self.needs else 1

    @property
    def most(self) -> int | None:
        """The largest N that no refused call contradicts; ``None`` if none was refused."""
        return self.allows[0] if self.allows else None

    def late(self, limit: int) -> int:
        """How many calls were admitted that N = ``limit`` refuses whatever the network did."""
        return len(self.needs) - bisect_left(self.needs, limit + 1)

    def early(self, limit: int) -> int:
        """How many calls were refused that it admits whatever the network did."""
        return bisect_left(self.allows, limit)

    def contradictions(self, limit: int) -> int:
        """How many answers N = ``limit`` cannot explain."""
        return self.late(limit) + self.early(limit)

    def left_open(self, limit: int) -> int:
        """How many answers it explains only by when calls happened to arrive."""
        admitted = len(self.could_refuse) - bisect_left(self.could_refuse, limit)
        refused = len(self.could_admit) - bisect_left(self.could_admit, limit + 1)
        both = max(0, len(self.could_admit) - refused)
        return admitted + both


_OUTCOME: Final = attrgetter("outcome")


class HopelessError(Exception):
    """A replay contradicted more answers than anybody would forgive."""


def replay(
    fresh: Callable[[], Limiter],
    seen: Sequence[Arrival],
    *,
    sizes: tuple[int, int] = (0, SHUT),
    patience: int = SHUT,
) -> Tally:
    """Take a fresh limiter through what was seen.

    Args:
        fresh: Makes a limiter of the kind and with the times in question.
        seen: From ``arrivals``.
        sizes: The smallest and largest N worth a thought; from 0 on no refusal is too early.
        patience: How many answers every such N may contradict.

    Returns:
        What that demands of N.

    Raises:
        HopelessError: More were contradicted; most candidates of a scan are given up early so.
    """
    fewest, most = sizes
    needs: list[int] = []
    allows: list[int] = []
    could_refuse: list[int] = []
    could_admit: list[int] = []
    limiter = fresh()
    too_many = patience + 1
    counts_refused, penalises = isinstance(limiter, CountingRefused), isinstance(limiter, Penalty)
    # Refusals that only a lost call could have spared are no merit of a rival: count it here.
    counting = fresh() if Outcome.UNKNOWN in map(_OUTCOME, seen) else limiter
    for arrival in seen:
        sent, answered, outcome = arrival.sent, arrival.answered, arrival.outcome
        low, high = limiter.taken(sent, answered)
        if penalises:
            high = max(high, limiter.taken(arrival.turned_away_since, answered)[1])
        high += arrival.turned_away if counts_refused else 0
        likely = high + arrival.beside
        high += arrival.overtaking
        if outcome is Outcome.ADMITTED:
            insort(needs, low + 1)
            could_refuse.append(likely)
            patience -= low >= most
        elif outcome is Outcome.REFUSED:
            insort(allows, high)
            surely = low if counting is limiter else counting.taken(sent, answered)[0]
            could_admit.append(surely + 1)
            patience -= high < fewest
        if patience < 0 or (fewest and _conflict(needs, allows, too_many)):
            raise HopelessError
        limiter.record(sent, answered, outcome)
        if counting is not limiter:
            counted = Outcome.ADMITTED if outcome is Outcome.UNKNOWN else outcome
            counting.record(sent, answered, counted)
    return Tally(needs, allows, sorted(could_refuse), sorted(could_admit))


def _conflict(needs: Sequence[int], allows: Sequence[int], count: int) -> bool:
    """Whether every N contradicts so many: those that need it larger, or those that forbid it."""
    return len(needs) >= count <= len(allows) and needs[-count] > allows[count - 1]


def releases(seen: Sequence[Arrival]) -> list[tuple[float, float]]:
    """Where a refused run ended: between sending its last refused call and the next admission.

    Args:
        seen: From ``arrivals``.

    Returns:
        Earliest and latest time of each release, in seconds.
    """
    found = []
    last: Arrival | None = None
    for arrival in seen:
        if arrival.outcome is Outcome.REFUSED:
            last = arrival
        elif arrival.outcome is Outcome.ADMITTED and last is not None:
            if arrival.sent > last.sent:
                found.append((last.sent, arrival.answered))
            last = None
    return found
