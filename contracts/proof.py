"""The table of a proof, in Markdown: every fault and what was said of it.

Pure.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.scoring import Row


@dataclass(frozen=True, slots=True)
class Circumstances:
    """Under which the rows were found.

    Attributes:
        command: As it was typed.
        depth: Of the checks.
        seeds: One run for each.
        suite: Name and version.
    """

    command: str
    depth: str
    seeds: Sequence[int]
    suite: str


def proof(rows: Sequence[Row], under: Circumstances, checks: Sequence[str] = ()) -> str:
    """Write the whole page.

    Args:
        rows: All cases.
        under: How they came about.
        checks: Ids of all checks, to say what each alone has caught; empty to leave that out.
    """
    faults = [row for row in rows if row.case and row.case.variation.kind == "fault"]
    sound = [row for row in rows if row not in faults]
    sections = (_head(rows, under), _faults(faults), _sound(sound), _bites(faults, checks))
    return "\n".join((*(line for section in sections for line in section), *_reading()))


def alone(rows: Sequence[Row]) -> dict[str, list[str]]:
    """Find the faults that would go uncaught without one check, by that check.

    Args:
        rows: Faults.
    """
    found: dict[str, list[str]] = {}
    for row in rows:
        if len(row.by) == 1:
            found.setdefault(row.by[0], []).append(row.name)
    return found


def _bites(rows: Sequence[Row], checks: Sequence[str]) -> Iterator[str]:
    if not checks:
        return
    needed = alone(rows)
    seen = {check for row in rows for check in row.by}
    yield "## What each check alone has caught"
    yield ""
    yield "Without the check these faults go uncaught."
    yield ""
    yield "| check | faults |"
    yield "|---|---|"
    for check in checks:
        also = "none alone, some beside others" if check in seen else "none"
        yield _line(check, ", ".join(needed.get(check, ())) or also)
    yield ""


def totals(rows: Sequence[Row]) -> list[str]:
    """Count what was caught, named right and silent, a line each.

    Args:
        rows: All cases.
    """
    return list(_totals(rows))


def _totals(rows: Sequence[Row]) -> Iterator[str]:
    faults = [row for row in rows if row.case and row.case.variation.kind == "fault"]
    for tier, name in ((1, "must be caught"), (2, "recommended"), (None, "further")):
        of_tier = [row for row in faults if row.case and row.case.variation.tier == tier]
        if of_tier:
            whole = _ids(of_tier) - _ids(row for row in of_tier if not row.is_caught)
            right = sum(row.is_right for row in of_tier)
            yield (
                f"{name}: caught {len(whole)} of {len(_ids(of_tier))} faults whole, "
                f"{sum(row.is_caught for row in of_tier)} of {len(of_tier)} variants, "
                f"{right} of them named right"
            )
    silent = [row for row in rows if row not in faults]
    if silent:
        calm = sum(row.is_right for row in silent)
        yield f"conformant servers: silent on {calm} of {len(silent)}"


def _ids(rows: Iterable[Row]) -> set[str]:
    return {row.case.variation.id for row in rows if row.case}


def _head(rows: Sequence[Row], under: Circumstances) -> Iterator[str]:
    yield "# Proof"
    yield ""
    seeds = ", ".join(map(str, under.seeds))
    yield f"Written by `{under.command}`: depth {under.depth}, seed {seeds}, {under.suite}."
    yield ""
    yield from (f"- {line}" for line in totals(rows))
    yield ""


def _faults(rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    yield "## Faults"
    yield ""
    yield "| fault | tier | what is wrong | breaks | caught | named | by | first | requests | s |"
    yield "|---|---|---|---|---|---|---|---:|---:|---:|"
    for row in rows:
        assert row.case is not None
        variation = row.case.variation
        yield _line(
            row.name,
            variation.tier or "",
            variation.sentence,
            " ".join(variation.violates) or "no promise",
            row.result,
            _named(row),
            _shortened(row.by),
            "" if row.first is None else row.first,
            row.requests,
            f"{row.seconds:.1f}",
        )
    yield ""


_SHOWN: Final = 3


def _shortened(checks: Sequence[str]) -> str:
    more = f" and {len(checks) - _SHOWN} more" if len(checks) > _SHOWN else ""
    return ", ".join(checks[:_SHOWN]) + more


def _named(row: Row) -> str:
    if not row.is_caught:
        return row.remark
    return "right" if row.is_right else f"wrong: {row.remark}"


def _sound(rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    yield "## Servers that keep every promise"
    yield ""
    yield "| variation | what is odd | said | worth a word | requests | s |"
    yield "|---|---|---|---|---:|---:|"
    for row in rows:
        sentence = row.case.variation.sentence if row.case else "Nothing."
        word = ", ".join(filter(None, (row.remark, *row.by)))
        yield _line(row.name, sentence, row.result, word, row.requests, f"{row.seconds:.1f}")
    yield ""


def _reading() -> Iterator[str]:
    yield "## How to read it"
    yield ""
    yield "- *caught* `yes`: the run exits 1. `warning`: the fault breaks no documented promise,"
    yield "  and gets a warning that the unvaried server does not get."
    yield "- *named* right: no requirement is violated but those that the fault breaks."
    yield "- *first*: requests written until the first violation was confirmed and on record; of a"
    yield "  ramp, which decides at its end, all of them."
    yield "- *said* silent: exit 0, and the same requirements held as on the unvaried server."
    yield "- Requests and seconds are those of one run, start-up included; of several, the most."
    yield ""


def _line(*cells: object) -> str:
    texts = (str(cell).replace("|", "\\|") for cell in cells)
    return f"| {' | '.join(texts)} |"
