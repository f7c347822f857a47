"""Asks the question of a finding again, often enough, and says whether it is answered rightly now.

A wrong answer decides at once. Right ones decide where the control succeeds before and after them:
a server that refuses everything keeps no promise.
"""

import math
from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from contracts.algebra import EXIT_CODES
from contracts.credentials import Inapplicable, NoKey, Sent
from contracts.exchange import Exchange, Request, Response
from contracts.fingerprints import fingerprint
from contracts.judge import Circumstances, Judgement, Oracle, Standing, judge, shows_data
from contracts.operations import Operation
from contracts.pace import BudgetSpent
from contracts.packing import unpack
from contracts.records import CheckRecord, Replay
from contracts.verdict import Status
from contracts.wire import Wire


class Outcome(Enum):
    """What a replay can end in; the value is its exit code."""

    FIXED = 0
    STILL_WRONG = 1
    INCONCLUSIVE = EXIT_CODES["inconclusive"]


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of a replay.

    Attributes:
        outcome: Whether it is fixed.
        got: The last answer, in words; empty without one.
        tried: How often the question was asked.
        reason: Why nothing can be said.
        beside: What the right answer breaks of another requirement.
    """

    outcome: Outcome
    got: str = ""
    tried: int = 0
    reason: str = ""
    beside: str = ""


_MISSED: Final = 0.05
"""Chance with which an unfixed fault may stay unseen."""

_FEWEST: Final = 3
"""What was wrong each time was seen twice, so it may have come in two of three cases."""


def times(seen: int, tried: int) -> int:
    """Say how often to ask, so that a fault of this frequency shows in 95 of 100 replays.

    Args:
        seen: How often it was seen; asking ended with the last of them.
        tried: How often it was asked.
    """
    if seen >= tried:
        return _FEWEST
    # Asking ended when it was seen again, so seen / tried would be too high (negative binomial).
    share = (seen - 1) / (tried - 1) if seen > 1 else seen / tried
    return max(_FEWEST, math.ceil(math.log(_MISSED) / math.log(1 - share)))


class _Undecided(Exception):
    """Nothing can be said; the message says why."""


class Replaying:
    """One replay."""

    def __init__(
        self, record: CheckRecord, replay: Replay, wire: Wire, tolerated: tuple[str, ...] = ()
    ) -> None:
        """Prepare.

        Args:
            record: The finding.
            replay: What it takes to ask again.
            wire: To the target.
            tolerated: Members the operator tolerates in an error body.

        Raises:
            NotPacked: Its credentials cannot be read.
        """
        self._record, self._replay, self._wire = record, replay, wire
        self._tolerated = tolerated
        self._request = unpack(replay.request)
        self._before = [unpack(written) for written in replay.before]
        self._control = unpack(replay.control) if replay.control else None
        label = record.operation or f"{self._request.method} {self._request.target}"
        successes = {status: frozenset(kinds) for status, kinds in replay.successes.items()}
        self._operation = Operation(label, successes=successes)
        self._tried = 0

    def run(self) -> Replayed:
        """Ask until a wrong answer, or often enough."""
        try:
            return self._run()
        except _Undecided as undecided:
            return Replayed(Outcome.INCONCLUSIVE, tried=self._tried, reason=str(undecided))
        except BudgetSpent as spent:
            return Replayed(Outcome.INCONCLUSIVE, tried=self._tried, reason=str(spent))
        except Inapplicable:
            reason = "with the configured keys this value says nothing"
            return Replayed(Outcome.INCONCLUSIVE, tried=self._tried, reason=reason)

    def _run(self) -> Replayed:
        circumstances = self._circumstances()
        last = Replayed(Outcome.FIXED)
        for turn in range(times(self._replay.seen, self._replay.tried)):
            # Violations are confirmed on fresh connections; some show on kept ones alone.
            exchange = self._asked(self._request, fresh=self._replay.fresh or turn % 2 == 0)
            self._tried += 1
            last = self._judged(exchange, circumstances)
            if last.outcome is not Outcome.FIXED:
                return last
        if self._control:
            self._controlled(self._control)
        return last

    def _circumstances(self) -> Circumstances:
        standing = Standing[self._replay.standing]
        answer = self._controlled(self._control) if self._control else None
        same = self._control is not None and self._control.credential == self._request.credential
        wrong = self._request.credential.sent is not Sent.KEY or standing is Standing.DEAD
        return Circumstances(
            self._operation,
            standing,
            answer is not None and (wrong or same),
            answer,
            self._tolerated,
            self._public() if self._replay.oracle == Oracle.NO_ACCESS.name else frozenset(),
        )

    def _controlled(self, control: Request) -> Response:
        exchange = self._wire.ask(control, fresh=True)
        answer = exchange.answer
        if not isinstance(answer, Response) or not self._succeeded(control, answer):
            got = f"status {exchange.status}" if exchange.status else str(answer)
            raise _Undecided(f"the valid request with {control.credential.words} got {got}")
        return answer

    def _succeeded(self, control: Request, answer: Response) -> bool:
        if control.operation == self._operation.label:
            return self._operation.succeeded(answer)
        return 200 <= answer.status < 300

    def _public(self) -> frozenset[str]:
        """What is shown without any key proves no access."""
        if self._control is None:
            return frozenset()
        answer = self._wire.ask(replace(self._control, credential=NoKey())).answer
        is_refused = isinstance(answer, Response) and answer.status >= 300
        return fingerprint(answer) if is_refused and isinstance(answer, Response) else frozenset()

    def _asked(self, request: Request, *, fresh: bool) -> Exchange:
        for before in self._before:
            self._wire.ask(before, fresh=fresh)
            fresh = False
        return self._wire.ask(request, fresh=fresh)

    def _judged(self, exchange: Exchange, circumstances: Circumstances) -> Replayed:
        judgements = judge(exchange, Oracle[self._replay.oracle], circumstances)
        mine = next((j for j in judgements if j.requirement is self._record.requirement), None)
        wrong = next((j for j in judgements if j.violates), None)
        status = f"status {exchange.status}"
        if mine and mine.status is Status.HELD:
            beside = f"{wrong.requirement.id}: {wrong.got}" if wrong else ""
            return Replayed(Outcome.FIXED, status, self._tried, beside=beside)
        if wrong:
            self._refuse_without_sufficient(exchange, circumstances)
            return Replayed(Outcome.STILL_WRONG, _got(wrong, self._record), self._tried)
        reason = next((j.reason for j in (mine, *judgements) if j and j.reason), status)
        got = status if exchange.status else ""
        return Replayed(Outcome.INCONCLUSIVE, got, self._tried, reason)

    def _refuse_without_sufficient(self, exchange: Exchange, circumstances: Circumstances) -> None:
        """Ask with a sufficient key in the same manner: where it fails too, the key is no cause."""
        answer = exchange.answer
        shown = isinstance(answer, Response) and shows_data(answer, circumstances)
        if self._control is None or not self._replay.valid or shown:
            return
        again = self._asked(replace(self._request, credential=self._control.credential), fresh=True)
        if not 200 <= (again.status or 0) < 300:
            got = f"status {again.status}" if again.status else str(again.answer)
            raise _Undecided(f"a sufficient key gets {got} in the same manner")


def _got(wrong: Judgement, record: CheckRecord) -> str:
    if wrong.requirement is record.requirement:
        return wrong.got
    return f"{wrong.got}, which breaks {wrong.requirement.id}: expected {wrong.expected}"
