"""The first screen holds what broke and nothing that a browser would run."""

from collections.abc import Sequence
from html.parser import HTMLParser

import pytest

from contracts.first_screen import first_screen
from contracts.verdict import Advisory, Check, Severity, Status, Verdict
from tests.unit.contracts.verdicts import HOSTILE, check, held, verdict_of, violated

TAGS = {"blockquote", "b", "code", "details", "em", "h1", "h2", "li", "ol", "p", "pre"}
TAGS |= {"section", "span", "strong", "summary", "ul"}

ATTRIBUTES = {"id", "class", "aria-labelledby", "aria-label", "title", "tabindex"}


class Outline(HTMLParser):
    """A piece of HTML: its tags and text, what stays open, what is shown without a click.

    Attributes:
        unasked: Preformatted blocks outside of anything that opens.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.unasked = 0
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.unasked += tag == "pre" and "details" not in self.open
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def outline(verdict: Verdict) -> Outline:
    return Outline(first_screen(verdict))


def promises(number: int) -> list[Check]:
    """Violations of as many requirements."""
    return [violated(f"D{n}.x") for n in (1, 2, 3, 4, 5, 6, 7, 8, 12)[:number]]


def test_verdict_target_and_each_broken_promise_are_in_the_text() -> None:
    shown = outline(verdict_of([*held(), *promises(9)], kind="sandbox")).text

    for text in ("VIOLATED SANDBOX 9 documented promises broken", "http://127.0.0.1:9/v1"):
        assert text in shown
    said = "GET /calls with no key: expected status 401, got status 403"
    assert [n for n in (1, 2, 3, 4, 5, 6, 7, 8, 12) if f"D{n} S2 {said}" not in shown] == []


@pytest.mark.parametrize(
    ("number", "unasked"), [pytest.param(4, 4, id="few"), pytest.param(5, 0, id="many")]
)
def test_curl_lines_stand_open_only_where_few_promises_broke(number: int, unasked: int) -> None:
    page = outline(verdict_of(promises(number)))

    assert page.unasked == unasked


def test_every_element_is_closed() -> None:
    assert outline(verdict_of([*held(), *promises(9)])).open == []


def test_hostile_text_is_text() -> None:
    wrong = {"operation": HOSTILE, "credential": HOSTILE, "got": HOSTILE, "detail": HOSTILE}
    warning = Advisory(id=HOSTILE, basis="advice", severity=Severity.S5, detail=HOSTILE)
    verdict = verdict_of(
        [
            *promises(3),
            violated("D7.x", **wrong, curl=HOSTILE),
            check("D8.x", Status.SKIPPED, reason=HOSTILE),
        ],
        warnings=[warning],
        name=HOSTILE,
    )

    page = outline(verdict)

    assert set(page.tags) - TAGS == set()
    assert set(page.attributes) - ATTRIBUTES == set()
    assert page.open == []
    assert "<script>alert(2)</script>" in page.text
