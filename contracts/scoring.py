"""Whether a run against a server with one known defect, or with none, said the right thing.

Pure. A fault is caught where the run says violated; named right where it violates the fault's own
requirement and no other. A fault that breaks no documented promise counts as caught by a warning
that the unvaried server does not get. A benign variation must change nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from contracts.gallery import Case, Variation
from contracts.verdict import Status, Verdict


class Result(StrEnum):
    """What became of one case."""

    CAUGHT = "yes"
    WARNED = "warning"
    MISSED = "no"
    SILENT = "silent"
    ALARM = "alarm"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run of the suite left.

    Attributes:
        exit_code: Of `busyboard verify`.
        seconds: From its start to its end.
        verdict: None where it wrote none.
        first: Requests written until the first violation was on record; None where there is none.
        complaint: Its last words where there is no verdict.
    """

    exit_code: int
    seconds: float
    verdict: Verdict | None = None
    first: int | None = None
    complaint: str = ""

    @property
    def requests(self) -> int:
        """All that it wrote."""
        return self.verdict.target.requests if self.verdict else 0

    def requirements(self, status: Status) -> tuple[str, ...]:
        """Ids of the requirements with this status."""
        judged = self.verdict.requirements if self.verdict else ()
        return tuple(one.id for one in judged if one.status is status)

    @property
    def violations(self) -> Mapping[str, Sequence[str]]:
        """The checks that saw a requirement violated, by requirement."""
        judged = self.verdict.requirements if self.verdict else ()
        return {
            one.id: tuple(dict.fromkeys(check.id for check in one.checks if check.violates))
            for one in judged
            if one.status is Status.VIOLATED
        }

    @property
    def warnings(self) -> tuple[str, ...]:
        """Ids of its warnings."""
        return tuple(dict.fromkeys(one.id for one in self.verdict.warnings)) if self.verdict else ()


@dataclass(frozen=True, slots=True)
class Score:
    """What one run is worth.

    Attributes:
        result: What became of the case.
        named_right: Whether no requirement is violated but the fault's own.
        by: Checks that saw a violation, or the warnings that count.
        remark: What went wrong, or is worth a word.
    """

    result: Result
    named_right: bool
    by: tuple[str, ...] = ()
    remark: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the run said what it should."""
        return self.named_right and self.result not in {Result.MISSED, Result.ALARM}


def score(variation: Variation, outcome: Outcome, sound: Outcome | None) -> Score:
    """Judge one run.

    Args:
        variation: What the server was.
        outcome: What the run said.
        sound: What it says of the unvaried server; needed for all but faults that violate.

    Raises:
        ValueError: The run against the unvaried server is needed and missing.
    """
    if variation.violates:
        return _violating(variation, outcome)
    if sound is None:
        raise ValueError(f"{variation.id} can only be judged beside the unvaried server")
    return _warned(outcome, sound) if variation.kind == "fault" else unchanged(outcome, sound)


def _violating(variation: Variation, outcome: Outcome) -> Score:
    seen = outcome.violations
    if outcome.exit_code != 1 or not seen:
        return Score(Result.MISSED, named_right=False, remark=_said(outcome))
    foreign = [id_ for id_ in seen if id_ not in variation.violates]
    own = len(foreign) < len(seen)
    remark = f"{' '.join(foreign)} {'besides' if own else 'instead'}" if foreign else ""
    by = tuple(check for checks in seen.values() for check in checks)
    return Score(Result.CAUGHT, not foreign, by, remark)


def _warned(outcome: Outcome, sound: Outcome) -> Score:
    new = tuple(id_ for id_ in outcome.warnings if id_ not in sound.warnings)
    remark = "" if outcome.exit_code == 0 else _said(outcome)
    result = Result.WARNED if new else Result.MISSED
    return Score(result, outcome.exit_code == 0, new, remark)


def unchanged(outcome: Outcome, sound: Outcome) -> Score:
    """Judge a run against a server that keeps every promise.

    Args:
        outcome: What the run said.
        sound: What it says of the unvaried server; the same run for that one.
    """
    held, expected = outcome.requirements(Status.HELD), sound.requirements(Status.HELD)
    lost = [id_ for id_ in expected if id_ not in held]
    gained = [id_ for id_ in held if id_ not in expected]
    if outcome.exit_code or lost or gained:
        by = tuple(check for checks in outcome.violations.values() for check in checks)
        words = [_said(outcome) if outcome.exit_code else ""]
        words += [f"{' '.join(lost)} not held" if lost else ""]
        words += [f"{' '.join(gained)} held here alone" if gained else ""]
        return Score(Result.ALARM, False, by, "; ".join(filter(None, words)))
    new = [id_ for id_ in outcome.warnings if id_ not in sound.warnings]
    return Score(Result.SILENT, True, remark=f"warns {', '.join(new)}" if new else "")


def _said(outcome: Outcome) -> str:
    if outcome.verdict is None:
        return f"exit code {outcome.exit_code}: {outcome.complaint}"
    undecided = outcome.requirements(Status.INCONCLUSIVE)
    violated = outcome.requirements(Status.VIOLATED)
    return " ".join((outcome.verdict.verdict, *violated, *undecided))


@dataclass(frozen=True, slots=True)
class Row:
    """A case over all seeds.

    Attributes:
        name: How the server is written.
        case: What it was; None for the unvaried one.
        scores: One for each seed.
        outcomes: Likewise.
    """

    name: str
    case: Case | None
    scores: tuple[Score, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def is_right(self) -> bool:
        """Whether every run said what it should."""
        return all(one.is_right for one in self.scores)

    @property
    def is_caught(self) -> bool:
        """Whether every run saw the fault, under whatever name."""
        return all(one.result in {Result.CAUGHT, Result.WARNED} for one in self.scores)

    @property
    def result(self) -> str:
        """The common result, or how often each."""
        results = [one.result for one in self.scores]
        if len(set(results)) == 1:
            return results[0].value
        each = dict.fromkeys(results)
        return ", ".join(f"{one.value} {results.count(one)} of {len(results)}" for one in each)

    @property
    def by(self) -> tuple[str, ...]:
        """Every check that saw it, with any seed."""
        return tuple(dict.fromkeys(check for one in self.scores for check in one.by))

    @property
    def remark(self) -> str:
        """What is worth a word, with any seed."""
        return "; ".join(dict.fromkeys(one.remark for one in self.scores if one.remark))

    @property
    def first(self) -> int | None:
        """Requests until the first violation, the most of all seeds."""
        return max((one.first for one in self.outcomes if one.first is not None), default=None)

    @property
    def requests(self) -> int:
        """Requests of one run, the most of all seeds."""
        return max(one.requests for one in self.outcomes)

    @property
    def seconds(self) -> float:
        """Seconds of one run, the most of all seeds."""
        return max(one.seconds for one in self.outcomes)


def exit_code(rows: Iterable[Row]) -> int:
    """0 where every fault was caught and named right and all else was silent, otherwise 1."""
    return 0 if all(row.is_right for row in rows) else 1
