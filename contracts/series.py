"""What many answers about one key show together.

A single probe is repeated until a wrong answer has come twice; a series is its own repetition. What
is left to ask is a control, once something came twice.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from contracts.exchange import Exchange
from contracts.judge import Judgement
from contracts.probing import Confirmed, unconfirmed
from contracts.requirements import Requirement
from contracts.verdict import Severity, Status


@dataclass(frozen=True, slots=True)
class Look:
    """One answer of a series.

    Attributes:
        exchange: What was asked and answered.
        judgements: What it says by itself, read when it came: keys die meanwhile.
        age: Seconds from the event that the series is about to the writing of the request.
    """

    exchange: Exchange
    judgements: Sequence[Judgement]
    age: float

    @property
    def violates(self) -> bool:
        """Whether it is wrong."""
        return any(judgement.violates for judgement in self.judgements)


@dataclass(frozen=True, slots=True)
class Series:
    """Answers in the order in which they came.

    Attributes:
        looks: At least one.
        event: What ages are counted from, such as `the key was deleted`.
    """

    looks: Sequence[Look]
    event: str

    @property
    def is_wrong_at_first(self) -> bool:
        """Whether wrong answers came, and right ones only when it was older than at any of them."""
        wrong = [look.age for look in self.looks if look.violates]
        right = [look.age for look in self.looks if not look.violates]
        return bool(wrong and right) and max(wrong) < min(right)

    def shown(self, requirement: Requirement) -> Exchange:
        """Choose the exchange to show: the first wrong one about a requirement, or at all."""
        wrong = [look for look in self.looks if look.violates]
        mine = [look for look in wrong if _about(look, requirement).violates]
        return (mine or wrong or list(self.looks))[0].exchange

    def softened(self, severity: Severity) -> "Series":
        """Call its violations no worse than this."""
        looks = [
            replace(look, judgements=[_softened(one, severity) for one in look.judgements])
            for look in self.looks
        ]
        return Series(looks, self.event)

    def confirmed(self, failure: Callable[[], str]) -> Sequence[Confirmed]:
        """Say what it shows of each requirement.

        Args:
            failure: Asks a control, and says why it does not speak for the target; empty where it
                does.
        """
        about = dict.fromkeys(one.requirement for look in self.looks for one in look.judgements)
        return [self._confirmed(requirement, failure) for requirement in about]

    def _confirmed(self, requirement: Requirement, failure: Callable[[], str]) -> Confirmed:
        said = [look for look in self.looks if any(_said(look, requirement))]
        wrong = [look for look in said if _about(look, requirement).violates]
        seen, tried = len(wrong), len(said)
        if not wrong:
            judgements = [_about(look, requirement) for look in said]
            held = (one for one in judgements if one.status is Status.HELD)
            return Confirmed(next(held, judgements[-1]), 0, tried)
        worst = min(
            (_about(look, requirement) for look in wrong), key=lambda one: one.severity or ""
        )
        why = "" if _comes_again(wrong, tried) else f"seen {seen} of {tried} times"
        if why := why or failure():
            return Confirmed(unconfirmed(worst, f"{worst.got}, {why}"), seen, tried)
        last = max(look.age for look in wrong)
        detail = f"the last of them {last:.1f} s after {self.event}"
        return Confirmed(worst, seen, tried, detail=detail)


def _said(look: Look, requirement: Requirement) -> Sequence[Judgement]:
    return [one for one in look.judgements if one.requirement is requirement]


def _about(look: Look, requirement: Requirement) -> Judgement:
    """What a look says of a requirement; skipped where it says nothing."""
    found = _said(look, requirement)
    return found[0] if found else Judgement(requirement, Status.SKIPPED)


def _comes_again(wrong: Sequence[Look], tried: int) -> bool:
    """Twice is enough; where all are server errors, nothing else may have come in three."""
    if all((look.exchange.status or 0) >= 500 for look in wrong):
        return len(wrong) == tried >= 3
    return len(wrong) >= 2


def _softened(judgement: Judgement, severity: Severity) -> Judgement:
    return replace(judgement, severity=severity) if judgement.violates else judgement
