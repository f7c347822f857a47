"""The promises stand as the documentation has them, and all of them do."""

import itertools
from pathlib import Path

import pytest

import contracts
from contracts import requirements
from contracts.requirements import BY_ID, REQUIREMENTS, Level, Requirement

DOCUMENTATION = (Path(contracts.__file__).parent / "documentation.txt").read_text("utf-8")


def in_order(pieces: list[str], text: str) -> bool:
    """Whether the pieces stand in the text one after the other, on one line each."""
    at = 0
    for piece in pieces:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return True


def rows(sentence: str) -> list[str]:
    """The pieces of a sentence as they stand in the documentation; status rows are a table's."""
    pieces = sentence.split(" … ")
    return [f"| {piece} |" if " | " in piece else piece for piece in pieces]


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=repr)
def test_sentences_are_verbatim_but_for_marked_omissions(requirement: Requirement) -> None:
    assert in_order(rows(requirement.sentence), DOCUMENTATION)


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=repr)
def test_nothing_is_left_out_without_a_mark(requirement: Requirement) -> None:
    assert "..." not in requirement.sentence
    assert all(piece.strip() == piece for piece in requirement.sentence.split(" … "))


def test_there_are_twelve_and_each_is_a_constant() -> None:
    names = [f"D{number}" for number in range(1, 13)]

    assert [requirement.id for requirement in REQUIREMENTS] == names
    assert [getattr(requirements, name) for name in names] == list(REQUIREMENTS)
    assert list(BY_ID) == names
    assert all(BY_ID[requirement.id] is requirement for requirement in REQUIREMENTS)


def test_only_advice_and_what_is_only_seen_cannot_be_violated() -> None:
    levels = {requirement.id: requirement.level for requirement in REQUIREMENTS}

    assert {id_ for id_, level in levels.items() if level is not Level.JUDGED} == {
        "D9",
        "D10",
        "D11",
    }
    assert levels["D11"] is Level.ADVICE


def test_only_the_key_shown_once_is_implied() -> None:
    assert [one.id for one in REQUIREMENTS if one.basis == "implied"] == ["D12"]


@pytest.mark.parametrize(
    ("id_", "words"),
    [
        pytest.param("D1", "without this header", id="missing"),
        pytest.param("D2", "invalid key will return a 401", id="invalid"),
        pytest.param("D3", "403 | Forbidden", id="scopes"),
        pytest.param("D4", "429 | Too Many Requests", id="limit"),
        pytest.param("D5", "201 | Created", id="success"),
        pytest.param("D6", "standard JSON response", id="envelope"),
        pytest.param("D7", "do not expire", id="validity"),
        pytest.param("D8", "deactivated or deleted instantly", id="revocation"),
        pytest.param("D9", "required scopes", id="scopes-chosen"),
        pytest.param("D10", "/v1/calls", id="documented-call"),
        pytest.param("D11", "minimum required", id="advice"),
        pytest.param("D12", "only be shown once", id="shown-once"),
    ],
)
def test_each_id_means_what_programs_expect(id_: str, words: str) -> None:
    assert words in BY_ID[id_].sentence


def test_every_text_says_something_of_its_own() -> None:
    texts = [
        (one.promise, one.untestable, one.sentence, str(one), repr(one)) for one in REQUIREMENTS
    ]

    assert all(text.strip() for group in texts for text in group)
    assert all(len(set(column)) == len(REQUIREMENTS) for column in zip(*texts, strict=True))


def test_a_sentence_is_shown_with_its_id() -> None:
    shown = [(str(one), repr(one)) for one in REQUIREMENTS]

    assert shown == [(f"{one.id} “{one.sentence}”", one.id) for one in REQUIREMENTS]


def test_the_documentation_is_whole() -> None:
    lines = DOCUMENTATION.splitlines()
    ends = (lines[0], lines[-7:])
    assert ends == (
        "Authentication",
        [
            "In case of an error, the API returns a standard JSON response:",
            "{",
            '"success": false,',
            '"message": "Invalid API Key provided",',
            '"data": null,',
            '"statusCode": 401',
            "}",
        ],
    )
    statuses = [line.split("|")[1].strip() for line in lines if line.startswith("| ")]
    assert statuses == ["Code", "200", "201", "401", "403", "429"]
    assert not any(a == b == "" for a, b in itertools.pairwise(lines))
