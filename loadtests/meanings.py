"""What a declared limit may mean: each kind of limiter, with what the claim leaves open free.

Pure. "100/60s" may be a window of seven kinds or a bucket; open are the phase of a grid, the length
of a penalty, the segments of a log, and how often a timer fills a bucket.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from contracts.declared import DeclaredLimit
from loadtests.families import (
    FINE_STEP_S,
    GRIDS,
    SEGMENTS,
    Candidate,
    Family,
    counter_phases,
    phases,
)
from loadtests.limiters import Outcome
from loadtests.replay import Arrival, releases

CLOSE: Final = 0.005
"""How far N, W and r of a reading may be off, as a share; N by one request at least. Windows and
rates of correct limiters were met within 0.5 %, but for those that round up to whole seconds. (The
2 % that ``interfaces.md`` forgives are applied to the measured limit, afterwards.)"""

STEPS_S: Final = (FINE_STEP_S, 0.5, 0.1)
"""How often a bucket that a timer fills is filled, in seconds: throttled-py once a second."""

COARSE_STEPS_S: Final = (2.0, 5.0, 10.0)
"""The same where somebody has set it: .NET's ``ReplenishmentPeriod``, Bucket4j's intervals."""

FEWEST_STEPS: Final = 4
"""Fewer in a window are a fixed window, or not told from one."""

FEW: Final = 8
"""Of a bucket of so few each token is timed; in fine steps another rate would explain as much."""

WINDOW_FAMILIES: Final = (
    Family.FIXED_FIRST,
    Family.FIXED_GRID,
    Family.LOG,
    Family.COUNTER,
    Family.LOG_REFUSED,
    Family.COUNTER_REFUSED,
    Family.COUNTER_FIRST,
    Family.COUNTER_FIRST_REFUSED,
    Family.PENALTY,
    Family.EXTENDING,
)

PENALTIES: Final = (0.25, 0.5, 1.0, 1.5, 2.0)
"""Lengths of a penalty that are tried, as shares of the window."""

DRAIN_EDGES: Final = 150
"""So many places of an edge within the drain are tried."""

CONTROL_EDGES: Final = 4
"""Of a segment's edge those about the control, which is slow, and as many later."""


class Freedom(NamedTuple):
    """What a reading may choose, beside where a grid lies and how long a penalty lasts.

    Attributes:
        steps: How often a bucket may be filled, in seconds; evenly it always may.
        segments: Into how many segments a log may divide its window.
    """

    steps: Sequence[float]
    segments: Sequence[int]

    @property
    def fine(self) -> Sequence[float]:
        """Steps that are common."""
        return [step for step in self.steps if step <= FINE_STEP_S]

    def coarse(self, span: float) -> Sequence[float]:
        """Steps that are rare, of which several make a span in seconds."""
        return [step for step in self.steps if FINE_STEP_S < step <= span / FEWEST_STEPS]


EVERYTHING: Final = Freedom((*STEPS_S, *COARSE_STEPS_S), SEGMENTS)


def freedom_of(candidates: Sequence[Candidate]) -> Freedom:
    """What rivals of such readings may choose: no more than they all must.

    Steps and segments explain many a limit; so of others they say nothing of how sharp answers are.
    """
    families = {candidate.family for candidate in candidates}
    steps = {candidate.extra for candidate in candidates if families == {Family.STEPPED}}
    return Freedom(sorted(steps), SEGMENTS if families == {Family.SEGMENTED} else ())


def usual(
    claim: DeclaredLimit, seen: Sequence[Arrival], freedom: Freedom = EVERYTHING
) -> Iterator[Candidate]:
    """The common kinds.

    Args:
        claim: What is declared.
        seen: What was seen: edges are looked for where calls were admitted again.
        freedom: What may be chosen.
    """
    brackets = releases(seen)
    for share in (0.0, -1.0, 1.0, -0.5, 0.5):
        stretch = 1 + share * CLOSE
        if claim.burst is None:
            yield from _windows(claim.window * stretch, claim.requests, brackets)
        yield Candidate(Family.BUCKET, rate=claim.rate * stretch)
        yield from stepped(
            claim.rate * stretch, brackets, freedom.fine[: None if claim.size > FEW else 1]
        )


def rare(
    claim: DeclaredLimit, seen: Sequence[Arrival], freedom: Freedom = EVERYTHING
) -> Iterator[Candidate]:
    """Kinds that are many and seldom needed: tried where no other explains the answers.

    Args:
        claim: What is declared.
        seen: What was seen.
        freedom: What may be chosen.
    """
    brackets = releases(seen)
    if claim.burst is None:
        edges = list(_edges_in_the_drain(seen))
        yield from _cut(claim, edges)
        yield from _segmented(claim, brackets, edges, freedom.segments)
    for stretch in (1.0, 1 - CLOSE, 1 + CLOSE):
        yield from stepped(claim.rate * stretch, brackets, freedom.coarse(claim.span))


def sizes(claim: DeclaredLimit, candidate: Candidate) -> tuple[int, int]:
    """The smallest and largest N within the tolerance; nginx admits its burst and one more."""
    bucket = candidate.rate > 0
    size = claim.burst if bucket and claim.burst is not None else claim.requests
    room = max(1, int(CLOSE * size))
    extra = 1 if bucket and claim.burst is not None else 0
    return max(1, size - room), size + room + extra


def _windows(
    window: float, size: int, brackets: Sequence[tuple[float, float]]
) -> Iterator[Candidate]:
    for family in WINDOW_FAMILIES:
        if family is Family.FIXED_GRID:
            for phase in phases(window, brackets):
                yield Candidate(family, window, phase=phase)
        elif family in GRIDS:
            for phase in counter_phases(window, window / size, brackets):
                yield Candidate(family, window, phase=phase)
        elif family is Family.PENALTY:
            for share in PENALTIES:
                yield Candidate(family, window, extra=share * window)
        else:
            yield Candidate(family, window)


def _segmented(
    claim: DeclaredLimit,
    brackets: Sequence[tuple[float, float]],
    edges: list[float],
    segments: Sequence[int],
) -> Iterator[Candidate]:
    some = edges[:CONTROL_EDGES] + edges[CONTROL_EDGES :: len(edges) // CONTROL_EDGES + 1]
    for stretch in (1.0, 1 - CLOSE, 1 + CLOSE):
        window = claim.window * stretch
        for count in segments:
            for phase in (*phases(window / count, brackets), *some):
                yield Candidate(Family.SEGMENTED, window, phase=phase, extra=window / count)


def _edges_in_the_drain(seen: Sequence[Arrival]) -> Iterator[float]:
    """Where an edge can lie that shows in no release, only in the count."""
    first = next((at for at, a in enumerate(seen) if a.outcome is Outcome.REFUSED), len(seen))
    times = [arrival.sent for arrival in seen[:first]]
    for one, other in pairwise(times[:: max(1, len(times) // DRAIN_EDGES)]):
        yield (one + other) / 2


def _cut(claim: DeclaredLimit, edges: Sequence[float]) -> Iterator[Candidate]:
    """Windows of which one ends while the limit is drained."""
    for family in (Family.FIXED_GRID, Family.COUNTER):
        for stretch in (1.0, 1 - CLOSE, 1 + CLOSE):
            for edge in edges:
                yield Candidate(family, claim.window * stretch, phase=edge)


def stepped(
    rate: float, brackets: Sequence[tuple[float, float]], steps: Sequence[float]
) -> Iterator[Candidate]:
    """Buckets that a timer fills, each with every phase that explains something else.

    Args:
        rate: What they give back, per second.
        brackets: From ``replay.releases``.
        steps: How often they are filled, in seconds.
    """
    for step in steps:
        for phase in phases(step, brackets[:6]):
            yield Candidate(Family.STEPPED, rate=rate, phase=phase, extra=step)
