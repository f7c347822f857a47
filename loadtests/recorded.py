"""What a trace file says of its run beside the calls, and what is concluded from it again.

Pure. The header holds what the estimate depends on and nothing secret, the footer how the run
ended; so the same verdict comes from the file as from the run.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final, Self, get_args

from pydantic import TypeAdapter

from contracts.declared import DeclaredLimit, read_declared
from contracts.records import CheckRecord
from contracts.settings import Settings
from contracts.verdict import RateLimit
from loadtests import messages, outcome
from loadtests.estimator import estimate
from loadtests.instrument import Instrument, watch
from loadtests.segments import Budget, Done, Segment, StoppedBy
from loadtests.sharing import Questions
from loadtests.trace import BrokenTraceError, RecordedTrace, Trace
from loadtests.variations import Plain

_QUESTIONS: Final = TypeAdapter(Questions)

_CUT_SHORT: Final = Done("signal", "the run ended before it could say why")


def header(
    settings: Settings, budget: Budget, plain: Plain, questions: Questions
) -> dict[str, object]:
    """What an analysis needs to know of the run before its first call.

    Args:
        settings: Of the run; no secret of them is taken.
        budget: What may be spent.
        plain: What is called, with whose key.
        questions: What is asked of the limit beside it.
    """
    return {
        "base_url": settings.base_url,
        "operation": plain.request.operation or "",
        "credential": f"the {plain.role} key",
        "declared_limit": "; ".join(map(str, settings.declared_limit)) or None,
        "max_rps": budget.max_rps,
        "max_requests": budget.max_requests,
        "max_seconds": budget.max_seconds,
        "questions": asdict(questions),
    }


def footer(done: Done, instrument: Instrument) -> dict[str, object]:
    """How the run ended."""
    return {
        "stopped_by": done.stopped_by,
        "reason": done.reason,
        "shed": instrument.shed,
        "clocks_within_s": instrument.clocks_within,
    }


@dataclass(frozen=True, slots=True)
class Recording:
    """A run as its file tells it.

    Attributes:
        trace: Every call.
        declared: What the operator declared; empty without.
        done: How it ended.
        instrument: How well the sender kept the clock.
        operation: What was called.
        credential: With which key, in words.
        questions: What was asked of the limit beside it.
    """

    trace: Trace
    declared: tuple[DeclaredLimit, ...]
    done: Done
    instrument: Instrument
    operation: str
    credential: str
    questions: Questions

    @classmethod
    def of(cls, recorded: RecordedTrace, declared: Sequence[DeclaredLimit] | None = None) -> Self:
        """Take a file's facts.

        Args:
            recorded: The file.
            declared: Another declaration than the run's; ``None`` for the run's own.

        Raises:
            BrokenTraceError: A fact that must be there is missing or is none.
        """
        facts, end = recorded.header, recorded.footer or {}
        try:
            said = facts["declared_limit"]
            own = read_declared(str(said)) if said else ()
            instrument = watch(
                _segments(recorded),
                recorded.trace,
                shed=int(str(end.get("shed", 0))),
                clocks_within=float(str(end.get("clocks_within_s", 0))),
            )
            return cls(
                recorded.trace,
                own if declared is None else tuple(declared),
                _done(end),
                instrument,
                str(facts["operation"]),
                str(facts["credential"]),
                _QUESTIONS.validate_python(facts["questions"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BrokenTraceError(f"the facts of the run cannot be read: {error!r}") from error

    @property
    def rate_limit(self) -> RateLimit:
        """What the calls say of the limit."""
        said = estimate(self.trace, self.declared, self.done, self.questions)
        return outcome.published(said, self.instrument)

    def checks(self, limit: RateLimit) -> list[CheckRecord]:
        """What the run showed of each promise."""
        return outcome.checks(limit, self.trace, self.operation, self.credential, curl="")


def _segments(recorded: RecordedTrace) -> list[Segment]:
    plain = sorted(recorded.segments.items())
    return [messages.unpack_segment({"number": number, **row}) for number, row in plain]


def _done(end: Mapping[str, object]) -> Done:
    if not end:
        return _CUT_SHORT
    return Done(_STOPPED_BY[str(end["stopped_by"])], str(end["reason"]))


_STOPPED_BY: Final[Mapping[str, StoppedBy]] = {each: each for each in get_args(StoppedBy)}
