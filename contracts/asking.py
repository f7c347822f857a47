"""Asks on behalf of the running check, within its share of requests, and records what it sees."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final, NoReturn

import pytest
from hypothesis.vendor.pretty import RepresentationPrinter

from contracts.advice import advice
from contracts.created import CreatedKeys
from contracts.credentials import FULL, SECOND, Credential, Inapplicable, Role, RoleKey, Sent, Text
from contracts.effects import Unseen
from contracts.exchange import Request, Response
from contracts.judge import Oracle
from contracts.keys import ProvisionerFailed
from contracts.manners import FRESH, PLAIN, Manner
from contracts.operations import Operation
from contracts.outcomes import Inconclusive
from contracts.pace import BudgetSpent
from contracts.places import Elsewhere
from contracts.probing import REPETITIONS, Answer, Confirmed, Probing
from contracts.recording import CheckId, Recorder
from contracts.requirements import D5
from contracts.verdict import Status

AFTER_VIOLATION: Final = 10
"""Requests that shrinking may make once a check has seen its first violation."""

_SHRINKING_REPETITIONS: Final = 2
"""Enough for a server error, which must come three times of three."""


@dataclass(slots=True, repr=False)
class Asked:
    """An answer on its way to `expect`.

    Attributes:
        answer: What came; None where the recipe says nothing for this key, or the check has used
            its share of requests.
        by: Who asked.
    """

    answer: Answer | None
    by: "Send"

    @property
    def is_admitted(self) -> bool:
        """Whether the answer is a success."""
        answer = self.answer and self.answer.exchange.answer
        return isinstance(answer, Response) and 200 <= answer.status < 300


_LACKING: Final = Text("", "a key without its scopes")

_ELSEWHERE: Final = Text("", "a key in another place")

CREATED: Final = Text("", "a created key")


_FEWEST_VOID: Final = 20
_VOID_SHARE: Final = 0.1
"""Of a run so many of whose answers say nothing, what held elsewhere is no proof."""

_CONTROLS: Final = CheckId(D5, "controls", core=True)

_Question = tuple[str, Credential, Manner]


@dataclass(slots=True, repr=False)
class Send:
    """Asks one operation with one credential, on behalf of the running check.

    Attributes:
        probing: Asks the target.
        recorder: Writes what was seen.
        created: Makes further keys; None where no command does.
        check: Which check is running.
        share: Requests that it may make; None for core checks.
    """

    probing: Probing
    recorder: Recorder
    created: CreatedKeys | None = None
    check: CheckId = field(init=False)
    share: int | None = field(init=False, default=None)
    _began: int = 0
    _violated_at: int | None = None
    _core: dict[_Question, Answer] = field(default_factory=dict)
    _own: dict[_Question, Answer] = field(default_factory=dict)
    _counted: set[int] = field(default_factory=set)

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        printer.text("send")

    def begin(self, check: CheckId, share: int | None) -> None:
        """Start another check."""
        self.check, self.share = check, share
        self._began, self._violated_at = self.probing.requests, None
        self.probing.repetitions = REPETITIONS
        self._counted.clear()

    def end(self) -> None:
        """Write what the check has seen."""
        self.recorder.end()
        self._own.clear()

    def __call__(
        self,
        operation: Operation,
        credential: Credential,
        manner: Manner = PLAIN,
        *,
        anew: bool = False,
    ) -> Asked:
        """Ask, or take the answer of an equal question already asked.

        Args:
            operation: What to ask for.
            credential: What to send in the place of the key.
            manner: How to ask.
            anew: Whether to ask although an equal question has its answer.

        Raises:
            Inconclusive: The operation's control says nothing, so no refusal would.
        """
        control = self.probing.controls.of(operation)
        if control.role and FULL not in self.probing.keyring:
            credential = credential.derived_from(control.role)
        is_control = isinstance(credential, RoleKey) and credential.of == control.role
        if is_control and manner == PLAIN and not anew:
            answer = self.probing.controlled(operation)
            return Asked(answer, self) if answer else self._unanswered(operation, credential)
        request = self.valid_request(operation, credential)
        length = self.probing.keyring.length(credential.role)
        try:
            manner = manner.fitted(request, operation.draft)
        except Inapplicable:
            return Asked(None, self)
        question = operation.label, credential.fitted(length), manner
        memo = self._core if self.check.core else self._own
        if anew or question not in memo:
            answer = self._answer(operation, question[1], manner)
            if answer is None:
                return Asked(None, self)
            memo[question] = answer
        return Asked(memo[question], self)

    def _answer(
        self, operation: Operation, credential: Credential, manner: Manner
    ) -> Answer | None:
        if self.share == 0:
            reason = "the requests of this depth were spent before it"
            self.skip(operation, credential, reason, "DEPTH")
        if self.exhausted:
            return None
        try:
            answer = self.probing.ask(operation, credential, manner)
        except Inapplicable:
            return None
        except BudgetSpent as spent:
            self.skip(operation, credential, str(spent), spent.setting)
        except Unseen as unseen:
            self.skip(operation, credential, str(unseen), None)
        if self.check.core and credential.sent is Sent.NOTHING:
            self.probing.learn_public(answer)
        return answer

    @property
    def exhausted(self) -> bool:
        """Whether the check has used its share of requests."""
        used = self.probing.requests
        if self._violated_at is not None:
            # The question itself, what confirms it, and the control must all fit.
            most = 1 + _SHRINKING_REPETITIONS + 1
            if used - self._violated_at + most > AFTER_VIOLATION:
                return True
        return self.share is not None and used - self._began >= self.share

    def valid_request(self, operation: Operation, credential: Credential) -> Request:
        """Give an operation's valid request; without it, or a control, the check ends here."""
        control = self.probing.controls.of(operation)
        request = control.request
        if control.answer is None or request is None:
            self._unanswered(operation, credential)
        return request

    @contextlib.contextmanager
    def making_keys(self, operation: Operation) -> Iterator[None]:
        """End the check, undecided, where no key can be made or asked with any more."""
        try:
            yield
        except ProvisionerFailed as failed:
            reason = f"the key provisioner failed: {failed}"
            self.inconclusive(operation, CREATED, reason, "KEY_PROVISIONER")
        except BudgetSpent as spent:
            self.skip(operation, CREATED, str(spent), spent.setting)

    def _unanswered(self, operation: Operation, credential: Credential) -> NoReturn:
        """Say why the control says nothing, as its own check does."""
        control = self.probing.controls.of(operation)
        if control.unchecked:
            dead = not self.probing.controls.live
            reason, setting = control.unchecked.reason, control.unchecked.setting
            if dead:
                self.inconclusive(operation, credential, reason, setting)
            self.skip(operation, credential, reason, setting)
        answer = self.probing.controlled(operation)
        assert answer is not None
        first = self.probing.judge(answer, Oracle.ADMITTED)[0].judgement
        reason = f"the control did not succeed: {first.reason or first.got}"
        if first.status is Status.SKIPPED or first.violates:
            self.skip(operation, credential, reason, first.setting)
        self.inconclusive(operation, credential, reason, first.setting)

    def skip(
        self, operation: Operation, credential: Credential, reason: str, setting: str | None
    ) -> NoReturn:
        """End the check: it says nothing here, and this setting would change that."""
        self._write(operation, credential, Status.SKIPPED, reason, setting)
        pytest.skip(f"{reason} (BUSYBOARD_{setting})" if setting else reason)

    def inconclusive(
        self, operation: Operation, credential: Credential, reason: str, setting: str | None
    ) -> NoReturn:
        """End the check: it cannot be decided, for this reason."""
        self._write(operation, credential, Status.INCONCLUSIVE, reason, setting)
        raise Inconclusive(f"{operation.label} with {credential.words}: {reason}")

    def _write(
        self,
        operation: Operation,
        credential: Credential,
        status: Status,
        reason: str,
        setting: str | None,
    ) -> None:
        if not self.recorder.has_begun:
            about = {"operation": operation.label, "credential": credential.words}
            self.recorder.unasked(self.check, status, reason, **about, setting=setting)

    def judged(self, answer: Answer, oracle: Oracle) -> Confirmed | None:
        """Judge an answer and record what it says.

        A core check records its own requirement only: the other requirements have core checks of
        their own over the same answers.

        Returns:
            What it says of the running check's requirement; None where it says nothing of it.
        """
        mine: Confirmed | None = None
        again = id(answer) in self._counted
        self._counted.add(id(answer))
        if not again:
            self.recorder.remark(advice(answer.exchange))
        for confirmed in self.probing.judge(answer, oracle):
            is_mine = confirmed.judgement.requirement is self.check.requirement
            said = confirmed
            if is_mine or not self.check.core:
                replay = self.probing.replay(answer, oracle, confirmed)
                said = self.recorder.note(self.check, confirmed, answer, again=again, replay=replay)
            mine = said if is_mine else mine
        if mine and mine.judgement.violates and self._violated_at is None:
            self._violated_at = self.probing.requests - mine.tried
            self.probing.repetitions = _SHRINKING_REPETITIONS
        return mine

    def sufficient(self, operation: Operation) -> RoleKey:
        """Give the key of the operation's control."""
        return RoleKey(self.probing.controls.of(operation).role or FULL)

    def insufficient(self, operation: Operation, which: int = 0) -> RoleKey:
        """Choose a key without the operation's scopes, live ones first; where none is, skip."""
        role = self.probing.scoped.insufficient(operation, which)
        return self._known(operation, role, "key lacking its scopes")

    def minimal(self, operation: Operation, which: int) -> RoleKey:
        """Choose a key with the operation's scopes and not with all; where none is, skip."""
        role = self.probing.scoped.minimal(operation, which)
        return self._known(operation, role, "key of its scopes alone")

    def reader(self, operation: Operation) -> RoleKey:
        """Choose a key that may read what the operation writes, and no more; else skip."""
        role = self.probing.scoped.reader(operation)
        return self._known(operation, role, "key that may only read it")

    def _known(self, operation: Operation, role: Role | None, wanted: str) -> RoleKey:
        if role is None:
            unknown = operation.scopes is None
            reason = "its scopes are not known" if unknown else f"no {wanted} is known"
            self.skip(operation, _LACKING, reason, "SCOPE_MAP" if unknown else "SCOPED_KEYS")
        return RoleKey(role)

    def anew(self, operation: Operation, credential: Credential, turn: int) -> Asked:
        """Ask although an equal question has its answer; every second turn on a fresh connection.

        Asks nothing where asking may change data.
        """
        if not operation.is_safe:
            return Asked(None, self)
        return self(operation, credential, FRESH if turn % 2 else PLAIN, anew=True)

    def elsewhere(self, operation: Operation, credential: Elsewhere) -> Asked:
        """Ask with a full key in another place than the header, unless it is documented there.

        The key may be logged, so it is never the only one; skips where there is no other.
        """
        if credential.setting in self.probing.key_places:
            return Asked(None, self)
        if SECOND not in self.probing.keyring:
            if self.created is None:
                reason = "a key in another place gets logged, and the only one must not be"
                self.skip(operation, _ELSEWHERE, reason, "SECOND_API_KEY")
            with self.making_keys(operation):
                credential = replace(credential, of=self.created.spare(operation))
        return self(operation, credential)

    def limited(self) -> Asked:
        """Give the answers 429 of the whole run, as one."""
        return Asked(self.probing.limited(), self)

    def finish(self) -> None:
        """Write what concerns the run as a whole; where too many controls failed, it is void."""
        void, asked = self.probing.void, self.probing.asked
        if void >= _FEWEST_VOID and void > _VOID_SHARE * asked:
            reason = (
                f"the control failed after {void} of {asked} questions: the target refuses the "
                "sufficient key, too, so they say nothing"
            )
            self.recorder.unasked(_CONTROLS, Status.INCONCLUSIVE, reason)
        self.recorder.finish()

    def either(self, operation: Operation, one: Credential, other: Credential) -> Asked:
        """Ask with both, and give an answer of which only a success of both makes a success."""
        first, second = self(operation, one), self(operation, other)
        return second if first.is_admitted else first

    def dead(self, operation: Operation, role: Role) -> RoleKey:
        """Give the revoked or deleted key; where none is configured, one made for it, or skip."""
        if role in self.probing.keyring:
            return RoleKey(role)
        if self.created is None or not (operation.is_safe or self.created.has_dead(role)):
            setting = f"{role.upper()}_API_KEY"
            self.skip(operation, RoleKey(role), f"no {role} key is known", setting)
        self.valid_request(operation, RoleKey(role))
        with self.making_keys(operation):
            return RoleKey(self.created.dead(operation, role))

    def defect(self, operation: Operation | None, name: str) -> None:
        """Record that the running check itself failed."""
        about = {"operation": operation.label} if operation else {}
        reason = f"a defect of the suite: {name}"
        self.recorder.unasked(replace(self.check, core=True), Status.INCONCLUSIVE, reason, **about)

    def nothing_said(self, answer: Answer) -> NoReturn:
        """The answer counts for another requirement, so this one learns nothing from it."""
        reason = "the answer counts for another requirement"
        self.skip(answer.operation, answer.exchange.request.credential, reason, None)
