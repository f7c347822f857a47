"""What the run showed that breaks no documented promise and is still worth a word.

Pure. Header fields that speak of the limit, calls by HEAD, wrong keys that cost the right one: they
warn, and change neither status nor exit code.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from contracts.records import AdvisoryRecord
from contracts.verdict import Severity
from loadtests.estimator import RateLimit

Basis = Literal["rfc-must", "rfc-should", "practice", "advice"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of warning.

    Attributes:
        basis: Who asks for it.
        severity: How much it matters.
        source: Where that stands, in parentheses.
    """

    basis: Basis
    severity: Severity
    source: str


KINDS: Final = {
    "D4.retry-after-malformed": Kind("rfc-must", Severity.S4, "RFC 9110 section 10.2.3"),
    "D4.limit-fields-malformed": Kind("practice", Severity.S5, "RateLimit header fields"),
    "D4.retry-after-untrue": Kind("rfc-should", Severity.S4, "RFC 6585 section 4"),
    "D4.limit-fields-untrue": Kind("practice", Severity.S5, "RateLimit header fields"),
    "D4.unmetered": Kind("practice", Severity.S4, "OWASP API4:2023"),
    "D4.strangers": Kind("advice", Severity.S5, "OWASP API4:2023"),
}


BROKEN: Final = 2
"""So many promises must be broken: others may have used the limit meanwhile."""


def warnings(said: RateLimit, operation: str) -> Iterator[AdvisoryRecord]:
    """Give the warnings of a run.

    Args:
        said: The estimate.
        operation: What was called.
    """
    for name, of_retry_after in (("retry-after", True), ("limit-fields", False)):
        found = [m for m in said.malformed if m[0].startswith("Retry-After:") is of_retry_after]
        if found:
            # One record: a fraction of a second is another text each time.
            total = sum(count for _, count in found)
            yield _record(f"D4.{name}-malformed", found[0][0], operation, total)
    untrue = [text for text in said.untruths if text.startswith("Retry-After")]
    if len(said.broken_promises) >= BROKEN:
        untrue = [*said.broken_promises, *untrue]
    if untrue:
        yield _record("D4.retry-after-untrue", untrue[0], operation, len(untrue))
    others = [text for text in said.untruths if not text.startswith("Retry-After")]
    if others:
        yield _record("D4.limit-fields-untrue", "; ".join(others), operation)
    for name, text in said.shared.warned:
        yield _record(name, text, operation)


def _record(name: str, text: str, operation: str, count: int = 1) -> AdvisoryRecord:
    kind = KINDS[name]
    return AdvisoryRecord(
        id=name,
        requirement="D4",
        basis=kind.basis,
        severity=kind.severity,
        operation=operation,
        detail=f"{text} ({kind.source})",
        count=count,
    )
