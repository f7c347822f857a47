"""The schedule that confirms or contradicts a declared limit of N calls per window W.

Pure. Drain the limit, wait for its release, drain the next window with a burst over its edge,
wait for the second release: every reading of N per W that differs by more than 2 % from the truth
is then contradicted by some answer. A bucket, which gives back a little at a time, is drained
twice within W instead.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from contracts.declared import DeclaredLimit
from loadtests import sightings
from loadtests.claims import (
    Reading,
    as_good,
    explaining,
    fails_at,
    is_left_free,
    read_claim,
    repeats,
    room,
    surely_late,
)
from loadtests.discovering import Discovery
from loadtests.families import Candidate, Family
from loadtests.meanings import FEW, freedom_of
from loadtests.measuring import measure
from loadtests.ruling import FAR_WINDOWS, apart
from loadtests.segments import REST, Budget, Schedule
from loadtests.sightings import admitted_at_first, fails, falls_silent, sustained
from loadtests.trace import Call
from loadtests.waves import SILENCE, Waves

MOST_SHARPENED: Final = 3
"""So many further drains at most, where a window a tenth off explains the answers as well."""

MOST_UNREFUSED: Final = 2
"""So many drains more, where a window ended within one and nothing was refused."""

NEAR_WINDOWS: Final = (0.9, 1.1)
"""While one of these explains the answers as well, too, it is drained again; as shares."""

BREAKS: Final = 2
"""So many further drains must end without an answer before that is reported."""

MOST_FAILING: Final = 5
"""So many further drains at most, where calls beyond the limit fail."""

SMALL: Final = 70
TRICKLE_SHARES: Final = (1.1, 1.9, 2.7)
"""When to drain a bucket again, in spans since its first token. A tenth of the rate is a tenth of
the tokens: below 70 of them it takes more than one round to see."""

REFILL_SHARE: Final = 0.6
"""How long what gives back singly is let alone, in spans, each time."""


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
        if not (yield from self._waves.drain()):
            if falls_silent(self.calls):
                return (yield from self._break_off())
            return "far more than the declared limit was admitted at once"
        if any(fails(call.status) for call in self.calls):
            return (yield from self._fail())
        if not self._as_declared():
            return (yield from self._differ())
        release = self._trickled()
        if release is not None:
            yield from self._waves.overload()
        else:
            yield from self._waves.overload_while_shut()
            release = yield from self._waves.poll(since)
        if release is None:
            return (yield from self._silence())
        yield from self._follow(release)
        if not sustained(self.calls, above=self.claim.rate):
            yield from self._waves.overload_shortly()
        self.holds = yield from self._repeat()
        return "the schedule is complete"

    @property
    def _waves(self) -> Waves:
        return Waves(self.claim, self.budget, self.calls)

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
        for _ in range(BREAKS):
            if not (yield from self._waves.ask_after_rest()):
                return "calls get no answer, and no more after a rest"
            yield from self._waves.drain_to_silence()
        return "beyond the declared limit calls get no answer"

    def _fail(self) -> Schedule[str]:
        """Calls fail, and are not refused: see whether they do so at the limit."""
        for _ in range(MOST_FAILING):
            yield from self._waves.drain_once_more(late=False)
            if fails_at(self.claim, self.calls):
                break
        return "calls fail"

    def _follow(self, release: Call) -> Schedule[None]:
        """A second window, or the tokens that follow the first."""
        bulk = yield from self._waves.prove(release)
        yield from self._waves.burst(release, bulk=bulk)
        admitted = sum(call.admitted and call.written >= release.written for call in self.calls)
        if admitted > 0.75 * self.claim.size:
            yield from self._waves.second_release(release)
        else:
            for share in TRICKLE_SHARES if self.claim.size < SMALL else TRICKLE_SHARES[:1]:
                yield from self._waves.drain_trickle(release.written + share * self.claim.span)
        if self.claim.burst is not None and self.claim.burst <= FEW:
            yield from self._waves.time_tokens()

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
                yield from self._refill()
            return True
        late = best.late > 0 and not self._falls_short()
        wanted = self._drained() + repeats(self.claim, self.calls)
        for _ in range(wanted - self._drained() + MOST_UNREFUSED):
            if self._drained() < wanted:
                yield from self._waves.drain_once_more(late=late)
        return not late and not self._falls_short()

    def _refill(self) -> Schedule[None]:
        """Let a bucket alone for a while, and take what came back."""
        last = max(call.answered for call in self.calls)
        yield from self._waves.drain_trickle(last + REFILL_SHARE * self.claim.span)

    def _drained(self) -> int:
        return len(sightings.drains_from_rest(self.calls, self.claim.span))

    def _sharpen(self) -> Schedule[Reading]:
        """Drain once more where an edge that may lie anywhere, or a loss, explains the answers."""
        best, another = self._read()
        vague = another or self._needs_an_edge(best.candidate)
        for _ in range(MOST_SHARPENED):
            if best.contradictions or not vague:
                break
            # Only after two windows of rest is a counter empty, and its size beyond doubt.
            rest = SILENCE if best.candidate.family is Family.COUNTER else REST
            drained = yield from self._waves.drain_once_more(late=False, rest=rest)
            if another and self._gives_back_singly():
                yield from self._refill()
            elif another:
                yield from self._waves.poll(drained[0].written)
            best, another = self._read()
            vague = another
        return best

    def _read(self) -> tuple[Reading, bool]:
        """The best reading, and whether another window explains the answers as well."""
        readings = read_claim(self.claim, self.calls)
        return readings[0], self._explains_another(readings)

    def _explains_another(self, readings: Sequence[Reading]) -> bool:
        """Whether other windows do as well: by an edge, a penalty, or what was lost."""
        best, free = readings[0], is_left_free(readings)
        if best.contradictions or not (free or any(call.lost for call in self.calls)):
            return False
        windows = (*FAR_WINDOWS, *NEAR_WINDOWS)
        others = (replace(self.claim, window=self.claim.window * share) for share in windows)
        freedom = freedom_of([best.candidate])
        rivals = (rival for other in others for rival in explaining(other, self.calls, freedom))
        if any(as_good(rival, best) for rival in rivals):
            return True
        return free and apart(self.claim, measure(self.calls))

    def _needs_an_edge(self, candidate: Candidate) -> bool:
        """Whether a window's end within the first drain explains it: once may be chance."""
        if candidate.family not in (Family.FIXED_GRID, Family.COUNTER):
            return False
        drained, refused = self._first_drain
        to_the_edge = (candidate.phase - drained.written) % candidate.window
        return drained.written + to_the_edge < refused.answered

    def _gives_back_less(self) -> bool:
        """Whether it admits at once what is declared, and then gives back singly, but less."""
        if not self._gives_back_singly() or surely_late(self.claim, self.calls):
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
        if not (yield from self._waves.ask_after_silence()):
            return "nothing was admitted again within two windows of silence"
        # The polls may have prolonged it; now there are none.
        yield from self._waves.flood("drain once more")
        if not (yield from self._waves.ask_after_silence()):
            return "nothing was admitted again within two windows of silence"
        return "refused calls prolong the limit: it ended only in silence"

    def _trickled(self) -> Call | None:
        """The call admitted right after the first refusal, if the limit gives back singly."""
        refused = next(call for call in self.calls if call.refused)
        same = (call for call in self.calls if call.segment == refused.segment)
        return next((c for c in same if c.admitted and c.written >= refused.answered), None)

    def _gives_back_singly(self) -> bool:
        return self.claim.burst is not None or self._trickled() is not None
