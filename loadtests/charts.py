"""The pictures of a ramp: rates over time, admissions against the allowance, latency.

Pure.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from contracts.declared import DeclaredLimit
from contracts.verdict import RateLimit
from loadtests.allowances import admitted_by, allowance_for, allowed_by
from loadtests.drawing import Picture, Series, Shape, Tone, draw
from loadtests.trace import CONTROL, Call, Trace

_BIN_S: Final = 0.5
"""Seconds; shorter ones show the grain of the clock instead of the rate."""

_MOST_BINS: Final = 240
"""In the width of a picture; more are noise."""

ASKED: Final = Tone("#5b6478", "#a3adc2")
ADMITTED: Final = Tone("#17753f", "#4cc38a")
REFUSED: Final = Tone("#c2334d", "#ff8797")
ESTIMATE: Final = Tone("#8a5d00", "#e0b14a")
DECLARED: Final = Tone("#3552c9", "#93a9ff")
"""Told apart by brightness and dashes too, not by red and green alone."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture to keep.

    Attributes:
        title: What it shows.
        file_name: How its file is called.
        svg: The document.
    """

    title: str
    file_name: str
    svg: str


def pictures(trace: Trace, limit: RateLimit, declared: Sequence[DeclaredLimit]) -> list[Drawn]:
    """Draw all there is to see of a ramp.

    Args:
        trace: Every call.
        limit: What was found.
        declared: What the operator says.
    """
    calls = sorted((c for c in trace if c.probe == CONTROL), key=lambda call: call.written)
    rates = Rates()
    rates.add(trace)
    return [
        Drawn(
            "calls per second over time",
            "rates.svg",
            rates_chart(rates, limit.rate_rps, max((d.rate for d in declared), default=None)),
        ),
        Drawn(
            "admitted calls against the allowance",
            "allowance.svg",
            allowance_chart(calls, limit, declared),
        ),
        Drawn("latency of admitted and refused calls", "latency.svg", latency_chart(calls)),
    ]


@dataclass(slots=True)
class Rates:
    """How many calls were asked for, admitted and refused when; kept up while a run goes on.

    Attributes:
        asked: Calls by the half second for which they were asked.
        admitted: By the half second in which they were sent.
        refused: The same.
        first_refused: When the first that was refused was sent, in seconds.
        admitted_first: How many were admitted before any was refused.
        end: The last answer, in seconds.
    """

    asked: Counter[int] = field(default_factory=Counter)
    admitted: Counter[int] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    first_refused: float | None = None
    admitted_first: int = 0
    end: float = 0.0

    @property
    def estimate(self) -> str:
        """What they say of the limit while the run goes on, in words."""
        if self.first_refused is None:
            return "none yet"
        size = f"about {self.admitted_first:,} from rest"
        since, again = self.end - self.first_refused, self.admitted.total() - self.admitted_first
        if not again:
            return f"{size}, none since"
        return f"{size}, {again / since:.3g} per second admitted since the first refusal"

    def add(self, calls: Iterable[Call]) -> None:
        """Count some more calls."""
        for call in calls:
            self.end = max(self.end, call.answered)
            self.asked[int(call.asked / _BIN_S)] += 1
            sent = int(call.written / _BIN_S)
            if call.admitted:
                self.admitted[sent] += 1
                self.admitted_first += self.first_refused is None
            elif call.refused:
                self.refused[sent] += 1
                first = self.first_refused
                self.first_refused = call.written if first is None else min(first, call.written)

    def __str__(self) -> str:
        """Say them in a sentence."""
        total, through = self.asked.total(), self.admitted.total()
        words = f"{total:,} calls in {self.end:.0f} s, {through:,} of them admitted"
        if self.first_refused is None:
            return f"{words}; none was refused."
        words += f", {self.refused.total():,} refused"
        return f"{words}, the first after {self.first_refused:.1f} s."


def rates_chart(rates: Rates, estimate_rps: float | None, declared_rps: float | None) -> str:
    """Draw asked, admitted and refused calls per second over time.

    Args:
        rates: The calls.
        estimate_rps: The limit found, drawn in where there is one.
        declared_rps: The limit declared, drawn in where there is one.
    """
    series = [
        Series("asked", ASKED, _per_second(rates.asked, rates.end), "steps"),
        Series("admitted", ADMITTED, _per_second(rates.admitted, rates.end), "steps"),
        Series("refused", REFUSED, _per_second(rates.refused, rates.end), "steps"),
    ]
    words = str(rates)
    for name, tone, rate in (
        ("declared limit", DECLARED, declared_rps),
        ("estimated limit", ESTIMATE, estimate_rps),
    ):
        if rate is not None:
            level = ((0.0, rate), (rates.end, rate))
            series.append(Series(f"{name} {rate:.4g}/s", tone, level, dashed=True))
            words += f" The {name} is {rate:.4g} calls per second in the long run."
    return draw(Picture("Calls per second", words, "seconds", "calls per second"), series)


def _per_second(counts: Counter[int], end: float) -> list[tuple[float, float]]:
    """Averages of a few half seconds, few enough to be told apart; one more step to the end."""
    wide = max(1, math.ceil(end / _BIN_S / _MOST_BINS))
    sums = Counter[int]()
    for at, count in counts.items():
        sums[at // wide] += count
    seconds = wide * _BIN_S
    return [(at * seconds, sums[at] / seconds) for at in range(int(end / seconds) + 2)]


def allowance_chart(
    calls: Sequence[Call], limit: RateLimit, declared: Sequence[DeclaredLimit]
) -> str:
    """Draw how many calls were admitted, and how many the limit would have let pass.

    Args:
        calls: The plain calls by the time written.
        limit: What was found.
        declared: What the operator says.
    """
    admitted = admitted_by(calls)
    series = [Series("admitted", ADMITTED, admitted, "steps")]
    words = f"{len(admitted) - 1:,} calls were admitted."
    allowance = allowance_for(limit, declared)
    if allowance is not None:
        tone = DECLARED if declared else ESTIMATE
        shape: Shape = "line" if allowance.rate else "steps"
        allowed = allowed_by(allowance, calls)
        series.append(Series(f"allowance, {allowance.name}", tone, allowed, shape, dashed=True))
        words += f" The allowance, {allowance.name}, was {allowed[-1][1]:,.0f} at the end."
        if allowance.strict:
            words += " Where the admitted calls are above the allowance, it was exceeded."
    picture = Picture("Admitted calls against the allowance", words, "seconds", "calls so far")
    return draw(picture, series)


def latency_chart(calls: Sequence[Call]) -> str:
    """Draw how long admitted and refused calls took to be answered.

    Args:
        calls: The plain calls by the time written.
    """
    admitted = _latencies(call for call in calls if call.admitted)
    refused = _latencies(call for call in calls if call.refused)
    words = f"Admitted: {_spread(admitted)}. Refused: {_spread(refused)}."
    lost = sum(call.lost for call in calls)
    if lost:
        words += f" {lost:,} calls had no answer."
    series = [
        Series("admitted", ADMITTED, admitted, "dots"),
        Series("refused", REFUSED, refused, "crosses"),
    ]
    title = "Latency of admitted and refused calls"
    return draw(Picture(title, words, "seconds", "milliseconds", log=True), series)


def _latencies(calls: Iterable[Call]) -> list[tuple[float, float]]:
    return [(call.written, 1000 * (call.answered - call.written)) for call in calls]


def _spread(points: Sequence[tuple[float, float]]) -> str:
    if not points:
        return "none"
    ordered = sorted(y for _, y in points)
    median, late = (ordered[math.ceil(share * len(ordered)) - 1] for share in (0.5, 0.99))
    return f"{len(ordered):,}, median {median:.3g} ms, p99 {late:.3g} ms"
