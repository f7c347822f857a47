"""What the limit is, measured: figures with intervals, the algorithm where it can be told.

Pure. The fits of all families compete; where two algorithms explain the answers about as well,
none is named, and what would tell them apart is.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise, takewhile
from statistics import median
from typing import Final, Literal

from contracts.declared import DeclaredLimit
from loadtests.families import Family
from loadtests.fitting import CLOSE_SCORE, FamilyFit, fit_all
from loadtests.proposing import MANY
from loadtests.trace import Call

Algorithm = Literal[
    "fixed_window", "sliding_window", "token_bucket", "leaky_bucket", "concurrency", "unknown"
]

ALGORITHMS: Final[dict[Family, Algorithm]] = {
    Family.FIXED_FIRST: "fixed_window",
    Family.FIXED_GRID: "fixed_window",
    Family.LOG: "sliding_window",
    Family.SEGMENTED: "sliding_window",
    Family.COUNTER: "sliding_window",
    Family.LOG_REFUSED: "sliding_window",
    Family.COUNTER_REFUSED: "sliding_window",
    Family.COUNTER_FIRST: "sliding_window",
    Family.COUNTER_FIRST_REFUSED: "sliding_window",
    Family.BUCKET: "token_bucket",
    Family.STEPPED: "token_bucket",
    Family.QUEUE: "leaky_bucket",
    Family.CONCURRENCY: "concurrency",
}
"""How ``interfaces.md`` names the families; a penalty and a window that is extended have no name
there and are said in the detail."""

MARGIN: Final = 2.0
"""How much worse the best rival must score for an algorithm to be named; simulated."""

DOUBT: Final = 1.9
"""The margin over which the chance of a wrong name falls to a third; simulated."""

MOST_CONTRADICTED: Final = 0.01
"""A fit that contradicts more of the answers than this, and more than 4, explains nothing."""


COUNTERS: Final = (Family.COUNTER, Family.COUNTER_FIRST)
"""The two differ in where their windows begin, which after a rest few answers tell."""

VAGUE: Final = 0.5
"""Of a kind that explains the answers with many an N nobody knows that it is the one."""

MOST_OPEN: Final = 0.25
"""Of a fit that leaves more answers than this to chance nobody is sure; nor of one with a flaw."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The limit as measured.

    Attributes:
        family: The kind that explains most; ``None`` if none does.
        algorithm: The same in the words of ``interfaces.md``, "unknown" if a rival explains it
            about as well.
        confidence: How sure the algorithm is, 0 to 1.
        limits: Smallest, likeliest and largest N; of a bucket, what it admits at once.
        windows: The same of the window, in seconds; ``None`` for buckets and calls in flight.
        rates: The same of the rate, per second; ``None`` for calls in flight.
        penalty: How long everything is refused after the first refusal, in seconds, if it is.
        rival: Another kind that explains it about as well.
        contradicted: How many answers it cannot explain.
    """

    family: Family | None
    algorithm: Algorithm
    confidence: float
    limits: tuple[int, int, int]
    windows: tuple[float, float, float] | None
    rates: tuple[float, float, float] | None
    penalty: float | None = None
    rival: Family | None = None
    contradicted: int = 0

    @classmethod
    def declared(
        cls, family: Family, claim: DeclaredLimit, size: int, families: Sequence[Family]
    ) -> "Measured":
        """A claim that holds, where the free fit is less sharp than the claim.

        Args:
            family: The kind that explains most.
            claim: What is declared.
            size: How many it admits at once.
            families: All kinds as which the claim holds.
        """
        bucket = ALGORITHMS.get(family) == "token_bucket"
        name = ALGORITHMS.get(family, "unknown")
        rivals = [each for each in families if ALGORITHMS.get(each, "unknown") != name]
        return cls(
            family=family,
            algorithm="unknown" if rivals else name,
            confidence=0.5 if rivals else 0.9,
            limits=(size, size, size),
            windows=None if bucket else (claim.window, claim.window, claim.window),
            rates=(claim.rate, claim.rate, claim.rate),
            rival=rivals[0] if rivals else None,
        )


def measure(calls: Sequence[Call]) -> Measured | None:
    """Measure the limit.

    Args:
        calls: The plain calls by the time written, from rest on.

    Returns:
        What was measured; ``None`` if nothing was refused, or nothing admitted afterwards.
    """
    return _measure(tuple(calls))


@lru_cache(maxsize=2)
def _measure(calls: tuple[Call, ...]) -> Measured | None:
    """What the plan has measured, the conclusion need not: that takes seconds of CPU."""
    if not any(call.refused for call in calls):
        return None
    queue = as_queue(calls)
    if queue is not None:
        return queue
    flight = _in_flight(calls)
    if flight is not None:
        return flight
    fits = fit_all(calls)
    return _from_fits(fits, calls) if fits else None


def _held_back(calls: Sequence[Call]) -> bool:
    """Whether the last admitted before the first refusal took three times as long as others."""
    refused = next((at for at, call in enumerate(calls) if call.refused), len(calls))
    latencies = [call.answered - call.written for call in calls[:refused] if call.admitted]
    if len(latencies) < 6:
        return False
    return sorted(latencies[-4:])[1] > 3 * min(latencies) + 0.05


def as_queue(calls: Sequence[Call]) -> Measured | None:
    """Measure a queue; its calls leave evenly, so their answers are one over the rate apart.

    Args:
        calls: By the time written.

    Returns:
        ``None`` where calls were not held back, or not as a queue does: answers that grow slower
        in other ways say nothing of the limit.
    """
    if not _held_back(calls):
        return None
    usual = min(call.answered - call.written for call in calls if call.admitted)
    held = sorted(
        call.answered
        for call in calls
        if call.admitted and call.answered - call.written > 1.5 * usual + 0.02
    )
    gaps = sorted(later - earlier for earlier, later in pairwise(held))
    usual_gap = gaps[len(gaps) // 2]
    even = [gap for gap in gaps if gap < 1.7 * usual_gap]
    gap = sum(even) / len(even)
    longest = max(call.answered - call.written for call in calls if call.admitted) - usual
    size = round(longest / gap) + 1
    if size > 2 * _admitted_at_once(calls):
        return None
    error = 2 * usual / max(held[-1] - held[0], 1e-3) + 0.005
    rate = 1 / gap
    return Measured(
        Family.QUEUE,
        "leaky_bucket",
        0.97,
        (max(1, size - 1), size, size + 1),
        None,
        (rate * (1 - error), rate, rate * (1 + error)),
    )


def _admitted_at_once(calls: Sequence[Call]) -> int:
    """A queue refuses when it is full; answers that a busy server held back tell of none."""
    return sum(call.admitted for call in takewhile(lambda call: not call.refused, calls))


FEWEST_ABREAST: Final = 4
TOGETHER_S: Final = 0.005
"""A burst: at least four calls written within 5 ms."""


def _in_flight(calls: Sequence[Call]) -> Measured | None:
    """As many admitted in every simultaneous burst, one right after the other."""
    bursts = _bursts(calls)
    refused = [burst for burst in bursts if any(call.refused for call in burst)]
    if len(refused) < 2 or not _passes_alone(calls):
        return None
    counts = [sum(call.admitted for call in burst) for burst in refused]
    size = round(median(counts))
    room = max(1, size // 5)
    if min(counts) == 0 or max(counts) - min(counts) > room:
        return None
    # Where more of a burst once passed, something else has run out since.
    if max(sum(call.admitted for call in burst) for burst in bursts) > max(counts) + room:
        return None
    limits = (min(counts), size, max(counts))
    confidence = min(0.95, _coincidence(size))
    return Measured(Family.CONCURRENCY, "concurrency", confidence, limits, None, None)


def _coincidence(limit: int) -> float:
    """The most confidence there can be: of a small limit one call is a large share."""
    return round(1 - 1 / max(2, limit), 2)


def _bursts(calls: Sequence[Call]) -> list[list[Call]]:
    clusters: list[list[Call]] = [[]]
    for call in calls:
        if clusters[-1] and call.written > clusters[-1][0].written + TOGETHER_S:
            clusters.append([])
        clusters[-1].append(call)
    return [cluster for cluster in clusters if len(cluster) >= FEWEST_ABREAST]


def _passes_alone(calls: Sequence[Call]) -> bool:
    """Whether no call was refused that had the limiter to itself."""
    ended = 0.0
    for call, after in pairwise(calls):
        alone = ended <= call.written and call.answered <= after.written
        if alone and call.refused:
            return False
        ended = max(ended, call.answered)
    return True


def _from_fits(fits: Sequence[FamilyFit], calls: Sequence[Call]) -> Measured:
    answers = len(calls)
    best = _as_wide_as_the_other_counter(fits)
    fit, family = best.best, best.best.candidate.family
    rival = next((r for r in fits[1:] if _name(r) != _name(best)), None)
    margin = math.inf if rival is None else rival.best.score - fit.score
    explained = fit.contradictions <= max(4, MOST_CONTRADICTED * answers)
    # Without a loss, an answer that the kind cannot give is another kind's, or somebody else's.
    whole = not fit.contradictions or any(call.lost for call in calls)
    sharp = best.limits[1] - best.limits[0] <= max(2.0, VAGUE * fit.limit)
    named = explained and whole and sharp and margin >= max(MARGIN, 0.3 * fit.score)
    confidence = 1 - 0.5 * math.exp(-max(0.0, margin) / DOUBT) if explained else 0.0
    confidence = min(confidence, _coincidence(fit.limit))
    if fit.contradictions or fit.open > MOST_OPEN * answers:
        confidence = min(confidence, 0.9)
    if family is Family.BUCKET and rival is not None:
        # A counter whose edge happens to lie in the drain behaves like a bucket: four in N.
        confidence = min(confidence, 1 - 4 / max(8, fit.limit))
    if family is Family.BUCKET and answers > MANY:
        # Of so many answers the counters are searched coarsely; one may have been missed.
        confidence = min(confidence, 0.9)
    close = rival.best.candidate.family if rival is not None and not named else None
    return Measured(
        family=family if explained else None,
        algorithm=ALGORITHMS.get(family, "unknown") if named else "unknown",
        confidence=round(confidence if named else min(confidence, 0.7), 2),
        limits=(best.limits[0], fit.limit, best.limits[1]),
        windows=_windows(best),
        rates=_rates(best),
        penalty=fit.candidate.extra if family is Family.PENALTY else None,
        rival=close,
        contradicted=fit.contradictions,
    )


def _as_wide_as_the_other_counter(fits: Sequence[FamilyFit]) -> FamilyFit:
    """The best, with the interval of the other sliding counter that explains as much."""
    best = fits[0]
    if best.best.candidate.family not in COUNTERS:
        return best
    alike = [
        fitted
        for fitted in fits
        if fitted.best.candidate.family in COUNTERS
        and fitted.best.score <= best.best.score + CLOSE_SCORE
    ]
    limits = [end for fitted in alike for end in fitted.limits]
    times = [end for fitted in alike for end in fitted.times]
    return replace(best, limits=(min(limits), max(limits)), times=(min(times), max(times)))


def _name(fitted: FamilyFit) -> str:
    family = fitted.best.candidate.family
    return ALGORITHMS.get(family, family.value)


def _windows(best: FamilyFit) -> tuple[float, float, float] | None:
    candidate = best.best.candidate
    if candidate.family is Family.PENALTY or not candidate.window:
        return None
    return best.times[0], candidate.window, best.times[1]


def _rates(best: FamilyFit) -> tuple[float, float, float] | None:
    candidate = best.best.candidate
    if candidate.family is Family.PENALTY:
        return None
    if candidate.rate:
        return best.times[0], candidate.rate, best.times[1]
    limit = best.best.limit
    return limit / best.times[1], limit / candidate.window, limit / best.times[0]
