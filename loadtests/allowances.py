"""How many calls a limit allows by which time, given those it let pass before.

Pure. From outside the phase of a grid is not known, and a limiter may be read in several ways; so a
limit that was confirmed is drawn as the reading that explains its admissions, while one that was
contradicted is drawn strictly, and admissions cross it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from contracts.declared import DeclaredLimit, met_first
from contracts.verdict import RateLimit
from loadtests.trace import Call

Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Allowance:
    """A limit to count by.

    Attributes:
        name: What it is, in words.
        size: Calls per window; of a bucket what it admits at once.
        window: The window in seconds; 0 for buckets.
        rate: What a bucket gives back, per second; 0 for windows.
        slides: Whether the window slides.
        strict: Whether admissions beyond it are shown as such.
    """

    name: str
    size: int
    window: float = 0.0
    rate: float = 0.0
    slides: bool = False
    strict: bool = False


def allowance_for(limit: RateLimit, declared: Sequence[DeclaredLimit]) -> Allowance | None:
    """The declared limit, else the estimate; ``None`` where it is not known how that counts.

    Args:
        limit: What was found.
        declared: What the operator says.
    """
    claim = met_first(declared)
    strict = limit.status == "contradicted"
    slides = limit.algorithm != "fixed_window"
    if claim is not None:
        name = f"declared {claim}"
        if claim.burst is not None or limit.algorithm in ("token_bucket", "leaky_bucket"):
            return Allowance(name, claim.size, rate=claim.rate, strict=strict)
        return Allowance(name, claim.requests, claim.window, slides=slides, strict=strict)
    if limit.algorithm == "unknown":
        return None
    if limit.limit is not None and limit.window_s is not None:
        name = f"estimated {limit.limit:,} per {limit.window_s:.3g} s"
        return Allowance(name, limit.limit, limit.window_s, slides=slides)
    if limit.burst is not None and limit.rate_rps is not None:
        name = f"estimated {limit.burst:,} at once, {limit.rate_rps:.3g} per second"
        return Allowance(name, limit.burst, rate=limit.rate_rps)
    return None


def admitted_by(calls: Sequence[Call]) -> Points:
    """How many were admitted by which time.

    Args:
        calls: By the time written.
    """
    admitted = (call.written for call in calls if call.admitted)
    return [(0.0, 0.0), *((at, float(count)) for count, at in enumerate(admitted, start=1))]


def allowed_by(allowance: Allowance, calls: Sequence[Call]) -> Points:
    """How many could have been admitted by which time, steps.

    Args:
        allowance: The limit.
        calls: By the time written.
    """
    admitted = [call for call in calls if call.admitted]
    end = max((call.answered for call in calls), default=0.0)
    if allowance.rate:
        points = list(_bucket(allowance, admitted, end))
    elif allowance.slides:
        points = list(_sliding(allowance, admitted, end))
    else:
        points = list(_fixed(allowance, admitted, end))
    return points


def _bucket(
    allowance: Allowance, admitted: Sequence[Call], end: float
) -> Iterator[tuple[float, float]]:
    size, rate = allowance.size, allowance.rate
    tokens, before = float(size), 0.0
    yield 0.0, tokens
    for count, at in [*enumerate(call.written for call in admitted), (len(admitted), end)]:
        full = before + (size - tokens) / rate
        if before < full < at:
            yield full, float(count + size)
        tokens = min(float(size), tokens + (at - before) * rate)
        yield at, count + tokens
        tokens = tokens - 1 if allowance.strict else max(0.0, tokens - 1)
        before = at


def _sliding(
    allowance: Allowance, admitted: Sequence[Call], end: float
) -> Iterator[tuple[float, float]]:
    """The admissions again, a window later and N higher."""
    yield 0.0, float(allowance.size)
    high = float(allowance.size)
    for count, call in enumerate(admitted, start=1):
        at = call.written + allowance.window
        if at <= end:
            high = float(count + allowance.size)
            yield at, high
    yield end, high


def _fixed(
    allowance: Allowance, admitted: Sequence[Call], end: float
) -> Iterator[tuple[float, float]]:
    """A window opens with the first call after the last one; on a grid, where the count says so."""
    size, window = allowance.size, allowance.window
    opened, high = 0.0, float(size)
    yield 0.0, high
    for count, call in enumerate(admitted):
        if count == 0 or call.answered >= opened + window:
            if count:
                yield max(opened + window, admitted[count - 1].written), float(count + size)
            opened, high = call.written, float(count + size)
        elif count >= high and not allowance.strict:
            opened, high = call.written, float(count + size)
            yield call.written, high
    if opened + window < end:
        high = float(len(admitted) + size)
        yield opened + window, high
    yield end, high
