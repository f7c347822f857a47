"""Every credential comes back from its record as it was, and no record holds a key."""

import json
import sys
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.alterations import Alteration, Altered
from contracts.credentials import (
    CLASSICS,
    FULL,
    SECOND,
    Credential,
    NoKey,
    RandomKey,
    Respelled,
    RoleKey,
    Spelling,
    Stranger,
)
from contracts.credentials import Text as TextKey
from contracts.hostile import BEYOND_ASCII, INJECTIONS
from contracts.near_misses import EDITS, NearMiss
from contracts.packing import (
    KINDS,
    NotPacked,
    pack,
    pack_credential,
    unpack,
    unpack_credential,
)
from contracts.places import PLACES, Several
from contracts.records import Replay, Written
from tests.unit.contracts.answers import KEY, OTHER_KEY, asked
from tests.unit.contracts.drawing import SAME

EVERY: tuple[Credential, ...] = (
    NoKey(),
    RoleKey(FULL),
    RoleKey(SECOND),
    RandomKey(17),
    Stranger(17, FULL),
    *(Respelled(spelling, FULL) for spelling in Spelling),
    *CLASSICS,
    *INJECTIONS,
    *(NearMiss(edit, n) for edit in EDITS for n in (0, 3)),
    *BEYOND_ASCII,
    *PLACES,
    Several(key_first=True),
    Several(key_first=False),
    *(Altered(how, 1, 3) for how in Alteration),
)


def kinds_below(kind: type[object]) -> set[str]:
    """Names of the suite's own kinds of this kind."""
    own = {below.__name__ for below in kind.__subclasses__() if below.__module__ in OWN}
    return own.union(*map(kinds_below, kind.__subclasses__()))


OWN = {name for name in sys.modules if name.startswith("contracts.")}


def test_every_kind_of_credential_can_be_packed() -> None:
    assert kinds_below(Credential) == set(KINDS) == {type(one).__name__ for one in EVERY}


def through_json(credential: Credential) -> Credential:
    written = Written(method="GET", target="/", credential=pack_credential(credential))
    return unpack_credential(Written.model_validate_json(written.model_dump_json()).credential)


@pytest.mark.parametrize("credential", EVERY, ids=str)
def test_a_credential_comes_back_as_it_was(credential: Credential) -> None:
    back = through_json(credential)

    assert back == credential
    assert [type(getattr(back, field.name)) for field in fields(back)] == [
        type(getattr(credential, field.name)) for field in fields(credential)
    ]


@SAME
@given(st.text(), st.text(), st.booleans())
def test_any_text_comes_back_as_it_was(value: str, name: str, attack: bool) -> None:
    credential = TextKey(value, name, attack)

    assert through_json(credential) == credential


@pytest.mark.parametrize("credential", EVERY, ids=str)
def test_what_is_packed_holds_no_key(credential: Credential) -> None:
    packed = json.dumps(pack_credential(credential))

    for key in (KEY, OTHER_KEY):
        drawn = key.removeprefix("sk_live_")
        assert not any(drawn[at : at + 6] in packed for at in range(len(drawn) - 5))


def test_a_request_comes_back_with_its_bytes() -> None:
    request = asked(
        NearMiss(EDITS[0], 2),
        method="POST",
        target="/v1/calls?x=%00",
        headers=(("Content-Type", "text/plain"), ("content-type", "x")),
        body=bytes(range(256)),
    )

    assert unpack(pack(request)) == request


@pytest.mark.parametrize(
    "packed",
    [
        {},
        {"kind": "Password"},
        {"kind": "RoleKey"},
        {"kind": "NearMiss", "edit": "BENT", "n": 1},
        {"kind": "Elsewhere", "place": "fragment", "name": "key"},
        {"kind": "RoleKey", "of": "full", "key": "x"},
    ],
    ids=str,
)
def test_what_is_no_credential_is_refused(packed: dict[str, bool | int | float | str]) -> None:
    with pytest.raises(NotPacked, match="no kind of credential"):
        unpack_credential(packed)


def test_what_stands_on_record_is_strict() -> None:
    with pytest.raises(ValueError, match="extra"):
        Replay.model_validate({"request": {}, "key": "x"})
