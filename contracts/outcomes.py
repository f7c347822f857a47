"""How a check ends where its promise did not hold: broken, or undecided."""

from collections.abc import Sequence
from typing import Self

from contracts.exchange import Exchange, curl, transcript
from contracts.judge import Judgement
from contracts.verdict import Severity
from contracts.wording import replay_words


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

    @classmethod
    def of(cls, judgement: Judgement, exchange: Exchange, base: str, check_id: str) -> Self:
        """Word it: request and key, expected, got; the sentence and its id; the commands.

        Args:
            judgement: That is violated.
            exchange: What shows it.
            base: Scheme and authority of the target.
            check_id: Under which it stands on record.
        """
        line = curl(base, exchange.request)
        again = replay_words(check_id, exchange.request.operation)
        told = f"expected {judgement.expected}, got {judgement.got}"
        message = f"{exchange.request.words}: {told}\n{judgement.requirement}\n{line}\n{again}"
        shown = (("curl", line), ("exchange", transcript(exchange)))
        return cls(message, judgement.severity or Severity.S3, shown)


class Inconclusive(Exception):
    """Nothing can be said either way; the message says why."""
