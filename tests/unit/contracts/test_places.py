"""A key in other places: written there and nowhere else, shown masked, charged to D1 or D2."""

import base64
import unicodedata

import pytest

from contracts.credentials import FULL, HEADER, SECOND, Sent
from contracts.exchange import curl
from contracts.hostile import BEYOND_ASCII, INJECTIONS, TRIMMABLE, Octets
from contracts.places import ALIASES, PLACES, Elsewhere, Several
from tests.unit.contracts.answers import KEY, asked

KEYS = {FULL: KEY, SECOND: KEY}


def test_the_worthless_value_is_no_key() -> None:
    values = [value for _, value in Several(key_first=True).fields(lambda _: "x" * 20)]

    assert values == ["x" * 20, "y" * 20]


def test_a_full_width_character_has_the_keys_normal_form() -> None:
    ((_, value),) = Octets(0.9, "", "full-width").fields(lambda _: KEY)
    text = value.encode("latin-1").decode()

    assert (text == KEY, unicodedata.normalize("NFKC", text) == KEY) == (False, True)


@pytest.mark.parametrize("credential", [*PLACES, *ALIASES], ids=str)
def test_the_key_stands_in_one_place_and_not_in_the_header(credential: Elsewhere) -> None:
    fields = credential.fields(KEYS.__getitem__)
    query = credential.query(KEYS.__getitem__)
    texts = [value for _, value in fields] + [query]
    decoded = [
        base64.b64decode(text.removeprefix("Basic ")).decode() if "Basic" in text else text
        for text in texts
    ]

    assert HEADER not in {name.lower() for name, _ in fields}
    assert sum(KEY in text for text in decoded) == 1
    assert (credential.sent, credential.of) == (Sent.NOTHING, SECOND)


@pytest.mark.parametrize("credential", [*PLACES, *ALIASES, Several(key_first=True)], ids=str)
def test_what_is_shown_holds_no_key_and_names_the_place(
    credential: Elsewhere | Several,
) -> None:
    line = curl("https://staging.example", asked(credential))

    assert KEY not in line
    assert "***" in line
    assert line.endswith(f"# ***: {credential.words}")


def test_settings_name_places_as_they_are_sent() -> None:
    names = {place.setting for place in PLACES}

    assert {"query:api_key", "header:authorization", "cookie:token"} <= names


@pytest.mark.parametrize("key_first", [True, False])
def test_several_values_stand_in_two_fields(*, key_first: bool) -> None:
    several = Several(key_first=key_first)
    values = [value for _, value in several.fields(KEYS.__getitem__)]

    assert (values[0] == KEY, values[1] == KEY) == (key_first, not key_first)
    assert several.sent is Sent.NEVER_A_KEY


@pytest.mark.parametrize("value", BEYOND_ASCII, ids=str)
def test_bytes_beyond_ascii_stand_where_nobody_may_trim_them(value: Octets) -> None:
    ((_, written),) = value.fields(KEYS.__getitem__)

    assert written[0] == KEY[0]
    assert written[-1] in {KEY[-1], "x"}
    assert any(not 0x1F < ord(character) < 0x7F for character in written)
    written.encode("latin-1")


@pytest.mark.parametrize("value", TRIMMABLE, ids=str)
def test_what_may_be_trimmed_stands_after_the_key(value: Octets) -> None:
    ((_, written),) = value.fields(KEYS.__getitem__)

    assert written.startswith(KEY)
    assert all(ord(character) > 0x7F for character in written[len(KEY) :])


def test_attacks_are_known_to_provoke_firewalls() -> None:
    assert all(value.provokes for value in INJECTIONS)
