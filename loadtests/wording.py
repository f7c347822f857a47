"""What was found out about a limit, in sentences for people.

Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from loadtests.families import Family
from loadtests.measuring import Measured


@dataclass(frozen=True, slots=True)
class Verdict:
    """A status and the reason for it.

    Attributes:
        status: As in ``interfaces.md``.
        reason: One clause.
    """

    status: Literal["confirmed", "contradicted", "not_confirmed", "no_limit_seen"]
    reason: str


TELLS: Final[dict[frozenset[Family], str]] = {
    frozenset({Family.BUCKET, Family.COUNTER}): "a larger limit, or a drain shortly before an edge",
    frozenset({Family.BUCKET, Family.COUNTER_FIRST}): "a larger limit, or a longer rest",
    frozenset({Family.FIXED_FIRST, Family.LOG}): "half a window of calls just before its end",
    frozenset({Family.PENALTY, Family.FIXED_GRID}): "half the limit, then half a window of silence",
}
"""What would tell two families apart."""


def describe(
    verdict: Verdict, declared: str, measured: Measured | None, facts: Sequence[str] = ()
) -> str:
    """The detail sentence.

    Args:
        verdict: The status and its reason.
        declared: The declared limit as written, "" without.
        measured: What was measured, if anything.
        facts: What else is known of the counter, in clauses.

    Returns:
        Declared limit, reason, measured figures with intervals, and what stays open.
    """
    heading = {
        "confirmed": f"{declared} holds" if declared else "a limit was found",
        "contradicted": f"{declared} is contradicted" if declared else "the limit is broken",
        "not_confirmed": f"{declared} is not confirmed" if declared else "no limit is confirmed",
        "no_limit_seen": "no limit was seen",
    }[verdict.status]
    sentences = [f"{heading}: {verdict.reason}."]
    if measured is not None:
        sentences.append(f"Measured: {_figures(measured)}.")
        if measured.rival is not None and measured.family is not None:
            sentences.append(_rivals(measured.family, measured.rival))
    sentences.extend(f"{fact[:1].upper()}{fact[1:]}." for fact in facts)
    return " ".join(sentences)


def _figures(measured: Measured) -> str:
    if measured.family is None:
        seen = f"from rest {measured.limits[1]} were admitted before any was refused"
        return f"no known kind of limiter explains the answers; {seen}"
    low, size, high = measured.limits
    calls = "call" if size == 1 else "calls"
    parts = [f"{measured.family.value}, {size} {calls}" + _between(low, high)]
    if measured.windows is not None:
        first, window, last = measured.windows
        parts.append(f"per {window:.4g} s (between {first:.4g} and {last:.4g})")
    elif measured.rates is not None:
        first, rate, last = measured.rates
        parts.append(f"at once, {rate:.4g} per second (between {first:.4g} and {last:.4g})")
    if measured.penalty is not None:
        parts.append(f"at once, then everything is refused for {measured.penalty:.4g} s")
    return " ".join(parts)


def _between(low: int, high: int) -> str:
    return "" if low == high else f" (between {low} and {high})"


def _rivals(family: Family, rival: Family) -> str:
    telling = TELLS.get(frozenset({family, rival}), "more windows")
    return f"A {rival.value} explains it about as well; {telling} would tell."
