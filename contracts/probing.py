"""Runs probes: asks one operation with one credential, and confirms what looks like a violation.

A suspicion becomes a violation only when the same request is wrong again on a fresh connection and
the control still succeeds there. Nothing here judges; that is `judge.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from contracts.controls import Controls
from contracts.credentials import Credential, Inapplicable, Sent
from contracts.exchange import Exchange, Response
from contracts.judge import Circumstances, Judgement, Oracle, Standing, judge
from contracts.keyring import Keyring
from contracts.operations import Operation
from contracts.pace import BudgetSpent
from contracts.requirements import D6
from contracts.verdict import Status
from contracts.wire import Wire

REPETITIONS: Final = 8
"""At most that many until a wrong answer is seen again; what one replica in two does shows by then
in 255 of 256 cases."""


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A judgement after control and repetition.

    Attributes:
        judgement: What holds now.
        seen: How often the violation was seen.
        tried: Requests that could have shown it.
    """

    judgement: Judgement
    seen: int
    tried: int


@dataclass(slots=True)
class Answer:
    """What one probe brought.

    Attributes:
        operation: What was asked for.
        exchange: What was asked and answered.
        judged: What it says, by oracle, once that was asked.
    """

    operation: Operation
    exchange: Exchange
    judged: dict[Oracle, Sequence[Confirmed]] = field(default_factory=dict)


class Probing:
    """Asks the target with whatever credential, and confirms what it sees."""

    def __init__(
        self,
        controls: Controls,
        wire: Wire,
        keyring: Keyring,
        tolerated: Sequence[str] = (),
        *,
        objection: Callable[[Operation, Response], str] = lambda _operation, _answer: "",
    ) -> None:
        """Begin.

        Args:
            controls: The valid requests.
            wire: To the target.
            keyring: The keys.
            tolerated: Members the operator tolerates in an error body.
            objection: A second reader of error bodies; says why one does not fit.
        """
        self.controls, self.keyring = controls, keyring
        self.repetitions = REPETITIONS
        self._wire, self._tolerated, self._objection = wire, tuple(tolerated), objection

    @property
    def requests(self) -> int:
        """Requests written so far."""
        return self._wire.pace.requests

    def ask(self, operation: Operation, credential: Credential) -> Answer:
        """Ask one operation with one credential; its control must have succeeded.

        Args:
            operation: What to ask for.
            credential: What to send in the place of the key.

        Raises:
            Inapplicable: The credential cannot be told from a right key.
            BudgetSpent: No further request may be written.
        """
        if credential.sent is Sent.NEVER_A_KEY and not self.keyring.distinguishes(credential):
            raise Inapplicable
        control = self.controls.of(operation)
        assert control.request is not None
        exchange = self._wire.ask(replace(control.request, credential=credential))
        self.controls.renew(control, exchange)
        return Answer(operation, exchange)

    def controlled(self, operation: Operation) -> Answer | None:
        """Give the control itself as an answer to be judged; None where it was not asked."""
        exchange = self.controls.of(operation).exchange
        return Answer(operation, exchange) if exchange else None

    def judge(self, answer: Answer, oracle: Oracle) -> Sequence[Confirmed]:
        """Judge an answer; what looks like a violation is repeated before it is called one.

        Args:
            answer: What the probe brought.
            oracle: What would have been right.

        Returns:
            Each requirement once, at most one violated.
        """
        if oracle not in answer.judged:
            judgements = [
                self._read_again(answer, judgement)
                for judgement in judge(answer.exchange, oracle, self._circumstances(answer))
            ]
            answer.judged[oracle] = [
                self._repeated(answer, oracle, judgement)
                if judgement.violates
                else Confirmed(judgement, 0, 1)
                for judgement in judgements
            ]
        return answer.judged[oracle]

    def _read_again(self, answer: Answer, judgement: Judgement) -> Judgement:
        """Let the second reader see a body that the first has found right."""
        response = answer.exchange.answer
        if judgement.requirement is not D6 or judgement.status is not Status.HELD:
            return judgement
        assert isinstance(response, Response)
        objection = self._objection(answer.operation, response)
        if not objection:
            return judgement
        reason = f"the two readers of the body disagree: {objection}"
        return replace(judgement, status=Status.INCONCLUSIVE, reason=reason)

    def _circumstances(self, answer: Answer) -> Circumstances:
        credential = answer.exchange.request.credential
        standing = self._standing(credential, answer.operation)
        live = self.controls.live
        return Circumstances(
            answer.operation,
            standing,
            bool(live) if standing in {Standing.NONE, Standing.DEAD} else credential.role in live,
            self.controls.of(answer.operation).answer,
            self._tolerated,
        )

    def _standing(self, credential: Credential, operation: Operation) -> Standing:
        role = credential.role
        if credential.sent is not Sent.KEY or role is None:
            return Standing.NONE
        if self.keyring.is_dead(role):
            return Standing.DEAD
        admitted = self.keyring.admits(role, operation)
        if admitted is None:
            return Standing.UNKNOWN
        return Standing.SUFFICIENT if admitted else Standing.INSUFFICIENT

    def _repeated(self, answer: Answer, oracle: Oracle, judgement: Judgement) -> Confirmed:
        """Ask again until it is seen again; a server error must come three times of three."""
        is_server_error = (answer.exchange.status or 0) >= 500
        wanted = 3 if is_server_error else 2
        seen = tried = 1
        setting = None
        try:
            while seen < wanted and tried <= self.repetitions:
                exchange = self._asked_again(answer)
                tried += 1
                again = judge(exchange, oracle, self._circumstances(answer))
                seen += any(j.violates and j.requirement is judgement.requirement for j in again)
                if is_server_error and seen < tried:
                    break
            if seen >= wanted and self._control_holds(answer.operation):
                return Confirmed(judgement, seen, tried)
            why = f"seen {seen} of {tried} times" if seen < wanted else "but the control failed"
        except BudgetSpent as spent:
            why, setting = f"not confirmed, as {spent}", spent.setting
        reason = f"{judgement.got}, {why}"
        return Confirmed(_unconfirmed(judgement, reason, setting), seen, tried)

    def _asked_again(self, answer: Answer) -> Exchange:
        """Ask the same on a fresh connection; of another object where it was deleted meanwhile."""
        control, first = self.controls.of(answer.operation), answer.exchange.request
        request = replace(control.request or first, credential=first.credential)
        exchange = self._wire.ask(request, fresh=True)
        self.controls.renew(control, exchange)
        return exchange

    def _control_holds(self, operation: Operation) -> bool:
        """Whether the control succeeds now; where it never did, another one's with the same key."""
        controls = self.controls
        asked = operation if controls.of(operation).answer else controls.besides(operation)
        return asked is not None and controls.again(asked) is not None


def _unconfirmed(judgement: Judgement, reason: str, setting: str | None) -> Judgement:
    return Judgement(judgement.requirement, Status.INCONCLUSIVE, reason=reason, setting=setting)
