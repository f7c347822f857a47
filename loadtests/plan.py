"""The adaptive plan: the next step from the trace so far, within the budgets.

Pure: no clock, no randomness. A policy is written as a generator that yields the segment it wants
and is resumed with that segment's calls, so a schedule reads from top to bottom; ``Plan`` runs it
and is the only one that knows of budgets, numbers and stop rules. The same trace always gives the
same steps.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from contracts.declared import DeclaredLimit
from loadtests.believing import believe
from loadtests.confirming import Confirmation
from loadtests.discovering import Discovery
from loadtests.effects import write
from loadtests.measuring import as_queue
from loadtests.segments import (
    KEPT_S,
    Abreast,
    Budget,
    Cut,
    Done,
    Paced,
    Part,
    Progress,
    Schedule,
    Segment,
    Step,
    StopError,
    Wait,
    admitted_count,
    numbered,
    refused_count,
)
from loadtests.sharing import Questions, ask
from loadtests.sightings import fails, refuses_rightly
from loadtests.sustaining import in_order, sustain
from loadtests.trace import Call, Trace

FAILING_SHARE: Final = 0.2
"""More answers than this with 5xx, and the target is failing, not limiting."""

FEWEST_FAILING: Final = 10
"""Fewer failing answers than this prove nothing."""

LOOK_BACK_S: Final = 5.0
"""How far back failing answers count, in seconds."""

LOOK_BACK_CALLS: Final = 200
"""How many answers they are counted among, at most."""


class Plan:
    """Runs one policy within the budgets; implements ``segments.Planner``."""

    def __init__(self, policy: Schedule[str], budget: Budget) -> None:
        self._policy = policy
        self._budget = budget
        self._running: Segment | None = None
        self._done: Done | None = None
        self._numbers = 0

    @property
    def phase(self) -> str:
        """What is going on, for people."""
        if self._done is not None:
            return "done"
        return "start" if self._running is None else self._running.phase

    def next_step(self, trace: Trace, progress: Progress) -> Step:
        """Decide what comes next.

        Args:
            trace: Every call answered so far.
            progress: Where the sender is.

        Returns:
            A segment only when the last one has finished; ``Done`` for ever once it is over.
        """
        if self._done is None:
            self._done = self._reason_to_stop(trace, progress)
        if self._done is not None:
            return self._done
        if self._running is not None and progress.finished < self._running.number:
            return self._watch(trace, self._running)
        try:
            return self._begin_next(trace, progress)
        except StopIteration as end:
            self._done = Done("done", str(end.value))
        except StopError as stop:
            self._done = Done(stop.stopped_by, stop.reason)
        return self._done

    def _begin_next(self, trace: Trace, progress: Progress) -> Segment:
        """Begin what is wanted; a policy told that it does not fit may do without it."""
        wanted = self._next_wanted(trace)
        while True:
            try:
                return self._begin(wanted, trace, progress)
            except StopError as stop:
                wanted = self._policy.throw(stop)

    def _next_wanted(self, trace: Trace) -> Segment:
        if self._running is None:
            return next(self._policy)
        return self._policy.send(trace.of_segment(self._running.number))

    def _begin(self, wanted: Segment, trace: Trace, progress: Progress) -> Segment:
        budget = self._budget
        left = budget.max_requests - trace.requests
        if wanted.most_requests > left:
            need = f"“{wanted.phase}” needs {wanted.most_requests} requests"
            raise StopError("max_requests", f"{need}, {left} of {budget.max_requests} are left")
        start = max(wanted.start, progress.earliest, self._after_full_second(wanted, trace))
        end = start + wanted.least_seconds(budget.max_rps)
        if end > budget.max_seconds:
            need = f"“{wanted.phase}” would last until {end:.0f} s"
            raise StopError("max_seconds", f"{need}, the budget is {budget.max_seconds:g} s")
        self._running = numbered(wanted, self._numbers, start)
        self._numbers += 1
        return self._running

    def _after_full_second(self, wanted: Segment, trace: Trace) -> float:
        """Spread segments have no governor across workers, so they keep a second's distance."""
        if not is_spread(wanted) or not len(trace):
            return 0.0
        last = max(call.written for call in trace[-int(self._budget.max_rps) - 1 :])
        return last + KEPT_S

    def _watch(self, trace: Trace, running: Segment) -> Step:
        """End a spread segment, whose workers each see only their share."""
        if not is_spread(running):
            return Wait()
        part, calls = running.parts[0], trace.of_segment(running.number)
        if part.until_refused and refused_count(calls) >= part.until_refused:
            return Cut(f"{part.until_refused} refused")
        if part.until_admitted and admitted_count(calls) >= part.until_admitted:
            return Cut(f"{part.until_admitted} admitted")
        return Wait()

    def _reason_to_stop(self, trace: Trace, progress: Progress) -> Done | None:
        if progress.stop is not None:
            return Done(progress.stop, "the sender had to end")
        if progress.now >= self._budget.max_seconds:
            return Done("max_seconds", f"{self._budget.max_seconds:g} s are spent")
        if trace.requests >= self._budget.max_requests:
            return Done("max_requests", f"{self._budget.max_requests} requests are spent")
        return _failing(trace, progress.now)


ONE_WORKER_RPS: Final = 400.0
"""Up to here, in requests per second, one worker holds the clock by itself, and sees the answers
that end a part; beyond, a part that ends early is ended by the plan, a quarter second late."""


def is_spread(segment: Segment) -> bool:
    """Whether the segment may be spread over workers: one part, on the clock, kept connections."""
    part, *more = segment.parts
    if more or part.fresh or not isinstance(part.arrivals, Paced):
        return False
    ends_early = part.until_refused or part.until_admitted
    return not ends_early or part.arrivals.rate > ONE_WORKER_RPS


def _failing(trace: Trace, now: float) -> Done | None:
    latest = trace.latest(LOOK_BACK_CALLS)
    recent = [status for answered, status in latest if answered > now - LOOK_BACK_S]
    failing = sum(map(fails, recent))
    if failing < FEWEST_FAILING or failing <= FAILING_SHARE * len(recent):
        return None
    return Done("health", f"{failing} of the last {len(recent)} answers were server errors")


CONTROL_RPS: Final = 2.0
"""Pace of the control, in requests per second: no published default limit is lower."""

FEW: Final = 6
"""Of a limit below this two calls at once may be too many, honestly."""


def plan_for(
    declared: Sequence[DeclaredLimit],
    budget: Budget,
    *,
    quiet: float = 0.0,
    questions: Questions | None = None,
) -> Plan:
    """The plan for what is declared, or for an unknown limit.

    Args:
        declared: What the operator says; empty without.
        budget: What may be spent, what was spent before taken off.
        quiet: For how long the key has not been used, in seconds; the plan rests for the rest of
            a declared window first.
        questions: What to ask of the limit once it is known; ``None`` for nothing.

    Returns:
        A fresh plan.
    """
    return Plan(_everything(in_order(declared), budget, quiet, questions), budget)


def _everything(
    claims: Sequence[DeclaredLimit], budget: Budget, quiet: float, questions: Questions | None
) -> Schedule[str]:
    claim = claims[0] if claims else None
    longest = max((limit.span for limit in claims), default=0.0)
    rest = max(0.0, min(longest, budget.max_seconds / 4) - quiet)
    calls = list((yield from control(rest, claim)))
    if claim is None:
        discovery = Discovery(budget, calls)
        reason = yield from discovery.schedule()
        size, span = discovery.size, discovery.span
    else:
        yield from _within_budget(claim, budget)
        confirmation = Confirmation(claim, budget, calls)
        reason = yield from confirmation.schedule(calls[0].written)
        size, span = (claim.size, claim.span) if confirmation.holds else (0, 0.0)
    if not size or not span or not refuses_rightly(calls):
        return reason
    if _wait_their_turn(calls, claim):
        return f"{reason}; calls wait their turn, so what gets past it was not asked"
    further = _Further(max(call.answered for call in calls), [reason])
    yield from further.ask("whether Retry-After is kept", believe(calls, size=size, span=span))
    for at, other in enumerate(claims[1:], start=1):
        yield from further.ask(str(other), sustain(other, claims[:at], budget, further.since))
    if questions is not None and questions.writes:
        writes = write(size=size, span=span, since=further.since)
        yield from further.ask("whether a refused write is carried out", writes)
    if questions is not None:
        alone = len(claims) == 1
        asked = ask(questions, size=size, rate=size / span, since=further.since, alone=alone)
        yield from further.ask("what shares its counter", asked)
    return "; ".join(further.notes)


def _wait_their_turn(calls: Sequence[Call], claim: DeclaredLimit | None) -> bool:
    """Whether a queue holds calls back; it lets them go at the declared rate, if one is."""
    queue = as_queue(calls)
    if queue is None or queue.rates is None:
        return False
    return claim is None or abs(queue.rates[1] / claim.rate - 1) <= QUEUE_CLOSE


QUEUE_CLOSE: Final = 0.25
"""Delays that grow with every call look like a queue, of another rate."""


@dataclass(slots=True)
class _Further:
    """What is asked once the limit is known, as far as the budget goes.

    Attributes:
        since: When the last call was answered, in seconds: from then on the limit fills up.
        notes: Why it ended, and what was left out.
    """

    since: float
    notes: list[str]

    def ask(self, what: str, schedule: Schedule[None]) -> Schedule[None]:
        """Run a schedule; where it does not fit, say so and go on without."""
        try:
            wanted = next(schedule)
            while True:
                calls = yield wanted
                self.since = max((self.since, *(call.answered for call in calls)))
                wanted = schedule.send(calls)
        except StopIteration:
            return
        except StopError as stop:
            self.notes.append(f"{what} was not asked to the end: {stop.reason}")


def _within_budget(claim: DeclaredLimit, budget: Budget) -> Schedule[None]:
    """Say what it takes if that is more than the budget; half the limit must pass all the same."""
    requests, seconds = claim.needs
    room = min(budget.max_requests - 10, int(budget.max_rps * budget.max_seconds / 2))
    half = min(claim.size // 2, room)
    enough = requests <= budget.max_requests and seconds <= budget.max_seconds
    if (not enough or claim.rate >= budget.max_rps) and half > 0:
        yield Segment("half", (Part(Abreast(half, 8), until_refused=2),))
    needs = f"{claim} needs about {requests} requests over {seconds:.0f} s"
    if claim.rate >= budget.max_rps:
        needs = f"{claim} needs more than {claim.rate:g} requests per second"
        raise StopError("max_rps", f"{needs}, the budget is {budget.max_rps:g}")
    if requests > budget.max_requests:
        raise StopError("max_requests", f"{needs}, the budget is {budget.max_requests} requests")
    if seconds > budget.max_seconds:
        raise StopError("max_seconds", f"{needs}, the budget is {budget.max_seconds:g} s")


def control(start: float, claim: DeclaredLimit | None) -> Schedule[list[Call]]:
    """One or two paced calls that must succeed before anything else is sent.

    Args:
        start: When the first is due, in seconds.
        claim: What is declared; where two calls are much of it, one must do.

    Yields:
        The calls.

    Returns:
        The calls.

    Raises:
        StopError: One of them did not.
    """
    count = 1 if claim is not None and claim.size < FEW else 2
    part = Part(Paced(count, CONTROL_RPS))
    calls = yield Segment("control", (part,), start)
    if any(call.lost for call in calls):
        # One lost call says nothing of the target; two in a row do.
        calls = yield Segment("control", (part,))
    failed = [call for call in calls if not call.admitted]
    if failed or not calls:
        seen = "no answer" if not calls or failed[0].lost else f"status {failed[0].status}"
        raise StopError("health", f"the paced control did not succeed: {seen}")
    return calls
