"""What is asked of a limit once it is known: who and what else spends it, and what gets past it.

Pure. The variations of ``loadtests.identity``, the failing calls of ``loadtests.strangers``.
"""

from dataclasses import dataclass, field
from typing import Final

from contracts.declared import DeclaredLimit, Scope
from loadtests.identity import Identity, Met, Variation, read_sandwiches
from loadtests.lasting import again, read_fallen
from loadtests.segments import Schedule
from loadtests.strangers import charged_always, flood, free, frees, read_floods
from loadtests.trace import Trace

SMALLEST: Final = 5
"""Of a smaller limit the few calls that ask would drain any other counter too."""


@dataclass(frozen=True, slots=True)
class Questions:
    """What is asked.

    Attributes:
        variations: Calls that might meet another counter.
        failing: Labels of calls refused for another reason: wrong keys, then under-scoped ones.
        second: Label of the second key's call; empty without one.
        writes: Whether a write may be asked about.
    """

    variations: tuple[Variation, ...] = ()
    failing: tuple[str, ...] = ()
    second: str = ""
    writes: bool = False


@dataclass(frozen=True, slots=True)
class Shared:
    """What was found.

    Attributes:
        wrong: Sentences that contradict a limit: ways past it, counters shared or apart against
            the declaration.
        warned: The same where no more than a warning is due, with its id.
        facts: What else is known of the counter, in clauses.
        probes: Labels of the calls that show the wrong ones, for a curl line.
        fallen: What the limit came down to at the end, a clause; empty where it stayed.
    """

    wrong: tuple[str, ...] = ()
    warned: tuple[tuple[str, str], ...] = ()
    facts: tuple[str, ...] = ()
    probes: tuple[str, ...] = ()
    fallen: str = ""


def ask(
    questions: Questions, *, size: int, rate: float, since: float, alone: bool
) -> Schedule[None]:
    """Ask everything.

    Args:
        questions: What.
        size: How many calls drain the limit.
        rate: How many are given back per second.
        since: When the last call before was answered, in seconds.
        alone: Whether it is declared, and no other is.

    Yields:
        The calls.
    """
    identity = Identity(questions.variations, size, rate)
    if questions.variations and size >= SMALLEST:
        yield from identity.schedule(since)
        since = identity.calls[-1].answered
    if questions.failing:
        flooded = yield from flood(
            questions.failing, questions.second, size=size, rate=rate, since=since
        )
        if alone and not flooded and size >= SMALLEST:
            yield from again((), size=size, span=size / rate, since=since)
        since = yield from free(questions.failing[0], size=size)
        if alone and flooded:
            yield from again(flooded, size=size, span=size / rate, since=since)


def read_shared(
    trace: Trace, questions: Questions, claim: DeclaredLimit | None, *, size: int, rate: float
) -> Shared:
    """Read what the calls say.

    Args:
        trace: Every call.
        questions: What was asked.
        claim: What is declared.
        size: How many calls drain the limit.
        rate: How many are given back per second.
    """
    if size < SMALLEST:
        return Shared()
    calls = sorted(trace, key=lambda call: call.written)
    per = claim.per if claim else None
    found = _Found()
    for met in read_sandwiches(calls, questions.variations, size=size, rate=rate):
        _read_met(met, per, found)
    floods = read_floods(calls, questions.failing, questions.second)
    apart = all(flood.apart for flood in floods)
    for kind, label in enumerate(questions.failing):
        if charged_always(floods, kind, size):
            _read_charged(label, per, apart, found)
    for label in questions.failing[:1]:
        if frees(calls, label, size=size, rate=rate):
            found.wrong.append(
                f"calls {label} set it back, so it is no limit to whoever sends them"
            )
            found.probes.append(label)
    return Shared(
        tuple(found.wrong),
        tuple(found.warned),
        tuple(found.facts),
        tuple(found.probes),
        read_fallen(calls, size),
    )


@dataclass(slots=True)
class _Found:
    wrong: list[str] = field(default_factory=list)
    warned: list[tuple[str, str]] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    probes: list[str] = field(default_factory=list)


def _read_met(met: Met, per: Scope | None, found: _Found) -> None:
    words, remark = met.variation.probe, met.variation.remark
    if met.unexpected and met.variation.warns:
        found.warned.append(("D4.unmetered", _passes(met)))
    elif met.unexpected:
        refused = f"the call {words} is refused with it, against per={per}"
        said = _passes(met) if met.counter == "other" else refused
        found.wrong.append(f"{said} {remark}".strip())
        found.probes.append(words)
    elif met.variation.expected is None and met.counter != "unclear":
        found.facts.append(f"the call {words} meets {_COUNTERS[met.counter]}")


def _read_charged(label: str, per: Scope | None, apart: bool, found: _Found) -> None:
    """Calls that fail cost plain ones; the address is not the reason if the second key passes."""
    said = f"calls {label} use up its calls"
    if apart and per is Scope.KEY:
        found.wrong.append(f"{said}, against per=key")
        found.probes.append(label)
    elif apart:
        found.warned.append(("D4.strangers", f"{said}, while the second key is not affected"))
    else:
        found.facts.append(said)


_COUNTERS = {"same": "the same counter", "other": "a counter of its own"}


def _passes(met: Met) -> str:
    return (
        f"the call {met.variation.probe} gets past it: {met.admitted} of {met.tried} admitted "
        "between plain calls that were refused"
    )
