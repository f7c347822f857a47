"""From judgements to entries: what was seen of one check, operation and class of credential.

An entry is written when its check ends, and at once when a violation is seen.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from contracts.advice import order
from contracts.exchange import Exchange, curl
from contracts.findings import Findings
from contracts.manners import LATE
from contracts.probing import Confirmed
from contracts.records import CheckRecord
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
    """The making of one `checks` entry of the verdict."""

    check: CheckId
    requirement: Requirement
    operation: str | None
    credential: str
    tried: int = 0
    seen: int = 0
    held: int = 0
    undecided: Confirmed | None = None
    worst: tuple[Confirmed, Exchange] | None = None
    suspicions: int = 0

    def note(self, confirmed: Confirmed, exchange: Exchange, *, again: bool) -> Confirmed:
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
            self.worst = confirmed, exchange
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
            judgement, exchange = self.worst[0].judgement, self.worst[1]
            return {
                "status": Status.VIOLATED,
                "credential": exchange.request.presented,
                "severity": judgement.severity,
                "expected": judgement.expected,
                "got": judgement.got,
                "detail": None if self.seen == self.tried else f"seen {self.seen} of {self.tried}",
                "curl": curl(base, exchange.request),
            }
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
        violated: Violations of ended checks, for those that look at the run as a whole.
    """

    findings: Findings
    base: str
    violated: list[CheckRecord] = field(default_factory=list)
    _entries: dict[tuple[str, str | None, str], Entry] = field(default_factory=dict)

    def note(
        self,
        check: CheckId,
        confirmed: Confirmed,
        operation: str,
        exchange: Exchange,
        *,
        again: bool = False,
    ) -> Confirmed:
        """Add what one exchange showed of one requirement; a violation is written at once.

        Args:
            check: The running check.
            confirmed: What was judged.
            operation: Label of what was asked.
            exchange: What was asked and answered.
            again: Whether it was noted before, as when Hypothesis shows a failure once more: it is
                then the one to show, and not counted twice.

        Returns:
            What it shows together with what the check has seen before.
        """
        requirement = confirmed.judgement.requirement
        if requirement is D3 and exchange.request.manner in _LATE and not again:
            for advisory in order(exchange):
                self.findings.append(advisory)
        credential = check.family or exchange.request.presented
        key = check.of(requirement), operation, credential
        entry = self._entries.setdefault(key, Entry(check, requirement, operation, credential))
        confirmed = entry.note(confirmed, exchange, again=again)
        if confirmed.judgement.violates:
            self.findings.append(entry.record(self.base))
        return confirmed

    @property
    def has_begun(self) -> bool:
        """Whether the running check has seen anything yet."""
        return bool(self._entries)

    def end(self) -> None:
        """Write every entry of the check; the next one begins anew."""
        for entry in self._entries.values():
            record = entry.record(self.base)
            self.findings.append(record)
            if record.status is Status.VIOLATED:
                self.violated.append(record)
        self._entries.clear()
