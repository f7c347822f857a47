"""The JSON Schema of an error says what the reader of bytes says, in both dialects."""

import json
from collections.abc import Mapping, Sequence
from typing import Final, Literal

import jsonschema_rs
import pytest

from contracts.envelope import DOCUMENTED_ERRORS, envelope_schema
from tests.unit.contracts.bodies import ACCEPTED, OTHER_MESSAGES, REFUSED_VALUES, RIGHT

Version = Literal["3.0", "3.1"]


VERSIONS: Final[tuple[Version, ...]] = ("3.0", "3.1")


def accepts(version: Version, value: object, tolerated: Sequence[str] = ()) -> bool:
    schema = envelope_schema(status=401, version=version, tolerated=tolerated)
    if version == "3.0":
        return jsonschema_rs.Draft4Validator(schema).is_valid(value)
    return jsonschema_rs.Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("data", [*ACCEPTED, *OTHER_MESSAGES])
def test_what_the_reader_accepts_is_accepted(data: bytes, version: Version) -> None:
    assert accepts(version, json.loads(data))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("data", REFUSED_VALUES)
def test_what_the_reader_refuses_is_refused(data: bytes, version: Version) -> None:
    # JSON has no infinity: what Python reads as one is the largest of numbers to a validator.
    value = json.loads(data.replace(b"40.1e1000", b"4e300"))

    assert not accepts(version, value)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("changes", "is_accepted"),
    [
        pytest.param({"requestId": {"a": 1}}, True, id="tolerated"),
        pytest.param({"code": 1}, False, id="another"),
        pytest.param({"message": ""}, False, id="documented-and-tolerated"),
    ],
)
def test_the_same_members_are_tolerated(
    version: Version, changes: Mapping[str, object], is_accepted: bool
) -> None:
    value = json.loads(RIGHT) | changes

    assert accepts(version, value, ("requestId", "message")) is is_accepted


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("status", DOCUMENTED_ERRORS)
def test_it_stands_alone_and_speaks_its_dialect(version: Version, status: int) -> None:
    text = json.dumps(envelope_schema(status=status, version=version))

    assert "$ref" not in text
    assert "$defs" not in text
    assert ('"const"' in text) is (version == "3.1")
    assert ('"nullable"' in text) is (version == "3.0")
    assert str(status) in text
