"""D6: exactly the documented body is accepted, judged on the bytes that came."""

import json
import re
from collections.abc import Sequence
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.envelope import (
    DOCUMENTED_ERRORS,
    EnvelopeError,
    ErrorEnvelope,
    read_envelope,
    read_object,
)
from tests.unit.contracts.bodies import (
    ACCEPTED,
    OTHER_MESSAGES,
    REFUSED_BYTES,
    REFUSED_VALUES,
    RIGHT,
    body,
    case,
    with_tail,
)
from tests.unit.contracts.drawing import SAME

ENVELOPE: Final = ErrorEnvelope(
    success=False, message="Invalid API Key provided", data=None, statusCode=401
)


@pytest.mark.parametrize("data", ACCEPTED)
def test_the_documented_body_is_read_in_every_legal_spelling(data: bytes) -> None:
    assert read_envelope(data, status=401) == ENVELOPE


@pytest.mark.parametrize("data", OTHER_MESSAGES)
def test_any_message_that_says_something_is_accepted(data: bytes) -> None:
    assert read_envelope(data, status=401).message == json.loads(data)["message"]


@pytest.mark.parametrize("data", [*REFUSED_VALUES, *REFUSED_BYTES])
def test_anything_else_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(EnvelopeError, match=r"\w+ \w+") as caught:
        read_envelope(data, status=401)

    message = str(caught.value)
    assert len(message) < 1_000
    assert message.isprintable()
    assert "\n" not in message


@pytest.mark.parametrize("status", DOCUMENTED_ERRORS)
def test_the_status_must_be_the_answers_own(status: int) -> None:
    read = [
        other
        for other in (*DOCUMENTED_ERRORS, 400, 500)
        if _is_accepted(body(statusCode=str(status)), other)
    ]

    assert read == [status]


def _is_accepted(data: bytes, status: int, tolerated: Sequence[str] = ()) -> bool:
    try:
        read_envelope(data, status=status, tolerated=tolerated)
    except EnvelopeError:
        return False
    return True


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "the body is empty", id="empty"),
        pytest.param(b"[]", "the body is an array, not an object", id="array"),
        pytest.param(b"\xff", "the body is not UTF-8", id="not-utf-8"),
        pytest.param(body(success="0"), "success must be false, not the number 0", id="zero"),
        pytest.param(body(success="true"), "success must be false, not true", id="true"),
        pytest.param(body(data="{}"), "data must be null, not an object", id="data"),
        pytest.param(body(data=""), 'member "data" is missing', id="absent"),
        pytest.param(
            body(statusCode='"401"'), "statusCode must be a number, not text", id="status-text"
        ),
        pytest.param(
            body(statusCode="403"),
            "statusCode is 403 in an answer of status 401",
            id="other-status",
        ),
        pytest.param(with_tail(',"code":7'), 'member "code" is not documented', id="extra"),
        pytest.param(with_tail(',"data":1'), 'member "data" stands more than once', id="twice"),
    ],
)
def test_the_difference_is_named(data: bytes, words: str) -> None:
    with pytest.raises(EnvelopeError) as caught:
        read_envelope(data, status=401)

    assert words in str(caught.value).replace('"success"', "success").replace(
        '"data" must', "data must"
    ).replace('"statusCode"', "statusCode")


def test_every_difference_is_named_at_once() -> None:
    with pytest.raises(EnvelopeError) as caught:
        read_envelope(b'{"success":0,"message":"","statusCode":"401","x":1}', status=401)

    named = re.findall(r"success|message|data|statusCode|\"x\"", str(caught.value))
    assert sorted(set(named)) == ['"x"', "data", "message", "statusCode", "success"]


@pytest.mark.parametrize(
    "value", ["1", "null", '"id-1"', "[1,2]", '{"a":{"b":[]}}', '[{"a":1},{"a":1}]']
)
def test_tolerated_members_may_hold_anything(value: str) -> None:
    data = with_tail(f',"requestId":{value}')

    assert read_envelope(data, status=401, tolerated=("requestId", "path")) == ENVELOPE


@pytest.mark.parametrize(
    "data",
    [
        case(with_tail(',"requestId":1,"code":2'), id="another-beside-it"),
        case(with_tail(',"requestId":1,"requestId":1'), id="twice"),
        case(with_tail(',"requestId":{"a":1,"a":1}'), id="repeated-inside"),
        case(with_tail(',"requestId":NaN'), id="nan"),
        case(with_tail(r',"requestId":"\ud800"'), id="lone-surrogate"),
        case(with_tail(r',"requestId":["\ud800"]'), id="lone-surrogate-in-an-array"),
        case(with_tail(r',"requestId":[[["\udc00"]]]'), id="lone-surrogate-deep-in-arrays"),
        case(body(success="0")[:-1] + b',"requestId":1}', id="another-fault"),
    ],
)
def test_a_tolerated_member_excuses_nothing_else(data: bytes) -> None:
    assert not _is_accepted(data, 401, ("requestId",))


@pytest.mark.parametrize("name", ["success", "message", "data", "statusCode"])
def test_tolerating_a_documented_member_changes_nothing(name: str) -> None:
    broken = {"success": "true", "message": '""', "data": "1", "statusCode": "1"}

    assert _is_accepted(RIGHT, 401, (name,))
    assert not _is_accepted(body(**{name: broken[name]}), 401, (name,))
    assert not _is_accepted(body(**{name: ""}), 401, (name,))


def test_a_body_of_many_members_is_read_in_one_pass() -> None:
    many = ",".join(f'"m{number}":{number}' for number in range(60_000))

    with pytest.raises(EnvelopeError, match="m59999"):
        read_object(f'{{{many},"m59999":0}}'.encode())


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)


@SAME
@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON_VALUES))
def test_every_json_object_is_read_as_it_is(value: dict[str, object]) -> None:
    assert read_object(json.dumps(value).encode()) == value
    assert read_object(json.dumps(value, ensure_ascii=False).encode()) == value


@SAME
@given(st.binary() | st.binary().map(lambda noise: RIGHT[:40] + noise + RIGHT[40:]))
def test_no_bytes_raise_anything_but_the_documented_error(data: bytes) -> None:
    assert _is_accepted(data, 401) in {True, False}
