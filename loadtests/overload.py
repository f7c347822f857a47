"""Above the limit for long enough to judge: sustained refusals, the D4 of the interfaces.

Pure.
"""

import math
from typing import Final

from loadtests.segments import Paced, Part, Schedule, Segment
from loadtests.sightings import SUSTAINED_S, refuses_rightly, sustained
from loadtests.trace import Call

ROUNDS: Final = 3
"""A queue swallows the first round: each further one is twice as fast."""


def overload(
    rate: float,
    max_rps: float,
    calls: list[Call],
    *,
    above: float = 0.0,
    seconds: float = SUSTAINED_S + 0.3,
) -> Schedule[None]:
    """Keep above the limit until enough was refused; not where refusals have another status.

    That decides already, and a target that fails is not asked for more of it.

    Args:
        rate: Where to begin, above the limit, in requests per second.
        max_rps: The fastest allowed.
        calls: Every call so far; these are added.
        above: The limit, in requests per second.
        seconds: How long each round takes.

    Yields:
        Paced calls, up to three times.
    """
    for _ in range(ROUNDS if refuses_rightly(calls) else 0):
        paced = min(rate, max_rps)
        count = math.ceil(seconds * paced)
        calls.extend((yield Segment("overload", (Part(Paced(count, paced)),))))
        if sustained(calls, above=above):
            return
        rate *= 2
