"""Plain facts of a trace, without any model of the limiter.

Pure. Calls are given by the time they were written.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise, takewhile
from statistics import median
from typing import Final, NamedTuple

from loadtests.trace import Call

SUSTAINED_REFUSALS: Final = 20
SUSTAINED_S: Final = 3.0
"""At least 20 refusals over at least 3 s above the limit: "sustained 429" of ``interfaces.md``."""


def sustained(calls: Sequence[Call], *, above: float = 0.0) -> bool:
    """Whether enough calls were refused for long enough to judge.

    Args:
        calls: By the time written.
        above: Calls per second; while fewer are asked, refusals are no overload.
    """
    refused = [(at, call.written) for at, call in enumerate(calls) if call.refused]
    last = SUSTAINED_REFUSALS - 1
    for begun, (first, since) in enumerate(refused):
        last = max(last, begun + SUSTAINED_REFUSALS - 1)
        while last < len(refused) and refused[last][1] - since < SUSTAINED_S:
            last += 1
        if last >= len(refused):
            return False
        at, until = refused[last]
        if at - first >= above * (until - since):
            return True
    return False


def first_429(calls: Sequence[Call]) -> int | None:
    """How many requests had been sent when the first was answered 429, that one included."""
    return next((at for at, call in enumerate(calls, start=1) if call.status == 429), None)


def admitted_at_first(calls: Sequence[Call]) -> int:
    """How many calls were admitted before the first refusal was answered."""
    first = min((call.answered for call in calls if call.refused), default=float("inf"))
    return sum(call.admitted and call.answered < first for call in calls)


def recovery_seconds(calls: Sequence[Call]) -> float | None:
    """Seconds from the last refusal of the longest refused run to the next admitted call.

    Args:
        calls: By the time written.

    Returns:
        The time, ``None`` if nothing was refused or nothing admitted afterwards.
    """
    found: tuple[int, float] | None = None
    run = 0
    last = 0.0
    for call in calls:
        if call.refused:
            run, last = run + 1, call.answered
        elif call.admitted and run:
            if found is None or run > found[0]:
                found = (run, max(0.0, call.written - last))
            run = 0
    return None if found is None else found[1]


def admitted_rate(calls: Sequence[Call]) -> float | None:
    """Admitted calls per second between the first and the last refusal, ``None`` without two."""
    refused = [call.written for call in calls if call.refused]
    if len(refused) < 2 or refused[-1] == refused[0]:
        return None
    between = sum(call.admitted and refused[0] < call.written < refused[-1] for call in calls)
    return between / (refused[-1] - refused[0])


class Overload(NamedTuple):
    """What came back from one refusal to another, while more was asked for all the time.

    Attributes:
        admitted: Calls admitted that were written between the two.
        surely: Those of them that neither refusal can have been overtaken by.
        lost: Calls between them that got no answer.
        seconds: From the one to the other.
        gap: The most seconds in which nothing was asked.
        took: How long refusals took, in seconds, the median: they wait in no queue.
    """

    admitted: int
    surely: int
    lost: int
    seconds: float
    gap: float
    took: float


def longest_overload(calls: Sequence[Call]) -> Overload | None:
    """The longest overload within one segment of the plan, if there was any."""
    segments: defaultdict[int, list[Call]] = defaultdict(list)
    for call in calls:
        segments[call.segment].append(call)
    found = [seen for segment in segments.values() if (seen := _overload(segment)) is not None]
    return max(found, key=lambda seen: seen.seconds, default=None)


def _overload(calls: Sequence[Call]) -> Overload | None:
    refused = [call for call in calls if call.refused]
    if len(refused) < 2:
        return None
    first, last = refused[0].written, refused[-1].written
    begun = refused[0].answered
    within = [call for call in calls if first <= call.written <= last]
    return Overload(
        sum(call.admitted for call in within),
        sum(call.admitted and begun <= call.written and call.answered <= last for call in within),
        sum(call.lost for call in within),
        last - first,
        max(later.written - call.written for call, later in pairwise(within)),
        median(call.answered - call.written for call in refused),
    )


def most_in_a_second(times: Sequence[float]) -> int:
    """The most of the ascending times within any one second."""
    return most_within(times, 1.0)


def most_within(times: Sequence[float], seconds: float) -> int:
    """The most of the ascending times within any span of so many seconds."""
    first = most = 0
    for last, time in enumerate(times):
        while time - times[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def bursts_beyond(calls: Sequence[Call], limit: int, seconds: float) -> int:
    """In how many segments more calls than a limit were admitted within some seconds.

    Args:
        calls: By the time written.
        limit: The most that should be.
        seconds: Within which time.
    """
    times: dict[int, list[float]] = {}
    for call in calls:
        if call.admitted:
            times.setdefault(call.segment, []).append(call.written)
    return sum(most_within(each, seconds) > limit for each in times.values())


MELEE_S: Final = 0.3
"""Calls in flight together are answered out of order for about so long, in seconds."""


class Drain(NamedTuple):
    """A drain from rest, up to its first refusal.

    Attributes:
        admitted: Calls admitted.
        before: Those of them in earlier segments; the limit may have forgotten them.
        lost: Calls that got no answer.
        seconds: From the first call of the segment that was refused to that refusal.
        status: Of that refusal.
    """

    admitted: int
    before: int
    lost: int
    seconds: float
    status: int


def drains_from_rest(calls: Sequence[Call], rest: float) -> list[Drain]:
    """How many calls each drain from rest admitted until it was refused.

    Args:
        calls: By the time written.
        rest: The shortest silence that fills the limit, in seconds.
    """
    drains = map(_drain, _from_rest(calls, rest))
    return [drain for drain in drains if drain is not None]


def _from_rest(calls: Sequence[Call], rest: float) -> list[list[Call]]:
    """The calls from each rest to the next."""
    stretches: list[list[Call]] = []
    before = float("-inf")
    for call in calls:
        if call.written - before >= rest:
            stretches.append([])
        stretches[-1].append(call)
        before = call.written
    return stretches


def _drain(calls: Sequence[Call]) -> Drain | None:
    refused = next((call for call in calls if call.refused), None)
    if refused is None:
        return None
    melee = refused.written + MELEE_S

    def drains(call: Call) -> bool:
        return call.refused or (call.written <= melee and call.segment <= refused.segment)

    drained = list(takewhile(drains, calls))
    before = [call for call in drained if call.segment < refused.segment]
    return Drain(
        sum(call.admitted for call in drained),
        sum(call.admitted for call in before),
        sum(call.lost for call in drained),
        refused.written - drained[len(before)].written,
        refused.status,
    )


def agreed(
    calls: Sequence[Call], *, rest: float, gives_back: float = 0.0
) -> tuple[float, float] | None:
    """The limit that explains what every drain from rest admitted, to one request.

    Others who use the counter take another share each time; alone, it is the same each time.

    Args:
        calls: By the time written.
        rest: The shortest silence that fills the limit, in seconds.
        gives_back: What a bucket gives back while it is drained, per second.

    Returns:
        The least and the most it can be; ``None`` if drains differ, or there are not two.
    """
    drains = drains_from_rest(calls, rest)
    if len(drains) < 2:
        return None
    back = [gives_back * drain.seconds for drain in drains]
    # A lost call was counted, or it was not.
    least = max(d.admitted - d.before - more for d, more in zip(drains, back, strict=True))
    most = min(d.admitted + d.lost - more for d, more in zip(drains, back, strict=True))
    return (min(least, most), max(least, most)) if least - 1 <= most else None


class Refill(NamedTuple):
    """What came back to a bucket from one refusal to the next.

    Attributes:
        admitted: Calls admitted between the two.
        lost: Calls between them that got no answer.
        least: The fewest seconds it can have taken.
        most: The most.
    """

    admitted: int
    lost: int
    least: float
    most: float


def refills(calls: Sequence[Call], span: float) -> list[Refill]:
    """What came back each time that a bucket was let alone, but not until it was full.

    Args:
        calls: By the time written.
        span: In which time it is filled, in seconds.
    """
    found: list[Refill] = []
    shut: Call | None = None
    admitted = lost = 0
    under_way = 0.0
    following = [*(call.written for call in calls[1:]), float("inf")]
    for call, after in zip(calls, following, strict=True):
        # Beside others it need not have been the first that found nothing.
        if call.refused and under_way <= call.written and call.answered <= after:
            if shut is not None and admitted >= FEWEST_BACK:
                least, most = call.written - shut.answered, call.answered - shut.written
                found.append(Refill(admitted, lost, least, most))
            shut, admitted, lost = call, 0, 0
        admitted += call.admitted
        lost += call.lost
        under_way = max(under_way, call.answered)
    return [refill for refill in found if refill.most < span]


FEWEST_BACK: Final = 5


def refills_agree(calls: Sequence[Call], *, span: float, rate: float) -> bool:
    """Whether a bucket gave back at one and the same rate each time, and that is another one.

    Others who use it take some of what comes back, another share each time.

    Args:
        calls: By the time written.
        span: In which time it is filled, in seconds.
        rate: What it is declared to give back, per second.
    """
    seen = refills(calls, span)
    if len(seen) < REFILLS:
        return False
    least = max((refill.admitted - 1) / refill.most for refill in seen)
    most = min((refill.admitted + refill.lost + 1) / refill.least for refill in seen)
    return least <= most and not least <= rate <= most


REFILLS: Final = 5
"""With fewer, calls of others that come by chance often leave the same each time."""


SILENT: Final = 4
"""So many calls in a row without an answer: on a network that loses one in fifty this happens once
in six million calls."""


def falls_silent(calls: Sequence[Call]) -> bool:
    """Whether the last calls got no answer."""
    return len(calls) >= SILENT and all(call.lost for call in calls[-SILENT:])


def admitted_before_silence(calls: Sequence[Call], rest: float) -> list[int]:
    """How many calls were admitted from each rest on until answers ceased.

    Args:
        calls: By the time written.
        rest: The shortest silence that fills the limit, in seconds.

    Returns:
        A count for each stretch that ends without answers and begins with one.
    """
    return [
        sum(call.admitted for call in stretch)
        for stretch in _from_rest(calls, rest)
        if stretch[0].admitted and falls_silent(stretch)
    ]


def fails(status: int) -> bool:
    """Whether a status is a server's that fails; 503 is not: nginx and HAProxy refuse with it."""
    return status >= 500 and status != 503


def refuses_rightly(calls: Sequence[Call]) -> bool:
    """Whether every refusal is a 429."""
    return all(call.status == 429 for call in calls if call.refused)


def refusal_statuses(calls: Sequence[Call]) -> tuple[tuple[int, int], ...]:
    """How often each status refused a call, by status."""
    counts = Counter(call.status for call in calls if call.refused)
    return tuple(sorted(counts.items()))
