"""What a reader sees first on opening `report.html`: verdict, target, each broken promise.

Pure. Plain HTML without a script, above the Allure application; it is there before that has
started, and where scripts are off.
"""

from collections.abc import Iterable, Iterator
from html import escape
from typing import Final

from contracts.algebra import describe
from contracts.folding import (
    Broken,
    Place,
    broken,
    never_asked,
    other_reasons,
    untested,
    waived,
)
from contracts.quoting import one_line, printable
from contracts.requirements import BY_ID
from contracts.verdict import Check, Judged, Verdict
from contracts.wording import (
    address_words,
    counted,
    exit_words,
    headline,
    limit_words,
    listed,
    never_asked_words,
    replay_line,
    run_words,
    untested_words,
)

_MOST_WITH_CURL: Final = 4
"""Broken promises up to which each shows its curl line unasked; with more, the list would leave
the first screen."""

_MOST_PLACES: Final = 50
"""Ways in which one requirement is broken; all of them stand in `verdict.json`."""


def first_screen(verdict: Verdict) -> str:
    """Write the verdict as a piece of HTML.

    Args:
        verdict: What the run says.

    Returns:
        One `section` with the id `verdict`.
    """
    return "\n".join(
        (
            f'<section id="verdict" class="{verdict.verdict}" aria-labelledby="verdict-title">',
            *_title(verdict),
            *_strip(verdict.requirements),
            *_broken(broken(verdict)),
            *_list("reasons", (_text(reason, 600) for reason in other_reasons(verdict))),
            *_limit(verdict),
            *_folds(verdict),
            "</section>",
        )
    )


def _text(text: str, limit: int = 300) -> str:
    return escape(one_line(text, limit))


def _title(verdict: Verdict) -> Iterator[str]:
    target = verdict.target
    found = f"<strong>{verdict.verdict.upper()}</strong>"
    sandbox = "<em>SANDBOX</em> " if target.kind == "sandbox" else ""
    yield f'<h1 id="verdict-title">{found} {sandbox}{_text(headline(verdict))}</h1>'
    yield f'<p class="target">{_text(address_words(target), 1_000)}</p>'
    words = (
        run_words(target),
        target.started.replace("T", " "),
        f"suite {target.suite_version}",
        exit_words(verdict),
    )
    yield f'<p class="run">{" · ".join(_text(text) for text in words)}</p>'


def _strip(requirements: Iterable[Judged]) -> Iterator[str]:
    yield '<ol class="strip" aria-label="Requirements">'
    for judged in requirements:
        note = "; required" if judged.required else ""
        title = f"{judged.id}: {BY_ID[judged.id].promise}{note}"
        yield (
            f'<li class="{judged.status}" title="{_text(title)}">'
            f"<b>{judged.id}</b> {judged.status}</li>"
        )
    yield "</ol>"


def _broken(found: tuple[Broken, ...]) -> Iterator[str]:
    if not found:
        return
    yield '<ol class="broken" aria-label="Broken promises, worst first">'
    for one in found:
        yield "<li>"
        yield from _promise(one, with_curl=len(found) <= _MOST_WITH_CURL)
        yield "</li>"
    yield "</ol>"


def _promise(one: Broken, *, with_curl: bool) -> Iterator[str]:
    """Show the worst place; the others, and the documented sentence, open below it."""
    first = one.places[0].first
    severity = f'<span class="severity" title="{_text(one.severity_words)}">{one.severity}</span>'
    line = f"<b>{one.requirement.id}</b> {severity} <span>{_text(describe(first))}</span>"
    if with_curl:
        yield f'<p class="promise">{line}</p>'
        yield from _commands(first)
        yield f"<details><summary>{_text(_extent(one))}</summary>"
    else:
        yield f'<details><summary><span class="promise">{line}</span></summary>'
        yield f"<p>{_text(_extent(one))}</p>"
    yield f"<blockquote>{escape(one.requirement.sentence)}</blockquote>"
    yield f"<p>Severity {one.severity}: {_text(one.severity_words)}.</p>"
    for place in one.places[:_MOST_PLACES]:
        yield from _place(place)
    yield "</details>"


def _extent(one: Broken) -> str:
    places, operations = len(one.places), len(one.operations)
    ways = f"in {counted(places, 'way')}" if places > 1 else f"by {one.places[0].first.id}"
    where = f" on {counted(operations, 'operation')}" if operations else ""
    return f"{BY_ID[one.requirement.id].promise}: broken {ways}{where}"


def _place(place: Place) -> Iterator[str]:
    check = place.first
    yield f"<h2>{_text(describe(check), 1_000)}</h2>"
    facts = [check.id, f"seen {check.seen} of {check.tried}"]
    if len(place.operations) > 1:
        facts.append(f"also on {listed(place.operations[1:], 20)}")
    yield f"<p>{_text('; '.join(facts), 2_000)}</p>"
    if check.detail:
        yield f"<p>{_text(check.detail, 1_000)}</p>"
    yield from _commands(check)


def _commands(check: Check) -> Iterator[str]:
    """The curl line that shows it, and the command that asks again."""
    if check.curl:
        text = "\n".join(filter(None, (check.curl, replay_line(check))))
        yield f'<pre class="curl" tabindex="0"><code>{escape(printable(text))}</code></pre>'


def _list(kind: str, items: Iterable[str]) -> Iterator[str]:
    rows = [f"<li>{item}</li>" for item in items]
    if rows:
        yield f'<ul class="{kind}">{"".join(rows)}</ul>'


def _limit(verdict: Verdict) -> Iterator[str]:
    if verdict.rate_limit:
        words = _text(limit_words(verdict.rate_limit), 600)
        yield f'<p class="limit"><b>Rate limit</b> {words}</p>'


def _folds(verdict: Verdict) -> Iterator[str]:
    lives = (f"{p.first.id} {describe(p.first)}: {p.first.waived}" for p in waived(verdict))
    yield from _fold("Violations waived", lives)
    reasons = ["; ".join(filter(None, untested_words(fold))) for fold in untested(verdict)]
    if ids := never_asked(verdict):
        reasons.append(never_asked_words(ids))
    yield from _fold("Not tested", reasons)
    warnings = (
        f"{one.id} {one.severity}, {one.basis}, {one.count}×"
        f"{f' on {one.operation}' if one.operation else ''}: {one.detail}"
        for one in verdict.warnings
    )
    yield from _fold("Warnings, which change nothing", warnings)


def _fold(title: str, items: Iterable[str]) -> Iterator[str]:
    rows = [_text(item, 1_000) for item in items]
    if rows:
        yield f'<details class="fold"><summary>{title} ({len(rows)})</summary>'
        yield from _list("fold", rows)
        yield "</details>"
