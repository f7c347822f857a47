"""The schedule that confirms or contradicts a declared limit of N calls per window W.

Pure. Drain the limit, wait for its release, drain the next window with a burst over its edge,
wait for the second release: every reading of N per W that differs by more than 2 % from the truth
is then contradicted by some answer. A bucket, which gives back a little at a time, is drained
twice within W instead.
"""

import math
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Final

from contracts.declared import DeclaredLimit
from loadtests import sightings
from loadtests.claims import FEW, Reading, explaining, read_claim, repeats, room, surely_late
from loadtests.discovering import Discovery
from loadtests.families import GRIDS, Candidate, Family
from loadtests.overload import overload
from loadtests.segments import Abreast, Budget, Listed, Paced, Part, Schedule, Segment
from loadtests.sightings import admitted_at_first, falls_silent, sustained
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

MOST_SHARPENED: Final = 3
"""So many further drains at most, where a window a tenth off explains the answers as well."""

BREAKS: Final = 2
"""So many further drains must end without an answer before that is reported."""

SILENCE: Final = 2.05
"""After two windows without a call one must be admitted (``interfaces.md``); in windows."""

SMALL: Final = 70
TRICKLE_SHARES: Final = (1.1, 1.9, 2.7)
"""When to drain a bucket again, in spans since its first token. A tenth of the rate is a tenth of
the tokens: below 70 of them it takes more than one round to see."""

REFILL_SHARE: Final = 0.6
"""How long a bucket is let alone that gives back too little, in spans, each time."""

POLLS_PER_TOKEN: Final = 12
TOKENS_TIMED: Final = 4
"""A bucket of a few is told by when its tokens come back: their number is much the same."""

FIRST_POLLS: Final = (
    *(0.05 * step for step in range(1, 19)),
    *(0.925, 0.95, 0.965, 0.98, 0.99, 1.0, 1.01, 1.02, 1.035, 1.05, 1.07),
    *(1.1, 1.15, 1.2, 1.35, 1.5, 1.75, 2.0, 2.2, 2.4),
)
"""When to poll, in windows since the first call: even, since an edge of a grid lies anywhere, and
fine where a window that the first call opened ends."""

SECOND_POLLS: Final = (
    *(0.87, 0.9, 0.925, 0.945, 0.96, 0.975, 0.99, 1.0, 1.01, 1.03, 1.055, 1.08),
    *(1.12, 1.2, 1.3, 1.45, 1.65, 2.0),
)
"""The same since the first release, which lies up to one first step after the edge."""


@dataclass(slots=True)
class Confirmation:
    """The schedule for one declared limit.

    Attributes:
        claim: What is declared.
        budget: What may be spent.
        calls: Every call so far.
        holds: Whether the limit behaved about as declared to the end.
    """

    claim: DeclaredLimit
    budget: Budget
    calls: list[Call] = field(default_factory=list)
    holds: bool = False

    def schedule(self, since: float) -> Schedule[str]:
        """Everything, after the control.

        Args:
            since: When the first call that counted was written, in seconds.

        Yields:
            What to send.

        Returns:
            Why it is done.
        """
        if not (yield from self._drain()):
            if falls_silent(self.calls):
                return (yield from self._break_off())
            return "far more than the declared limit was admitted at once"
        if not self._as_declared():
            return (yield from self._differ())
        release = self._trickled()
        if release is not None:
            yield from self._overload()
        else:
            release = yield from self._poll(since)
        if release is None:
            return (yield from self._silence())
        yield from self._follow(release)
        if not sustained(self.calls):
            yield from self._overload()
        self.holds = yield from self._repeat()
        return "the schedule is complete"

    def _differ(self) -> Schedule[str]:
        """Show once more that far more, or fewer, were admitted; measure only what is tighter."""
        if read_claim(self.claim, self.calls)[0].late and not self._falls_short():
            yield from self._repeat()
            return "more than the declared limit was admitted, and again from rest"
        reason = yield from Discovery(self.budget, self.calls).measure()
        self.holds = yield from self._repeat()
        return reason

    def _break_off(self) -> Schedule[str]:
        """Calls are lost, not refused: see that a single one passes, and the same again."""
        span, size = self.claim.span, self.claim.size
        for _ in range(BREAKS):
            last = max(call.answered for call in self.calls)
            alone = yield from self._send(
                "after a rest", Part(Paced(1, 1.0)), start=last + 1.15 * span
            )
            if not all(call.admitted for call in alone):
                return "calls get no answer, and no more after a rest"
            yield from self._send("drain once more", Part(Abreast(size + 20, 6), until_refused=2))
        return "beyond the declared limit calls get no answer"

    def _follow(self, release: Call) -> Schedule[None]:
        """A second window, or the tokens that follow the first."""
        yield from self._prove(release, PROOF)
        yield from self._burst(release, 0.4)
        admitted = sum(call.admitted and call.written >= release.written for call in self.calls)
        if admitted > 0.75 * self.claim.size:
            yield from self._second_release(release)
        else:
            for share in TRICKLE_SHARES if self.claim.size < SMALL else TRICKLE_SHARES[:1]:
                yield from self._drain_trickle(release.written + share * self.claim.span)
        if self.claim.burst is not None and self.claim.burst <= FEW:
            yield from self._time_tokens()

    def _repeat(self) -> Schedule[bool]:
        """Drain some times more before a contradiction is reported: others may use the counter.

        Returns:
            Whether there is nothing that a tighter limit or a surplus would have to explain.
        """
        best = yield from self._sharpen()
        if not best.contradictions:
            return True
        if self._gives_back_less():
            for _ in range(sightings.REFILLS):
                last = max(call.answered for call in self.calls)
                yield from self._drain_trickle(last + REFILL_SHARE * self.claim.span)
            return True
        late = best.late > 0 and not self._falls_short()
        for _ in range(repeats(self.claim, self.calls)):
            yield from self._drain_once_more(late=late)
        return not late and not self._falls_short()

    def _sharpen(self) -> Schedule[Reading]:
        """Drain once more where an edge that may lie anywhere, or a loss, explains the answers."""
        best = read_claim(self.claim, self.calls)[0]
        another = self._explains_another(best.candidate)
        vague = another or self._needs_an_edge(best.candidate)
        for _ in range(MOST_SHARPENED):
            if best.contradictions or not vague:
                break
            drained = yield from self._drain_once_more(late=False)
            if another and self._trickled() is None:
                yield from self._poll(drained[0].written)
            best = read_claim(self.claim, self.calls)[0]
            vague = another = self._explains_another(best.candidate)
        return best

    def _drain_once_more(self, *, late: bool) -> Schedule[list[Call]]:
        """Drain from rest: at once if too many were admitted, else the last calls serially."""
        size = self.claim.size
        serially = (
            *_some(Part(self._abreast(size - size // 8 - SERIAL_TAIL, 6), until_refused=2)),
            Part(
                Abreast(SERIAL_TAIL + size // 2, self._connections(SERIAL_TAIL + 2)),
                until_refused=2,
            ),
        )
        at_once = (Part(self._abreast(size + RACING + size // 5, RACING), until_refused=2),)
        start = max(call.answered for call in self.calls) + 1.15 * self.claim.span
        parts = at_once if late else serially
        return (yield from self._send("drain once more", *parts, start=start))

    def _explains_another(self, candidate: Candidate) -> bool:
        """Whether windows a tenth off explain it as well: by an edge, or by what was lost."""
        if candidate.family not in GRIDS and not any(call.lost for call in self.calls):
            return False
        others = (replace(self.claim, window=self.claim.window * share) for share in (0.9, 1.1))
        return any(True for other in others for _ in explaining(other, self.calls))

    def _needs_an_edge(self, candidate: Candidate) -> bool:
        """Whether a window's end within the first drain explains it: once may be chance."""
        if candidate.family not in (Family.FIXED_GRID, Family.COUNTER):
            return False
        drained, refused = self._first_drain
        to_the_edge = (candidate.phase - drained.written) % candidate.window
        return drained.written + to_the_edge < refused.answered

    def _gives_back_less(self) -> bool:
        """Whether it admits at once what is declared, and then gives back singly, but less."""
        bucket = self.claim.burst is not None or self._trickled() is not None
        if not bucket or surely_late(self.claim, self.calls):
            return False
        drained, refused = self._first_drain
        came_back = self.claim.rate * (refused.written - drained.written)
        at_once = admitted_at_first(self.calls) - came_back
        return at_once >= self.claim.size - room(self.claim.size)

    def _falls_short(self) -> bool:
        """Whether the first drain was refused before the declared size."""
        return admitted_at_first(self.calls) < self.claim.size - room(self.claim.size)

    @property
    def _first_drain(self) -> tuple[Call, Call]:
        """Its first call, and the first one refused."""
        drained = next(call for call in self.calls if call.segment > self.calls[0].segment)
        return drained, next(call for call in self.calls if call.refused)

    def _as_declared(self) -> bool:
        """Whether about as many were admitted as declared; else it must be measured anew.

        A window that the control opened may have ended within the drain: then some reading knows.
        """
        drained, first = self._first_drain
        admitted = sum(call.admitted and call.written < first.written for call in self.calls)
        came_back = self.claim.rate * (first.answered - drained.written)
        least = 0.85 * self.claim.size - 2
        about = least <= admitted <= 1.15 * self.claim.size + 1.1 * came_back + 2
        return about or any(True for _ in explaining(self.claim, self.calls))

    def _silence(self) -> Schedule[str]:
        """Some limiters start anew with every call: only silence shows."""
        if not (yield from self._recovers_in_silence()):
            return "nothing was admitted again within two windows of silence"
        # The polls may have prolonged it; now there are none.
        drain = Part(self._abreast(2 * self.claim.size + 20, ABREAST), until_refused=2)
        yield from self._send("drain once more", drain)
        if not (yield from self._recovers_in_silence()):
            return "nothing was admitted again within two windows of silence"
        return "refused calls prolong the limit: it ended only in silence"

    def _recovers_in_silence(self) -> Schedule[bool]:
        last = max(call.answered for call in self.calls)
        calls = yield from self._send(
            "silence", Part(Paced(1, 1.0)), start=last + SILENCE * self.claim.span
        )
        return any(call.admitted for call in calls)

    def _trickled(self) -> Call | None:
        """The call admitted right after the first refusal, if the limit gives back singly."""
        refused = next(at for at, call in enumerate(self.calls) if call.refused)
        soon = self.calls[refused].answered + 2.5 / self.claim.rate
        return next((c for c in self.calls[refused:] if c.admitted and c.written < soon), None)

    def _overload(self) -> Schedule[None]:
        rate = max(self.claim.rate + 7.5, 1.25 * self.claim.rate)
        yield from overload(rate, self.budget.max_rps, self.calls)

    def _abreast(self, count: int, fewest: int) -> Abreast:
        return Abreast(max(0, count), max(fewest, self._connections(count)))

    def _connections(self, count: int) -> int:
        """With how many connections so many calls are answered in a quarter of the span."""
        seconds = median(call.answered - call.written for call in self.calls[:2])
        needed = math.ceil(4 * count * seconds / self.claim.span)
        return max(1, min(needed, count, MOST_ABREAST))

    def _send(self, phase: str, *parts: Part, start: float = 0.0) -> Schedule[list[Call]]:
        calls = yield Segment(phase, parts, start)
        self.calls.extend(calls)
        return calls

    def _drain(self) -> Schedule[bool]:
        """Drain from rest; the tail is serial, so that one call too many or too few shows."""
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
        calls = yield from self._send(
            "flood", Part(self._abreast(2 * size + 8, ABREAST), until_refused=2)
        )
        return any(call.refused for call in calls)

    def _poll(self, since: float) -> Schedule[Call | None]:
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

    def _prove(self, release: Call, count: int) -> Schedule[None]:
        """Some more calls: one admission may be a place that a lost call left free.

        They come when all of a drained log is back, which returns its calls as they were spread.
        """
        refused = next(call for call in self.calls if call.refused)
        drained = [c for c in self.calls if c.admitted and c.written < refused.written]
        spread = drained[-1].answered - drained[0].written + 0.01 * self.claim.span
        start = release.written + min(spread, 0.3 * self.claim.span)
        yield from self._send("more", Part(Abreast(count, 1), until_refused=2), start=start)

    def _burst(self, release: Call, share: float) -> Schedule[None]:
        """Take all there is, with many calls in flight across the edge, and see that it is shut.

        Args:
            release: The first call admitted again.
            share: How long after it, in spans.
        """
        yield from self._send(
            "burst",
            Part(
                self._abreast(self.claim.size + ABREAST + self.claim.size // 5, ABREAST),
                until_refused=2,
            ),
            Part(Abreast(2, 1), fresh=True),
            start=release.written + share * self.claim.span,
        )

    def _drain_trickle(self, start: float) -> Schedule[None]:
        """Take all that came back to a bucket, the last of it one by one."""
        expected = 0.6 * self.claim.size
        yield from self._send(
            "drain again",
            *_some(Part(self._abreast(max(0, int(0.85 * expected) - 3), ABREAST))),
            Part(Abreast(self.claim.size, 1), until_refused=1),
            start=start,
        )

    def _time_tokens(self) -> Schedule[None]:
        """Ask so often that each single token is seen to come back."""
        paced = min(self.budget.max_rps, POLLS_PER_TOKEN * self.claim.rate)
        yield from self._send("tokens", Part(Paced(TOKENS_TIMED * POLLS_PER_TOKEN, paced)))

    def _second_release(self, release: Call) -> Schedule[None]:
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
            yield from self._prove(again, PROOF + 3)


def _some(part: Part) -> tuple[Part, ...]:
    """The part, unless it has no calls."""
    return (part,) if part.arrivals.count else ()
