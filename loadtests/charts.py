"""The pictures of a ramp.

Pure.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from loadtests.drawing import Picture, Series, draw
from loadtests.trace import Trace

_BIN_S: Final = 0.5
"""Seconds; shorter ones show the grain of the clock instead of the rate."""

ASKED, ADMITTED, REFUSED, ESTIMATE = "#6b7a99", "#2a9d5b", "#d1495b", "#b07d00"
"""Told apart without red and green by their brightness too."""


def rates_chart(trace: Trace, estimate_rps: float | None) -> str:
    """Draw asked, admitted and refused calls per second over time.

    Args:
        trace: Every call.
        estimate_rps: The limit found, drawn in where there is one.
    """
    end = max((call.answered for call in trace), default=0.0)
    asked = _rates((call.asked for call in trace), end)
    admitted = _rates((call.written for call in trace if call.admitted), end)
    refused = _rates((call.written for call in trace if call.refused), end)
    series = [
        Series("asked", ASKED, asked, steps=True),
        Series("admitted", ADMITTED, admitted, steps=True),
        Series("refused", REFUSED, refused, steps=True),
    ]
    if estimate_rps is not None:
        points = ((0.0, estimate_rps), (end, estimate_rps))
        series.append(Series("estimated limit", ESTIMATE, points, dashed=True))
    total, through = len(trace), sum(call.admitted for call in trace)
    first = next((call.written for call in trace if call.refused), None)
    words = f"{total} calls in {end:.0f} s, {through} of them admitted"
    words += "; none was refused." if first is None else f"; the first refused after {first:.1f} s."
    picture = Picture("Calls per second", words, "seconds", "calls per second")
    return draw(picture, series)


def _rates(times: Iterable[float], end: float) -> list[tuple[float, float]]:
    counts = Counter(int(time / _BIN_S) for time in times)
    bins = range(int(end / _BIN_S) + 1)
    return [(index * _BIN_S, counts[index] / _BIN_S) for index in bins]
