"""The further limits of a declaration: each is met by keeping just below those that are tighter.

Pure. Of ``100/1s; 1000/60s`` the first is drained in a moment and hides the second. Calls at four
fifths of its rate are never refused by it, so the first refusal is the second limit's, and all
that was admitted before counts. A limit whose own rate is higher than that is never met at all.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from contracts.declared import SHARE_OF_LIMIT, DeclaredLimit
from loadtests.claims import FORGIVEN, read_claim, surely_late
from loadtests.segments import (
    REST,
    Abreast,
    Budget,
    Listed,
    Paced,
    Part,
    Schedule,
    Segment,
    StopError,
)
from loadtests.trace import CONTROL, Call, Trace
from loadtests.wording import Verdict

SPARE: Final = 1.15
"""The pace must be so much above the limit's own rate."""

LONGEST: Final = 3
"""For so many windows the pace is kept, no longer, until the limit refuses."""

POLLS: Final = (*(0.02 * step for step in range(1, 61)), 1.25, 1.3, 1.4)
"""When to ask after the first refusal, in spans."""


def label(claim: DeclaredLimit) -> str:
    """The probe label of the plain calls that are for this limit."""
    return f"sustained for {claim}"


def in_order(declared: Sequence[DeclaredLimit]) -> list[DeclaredLimit]:
    """The limits in the order in which a run meets them."""
    return sorted(declared, key=lambda limit: limit.size)


def sustain(
    claim: DeclaredLimit, tighter: Sequence[DeclaredLimit], budget: Budget, since: float
) -> Schedule[None]:
    """Meet a limit and wait for its release.

    Args:
        claim: The limit.
        tighter: Those that refuse earlier.
        budget: What may be spent.
        since: When the last call before was answered, in seconds.

    Yields:
        The calls.

    Raises:
        StopError: It cannot be met, or not within the budget.
    """
    pace = min(SHARE_OF_LIMIT * min(limit.rate for limit in tighter), 0.9 * budget.max_rps)
    if pace < SPARE * claim.rate:
        raise StopError("max_rps", f"{claim} is not met at {pace:.4g} requests per second")
    count = _enough(claim, pace)
    start = since + REST * max(limit.span for limit in tighter)
    seconds = count / pace + POLLS[-1] * claim.span
    if start + seconds > budget.max_seconds:
        needs = f"{claim} needs about {count} requests over {seconds:.0f} s"
        raise StopError("max_seconds", f"{needs} more, {budget.max_seconds - start:.0f} s are left")
    part = Part(Paced(count, pace), until_refused=2, probe=label(claim))
    calls = yield Segment("sustain", (part,), start)
    refused = next((call for call in calls if call.refused), None)
    if refused is not None:
        polls = Listed(tuple(share * claim.span for share in POLLS))
        yield Segment(
            "release",
            (
                Part(polls, until_admitted=1, fresh=True, probe=label(claim)),
                Part(Abreast(6, 1), until_refused=1, probe=label(claim)),
            ),
        )


def _enough(claim: DeclaredLimit, pace: float) -> int:
    """Calls of which some must be refused: on a grid two windows may be met within one."""
    if claim.burst is not None:
        return int(SPARE * claim.size / (1 - claim.rate / pace)) + 20
    longest = int(LONGEST * claim.window * pace)
    for windows in range(2, LONGEST + 2):
        count = int((1 + 2 * FORGIVEN) * windows * claim.size) + 20
        if count <= (windows - 1) * claim.window * pace:
            return count
    return longest


def rule_on(claim: DeclaredLimit, trace: Trace) -> Verdict | None:
    """What the trace says of a further limit; ``None`` if it was not asked.

    Args:
        claim: The limit.
        trace: Every call.
    """
    own = [call for call in trace if call.probe == label(claim)]
    if not own:
        return None
    first = min(call.written for call in own)
    calls = [
        replace(call, probe=CONTROL)
        for call in sorted(trace, key=lambda call: call.written)
        if call.probe == label(claim) or (_counts(call) and call.written < first)
    ]
    refused = next((call for call in own if call.refused), None)
    if surely_late(claim, calls):
        admitted = sum(call.admitted for call in calls)
        return Verdict("contradicted", f"{claim} did not refuse the surplus of {admitted} calls")
    if refused is None:
        return Verdict("not_confirmed", f"{claim} was not met")
    before = sum(call.admitted and call.written < refused.written for call in calls)
    if before < claim.size / 2:
        return Verdict("contradicted", f"only {before} were admitted before {claim} was met")
    recovered = any(call.admitted and call.written > refused.answered for call in own)
    if not recovered:
        return Verdict("contradicted", f"after {claim} was met nothing was admitted any more")
    early = read_claim(claim, calls)[0].contradictions
    if early:
        return Verdict("not_confirmed", f"{early} answers contradict {claim}")
    return Verdict("confirmed", f"{claim} holds as well")


def _counts(call: Call) -> bool:
    """Whether a call took a place: refusals before are the tighter limits'."""
    return not call.refused
