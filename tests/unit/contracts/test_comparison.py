"""What a server compares, told from its answers alone: rightly, briefly, without the key."""

from collections.abc import Callable, Iterator
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.alterations import Alteration, Altered, Outline, positions
from contracts.comparison import UNSTEADY, Comparison
from contracts.credentials import FULL, SECOND, Credential, Inapplicable, Keys, Sent
from contracts.near_misses import (
    CASE,
    CHANGED,
    CUT,
    DERIVED,
    EDITS,
    EXTENDED,
    TAIL_CHANGED,
    NearMiss,
)
from tests.unit.contracts.answers import KEY
from tests.unit.contracts.comparers import WAYS, Comparer, comparers
from tests.unit.contracts.drawing import SAME

MOST = 40


def _value(miss: Credential, keys: Keys) -> str | None:
    try:
        ((_, value),) = miss.fields(keys)
    except Inapplicable:
        return None
    return value.strip()


def taken_by(comparer: Comparer, key: str) -> Iterator[NearMiss]:
    """Every near miss that is taken, the simplest first."""
    for edit in EDITS:
        for n in range(edit.span(len(key))):
            value = _value(NearMiss(edit, n), lambda _: key)
            if value not in {None, key} and comparer.takes(value or ""):
                yield NearMiss(edit, n)


def compared(
    key: str, taken: NearMiss, takes: Callable[[str], bool], most: int = 1_000
) -> tuple[str, int]:
    """Let it ask, and give its sentence and how often it asked."""
    comparison = Comparison(taken, Outline.of(key))
    for requests in range(most):
        if comparison.question is None:
            return comparison.sentence, requests
        value = _value(comparison.question, lambda _: key)
        comparison.answer(taken=value is not None and takes(value))
    return comparison.sentence, most


Choice = Callable[[list[NearMiss]], NearMiss]


@pytest.mark.parametrize(
    "choice",
    [
        pytest.param(lambda taken: taken[0], id="from-the-simplest-that-is-taken"),
        pytest.param(Random(3).choice, id="from-any-that-is-taken"),
    ],
)
def test_fifty_comparers_are_described_rightly(choice: Choice) -> None:
    wrong, requests = [], []
    for key, comparer in comparers(50, seed=1):
        sentence, asked = compared(key, choice(list(taken_by(comparer, key))), comparer.takes)
        requests.append(asked)
        if sentence != comparer.truth:
            wrong.append((comparer.name, comparer.truth, sentence))

    assert len(wrong) <= 5, wrong
    assert max(requests) <= MOST


def test_every_way_of_comparing_is_drawn() -> None:
    assert len({comparer.truth for _, comparer in comparers(50, seed=1)}) >= len(WAYS)


def first(taken: NearMiss, takes: Callable[[str], bool], key: str = KEY) -> str:
    return compared(key, taken, takes)[0]


def equal_but(key: str, *ignored: int) -> Callable[[str], bool]:
    """A comparison of the same length that leaves positions out."""
    return lambda value: (
        len(value) == len(key)
        and all(a == b or at in ignored for at, (a, b) in enumerate(zip(value, key, strict=True)))
    )


SENTENCES = [
    pytest.param(CUT, 0, lambda v: v[:1] == "s", "only the first character is compared", id="one"),
    pytest.param(CUT, 0, lambda _: True, "no character is compared", id="nothing"),
    pytest.param(
        CHANGED,
        9,
        lambda value: len(value) == len(KEY),
        "no character is compared, only the length",
        id="length",
    ),
    pytest.param(
        TAIL_CHANGED,
        20,
        equal_but(KEY, *range(4), *range(20, len(KEY))),
        "only positions 5 to 20 are compared",
        id="window",
    ),
    pytest.param(
        CHANGED,
        12,
        equal_but(KEY, 12, len(KEY) - 1),
        f"position 13 and position {len(KEY)} are ignored",
        id="two-positions",
    ),
    pytest.param(
        CHANGED, 0, equal_but(KEY, *range(7)), "the prefix is ignored", id="prefix-of-this-length"
    ),
    pytest.param(CHANGED, 0, equal_but(KEY, 0), "position 1 is ignored", id="first"),
    pytest.param(
        TAIL_CHANGED,
        24,
        equal_but(KEY, *range(24, len(KEY))),
        f"positions 25 to {len(KEY)} are ignored",
        id="tail-of-the-same-length",
    ),
    pytest.param(
        EXTENDED,
        40,
        lambda value: value.startswith(KEY),
        "characters beyond the 28th are ignored",
        id="column",
    ),
    pytest.param(
        EXTENDED,
        99,
        lambda value: len(value) >= 72 and value.startswith(KEY),
        "characters beyond the 28th are ignored in values of 72 characters or more",
        id="wide-column",
    ),
    pytest.param(
        CASE,
        8,
        lambda value: value[:20].lower() == KEY[:20].lower() and value[20:] == KEY[20:],
        "case is ignored up to position 19",
        id="case-of-a-beginning",
    ),
    pytest.param(DERIVED, 4, lambda _: False, "", id="own-words-say-it-all"),
]


@pytest.mark.parametrize(("edit", "n", "takes", "sentence"), SENTENCES)
def test_the_sentence_is_true(
    edit: object, n: int, takes: Callable[[str], bool], sentence: str
) -> None:
    assert first(NearMiss(edit, n), takes) == sentence  # type: ignore[arg-type]  # a table's


def test_where_equal_questions_are_answered_differently_nothing_else_is_said() -> None:
    answers = iter((True, True))

    assert first(NearMiss(CUT, 0), lambda _: next(answers, False)) == UNSTEADY


@SAME
@given(st.integers(0, 39), st.integers(0, 10_000))
def test_what_is_known_halfway_is_no_more_than_the_truth(requests: int, seed: int) -> None:
    """Cut off at any question, a stretch said to be ignored lies within the one that is."""
    start = 9 + seed % 12
    stop = start + 1 + seed % 5
    takes = equal_but(KEY, *range(start, stop))
    sentence, _ = compared(KEY, NearMiss(CHANGED, start), takes, most=requests)

    told = [positions(a, b) for a in range(start, stop) for b in range(a + 1, stop + 1)]
    assert sentence == "" or any(sentence.startswith(f"{place} ") for place in told)


@pytest.mark.parametrize("length", [2, 3, 9, 40, 200])
@pytest.mark.parametrize("takes", [True, False])
def test_whatever_is_answered_it_ends_within_forty_requests(length: int, takes: bool) -> None:
    key = (KEY * 8)[:length]
    for edit in EDITS:
        for n in {0, 1, edit.span(length) // 2, edit.span(length) - 1}:
            assert compared(key, NearMiss(edit, n), lambda _: takes)[1] <= MOST


def test_no_question_holds_a_key_and_all_are_of_its_role() -> None:
    for key, comparer in comparers(len(WAYS), seed=2):
        taken = next(taken_by(comparer, key)).derived_from(SECOND)
        comparison = Comparison(taken, Outline.of(key))
        while question := comparison.question:
            assert (question.role, question.sent) == (SECOND, Sent.NEVER_A_KEY)
            assert key[8:16] not in f"{question!r} {question.words} {comparison.sentence}"
            value = _value(question, lambda _, key=key: key)  # type: ignore[misc]  # bound
            comparison.answer(taken=value is not None and comparer.takes(value))


ALTERED = [
    (Alteration.CHANGED, 2, 4, "abdecdefgh"[:2] + "deefgh", "changed at positions 3 to 4"),
    (Alteration.CHANGED, 7, 8, "abcdefgi", "changed at position 8"),
    (Alteration.OTHER_CASE, 0, 2, "ABcdefgh", "in the other case at positions 1 to 2"),
    (Alteration.INSERTED, 0, 1, "xabcdefgh", "with a letter before position 1"),
    (Alteration.INSERTED, 8, 10, "abcdefghxx", "with 2 letters before position 9"),
]


@pytest.mark.parametrize(("how", "start", "stop", "value", "words"), ALTERED)
def test_the_words_of_an_altered_key_are_true(
    how: Alteration, start: int, stop: int, value: str, words: str
) -> None:
    altered = Altered(how, start, stop, FULL)

    assert _value(altered, lambda _: "abcdefgh") == value
    assert altered.words == f"the full key {words}"


def test_an_alteration_that_changes_nothing_does_not_apply() -> None:
    assert _value(Altered(Alteration.OTHER_CASE, 3, 4), lambda _: "abc4efgh") is None


def test_an_outline_knows_positions_alone() -> None:
    assert Outline.of("sk_live_4b-D5678") == Outline(16, 8, (0, 1, 3, 4, 5, 6, 9, 11), (2, 7, 10))
