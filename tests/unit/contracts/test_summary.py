"""The verdict in a terminal and in Markdown: what matters stands on top, and nothing escapes."""

from collections import Counter

from markdown_it import MarkdownIt
from markdown_it.token import Token

from contracts.algebra import Waiver
from contracts.summary import markdown, summary_lines
from contracts.verdict import Advisory, RateLimit, Severity, Status
from tests.unit.contracts.verdicts import (
    CURL,
    HOSTILE,
    check,
    everywhere,
    held,
    verdict_of,
    violated,
)

LIMIT = RateLimit(
    status="confirmed",
    declared="200/2s",
    limit=200,
    window_s=2.0,
    algorithm="fixed_window",
    confidence=0.93,
    first_429_at=201,
    recovery_s=1.87,
    requests_sent=843,
    max_rps_sent=240,
    detail="three windows seen",
)

WARNING = Advisory(
    id="rfc9110.www-authenticate", basis="rfc-must", severity=Severity.S4, detail="no header"
)


def hostile() -> str:
    """The Markdown of a run in which whatever can be hostile is."""
    wrong = {"operation": HOSTILE, "credential": HOSTILE, "got": HOSTILE, "detail": HOSTILE}
    checks = [
        violated("D1.missing-key", **wrong, curl=HOSTILE[:1500]),
        violated("D2.near-miss", **wrong, curl=HOSTILE),
        check("D3.insufficient", Status.SKIPPED, reason=HOSTILE, operation=HOSTILE),
    ]
    verdict = verdict_of(
        checks,
        warnings=[WARNING.model_copy(update={"detail": HOSTILE, "operation": HOSTILE})],
        waivers=[Waiver("D2.*", "*", HOSTILE)],
        rate_limit=LIMIT.model_copy(update={"declared": HOSTILE, "detail": HOSTILE}),
        name=HOSTILE,
        openapi=HOSTILE,
        key_roles=(HOSTILE,),
    )
    return markdown(verdict)


def parsed(text: str) -> list[Token]:
    """All tokens, those within lines included."""
    tokens = MarkdownIt().enable("table").parse(text)
    return [one for token in tokens for one in (token, *(token.children or ()))]


def test_the_first_line_names_verdict_and_target() -> None:
    (first, *_) = summary_lines(verdict_of(held()))

    assert first == "CONFORMANT: http://127.0.0.1:9/v1: all 4 required promises held"


def test_a_sandbox_is_called_one_in_every_headline() -> None:
    verdict = verdict_of(held(), kind="sandbox")

    assert summary_lines(verdict)[0].startswith("CONFORMANT: SANDBOX http://127.0.0.1:9/v1")
    assert markdown(verdict).startswith("# Conformant: SANDBOX `http://127.0.0.1:9/v1`\n")


def test_each_broken_promise_is_one_line() -> None:
    checks = [*everywhere(violated("D1.missing-key")), violated("D2.blank", credential="a blank")]

    lines = summary_lines(verdict_of(checks))

    said = "expected status 401, got status 403"
    assert lines[2:4] == [
        f"  D1 S2 GET /calls with no key: {said} (and 2 more operations)",
        f"  D2 S2 GET /calls with a blank: {said}",
    ]


def test_what_was_not_tested_stays_short() -> None:
    skipped = [
        check(f"D3.check-{n}", Status.SKIPPED, reason=f"reason {n}", operation=f"GET /{n}")
        for n in range(40)
    ]

    lines = summary_lines(verdict_of([*held(), *skipped]))

    assert sum("reason" in line for line in lines) == 4
    assert "  and 36 more in summary.md" in lines


def test_the_setting_that_would_change_it_is_named_as_it_is_written() -> None:
    skipped = check("D8.revoked", Status.SKIPPED, reason="no key", setting="REVOKED_API_KEY")

    lines = summary_lines(verdict_of([*held(), skipped]))

    wanted = "not tested: D8.revoked on GET /calls: no key; BUSYBOARD_REVOKED_API_KEY would change"
    assert [line for line in lines if wanted in line] == [f"  {wanted} that"]


def test_an_inconclusive_run_says_why() -> None:
    undecided = check("D5.core", Status.INCONCLUSIVE, reason="no answer within 10 s")

    lines = summary_lines(verdict_of([*held()[:6], undecided]))

    assert lines[0].startswith("INCONCLUSIVE: ")
    assert any("D5" in line and "no answer within 10 s" in line for line in lines[1:])


def test_no_line_moves_the_cursor() -> None:
    checks = [violated("D1.missing-key", operation=HOSTILE, got=HOSTILE)]

    lines = summary_lines(verdict_of(checks, name=HOSTILE))

    assert [line for line in lines if not line.isprintable()] == []
    assert max(map(len, lines)) <= 302


def test_markdown_shows_each_violation_with_its_sentence_and_curl_line() -> None:
    text = markdown(verdict_of([*held(), violated("D3.insufficient")]))

    assert "\n## D3 violated: a live key without the operation's scopes is answered 403" in text
    assert "\n> 403 | Forbidden | Key does not have required scopes.\n" in text
    assert "`GET /calls` with `no key`: expected `status 401`, got `status 403`" in text
    again = "busyboard replay D3.insufficient --operation 'GET /calls'"
    assert f"\n```sh\n{CURL}\n{again}\n```\n" in text


def test_markdown_lists_every_requirement_once() -> None:
    tokens = parsed(markdown(verdict_of([*held(), violated("D3.insufficient")])))

    # one row for the head
    assert Counter(token.type for token in tokens)["tr_open"] == 13


def test_markdown_holds_limit_waivers_and_warnings() -> None:
    text = markdown(
        verdict_of(
            [*held(), violated("D2.blank")],
            waivers=[Waiver("D2.*", "*", "known until March")],
            warnings=[WARNING],
            rate_limit=LIMIT,
        )
    )

    assert (
        "`confirmed, declared 200/2s, measured 200 calls per 2 s (fixed window, confidence 0.93); "
        "843 requests at up to 240 per second, first 429 at request 201, admitted again after "
        "1.87 s`"
    ) in text
    assert "; waived: `known until March`" in text
    assert "- `rfc9110.www-authenticate` S4, rfc-must, 1×: `no header`" in text


def test_hostile_text_changes_no_structure() -> None:
    tokens = parsed(hostile())

    kinds = Counter(token.type for token in tokens)
    assert [kinds[kind] for kind in ("link_open", "image", "html_block", "html_inline")] == [0] * 4
    assert kinds["tr_open"] == 13
    headings = [
        tokens[at + 1].content for at, one in enumerate(tokens) if one.type == "heading_open"
    ]
    assert [heading.split()[0] for heading in headings] == [
        "Violated:",
        "D1",
        "Requirements",
        "Rate",
        "Violations",
        "Warnings,",
        "Not",
    ]


def test_hostile_text_is_always_code() -> None:
    prose = [token.content for token in parsed(hostile()) if token.type == "text"]

    assert [text for text in prose if "evil" in text or "alert" in text] == []


def test_a_curl_line_is_whole_or_absent() -> None:
    text = markdown(verdict_of([violated("D1.missing-key", curl="curl " + "x" * 5000)]))

    assert "Its curl line has 5,005 characters and stands in `verdict.json`." in text
    assert "x" * 100 not in text


def test_a_summary_stays_below_what_a_ci_takes() -> None:
    checks = [
        violated(f"D{n}.check-{m}", got=f"{m} {HOSTILE}", detail=HOSTILE, curl="`" * 2000)
        for n in (1, 2, 3, 5, 6, 7, 8, 12)
        for m in range(100)
    ]
    skipped = [
        check(f"D3.check-{n}", Status.SKIPPED, reason=f"{n} {HOSTILE}", operation=HOSTILE)
        for n in range(500)
    ]
    warnings = [WARNING.model_copy(update={"id": f"{n}", "detail": HOSTILE}) for n in range(500)]

    text = markdown(verdict_of([*checks, *skipped], warnings=warnings))

    assert len(text.encode()) < 1024 * 1024
