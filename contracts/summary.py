"""A verdict in a few lines for a terminal, and whole in Markdown for `summary.md`.

Pure. Whatever a server or a document may have written is quoted as code in Markdown, and printed
without control characters in a terminal.
"""

from collections.abc import Iterator
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
from contracts.quoting import code_block, code_span, one_line
from contracts.requirements import BY_ID
from contracts.verdict import Advisory, Check, RateLimit, Status, Target, Verdict
from contracts.wording import (
    counted,
    exit_words,
    headline,
    limit_words,
    listed,
    never_asked_words,
    replay_line,
    run_words,
    target_words,
    untested_words,
)

_MOST_REASONS: Final = 4
"""Lines of one kind in a terminal: the verdict has to stay in sight."""

_MOST_PLACES: Final = 10
"""Ways in which one requirement is broken, in Markdown: GitHub refuses summaries over 1 MiB."""

_MOST_ROWS: Final = 50
"""Entries of a list in Markdown, for the same reason."""

_MOST_OPERATIONS: Final = 10

_LONGEST_CURL: Final = 2_000
"""Characters; a longer line is not shown, since half of it would do something else."""


def summary_lines(verdict: Verdict) -> list[str]:
    """Say the verdict for a terminal: what was found, of what, what broke, what was not tested.

    Args:
        verdict: What the run says.

    Returns:
        Lines without control characters; where the files are is the caller's to add.
    """
    title = f"{verdict.verdict.upper()}: {target_words(verdict.target)}: {headline(verdict)}"
    lines = [title, f"  {run_words(verdict.target)}; {exit_words(verdict)}"]
    lines += [f"  {line}" for line in _broken_lines(verdict)]
    lines += [f"  {line}" for line in _shortened([f"reason: {r}" for r in other_reasons(verdict)])]
    lines += [f"  {line}" for line in _other_lines(verdict)]
    return [line[:2] + one_line(line[2:]) for line in lines]


def _broken_lines(verdict: Verdict) -> Iterator[str]:
    for one in broken(verdict):
        others = len(one.operations) - 1
        more = f" (and {counted(others, 'more operation')})" if others > 0 else ""
        said = one_line(describe(one.places[0].first), 220)
        yield f"{one.requirement.id} {one.severity} {said}{more}"


def _other_lines(verdict: Verdict) -> Iterator[str]:
    if places := waived(verdict):
        yield f"waived: {listed([place.first.id for place in places], 5)}"
    if verdict.rate_limit:
        yield f"rate limit: {limit_words(verdict.rate_limit)}"
    if verdict.warnings:
        yield f"{counted(len(verdict.warnings), 'warning')}, changing nothing, in summary.md"
    reasons = ["; ".join(filter(None, untested_words(fold))) for fold in untested(verdict)]
    yield from _shortened([f"not tested: {reason}" for reason in reasons])
    if ids := never_asked(verdict):
        yield f"not tested: {never_asked_words(ids)}"


def _shortened(lines: list[str]) -> Iterator[str]:
    yield from lines[:_MOST_REASONS]
    if len(lines) > _MOST_REASONS:
        yield f"and {len(lines) - _MOST_REASONS} more in summary.md"


def markdown(verdict: Verdict) -> str:
    """Write the verdict as `summary.md`.

    Args:
        verdict: What the run says.

    Returns:
        Markdown, worst first, good to read in a CI's step summary.
    """
    sandbox = "SANDBOX " if verdict.target.kind == "sandbox" else ""
    sections = (
        f"# {verdict.verdict.capitalize()}: {sandbox}{code_span(verdict.target.base_url)}",
        f"**{headline(verdict)}**; {exit_words(verdict)}.",
        _target(verdict.target),
        *(_broken(one) for one in broken(verdict)),
        _reasons(verdict),
        _requirements(verdict),
        _rate_limit(verdict.rate_limit),
        _waived(verdict),
        _warnings(verdict.warnings),
        _untested(verdict),
    )
    return "\n\n".join(filter(None, sections)) + "\n"


def _target(target: Target) -> str:
    name = f" ({code_span(target.name)})" if target.name else ""
    sha = f", SHA-256 `{target.openapi_sha256}`" if target.openapi_sha256 else ""
    document = f"{code_span(target.openapi)}{sha}" if target.openapi else "none: `GET /calls` alone"
    keys = ", ".join(code_span(role) for role in target.key_roles) or "none"
    return "\n".join(
        (
            f"- Target: {code_span(target.base_url)}{name}",
            f"- Document: {document}",
            f"- Run: {run_words(target)}; suite {target.suite_version}",
            f"- Time: {target.started} to {target.finished}",
            f"- Keys: {keys}",
        )
    )


def _broken(one: Broken) -> str:
    requirement = one.requirement
    title = f"## {requirement.id} violated: {BY_ID[requirement.id].promise}"
    more = len(one.places) - _MOST_PLACES
    return "\n\n".join(
        (
            title,
            f"> {requirement.sentence}",
            f"Severity {one.severity}: {one.severity_words}.",
            *(_place(place) for place in one.places[:_MOST_PLACES]),
            *([f"And {more} more ways, in `verdict.json`."] if more > 0 else []),
        )
    )


def _place(place: Place) -> str:
    check = place.first
    asked = " with ".join(code_span(text) for text in (check.operation, check.credential) if text)
    told = f"expected {code_span(check.expected or '?')}, got {code_span(check.got or '?')}"
    lines = [
        f"{asked or 'The run as a whole'}: {told}",
        f"`{check.id}`, seen {check.seen} of {check.tried}{_elsewhere(place)}",
    ]
    if check.detail:
        lines.append(code_span(check.detail))
    return "\n\n".join(("\\\n".join(lines), *_commands(check)))


def _elsewhere(place: Place) -> str:
    others = place.operations[1:]
    if not others:
        return ""
    spans = [code_span(operation) for operation in others]
    return f"; also on {listed(spans, _MOST_OPERATIONS)}"


def _commands(check: Check) -> tuple[str, ...]:
    """The curl line that shows it, and the command that asks again."""
    again = replay_line(check)
    if check.curl and len(check.curl) <= _LONGEST_CURL:
        return (code_block("\n".join(filter(None, (check.curl, again))), "sh"),)
    blocks = (code_block(again, "sh"),) if again else ()
    if not check.curl:
        return blocks
    told = f"Its curl line has {len(check.curl):,} characters and stands in `verdict.json`."
    return (told, *blocks)


def _reasons(verdict: Verdict) -> str:
    return _section("Reasons", [code_span(reason, 600) for reason in other_reasons(verdict)])


def _requirements(verdict: Verdict) -> str:
    rows = (
        f"| {judged.id} | {'**violated**' if judged.status is Status.VIOLATED else judged.status} "
        f"| {'yes' if judged.required else 'no'} "
        f"| {judged.tested_operations}/{judged.all_operations} | {BY_ID[judged.id].promise} |"
        for judged in verdict.requirements
    )
    head = "| | status | required | operations | promise |\n|---|---|---|---|---|"
    return "\n".join(("## Requirements", "", head, *rows))


def _rate_limit(limit: RateLimit | None) -> str:
    if limit is None:
        return ""
    detail = f"\n\n{code_span(limit.detail, 1_000)}" if limit.detail else ""
    return f"## Rate limit\n\n{code_span(limit_words(limit), 600)}{detail}"


def _waived(verdict: Verdict) -> str:
    rows = [
        f"`{place.first.id}` {code_span(describe(place.first))}{_elsewhere(place)}; "
        f"waived: {code_span(place.first.waived or '')}"
        for place in waived(verdict)
    ]
    return _section("Violations waived", rows)


def _warnings(warnings: tuple[Advisory, ...]) -> str:
    rows = [
        f"{code_span(one.id)} {one.severity}, {one.basis}, {one.count}×"
        f"{f' on {code_span(one.operation)}' if one.operation else ''}: {code_span(one.detail)}"
        for one in warnings
    ]
    return _section("Warnings, which change neither status nor exit code", rows)


def _untested(verdict: Verdict) -> str:
    rows = [
        f"{code_span(words)}{f'; `{change}`' if change else ''}"
        for fold in untested(verdict)
        for words, change in [untested_words(fold)]
    ]
    if ids := never_asked(verdict):
        rows.append(never_asked_words(ids))
    return _section("Not tested", rows)


def _section(title: str, rows: list[str]) -> str:
    if not rows:
        return ""
    more = len(rows) - _MOST_ROWS
    shown = [*rows[:_MOST_ROWS], *([f"and {more:,} more, in `verdict.json`"] if more > 0 else [])]
    return "\n".join((f"## {title}", "", *(f"- {row}" for row in shown)))
