"""What a check is written with: `send` asks, `expect` judges, records and says it.

Four outcomes, never mixed: the check passes; `Violation`, an `AssertionError`, which Allure shows
as failed; `Inconclusive`, which it shows as broken; or pytest's skip, naming the setting.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NoReturn

import pytest
from hypothesis.vendor.pretty import RepresentationPrinter

from contracts.algebra import describe
from contracts.credentials import FULL, SECOND, Credential, Inapplicable, Role, RoleKey, Sent, Text
from contracts.effects import Unseen
from contracts.exchange import Exchange, Response, curl, transcript
from contracts.judge import Judgement, Oracle
from contracts.manners import FRESH, PLAIN, Manner
from contracts.operations import Operation
from contracts.pace import BudgetSpent
from contracts.places import Elsewhere
from contracts.probing import REPETITIONS, Answer, Confirmed, Probing
from contracts.recording import CheckId, Recorder
from contracts.records import CheckRecord
from contracts.verdict import Severity, Status

AFTER_VIOLATION: Final = 10
"""Requests that shrinking may make once a check has seen its first violation."""

_SHRINKING_REPETITIONS: Final = 2
"""Enough for a server error, which must come three times of three."""


class Violation(AssertionError):
    """A documented promise is broken; the message says it as a reader needs it.

    Attributes:
        severity: How bad it is.
        attachments: Title and text of what shows it.
    """

    def __init__(
        self, message: str, severity: Severity, attachments: Sequence[tuple[str, str]] = ()
    ) -> None:
        super().__init__(message)
        self.severity, self.attachments = severity, attachments


class Inconclusive(Exception):
    """Nothing can be said either way; the message says why."""


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


_Question = tuple[str, Credential, Manner]


@dataclass(slots=True, repr=False)
class Send:
    """Asks one operation with one credential, on behalf of the running check.

    Attributes:
        probing: Asks the target.
        recorder: Writes what was seen.
        check: Which check is running.
        share: Requests that it may make; None for core checks.
    """

    probing: Probing
    recorder: Recorder
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
        if control.answer is None or control.request is None:
            return self._unanswered(operation, credential)
        length = self.probing.keyring.length(credential.role)
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
            self._skip(operation, credential, reason, "DEPTH")
        if self.exhausted:
            return None
        try:
            answer = self.probing.ask(operation, credential, manner)
        except Inapplicable:
            return None
        except BudgetSpent as spent:
            self._skip(operation, credential, str(spent), spent.setting)
        except Unseen as unseen:
            self._skip(operation, credential, str(unseen), None)
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

    def _unanswered(self, operation: Operation, credential: Credential) -> Asked:
        """Say why the control says nothing, as its own check does."""
        control = self.probing.controls.of(operation)
        if control.unchecked:
            dead = not self.probing.controls.live
            reason, setting = control.unchecked.reason, control.unchecked.setting
            if dead:
                self._inconclusive(operation, credential, reason, setting)
            self._skip(operation, credential, reason, setting)
        answer = self.probing.controlled(operation)
        assert answer is not None
        first = self.probing.judge(answer, Oracle.ADMITTED)[0].judgement
        reason = f"the control did not succeed: {first.reason or first.got}"
        if first.status is Status.SKIPPED or first.violates:
            self._skip(operation, credential, reason, first.setting)
        self._inconclusive(operation, credential, reason, first.setting)

    def _skip(
        self, operation: Operation, credential: Credential, reason: str, setting: str | None
    ) -> NoReturn:
        self._write(operation, credential, Status.SKIPPED, reason, setting)
        pytest.skip(f"{reason} (BUSYBOARD_{setting})" if setting else reason)

    def _inconclusive(
        self, operation: Operation, credential: Credential, reason: str, setting: str | None
    ) -> NoReturn:
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
        if self.recorder.has_begun:
            return
        check = self.check
        self.recorder.findings.append(
            CheckRecord(
                id=check.of(check.requirement),
                operation=operation.label,
                credential=check.family or credential.words,
                core=check.core,
                status=status,
                basis=check.requirement.basis,
                reason=reason,
                setting=setting,
            )
        )

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
        for confirmed in self.probing.judge(answer, oracle):
            is_mine = confirmed.judgement.requirement is self.check.requirement
            said = confirmed
            if is_mine or not self.check.core:
                said = self.recorder.note(
                    self.check, confirmed, answer.operation.label, answer.exchange, again=again
                )
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
            self._skip(operation, _LACKING, reason, "SCOPE_MAP" if unknown else "SCOPED_KEYS")
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
        if SECOND not in self.probing.keyring:
            reason = "a key in another place gets logged, and the only one must not be"
            self._skip(operation, _ELSEWHERE, reason, "SECOND_API_KEY")
        if credential.setting in self.probing.key_places:
            return Asked(None, self)
        return self(operation, credential)

    def either(self, operation: Operation, one: Credential, other: Credential) -> Asked:
        """Ask with both, and give an answer of which only a success of both makes a success."""
        first, second = self(operation, one), self(operation, other)
        return second if first.is_admitted else first

    def dead(self, operation: Operation, role: Role) -> RoleKey:
        """Give the revoked or deleted key; skip the check where it is not configured."""
        if role not in self.probing.keyring:
            self._skip(
                operation, RoleKey(role), f"no {role} key is known", f"{role.upper()}_API_KEY"
            )
        return RoleKey(role)

    def defect(self, operation: Operation | None, name: str) -> None:
        """Record that the running check itself failed."""
        check = self.check
        self.recorder.findings.append(
            CheckRecord(
                id=check.of(check.requirement),
                operation=operation.label if operation else None,
                credential=check.family,
                core=True,
                status=Status.INCONCLUSIVE,
                reason=f"a defect of the suite: {name}",
            )
        )

    def expect_no_other_violation(self) -> None:
        """Fail where checks of other requirements saw this one violated.

        Raises:
            Violation: They did; each is on record already.
        """
        __tracebackhide__ = True
        mine = self.check.requirement
        seen = [record for record in self.recorder.violated if record.requirement is mine]
        others = [record for record in seen if not record.core]
        if others:
            text = "\n".join(f"{describe(record)}\n{record.curl}" for record in others)
            worst = min(record.severity or Severity.S3 for record in others)
            raise Violation(f"{text}\n{mine}", worst)

    def nothing_said(self, answer: Answer) -> NoReturn:
        """The answer counts for another requirement, so this one learns nothing from it."""
        reason = "the answer counts for another requirement"
        self._skip(answer.operation, answer.exchange.request.credential, reason, None)


def expect(asked: Asked, oracle: Oracle) -> None:
    """Say that only this answer would be right.

    Args:
        asked: What `send` brought.
        oracle: The only right answers.

    Raises:
        Violation: The running check's requirement is violated, confirmed by control and repetition.
        Inconclusive: A core check cannot be decided.
    """
    __tracebackhide__ = True
    answer, by = asked.answer, asked.by
    if answer is None:
        return
    said = by.judged(answer, oracle)
    if said is None:
        if by.check.core:
            by.nothing_said(answer)
        return
    judgement, exchange = said.judgement, answer.exchange
    if judgement.violates:
        line = curl(by.recorder.base, exchange.request)
        shown = (("curl", line), ("exchange", transcript(exchange)))
        severity = judgement.severity or Severity.S3
        raise Violation(_message(judgement, exchange, line), severity, shown)
    if by.check.core and judgement.status is Status.INCONCLUSIVE:
        raise Inconclusive(f"{exchange.request.words}: {judgement.reason}")
    if by.check.core and judgement.status is Status.SKIPPED:
        pytest.skip(judgement.reason)


def _message(judgement: Judgement, exchange: Exchange, line: str) -> str:
    """Word a violation: request and key, expected, got; the sentence and its id; the curl line."""
    return (
        f"{exchange.request.words}: expected {judgement.expected}, got {judgement.got}\n"
        f"{judgement.requirement}\n"
        f"{line}"
    )
