"""The adaptive plan: the next step from the trace so far, within the budgets.

Pure: no clock, no randomness. A policy is written as a generator that yields the segment it wants
and is resumed with that segment's calls, so a schedule reads from top to bottom; ``Plan`` runs it
and is the only one that knows of budgets, numbers and stop rules. The same trace always gives the
same steps.
"""

from typing import Final

from loadtests.segments import (
    Budget,
    Cut,
    Done,
    Listed,
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
from loadtests.sightings import SUSTAINED_REFUSALS, SUSTAINED_S
from loadtests.trace import Trace

FAILING_SHARE: Final = 0.2
"""More answers than this with 5xx, and the target is failing, not limiting. 503 is not counted:
nginx refuses with it by default."""

FEWEST_FAILING: Final = 10
"""Fewer failing answers than this prove nothing."""

LOOK_BACK_S: Final = 5.0
"""How far back failing answers count, in seconds."""


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
            return self._begin(self._next_wanted(trace), trace, progress)
        except StopIteration as end:
            self._done = Done("done", str(end.value))
        except StopError as stop:
            self._done = Done(stop.stopped_by, stop.reason)
        return self._done

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
        return last + 1.0

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
    recent = [call for call in trace[-200:] if call.answered > now - LOOK_BACK_S]
    failing = sum(call.status >= 500 and call.status != 503 for call in recent)
    if failing < FEWEST_FAILING or failing <= FAILING_SHARE * len(recent):
        return None
    return Done("health", f"{failing} of the last {len(recent)} answers were server errors")


GENTLE_RATE: Final = 2.0
"""Where the ramp begins, in requests per second: no published default limit is lower."""

STEP_S: Final = 2.0
"""How long a ramp step lasts, in seconds: long enough to be even, short enough to double ten
times within a minute."""


def ramp(budget: Budget) -> Schedule[str]:
    """Double the rate until calls are refused, keep it up, then wait for recovery.

    Yields:
        Control, steps, overload, recovery polls.

    Returns:
        What ended it.

    Raises:
        StopError: The control failed, or ``max_rps`` was reached without a refusal.
    """
    yield from control(GENTLE_RATE)
    rate = GENTLE_RATE
    while True:
        paced = Paced(max(2, int(rate * STEP_S)), rate)
        step = yield Segment("ramp", (Part(paced, until_refused=1),))
        if refused_count(step):
            break
        if rate >= budget.max_rps:
            raise StopError("max_rps", f"nothing was refused up to {rate:g} requests per second")
        rate = min(2 * rate, budget.max_rps)
    overload = max(rate, 2 * SUSTAINED_REFUSALS / SUSTAINED_S)
    yield from sustain(min(overload, budget.max_rps))
    yield from recover(budget.max_seconds)
    return "refused, kept refused, and recovered"


def control(rate: float) -> Schedule[str]:
    """Three paced calls that must succeed before anything else is sent.

    Args:
        rate: Requests per second.

    Yields:
        The calls.

    Returns:
        That they succeeded.

    Raises:
        StopError: One of them did not.
    """
    calls = yield Segment("control", (Part(Paced(3, rate)),))
    failed = [call for call in calls if not call.admitted]
    if failed or not calls:
        seen = "no answer" if not calls or failed[0].lost else f"status {failed[0].status}"
        raise StopError("health", f"the paced control did not succeed: {seen}")
    return "the control succeeded"


def sustain(rate: float) -> Schedule[str]:
    """Keep above the limit until the refusals are enough to judge.

    Args:
        rate: Requests per second, above the limit.

    Yields:
        Paced calls for a little over 3 s, longer while too few are refused.

    Returns:
        How many were refused.
    """
    refused = 0
    for _ in range(3):
        calls = yield Segment("overload", (Part(Paced(int(rate * (SUSTAINED_S + 0.3)), rate)),))
        refused += refused_count(calls)
        if refused >= SUSTAINED_REFUSALS:
            break
    return f"{refused} refused"


def recover(longest: float) -> Schedule[str]:
    """Wait, polling ever more seldom, until a call is admitted.

    Args:
        longest: How long to wait at most, in seconds.

    Yields:
        Polls 10 % of the waited time apart.

    Returns:
        Whether one was admitted.
    """
    offset = 0.2
    offsets: list[float] = []
    while offset < longest and len(offsets) < 100:
        offsets.append(offset)
        offset *= 1.1
    polls = Part(Listed(tuple(offsets)), until_admitted=1)
    calls = yield Segment("recovery", (polls,))
    return "recovered" if admitted_count(calls) else "not recovered"
