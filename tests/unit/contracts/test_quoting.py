"""No text that a server writes gets out of its place."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from contracts.quoting import code_block, code_span, one_line, printable, xml_text
from tests.unit.contracts.verdicts import HOSTILE

MARKS = "`` \\|<>[]()*_#\n\ta&!~\x00\x1b\u202e\ud800é"

texts = st.text(st.sampled_from(MARKS)) | st.text()

# Every run draws the same texts, and keeps none.
same = settings(derandomize=True, database=None, deadline=None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("GET  /calls\n\n# x", "GET /calls # x", id="white-space"),
        pytest.param("\x1b[2J\x07", r"\x1b[2J\x07", id="terminal-controls"),
        pytest.param("a\u202eb\u2028c", r"a\u202eb c", id="text-direction"),
        pytest.param("x" * 9, "x" * 9, id="as-long-as-allowed"),
        pytest.param("x" * 11, "x" * 9 + "…", id="too-long"),
    ],
)
def test_one_line_is_one_line(text: str, shown: str) -> None:
    assert one_line(text, 10 if "x" * 9 in text else 300) == shown


@same
@given(texts)
def test_a_line_is_printable_and_short(text: str) -> None:
    line = one_line(text, 20)

    assert line.isprintable()
    assert len(line) <= 20


@same
@given(texts)
@example(HOSTILE)
@example("`")
@example(" ")
def test_a_code_span_is_code_and_nothing_else(text: str) -> None:
    tokens = MarkdownIt().parseInline(f"a {code_span(text)} b")[0].children or []

    kinds = [token.type for token in tokens]
    assert kinds == ["text", "code_inline", "text"]
    assert tokens[1].content.strip() == one_line(text).strip()


@same
@given(texts)
@example(HOSTILE)
@example("```\n````")
def test_a_code_block_is_code_and_nothing_else(text: str) -> None:
    tokens = MarkdownIt().parse(f"before\n\n{code_block(text, 'sh')}\n\nafter")

    assert [token.type for token in tokens if token.nesting == 0 and token.type != "inline"] == [
        "fence"
    ]
    # The parser itself replaces what is no character of text.
    assert next(t.content for t in tokens if t.type == "fence").rstrip("\n") == printable(
        text
    ).rstrip("\n")


@same
@given(texts)
@example(HOSTILE)
def test_xml_text_is_well_formed(text: str) -> None:
    element = ET.Element("a", b=xml_text(text))
    element.text = xml_text(text)

    assert ET.fromstring(ET.tostring(element)).tag == "a"  # noqa: S314 -- our own document
