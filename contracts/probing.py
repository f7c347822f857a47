"""Runs probes: asks one operation with one credential, and confirms what looks like a violation.

A suspicion becomes a violation only when the same request is wrong again on a fresh connection and
the control still succeeds there. Nothing here judges; that is `judge.py`.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from contracts.controls import Controls
from contracts.credentials import Credential, Inapplicable, RoleKey, Sent
from contracts.effects import Effects, Unseen
from contracts.exchange import Exchange, Request, Response
from contracts.fingerprints import fingerprint
from contracts.judge import Circumstances, Judgement, Oracle, Standing, judge, shows_data
from contracts.keyring import Keyring
from contracts.keys import Provisioner
from contracts.manners import PLAIN, Manner
from contracts.operations import SAFE_METHODS, Operation
from contracts.pace import BudgetSpent
from contracts.packing import pack
from contracts.records import Replay, Written
from contracts.requirements import D6, D7
from contracts.scopes import ScopedKeys
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
        suspicion: A wrong answer that did not come again, while the control succeeds; two of a
            check are a violation that comes now and then.
        detail: What else is worth saying of a violation.
    """

    judgement: Judgement
    seen: int
    tried: int
    suspicion: Judgement | None = None
    detail: str = ""


@dataclass(slots=True)
class Answer:
    """What one probe brought.

    Attributes:
        operation: What was asked for.
        exchange: What was asked and answered.
        manner: In which manner.
        judged: What it says, by oracle, once that was asked.
    """

    operation: Operation
    exchange: Exchange
    manner: Manner = PLAIN
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
        may_write: bool = True,
        key_places: Collection[str] = (),
        provisioner: Provisioner | None = None,
    ) -> None:
        """Begin.

        Args:
            controls: The valid requests.
            wire: To the target.
            keyring: The keys.
            tolerated: Members the operator tolerates in an error body.
            objection: A second reader of error bodies; says why one does not fit.
            may_write: Whether other methods than GET, HEAD and OPTIONS may leave.
            key_places: Where else than in the header a key may stand, such as `query:key`.
            provisioner: Creates keys; None where the operator gave no command.
        """
        self.controls, self.keyring = controls, keyring
        self.repetitions = REPETITIONS
        self.asked = self.void = 0
        self._wire, self._tolerated, self._objection = wire, tuple(tolerated), objection
        self._may_write, self.key_places = may_write, frozenset(map(str.lower, key_places))
        self.scoped = ScopedKeys(controls, keyring, provisioner)
        self._effects = Effects(controls, wire)
        self._public: dict[str, frozenset[str]] = {}

    @property
    def requests(self) -> int:
        """Requests written so far."""
        return self._wire.pace.requests

    def ask(self, operation: Operation, credential: Credential, manner: Manner = PLAIN) -> Answer:
        """Ask one operation with one credential; its control must have succeeded.

        Args:
            operation: What to ask for.
            credential: What to send in the place of the key.
            manner: How to ask.

        Raises:
            Inapplicable: The credential cannot be told from a right key, or the operation cannot be
                asked in this manner.
            Unseen: The manner watches for an effect that would not be seen.
            BudgetSpent: No further request may be written.
        """
        if credential.sent is Sent.NEVER_A_KEY and not self.keyring.distinguishes(credential):
            raise Inapplicable
        exchange = self._asked(operation, credential, manner, fresh=manner.fresh)
        role = credential.role
        if exchange.status == 403 and role and self.keyring.scopes(role) == frozenset():
            self.controls.live.add(role)  # nothing else can prove a key without scopes
        return Answer(operation, exchange, manner)

    def _asked(
        self, operation: Operation, credential: Credential, manner: Manner, *, fresh: bool
    ) -> Exchange:
        """Ask what goes before, and then the question, on one connection; or watch its effect."""
        if manner.watched:
            return self._effects.asked(operation, credential, manner)
        control = self.controls.of(operation)
        assert control.request is not None
        assert control.role is not None
        changed = manner.change(replace(control.request, manner=manner.words), operation.draft)
        if changed.method not in SAFE_METHODS and not self._may_write:
            raise Inapplicable
        for before in self._before(operation, manner):
            self._wire.ask(before, fresh=fresh)
            fresh = False
        exchange = self._wire.ask(replace(changed, credential=credential), fresh=fresh)
        self.controls.renew(control, exchange)
        return exchange

    def _before(self, operation: Operation, manner: Manner) -> list[Request]:
        """What is asked first; where asking changes data, the same key reads something else."""
        if not manner.after:
            return []
        role = self.controls.of(operation).role
        asked = operation if operation.is_safe else self.controls.reading(operation)
        if asked is None or role is None or (request := self.controls.of(asked).request) is None:
            raise Inapplicable
        keys = (before or RoleKey(role) for before in manner.after)
        return [replace(request, credential=key) for key in keys]

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
            self.asked += 1
            answer.judged[oracle] = [
                self._repeated(answer, oracle, judgement)
                if judgement.violates
                else Confirmed(judgement, 0, 1)
                for judgement in self.read(answer, oracle)
            ]
        return answer.judged[oracle]

    def limited(self) -> Answer | None:
        """Give the answers 429 of the run as one, judged; a wrong one is told from chance by two.

        None can be asked for again at will, so nothing is repeated.

        Returns:
            ``None`` where no operation was answered so.
        """
        known = {operation.label: operation for operation in self.controls.operations}
        found = [
            Answer(operation, exchange)
            for exchange in self._wire.limited
            if (operation := known.get(exchange.request.operation or ""))
        ]
        read = [(answer, self.read(answer, Oracle.LIMITED)[0]) for answer in found]
        # An answer to HEAD has no body.
        said = [one for one in read if one[1].status is not Status.SKIPPED]
        wrong = [(answer, judgement) for answer, judgement in said if judgement.violates]
        if not said:
            return None
        answer, judgement = (wrong or said)[0]
        if len(wrong) == 1:
            judgement = unconfirmed(judgement, f"{judgement.got}, seen once")
        answer.judged[Oracle.LIMITED] = [Confirmed(judgement, len(wrong), len(said))]
        return answer

    def read(self, answer: Answer, oracle: Oracle) -> Sequence[Judgement]:
        """Say what an answer alone shows; nothing is repeated."""
        return [
            self._read_again(answer, judgement)
            for judgement in judge(answer.exchange, oracle, self._circumstances(answer))
        ]

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
            self._public.get(answer.operation.label, frozenset()),
        )

    def replay(self, answer: Answer, oracle: Oracle, confirmed: Confirmed) -> Replay | None:
        """Pack what it takes to ask a wrongly answered question again; None for a right one."""
        if not confirmed.judgement.violates and confirmed.suspicion is None:
            return None
        operation, manner = answer.operation, answer.manner
        request = answer.exchange.request
        try:
            before = self._before(operation, manner)
        except Inapplicable:  # what it read first is gone meanwhile
            return None
        return Replay(
            request=pack(request),
            before=tuple(map(pack, before)),
            control=self._control_to_replay(operation),
            fresh=manner.fresh,
            valid=bool(manner.words) and manner.valid,
            oracle=oracle.name,
            standing=self._standing(request.credential, operation).name,
            successes={status: tuple(found) for status, found in operation.successes.items()},
            seen=confirmed.seen,
            tried=confirmed.tried,
        )

    def _control_to_replay(self, operation: Operation) -> Written | None:
        """The operation's control; another where it failed, or deletes what it asks for."""
        asked: Operation | None = operation
        if operation.method == "DELETE" or self.controls.of(operation).answer is None:
            asked = self.controls.reading(operation) or self.controls.besides(operation)
        control = self.controls.of(asked) if asked else None
        if control is None or control.request is None or control.role is None:
            return None
        return pack(replace(control.request, credential=RoleKey(control.role)))

    def learn_public(self, answer: Answer) -> None:
        """Note what a refused request without a key shows: none of it proves access."""
        response = answer.exchange.answer
        if isinstance(response, Response) and response.status >= 300:
            known = self._public.get(answer.operation.label, frozenset())
            self._public[answer.operation.label] = known | fingerprint(response)

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
        try:
            while seen < wanted and tried <= self.repetitions:
                tried += 1
                seen += self._seen_again(answer, oracle, judgement)
                if is_server_error and seen < tried:
                    break
            failure = self._control_failure(answer, judgement)
        except BudgetSpent as spent:
            reason = f"{judgement.got}, not confirmed, as {spent}"
            return Confirmed(unconfirmed(judgement, reason, spent.setting), seen, tried)
        if seen >= wanted and not failure:
            return Confirmed(judgement, seen, tried)
        self.void += bool(failure)
        why = failure or f"seen {seen} of {tried} times"
        suspicion = None if failure or is_server_error else judgement
        undecided = unconfirmed(judgement, f"{judgement.got}, {why}")
        return Confirmed(undecided, seen, tried, suspicion)

    def _seen_again(self, answer: Answer, oracle: Oracle, judgement: Judgement) -> bool:
        """Ask the same on a fresh connection; of another object where it was deleted meanwhile."""
        credential = answer.exchange.request.credential
        try:
            exchange = self._asked(answer.operation, credential, answer.manner, fresh=True)
        except Unseen:
            return False
        again = judge(exchange, oracle, self._circumstances(answer))
        return any(j.violates and j.requirement is judgement.requirement for j in again)

    def _control_failure(self, answer: Answer, judgement: Judgement) -> str:
        """Say why the control no longer speaks for the key; empty where it does.

        The control is asked in the same manner, where a sufficient key may succeed in it: servers
        that refuse the manner refuse it with any key. A live key that was refused is its own
        control; what must still succeed is any other request with it.
        """
        operation, manner = answer.operation, answer.manner
        if judgement.requirement is D7:
            return "" if self._is_still_live(operation) else "but the control failed"
        if self.controls.of(operation).answer is None:
            other = self.controls.besides(operation)
            return "" if other and self.controls.again(other) else "but the control failed"
        if self.controls.again(operation) is None:
            return "but the control failed"
        if not manner.words or not manner.valid or self._shows(answer):
            return ""
        role = self.controls.of(operation).role
        assert role is not None
        exchange = self._asked(operation, RoleKey(role), manner, fresh=True)
        response = exchange.answer
        if isinstance(response, Response) and self._succeeded(operation, exchange, response):
            return ""
        return f"but a sufficient key gets {exchange.status or response} in the same manner"

    def _succeeded(self, operation: Operation, exchange: Exchange, answer: Response) -> bool:
        if exchange.request.method == "HEAD":  # its content type is nobody's concern
            return answer.status in {200, 201, *operation.successes}
        return operation.succeeded(answer)

    def _shows(self, answer: Answer) -> bool:
        response = answer.exchange.answer
        return isinstance(response, Response) and shows_data(response, self._circumstances(answer))

    def _is_still_live(self, operation: Operation) -> bool:
        controls = self.controls
        if controls.of(operation).answer is None or controls.again(operation) is None:
            other = controls.besides(operation)
            if other is not None and controls.again(other) is not None:
                return True
            return controls.elsewhere(operation) is not None
        return True


def unconfirmed(judgement: Judgement, reason: str, setting: str | None = None) -> Judgement:
    """Make of a suspicion what may be said of it without confirmation: nothing either way."""
    return Judgement(judgement.requirement, Status.INCONCLUSIVE, reason=reason, setting=setting)
