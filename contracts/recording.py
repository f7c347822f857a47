"""From judgements to entries: what was seen of one check, operation and class of credential.

An entry is written when its check ends, and at once when a violation is seen.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Final

from contracts.advice import VALIDATED_FIRST
from contracts.exchange import Response, curl
from contracts.findings import Findings
from contracts.manners import LATE
from contracts.probing import Answer, Confirmed
from contracts.records import AdvisoryRecord, CheckRecord, Replay
from contracts.requirements import D3, Requirement
from contracts.verdict import Status


@dataclass(frozen=True, slots=True)
class CheckId:
    """Which check is running.

    Attributes:
        requirement: What it is about.
        name: Its slug, without the requirement.
        core: Whether it can decide that its requirement held.
        family: The class of credential it draws from; None where the credential is the class.
    """

    requirement: Requirement
    name: str
    core: bool
    family: str | None = None

    def of(self, requirement: Requirement) -> str:
        """The id of this check's entry about a requirement."""
        return f"{requirement.id}.{self.name}"


@dataclass(slots=True)
class Entry:
    """The making of one `checks` entry of the verdict.

    Attributes:
        compared: What the target compares of a key, where that was found out.
    """

    check: CheckId
    requirement: Requirement
    operation: str | None
    credential: str
    tried: int = 0
    seen: int = 0
    held: int = 0
    undecided: Confirmed | None = None
    worst: tuple[Confirmed, Answer] | None = None
    replay: Replay | None = None
    suspicions: int = 0
    compared: str = ""

    def note(
        self, confirmed: Confirmed, answer: Answer, replay: Replay | None, *, again: bool
    ) -> Confirmed:
        """Add what one exchange showed; the last violation is the simplest, as shrinking goes.

        Returns:
            What it shows together with what was seen before: a wrong answer that came twice in a
            check, though never twice in a row, comes now and then.
        """
        if not again:
            self.tried += confirmed.tried
            self.seen += confirmed.seen
            self.suspicions += confirmed.suspicion is not None
        if confirmed.suspicion and self.suspicions > 1:
            confirmed = replace(confirmed, judgement=confirmed.suspicion)
        if confirmed.judgement.violates:
            self.worst, self.replay = (confirmed, answer), replay
        elif confirmed.judgement.status is Status.HELD:
            self.held += 1
        else:
            self.undecided = confirmed
        return confirmed

    def record(self, base: str) -> CheckRecord:
        """Give the entry as it stands.

        Args:
            base: Scheme and authority of the target, for the curl line.
        """
        entry = CheckRecord(
            id=self.check.of(self.requirement),
            operation=self.operation,
            credential=self.credential,
            credential_class=self.check.family,
            core=self.check.core and self.requirement is self.check.requirement,
            status=Status.HELD,
            basis=self.requirement.basis,
            tried=self.tried,
            seen=self.seen,
        )
        return entry.model_copy(update=self._outcome(base))

    def _outcome(self, base: str) -> dict[str, object]:
        if self.worst:
            judgement, exchange = self.worst[0].judgement, self.worst[1].exchange
            return {
                "status": Status.VIOLATED,
                "credential": exchange.request.presented,
                "severity": judgement.severity,
                "expected": judgement.expected,
                "got": judgement.got,
                "detail": self._detail(self.worst[0].detail),
                "curl": curl(base, exchange.request),
                "replay": self.replay,
            }
        return self._undecided()

    def _detail(self, further: str) -> str | None:
        share = "" if self.seen == self.tried else f"seen {self.seen} of {self.tried}"
        return "; ".join(filter(None, (self.compared, share, further))) or None

    def _undecided(self) -> dict[str, object]:
        if self.undecided and (self.check.core or not self.held):
            judgement = self.undecided.judgement
            return {
                "status": judgement.status,
                "reason": judgement.reason,
                "setting": judgement.setting,
            }
        return {}


_LATE: Final = frozenset(manner.words for manner in LATE)


@dataclass(slots=True)
class Recorder:
    """Keeps the entries of the running check and writes them.

    Attributes:
        findings: Where they are written.
        base: Scheme and authority of the target.
        requests: Tells how many requests the process has written; a violation is recorded with it.
        violated: Violations of ended checks, for those that look at the run as a whole.
    """

    findings: Findings
    base: str
    requests: Callable[[], int] | None = None
    violated: list[CheckRecord] = field(default_factory=list)
    _remarks: Counter[AdvisoryRecord] = field(default_factory=Counter)
    _entries: dict[tuple[str, str | None, str], Entry] = field(default_factory=dict)

    def note(
        self,
        check: CheckId,
        confirmed: Confirmed,
        answer: Answer,
        *,
        again: bool = False,
        replay: Replay | None = None,
    ) -> Confirmed:
        """Add what one exchange showed of one requirement; a violation is written at once.

        Args:
            check: The running check.
            confirmed: What was judged.
            answer: What was asked and answered.
            again: Whether it was noted before, as when Hypothesis shows a failure once more: it is
                then the one to show, and not counted twice.
            replay: How to ask again, where it is a violation.

        Returns:
            What it shows together with what the check has seen before.
        """
        requirement = confirmed.judgement.requirement
        self._remark_on_order(requirement, answer)
        operation = answer.operation.label
        credential = check.family or answer.exchange.request.presented
        key = check.of(requirement), operation, credential
        entry = self._entries.setdefault(key, Entry(check, requirement, operation, credential))
        confirmed = entry.note(confirmed, answer, replay, again=again)
        if confirmed.judgement.violates:
            written = self.requests() if self.requests else None
            self.findings.append(entry.record(self.base).model_copy(update={"requests": written}))
        return confirmed

    def _remark_on_order(self, requirement: Requirement, answer: Answer) -> None:
        exchange = answer.exchange
        is_late = requirement is D3 and exchange.request.manner in _LATE
        if (
            is_late
            and isinstance(exchange.answer, Response)
            and VALIDATED_FIRST.fits(exchange.answer)
        ):
            self.remark([VALIDATED_FIRST.about(exchange.request)])

    def remark(self, records: Iterable[AdvisoryRecord]) -> None:
        """Count what is worth a word; it is written once, when the run ends."""
        self._remarks.update(records)

    def finish(self) -> None:
        """Write the remarks."""
        for record, count in self._remarks.items():
            self.findings.append(record.model_copy(update={"count": count}))

    def unasked(self, check: CheckId, status: Status, reason: str, **further: str | None) -> None:
        """Write that a check could not be asked, or not to its end.

        Args:
            check: Which.
            status: Skipped or inconclusive.
            reason: Why.
            further: `operation`, `credential` and `setting`, as in the verdict.
        """
        entry = CheckRecord(
            id=check.of(check.requirement),
            core=check.core,
            status=status,
            basis=check.requirement.basis,
            reason=reason,
            operation=further.get("operation"),
            credential=check.family or further.get("credential"),
            setting=further.get("setting"),
        )
        self.findings.append(entry)

    @property
    def has_begun(self) -> bool:
        """Whether the running check has seen anything yet."""
        return bool(self._entries)

    @property
    def broken(self) -> list[Entry]:
        """The running check's entries that are violations."""
        return [entry for entry in self._entries.values() if entry.worst]

    def end(self) -> None:
        """Write every entry of the check; the next one begins anew."""
        for entry in self._entries.values():
            record = entry.record(self.base)
            self.findings.append(record)
            if record.status is Status.VIOLATED:
                self.violated.append(record)
        self._entries.clear()
