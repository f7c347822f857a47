"""What a write can be recognised by: which members carry a mark, and where it is seen again."""

from random import SystemRandom
from typing import Any

import pytest

from contracts.exchange import Request
from contracts.marks import Mark, mark, markable
from tests.unit.contracts.answers import asked

DRAW = SystemRandom()

TEXT: dict[str, Any] = {"type": "string"}
NUMBER: dict[str, Any] = {"type": "integer"}


def posted(body: bytes) -> Request:
    return asked(method="POST", body=body)


@pytest.mark.parametrize(
    ("schema", "carries"),
    [
        pytest.param(TEXT, True, id="any-text"),
        pytest.param(TEXT | {"type": ["string", "null"]}, True, id="text-or-null"),
        pytest.param(TEXT | {"minLength": 3, "maxLength": 12}, True, id="text-of-its-length"),
        pytest.param(TEXT | {"maxLength": 11}, False, id="short-text"),
        pytest.param(TEXT | {"minLength": 13}, False, id="long-text"),
        pytest.param(TEXT | {"minLength": "3"}, True, id="length-that-is-none"),
        pytest.param(TEXT | {"enum": ["a"]}, False, id="one-of-some"),
        pytest.param(TEXT | {"pattern": "^a"}, False, id="pattern"),
        pytest.param(TEXT | {"format": "email"}, False, id="format"),
        pytest.param(TEXT | {"const": "a"}, False, id="constant"),
        pytest.param(NUMBER, True, id="any-number"),
        pytest.param(NUMBER | {"format": "int32"}, True, id="number-of-32-bits"),
        pytest.param(NUMBER | {"minimum": 0, "maximum": 86_400}, True, id="many-numbers"),
        pytest.param(NUMBER | {"minimum": 0, "maximum": 100}, False, id="few-numbers"),
        pytest.param(NUMBER | {"minimum": 5, "exclusiveMinimum": True}, True, id="3.0-exclusive"),
        pytest.param(NUMBER | {"multipleOf": 10}, False, id="multiples"),
        pytest.param({"type": "number"}, False, id="fractions"),
        pytest.param({"type": "boolean"}, False, id="boolean"),
        pytest.param({}, False, id="no-schema"),
    ],
)
def test_only_what_admits_many_values_carries_a_mark(schema: dict[str, Any], carries: bool) -> None:
    assert markable({"x": schema}) == (("x",) if carries else ())


def test_text_comes_before_numbers() -> None:
    assert markable({"count": NUMBER, "note": TEXT}) == ("note", "count")


def test_a_drawn_number_is_admitted() -> None:
    schema = NUMBER | {"minimum": 10, "maximum": 20_010}

    drawn = [mark("x", schema, DRAW).value for _ in range(100)]
    assert all(isinstance(value, int) and 10 <= value <= 20_010 for value in drawn)


def test_a_drawn_text_is_plain_and_of_one_length() -> None:
    drawn = mark("x", TEXT, DRAW).value

    assert isinstance(drawn, str)
    assert (len(drawn), drawn.isalnum()) == (12, True)


@pytest.mark.parametrize(
    ("body", "marked"),
    [
        (b'{"a": 1}', b'{"a": 1, "x": "mark"}'),
        (b'{"x": "old"}', b'{"x": "mark"}'),
        (b"", b'{"x": "mark"}'),
        (b"[1]", b'{"x": "mark"}'),
        (b"none", b'{"x": "mark"}'),
    ],
)
def test_a_mark_is_put_beside_the_other_members(body: bytes, marked: bytes) -> None:
    assert Mark("x", "mark").put(posted(body)).body == marked


@pytest.mark.parametrize(
    ("value", "body", "stands"),
    [
        ("mark", b'{"data": [{"title": "mark"}]}', True),
        ("mark", b'{"data": []}', False),
        (4711, b'{"x":4711}', True),
        (4711, b'{"x" : 4711.0, "y": 1}', True),
        (4711, b'{"x": 47110}', False),
        (4711, b'{"y": 4711}', False),
        (4711, b'{"x": "4711"}', False),
    ],
)
def test_a_mark_is_seen_where_it_stands(value: str | int, body: bytes, stands: bool) -> None:
    assert Mark("x", value).stands_in(body) is stands
