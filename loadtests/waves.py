"""What the schedule of a declared limit sends: drains, polls, bursts, each shaped by the claim.

Pure. The order in which they come, and which of them, is ``confirming``'s.
"""

import math
from dataclasses import dataclass
from statistics import median
from typing import Final

from contracts.declared import DeclaredLimit
from loadtests.overload import overload
from loadtests.segments import REST, Abreast, Budget, Listed, Paced, Part, Schedule, Segment
from loadtests.sightings import SUSTAINED_REFUSALS, falls_silent, refuses_rightly
from loadtests.trace import Call

SERIAL_TAIL: Final = 8
"""The last calls of a drain go one by one: in flight together their order is unknown, and a
limit of N + 1 would pass for N."""

ABREAST: Final = 12
"""Connections of a burst: enough for a race to show, few enough for any server."""

MOST_ABREAST: Final = 256
"""Connections of a burst where answers take long; with fewer a short window would end before."""

RACING: Final = 32
"""Connections of a burst that looks for a race once more: its surplus grows with them."""

PROOF: Final = 6
"""So many calls more prove a release."""

BURST_AFTER: Final = 0.4
SOON_AFTER: Final = 0.15
"""When the second burst comes after the first call admitted again, in spans: late enough for what
comes back singly to be counted."""

OVERLOAD_S: Final = 3.2
OVERLOAD_RPS: Final = 6.5
OVERLOAD_SHARE: Final = 0.35
"""An overload that gets 20 refusals over 3 s of a limit that is shut, and the most of a window that
it may take."""

SILENCE: Final = 2.05
"""After two windows without a call one must be admitted (``interfaces.md``); in windows."""

POLLS_PER_TOKEN: Final = 12
TOKENS_TIMED: Final = 4
"""A bucket of a few is told by when its tokens come back: their number is much the same."""

FIRST_POLLS: Final = (
    *(0.07 * step for step in range(1, 14)),
    *(0.94, 0.96, 0.98, 0.99, 1.0, 1.01, 1.02, 1.035, 1.05, 1.07),
    *(1.1, 1.15, 1.2, 1.35, 1.5, 1.75, 2.0, 2.2, 2.4),
)
"""When to poll, in windows since the first call: even, since an edge of a grid lies anywhere, and
fine where a window that the first call opened ends."""

SECOND_POLLS: Final = (
    *(0.87, 0.905, 0.93, 0.95, 0.965, 0.98, 0.99, 1.0, 1.01, 1.03, 1.055, 1.08),
    *(1.12, 1.2, 1.3, 1.45, 1.65, 2.0),
)
"""The same since the first release, which lies up to one first step after the edge."""


@dataclass(frozen=True, slots=True)
class Waves:
    """The segments for one declared limit.

    Attributes:
        claim: What is declared.
        budget: What may be spent.
        calls: Every call so far; what is sent is added.
    """

    claim: DeclaredLimit
    budget: Budget
    calls: list[Call]

    def drain(self) -> Schedule[bool]:
        """Drain from rest; the tail is serial, so that one call too many or too few shows.

        Returns:
            Whether anything was refused.
        """
        size = self.claim.size
        if self.claim.burst is not None:
            # A queue answers late: calls that wait for answers would never fill it.
            open_model = Part(Paced(2 * size + 20, self.budget.max_rps), until_refused=2)
            calls = yield from self._send("drain", open_model)
            return any(call.refused for call in calls)
        fast = max(0, size - len(self.calls) - SERIAL_TAIL)
        spare = SERIAL_TAIL + 6 + size // 5
        calls = yield from self._send(
            "drain",
            *_some(Part(self._abreast(fast, ABREAST), until_refused=3)),
            Part(Abreast(spare, self._connections(SERIAL_TAIL + 2)), until_refused=2),
            Part(Paced(4, self.claim.rate / 0.4), until_admitted=1),
        )
        if any(call.refused for call in calls):
            return True
        if falls_silent(self.calls):
            return False
        return any(call.refused for call in (yield from self.flood("flood")))

    def flood(self, phase: str) -> Schedule[list[Call]]:
        """Twice the limit at once, over many connections."""
        many = self._abreast(2 * self.claim.size + 20, ABREAST)
        return (yield from self._send(phase, Part(many, until_refused=2)))

    def drain_once_more(self, *, late: bool, rest: float = REST) -> Schedule[list[Call]]:
        """Drain from rest: at once if too many were admitted, else the last calls serially.

        Args:
            late: Whether too many were.
            rest: How long to rest before, in spans.
        """
        size = self.claim.size
        serially = (
            *_some(Part(self._abreast(size - size // 8 - SERIAL_TAIL, 6), until_refused=2)),
            Part(
                Abreast(SERIAL_TAIL + size // 2, self._connections(SERIAL_TAIL + 2)),
                until_refused=2,
            ),
        )
        at_once = (Part(self._abreast(size + RACING + size // 5, RACING), until_refused=2),)
        parts = at_once if late else serially
        return (yield from self._send("drain once more", *parts, start=self._after(rest)))

    def drain_trickle(self, start: float) -> Schedule[None]:
        """Take all that came back to a bucket, the last of it one by one."""
        expected = 0.6 * self.claim.size
        yield from self._send(
            "drain again",
            *_some(Part(self._abreast(max(0, int(0.85 * expected) - 3), ABREAST))),
            Part(Abreast(self.claim.size, 1), until_refused=1),
            start=start,
        )

    def poll(self, since: float) -> Schedule[Call | None]:
        """Poll until one call is admitted, finely where the window should end."""
        start = self.calls[-1].written + 0.01
        offsets = [since + share * self.claim.span - start for share in FIRST_POLLS]
        calls = yield from self._send(
            "release",
            Part(
                Listed(tuple(offset for offset in offsets if offset > 0)),
                until_admitted=1,
                fresh=True,
            ),
            Part(Abreast(3, 1), until_refused=1),
            start=start,
        )
        return next((call for call in calls if call.admitted), None)

    def prove(self, release: Call) -> Schedule[bool]:
        """Some more calls: one admission may be a place that a lost call left free.

        They come when all of a drained log is back, which returns its calls as they were spread.

        Returns:
            Whether all of them were admitted.
        """
        refused = next(call for call in self.calls if call.refused)
        drained = [c for c in self.calls if c.admitted and c.written < refused.written]
        spread = drained[-1].answered - drained[0].written + 0.01 * self.claim.span
        start = release.written + min(spread, 0.3 * self.claim.span)
        proof = Part(Abreast(PROOF, 1), until_refused=2)
        calls = yield from self._send("more", proof, start=start)
        return all(call.admitted for call in calls)

    def burst(self, release: Call, *, bulk: bool) -> Schedule[None]:
        """Take all there is, with many calls in flight across the edge, and see that it is shut.

        Where all came back at once this is soon done: the silence that follows is long enough for a
        limit to be forgotten that must not be.
        """
        share = SOON_AFTER if bulk else BURST_AFTER
        yield from self._send(
            "burst",
            Part(
                self._abreast(self.claim.size + ABREAST + self.claim.size // 5, ABREAST),
                until_refused=2,
            ),
            Part(Abreast(2, 1), fresh=True),
            start=release.written + share * self.claim.span,
        )

    def second_release(self, release: Call) -> Schedule[None]:
        """Time the end of the second window, and see whether all of it comes back."""
        start = release.written + 0.8 * self.claim.span
        offsets = tuple(release.written + share * self.claim.span - start for share in SECOND_POLLS)
        calls = yield from self._send(
            "second release",
            Part(Listed(offsets), until_admitted=1, fresh=True),
            Part(Abreast(4, 1), until_refused=1),
            start=start,
        )
        again = next((call for call in calls if call.admitted), None)
        if again is not None:
            yield from self.prove(again)

    def time_tokens(self) -> Schedule[None]:
        """Ask so often that each single token is seen to come back."""
        paced = min(self.budget.max_rps, POLLS_PER_TOKEN * self.claim.rate)
        yield from self._send("tokens", Part(Paced(TOKENS_TIMED * POLLS_PER_TOKEN, paced)))

    def ask_after_silence(self) -> Schedule[bool]:
        """One call after two windows without any.

        Returns:
            Whether it was admitted.
        """
        once = Part(Paced(1, 1.0))
        calls = yield from self._send("silence", once, start=self._after(SILENCE))
        return any(call.admitted for call in calls)

    def ask_after_rest(self) -> Schedule[bool]:
        """One call after a rest.

        Returns:
            Whether it was admitted.
        """
        calls = yield from self._send("after a rest", Part(Paced(1, 1.0)), start=self._after(REST))
        return any(call.admitted for call in calls)

    def drain_to_silence(self) -> Schedule[None]:
        """More than the limit at once, where calls beyond it get no answer."""
        beyond = Part(Abreast(self.claim.size + 20, 6), until_refused=2)
        yield from self._send("drain once more", beyond)

    def overload_while_shut(self) -> Schedule[None]:
        """Far above the limit for long enough to judge, if the window is long enough for it.

        See ``overload``.
        """
        rate = max(OVERLOAD_RPS, 1.25 * self.claim.rate)
        long_enough = self.claim.span * OVERLOAD_SHARE >= OVERLOAD_S
        if long_enough and refuses_rightly(self.calls):
            paced = min(rate, self.budget.max_rps)
            count = max(SUSTAINED_REFUSALS, math.ceil(OVERLOAD_S * paced)) + 1
            yield from self._send("overload", Part(Paced(count, paced)))

    def overload(self) -> Schedule[None]:
        """A quarter above the limit, for long enough to judge."""
        rate = max(self.claim.rate + 7.5, 1.25 * self.claim.rate)
        yield from overload(rate, self.budget.max_rps, self.calls, above=self.claim.rate)

    def overload_shortly(self) -> Schedule[None]:
        """Twice the limit until it is shut: what was sent before makes the rest of the overload."""
        claim, top = self.claim, self.budget.max_rps
        rate = min(max(claim.rate + 7.5, 2 * claim.rate), top)
        seconds = (1.25 * claim.size + SUSTAINED_REFUSALS) / rate
        yield from overload(rate, top, self.calls, above=claim.rate, seconds=seconds)

    def _abreast(self, count: int, fewest: int) -> Abreast:
        return Abreast(max(0, count), max(fewest, self._connections(count)))

    def _connections(self, count: int) -> int:
        """With how many connections so many calls are answered in a quarter of the span."""
        seconds = median(call.answered - call.written for call in self.calls[:2])
        needed = math.ceil(4 * count * seconds / self.claim.span)
        return max(1, min(needed, count, MOST_ABREAST))

    def _after(self, rest: float) -> float:
        return max(call.answered for call in self.calls) + rest * self.claim.span

    def _send(self, phase: str, *parts: Part, start: float = 0.0) -> Schedule[list[Call]]:
        calls = yield Segment(phase, parts, start)
        self.calls.extend(calls)
        return calls


def _some(part: Part) -> tuple[Part, ...]:
    """The part, unless it has no calls."""
    return (part,) if part.arrivals.count else ()
