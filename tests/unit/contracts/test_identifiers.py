"""Values for path parameters are real ones, out of what the target answered."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.identifiers import collection_above, filled, harvested, pointed
from tests.unit.contracts.drawing import SAME


def encoded(value: object) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("path", "parameter", "collection"),
    [
        ("/calls/{callId}", "callId", "/calls"),
        ("/users/{userId}/calls/{callId}", "callId", "/users/{userId}/calls"),
        ("/users/{userId}/calls/{callId}", "userId", "/users"),
        ("/calls/{callId}/notes", "callId", "/calls"),
        ("/{callId}", "callId", ""),
    ],
)
def test_the_collection_stands_above_the_item(path: str, parameter: str, collection: str) -> None:
    assert collection_above(path, parameter) == collection


@pytest.mark.parametrize(
    ("values", "target"),
    [
        ({"id": "call_001", "n": "2"}, "/calls/call_001/notes/2?x={id}"),
        ({"id": "a/b?c#d e", "n": "ü"}, "/calls/a%2Fb%3Fc%23d%20e/notes/%C3%BC?x={id}"),
        ({"id": "{n}", "n": "1"}, "/calls/%7Bn%7D/notes/1?x={id}"),
        ({"id": "%2e", "n": "~-._"}, "/calls/%252e/notes/~-._?x={id}"),
    ],
)
def test_values_are_filled_in_percent_encoded(values: dict[str, str], target: str) -> None:
    assert filled("/calls/{id}/notes/{n}", values) + "?x={id}" == target


ITEM = {"id": "call_001", "name": "first"}


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        pytest.param([ITEM], "call_001", id="bare-list"),
        pytest.param({"data": [ITEM]}, "call_001", id="list-in-data"),
        pytest.param({"success": True, "data": {"items": [ITEM]}}, "call_001", id="deeper"),
        pytest.param({"a": {"b": {"c": [ITEM]}}}, "call_001", id="four-deep"),
        pytest.param({"a": {"b": {"c": {"d": {"e": [ITEM]}}}}}, None, id="too-deep"),
        pytest.param({"data": ITEM}, "call_001", id="one-object"),
        pytest.param(ITEM, "call_001", id="object-alone"),
        pytest.param({"id": "page", "data": [ITEM]}, "call_001", id="list-before-object"),
        pytest.param({"user": {"id": "u1"}, "calls": [ITEM]}, "call_001", id="list-before-others"),
        pytest.param([{"callId": "c9", "id": "x"}], "c9", id="named-like-the-parameter"),
        pytest.param([{"_id": "m1"}], "m1", id="underscore"),
        pytest.param([{"uuid": "u-1"}], "u-1", id="uuid"),
        pytest.param([{"name": "none"}, ITEM], "call_001", id="second-item"),
        pytest.param([None, 5, "x", ITEM], "call_001", id="items-of-other-kinds"),
        pytest.param([{"id": 7}], "7", id="number"),
        pytest.param([{"id": 0}], "0", id="zero"),
        pytest.param([{"id": True}, {"id": None}, {"id": 1.5}, {"id": {}}], None, id="no-ids"),
        pytest.param([{"id": ""}], None, id="empty"),
        pytest.param([{"id": ".."}], None, id="dots"),
        pytest.param([], None, id="empty-list"),
        pytest.param({}, None, id="empty-object"),
        pytest.param(None, None, id="null"),
        pytest.param("call_001", None, id="text"),
    ],
)
def test_an_id_is_harvested_wherever_the_list_stands(answer: object, found: str | None) -> None:
    assert harvested(encoded(answer), "callId", {}) == found


@pytest.mark.parametrize(
    ("schema", "found"),
    [
        ({"type": "integer"}, "12"),
        ({"type": "number"}, "12"),
        ({"type": ["integer", "null"]}, "12"),
        ({"type": ["integer", "string"]}, "one"),
        ({"type": "string"}, "one"),
        ({"type": ["string", "null"]}, "one"),
        ({"type": None}, "one"),
        ({}, "one"),
    ],
)
def test_the_type_of_the_parameter_is_respected(schema: Any, found: str) -> None:  # noqa: ANN401
    assert harvested(encoded([{"id": "one"}, {"id": "²"}, {"id": 12}]), "id", schema) == found


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<p>",
        b"\xff",
        b"[",
        b'{"data": [',
        b'{"a":1,"a":1}',
        b'[{"id":"\\ud800"}]',
        b"[" * 9_999,
    ],
)
def test_what_is_no_json_has_no_ids(body: bytes) -> None:
    assert harvested(body, "id", {}) is None
    assert pointed(body, "/0/id") is None


ANSWER = {
    "data": [{"id": "call_001"}, {"id": 2}],
    "a/b": {"~": "tilde"},
    "": "unnamed",
    "no": None,
    "half": "",
}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [
        ("/data/0/id", "call_001"),
        ("/data/1/id", "2"),
        ("/data/2/id", None),
        ("/data/-/id", None),
        ("/data/²/id", None),
        ("/data/x/id", None),
        ("/data/0/name", None),
        ("/data/0", None),
        ("/data", None),
        ("/a~1b/~0", "tilde"),
        ("/", "unnamed"),
        ("/no", None),
        ("/no/more", None),
        ("/half", None),
        ("", None),
    ],
)
def test_pointers_lead_into_an_answer(pointer: str, found: str | None) -> None:
    assert pointed(encoded(ANSWER), pointer) == found


def test_pointers_lead_into_a_list_that_stands_alone() -> None:
    assert pointed(encoded([{"id": "first"}]), "/0/id") == "first"


@SAME
@given(st.binary(), st.text(max_size=8))
def test_any_answer_and_pointer_can_be_followed(body: bytes, pointer: str) -> None:
    assert isinstance(pointed(body, f"/{pointer}"), str | None)
    assert isinstance(harvested(body, pointer, {}), str | None)
