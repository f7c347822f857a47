"""A verdict folded for people: what broke, worst first, and what was not tested and why.

Pure. Equal entries of many operations become one; terminal, Markdown and HTML show the same folds.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeVar

from contracts.requirements import BY_ID, Level
from contracts.verdict import Check, Judged, Severity, Status, Verdict

_SEVERITY_WORDS: Final = {
    Severity.S1: "data or effect without a sufficient key",
    Severity.S2: "another status than documented, a key disclosed, or a valid key refused",
    Severity.S3: "the documented error body broken",
}


@dataclass(frozen=True, slots=True)
class Place:
    """One way in which a requirement is broken.

    Attributes:
        checks: The entries that say the same, one an operation.
    """

    checks: tuple[Check, ...]

    @property
    def first(self) -> Check:
        """The entry to show."""
        return self.checks[0]

    @property
    def operations(self) -> tuple[str, ...]:
        """Where it was seen."""
        return _operations(self.checks)


@dataclass(frozen=True, slots=True)
class Broken:
    """A violated requirement.

    Attributes:
        requirement: Which.
        places: The ways in which it is broken, worst first.
    """

    requirement: Judged
    places: tuple[Place, ...]

    @property
    def severity(self) -> Severity:
        """The worst of its places'."""
        return self.places[0].first.severity or Severity.S3

    @property
    def severity_words(self) -> str:
        """The same in words."""
        return _SEVERITY_WORDS[self.severity]

    @property
    def operations(self) -> tuple[str, ...]:
        """Where it was seen broken, in any way."""
        return _operations(check for place in self.places for check in place.checks)


def broken(verdict: Verdict) -> tuple[Broken, ...]:
    """List the violated requirements, worst first.

    Args:
        verdict: What the run says.
    """
    found = [
        Broken(judged, _places(check for check in judged.checks if check.violates))
        for judged in verdict.requirements
        if judged.status is Status.VIOLATED
    ]
    return tuple(sorted(found, key=lambda one: one.severity))


def waived(verdict: Verdict) -> tuple[Place, ...]:
    """List the violations that the operator lives with.

    Args:
        verdict: What the run says.
    """
    return _places(check for check in _checks(verdict) if check.waived is not None)


def _places(checks: Iterable[Check]) -> tuple[Place, ...]:
    worst_first = sorted(checks, key=lambda check: (check.severity or "", not check.core))
    return tuple(Place(group) for group in _grouped(worst_first, _says))


def _says(check: Check) -> Hashable:
    return check.id, check.severity, check.credential, check.expected, check.got, check.waived


@dataclass(frozen=True, slots=True)
class Untested:
    """Checks that decided nothing for one reason.

    Attributes:
        checks: The entries, the one to show first.
        reasons: How many different reasons one setting stands for.
    """

    checks: tuple[Check, ...]
    reasons: int

    @property
    def status(self) -> Status:
        """Inconclusive or skipped."""
        return self.checks[0].status

    @property
    def reason(self) -> str:
        """Why, the first reason where there are several."""
        return (self.checks[0].reason or "no reason given").rstrip(".")

    @property
    def setting(self) -> str | None:
        """What would change it, as it is written in the environment."""
        name = self.checks[0].setting
        return f"BUSYBOARD_{name}" if name else None

    @property
    def ids(self) -> tuple[str, ...]:
        """The checks' ids, each once."""
        return tuple(dict.fromkeys(check.id for check in self.checks))

    @property
    def operations(self) -> tuple[str, ...]:
        """Where."""
        return _operations(self.checks)


def untested(verdict: Verdict) -> tuple[Untested, ...]:
    """Fold what decided nothing: undecided before skipped, what a setting would change first.

    Entries that name one setting are one fold, whatever their reasons; the others fold by reason.

    Args:
        verdict: What the run says.
    """
    open_ = [c for c in _checks(verdict) if c.status in _OPEN and not c.id.endswith(".not-tested")]
    groups = _grouped(
        sorted(open_, key=lambda check: not check.core),
        lambda check: (check.status, check.setting or check.reason),
    )
    folds = [Untested(group, len({check.reason for check in group})) for group in groups]
    return tuple(sorted(folds, key=_urgency))


_OPEN: Final = frozenset({Status.INCONCLUSIVE, Status.SKIPPED})


def _urgency(fold: Untested) -> tuple[bool, bool, bool, int]:
    core = any(check.core for check in fold.checks)
    return fold.status is Status.SKIPPED, not fold.setting, not core, -len(fold.checks)


def never_asked(verdict: Verdict) -> tuple[str, ...]:
    """List the requirements that nothing in the run was about; advice is not among them.

    Args:
        verdict: What the run says.
    """
    return tuple(
        judged.id
        for judged in verdict.requirements
        if all(check.id.endswith(".not-tested") for check in judged.checks)
        and BY_ID[judged.id].level is not Level.ADVICE
    )


def other_reasons(verdict: Verdict) -> tuple[str, ...]:
    """Give the verdict's reasons that name no violation: those are shown as what broke.

    Args:
        verdict: What the run says.
    """
    named = tuple(f"{one.requirement.id} is violated: " for one in broken(verdict))
    return tuple(reason for reason in verdict.reasons if not reason.startswith(named))


def _checks(verdict: Verdict) -> Iterator[Check]:
    return (check for judged in verdict.requirements for check in judged.checks)


def _operations(checks: Iterable[Check]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(check.operation for check in checks if check.operation))


_Item = TypeVar("_Item")


def _grouped(
    items: Iterable[_Item], key: Callable[[_Item], Hashable]
) -> Iterator[tuple[_Item, ...]]:
    groups: dict[Hashable, list[_Item]] = {}
    for item in items:
        groups.setdefault(key(item), []).append(item)
    return (tuple(group) for group in groups.values())
