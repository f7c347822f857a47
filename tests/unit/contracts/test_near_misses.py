"""Keys that are almost the real one: true in words, never the real one, whatever its form."""

import string

import pytest
from hypothesis import find, given
from hypothesis import strategies as st
from hypothesis.vendor import pretty

from contracts import near_misses
from contracts.credentials import FULL, HEADER, SECOND, Inapplicable, Sent
from contracts.near_misses import (
    BEHEADED,
    BY_NAME,
    CASE,
    CASE_TO,
    CHANGED,
    CUT,
    DERIVED,
    DOUBLED,
    DROPPED,
    EDITS,
    EXTENDED,
    HEAD_CHANGED,
    LONG,
    PREFIX,
    SWAPPED,
    TAIL_CHANGED,
    WILD_END,
    WILDCARD,
    WRAPPED,
    Edit,
    NearMiss,
)
from contracts.verdict import Severity
from tests.unit.contracts.answers import KEY
from tests.unit.contracts.drawing import SAME
from tests.unit.contracts.test_credentials import VISIBLE, VISIBLE_KEYS

MISSES = st.builds(NearMiss, st.sampled_from(EDITS), st.integers(0, 255))


def value_of(miss: NearMiss, key: str = KEY) -> str:
    ((name, value),) = miss.fields(lambda _: key)
    assert name == HEADER
    return value


TRUE = [
    (CUT, 0, "abcdefg", "cut by one character"),
    (CUT, 2, "abcde", "cut by 3 characters"),
    (EXTENDED, 0, "abcdefghx", "extended by one character"),
    (EXTENDED, 1, "abcdefghxx", "extended by 2 characters"),
    (CHANGED, 0, "bbcdefgh", "changed at position 1"),
    (CHANGED, 6, "abcdefhh", "changed at position 7"),
    (CASE, 0, "ABCDEFGH", "in the other case from position 1 on"),
    (CASE, 7, "abcdefgH", "in the other case from position 8 on"),
    (CASE_TO, 0, "Abcdefgh", "in the other case up to position 1"),
    (CASE_TO, 7, "ABCDEFGH", "in the other case up to position 8"),
    (BEHEADED, 0, "bcdefgh", "without its first one character"),
    (BEHEADED, 6, "h", "without its first 7 characters"),
    (DROPPED, 2, "abdefgh", "without the character at position 3"),
    (DOUBLED, 0, "aabcdefgh", "with the character at position 1 doubled"),
    (DOUBLED, 7, "abcdefghh", "with the character at position 8 doubled"),
    (SWAPPED, 0, "bacdefgh", "with positions 1 and 2 swapped"),
    (SWAPPED, 5, "abcdegfh", "with positions 6 and 7 swapped"),
    (TAIL_CHANGED, 5, "abcdeghi", "with every character from position 6 on changed"),
    (HEAD_CHANGED, 1, "bccdefgh", "with every character up to position 2 changed"),
    (WILDCARD, 0, "_bcdefgh", 'with "_" for position 1'),
    (WILDCARD, 5, "a%cdefgh", 'with "%" for position 2'),
    (WILD_END, 4, "ab%", 'with "%" for the end from position 3 on'),
    (WILD_END, 7, "abc*", 'with "*" for the end from position 4 on'),
    (LONG, 0, "abcdefgh" + "x" * 64, "padded to 72 characters"),
]


@pytest.mark.parametrize(
    ("edit", "n", "value", "words"), TRUE, ids=[f"{edit.name}-{n}" for edit, n, *_ in TRUE]
)
def test_the_words_are_true(edit: Edit, n: int, value: str, words: str) -> None:
    miss = NearMiss(edit, n)

    assert value_of(miss, "abcdefgh") == value
    assert str(miss) == miss.words == f"the full key {words}"


VARIANTS = [
    (PREFIX, "without its prefix", "aB3dE5fG7hJ9kL2mN4pQ"),
    (PREFIX, 'under the prefix "sk_test_"', "sk_test_aB3dE5fG7hJ9kL2mN4pQ"),
    (WRAPPED, 'after "Bearer"', f"Bearer {KEY}"),
    (WRAPPED, "in quotation marks", f'"{KEY}"'),
    (WRAPPED, "before a comma and another value", f"{KEY}, x"),
    (DERIVED, "in upper case", KEY.upper()),
    (DERIVED, "in lower case", KEY.lower()),
    (DERIVED, "reversed", KEY[::-1]),
    (DERIVED, "in hexadecimal", KEY.encode().hex()),
    (DERIVED, "twice in a row", KEY * 2),
    (DERIVED, "percent-encoded at its first character", f"%73{KEY[1:]}"),
    (DERIVED, "with a hyphen for each underscore", KEY.replace("_", "-")),
    (DERIVED, "cut to its first half", KEY[:14]),
]


@pytest.mark.parametrize(
    ("edit", "words", "value"),
    VARIANTS,
    ids=[f"{edit.name}-{words}" for edit, words, _ in VARIANTS],
)
def test_the_words_of_variants_are_true(edit: Edit, words: str, value: str) -> None:
    found = [n for n in range(edit.span(len(KEY))) if edit.words(n) == words]

    assert [value_of(NearMiss(edit, n)) for n in found] == [value]


@SAME
@given(VISIBLE_KEYS, MISSES)
def test_no_near_miss_is_the_key_or_cannot_be_sent(key: str, miss: NearMiss) -> None:
    try:
        value = value_of(miss, key)
    except Inapplicable:
        return

    assert value.strip() != key
    assert value.strip()
    assert value.isascii()
    assert value.isprintable()
    assert len(value) <= 3_072


@pytest.mark.parametrize("length", [1, 2, 3, 4, 7, 8, 9, 71, 72, 73, 199, 200])
@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_every_edit_of_every_length_is_harmless(edit: Edit, length: int) -> None:
    for key in ((VISIBLE * 3)[:length], "a" * length, "Z9" * length, "_" * length):
        own = key[:length]
        for n in range(edit.span(length)):
            try:
                assert value_of(NearMiss(edit, n), own).strip() not in {"", own}
            except Inapplicable:
                continue


TELLING = string.ascii_letters[:52]
"""Every character stands once, and each has another case."""


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_every_n_of_a_span_gives_another_value_and_other_words(edit: Edit) -> None:
    span = edit.span(len(TELLING))
    applicable = [
        NearMiss(edit, n) for n in range(span) if _is_applicable(NearMiss(edit, n), TELLING)
    ]

    assert len({value_of(miss, TELLING) for miss in applicable}) == len(applicable)
    assert len({edit.words(n) for n in range(span)}) == span
    assert len(applicable) >= span - 6


def _is_applicable(miss: NearMiss, key: str) -> bool:
    try:
        value_of(miss, key)
    except Inapplicable:
        return False
    return True


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_whatever_n_is_drawn_it_is_brought_within_the_span(edit: Edit) -> None:
    for length in (1, 2, 28, 200):
        span = edit.span(length)
        fitted = [NearMiss(edit, n).fitted(length) for n in range(3 * span)]

        assert span > 0
        assert {miss.n for miss in fitted} == set(range(span))
        assert [miss.fitted(length) for miss in fitted] == fitted


def test_a_near_miss_says_whose_key_it_was() -> None:
    miss = NearMiss(CUT, 0).derived_from(SECOND)

    assert (miss.role, miss.sent, miss.words) == (
        SECOND,
        Sent.NEVER_A_KEY,
        "the second key cut by one character",
    )


@pytest.mark.parametrize("key", ["", "a"])
def test_a_key_of_one_character_has_no_near_misses(key: str) -> None:
    with pytest.raises(Inapplicable):
        value_of(NearMiss(EXTENDED, 0), key)


@SAME
@given(MISSES)
def test_a_recipe_is_printed_without_a_key(miss: NearMiss) -> None:
    value = miss.edit.apply(KEY, miss.fitted(len(KEY)).n)

    shown = f"{miss!r} {miss} {pretty.pretty(miss)} {miss.words}"
    assert KEY not in shown
    assert len(value) < 8 or value not in shown


def test_recipes_are_printed_by_name_and_number() -> None:
    assert pretty.pretty(CUT) == "CUT"


def test_the_simplest_near_miss_is_drawn_first() -> None:
    simplest = find(near_misses.near_misses(), lambda _: True, settings=SAME)

    assert simplest == NearMiss(CUT, 0, FULL)


@pytest.mark.parametrize("edit", EDITS[1:], ids=lambda edit: edit.name)
def test_every_edit_is_drawn_and_shrinks_to_its_first(edit: Edit) -> None:
    found = find(near_misses.near_misses(), lambda miss: miss.edit is edit, settings=SAME)

    assert found == NearMiss(edit, 0)


def test_edits_have_names_of_their_own() -> None:
    assert len(BY_NAME) == len(EDITS)
    assert all(BY_NAME[edit.name] is edit is getattr(near_misses, edit.name) for edit in EDITS)


def test_what_needs_the_whole_key_is_milder() -> None:
    assert {edit.severity for edit in (EXTENDED, WRAPPED, LONG)} == {Severity.S3}
    assert CUT.severity is BEHEADED.severity is CHANGED.severity is Severity.S1
