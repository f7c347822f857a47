"""Whether the headers told the truth: promises of the answers held against what came after.

Pure. A call refused after the promised moment is a broken promise; all else is a warning.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from loadtests.headers import Policy, Said, read_fields
from loadtests.trace import Call

ROUNDING_S: Final = 1.0
"""Retry-After is in whole seconds: up to one more is the grammar's fault."""

Kept = Literal["kept", "tight", "broken", "untested"]


@dataclass(frozen=True, slots=True)
class Promise:
    """One Retry-After and what came of it.

    Attributes:
        at: When it was answered, in seconds.
        seconds: How long it asked to wait.
        outcome: Kept: a call after it was admitted. Tight: kept, and one a second earlier was
            refused. Broken: one after it was refused. Untested: no call came near.
    """

    at: float
    seconds: float
    outcome: Kept


@dataclass(frozen=True, slots=True)
class Truth:
    """What the headers are worth.

    Attributes:
        promises: Every Retry-After, by time.
        limits: The (limit, window) pairs they name, the most frequent first.
        serial_steps: Steps of Remaining over serial admitted calls: by one, by more.
        refused_steps: Steps of Remaining over refused calls: above 0, rejections count.
        series: How many descending series Remaining shows at once; above 1 there are replicas.
        malformed: Every unreadable field once, with how often it came.
        said: How many answers had any limit field.
    """

    promises: tuple[Promise, ...]
    limits: tuple[tuple[int, float | None], ...]
    serial_steps: tuple[int, int]
    refused_steps: int
    series: int
    malformed: tuple[tuple[str, int], ...]
    said: int

    @property
    def broken(self) -> tuple[Promise, ...]:
        """The promises after whose moment a call was refused."""
        return tuple(promise for promise in self.promises if promise.outcome == "broken")

    @property
    def foreign(self) -> bool:
        """Whether others use the counter: Remaining fell by more than one, several times."""
        one, more = self.serial_steps
        return more >= 3 and more > 0.02 * (one + more) and self.series == 1


def judge_promises(calls: Sequence[Call]) -> Truth:
    """Hold what the headers said against what came after.

    Args:
        calls: The plain ones by the time written.

    Returns:
        What the headers are worth.
    """
    plain = [call for call in calls if not call.lost]
    said = [(call, read_fields(call.fields)) for call in plain if call.fields]
    waits = {call.index: words.retry_after for call, words in said}
    promises = [
        Promise(call.answered, wait, _outcome(at, plain, waits))
        for at, call in enumerate(plain)
        if call.refused and (wait := waits.get(call.index)) is not None
    ]
    pairs = Counter((p.limit, p.window) for _, words in said for p in words.policies)
    malformed = Counter(text for _, words in said for text in words.malformed)
    steps, refused_steps, series = _remaining(said)
    return Truth(
        tuple(promises),
        tuple((limit, window) for (limit, window), _ in pairs.most_common() if limit is not None),
        steps,
        refused_steps,
        series,
        tuple(sorted(malformed.items())),
        len(said),
    )


def _outcome(at: int, calls: Sequence[Call], waits: Mapping[int, float | None]) -> Kept:
    """What the calls after a promise say of it.

    A refused call in between renews the promise (some limiters start anew with each), an admitted
    one may have taken the place, and up to a second late is rounding.
    """
    call = calls[at]
    moment = call.answered + (waits[call.index] or 0.0)
    early = False
    for other in calls[at + 1 :]:
        if other.written <= call.answered:
            continue
        if other.written < moment:
            if other.admitted:
                return "untested"
            early = early or other.written > moment - 1.5 * ROUNDING_S
            moment = max(moment, other.answered + (waits.get(other.index) or 0.0))
        elif other.admitted:
            return "tight" if early else "kept"
        elif other.written >= moment + ROUNDING_S:
            return "broken"
        else:
            moment = max(moment, other.answered + (waits.get(other.index) or 0.0))
    return "untested"


def _remaining(said: Sequence[tuple[Call, Said]]) -> tuple[tuple[int, int], int, int]:
    """How Remaining steps from one call to the next, where no other was in flight."""
    one = more = refused_steps = 0
    ups = 0
    before: tuple[Call, int] | None = None
    ended = 0.0
    for call, words in said:
        left, alone = _left(words.policies), call.written >= ended
        ended = max(ended, call.answered)
        if left is None or not alone:
            before = None
            continue
        if before is not None:
            step = before[1] - left
            near = call.written - before[0].answered < 1.0
            one += call.admitted and step == 1 and near
            more += call.admitted and step > 1 and near
            refused_steps += call.refused and before[0].refused and step > 0
            ups += call.admitted and before[0].admitted and step < 0 and near
        before = (call, left)
    series = 2 if ups >= 5 and ups > 0.2 * (one + more + ups) else 1
    return (one, more), refused_steps, series


def _left(policies: Sequence[Policy]) -> int | None:
    left = [policy.remaining for policy in policies if policy.remaining is not None]
    return min(left, default=None)


EXAGGERATED: Final = 20.0
"""So many times what it takes, and three windows, is no caution: it is in other units."""


def exaggerated(calls: Sequence[Call], span: float) -> str:
    """The first Retry-After that asks for far more than it takes, in words; empty for none.

    Args:
        calls: The plain ones by the time written.
        span: In which time the limit is given back, in seconds.
    """
    for at, call in enumerate(calls):
        wait = read_fields(call.fields).retry_after if call.refused else None
        if wait is None or wait <= 3 * span:
            continue
        passed = next((other for other in calls[at + 1 :] if other.admitted), None)
        took = passed.answered - call.answered if passed else float("inf")
        if wait > EXAGGERATED * (took + ROUNDING_S):
            return f"Retry-After asks for {wait:.0f} s, a call passed after {took:.1f} s"
    return ""


def untrue_limits(
    truth: Truth, limits: tuple[int, int], windows: tuple[float, float] | None
) -> list[str]:
    """Limits that headers name and the measured intervals exclude, in words.

    Args:
        truth: From ``judge_promises``.
        limits: Smallest and largest measured N.
        windows: The same of the window in seconds, ``None`` if it was not measured.
    """
    wrong = []
    for limit, window in truth.limits:
        if not limits[0] - 1 <= limit <= limits[1] + 1:
            wrong.append(f"headers name a limit of {limit}, measured {limits[0]} to {limits[1]}")
        if window is not None and windows is not None:
            low, high = windows
            if not low * 0.98 <= window <= high * 1.02:
                measured = f"measured {low:.4g} to {high:.4g} s"
                wrong.append(f"headers name a window of {window:g} s, {measured}")
    return wrong
