"""Recipes say truly what is sent, hold no key, and never give a real one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.credentials import (
    CLASSICS,
    DELETED,
    FULL,
    HEADER,
    REVOKED,
    SECOND,
    Credential,
    Inapplicable,
    NoKey,
    RandomKey,
    Role,
    RoleKey,
    Sent,
    Text,
    prefix,
    scoped,
)
from contracts.verdict import Severity
from tests.unit.contracts.answers import KEY
from tests.unit.contracts.drawing import SAME

VISIBLE = "".join(map(chr, range(0x21, 0x7F)))

VISIBLE_KEYS = st.text(st.sampled_from(VISIBLE), min_size=1, max_size=200)


def written(credential: Credential, key: str = KEY) -> tuple[tuple[str, str], ...]:
    return credential.fields(lambda _: key)


def test_no_key_writes_nothing() -> None:
    assert (written(NoKey()), str(NoKey()), NoKey().sent) == ((), "no key", Sent.NOTHING)


@pytest.mark.parametrize("role", [FULL, SECOND, REVOKED, DELETED, scoped(frozenset({"b", "a"}))])
def test_a_roles_key_is_written_as_it_is(role: Role) -> None:
    keys = {role: KEY}

    assert RoleKey(role).fields(keys.__getitem__) == ((HEADER, KEY),)
    assert (RoleKey(role).sent, RoleKey(role).role) == (Sent.KEY, role)
    assert str(RoleKey(role)) == f"the {role} key"


def test_the_documented_header_carries_the_key() -> None:
    assert HEADER == "x-api-key"


@pytest.mark.parametrize(
    ("scopes", "name"),
    [
        (frozenset(), 'scoped ""'),
        (frozenset({"calls:read"}), 'scoped "calls:read"'),
        (frozenset({"calls:write", "calls:read"}), 'scoped "calls:read calls:write"'),
    ],
)
def test_a_scoped_role_is_named_by_its_scopes_in_one_order(
    scopes: frozenset[str], name: str
) -> None:
    assert scoped(scopes) == name


@pytest.mark.parametrize("text", CLASSICS, ids=str)
def test_classics_are_written_as_they_stand_and_never_were_keys(text: Text) -> None:
    assert written(text) == ((HEADER, text.value),)
    assert (text.sent, text.role, text.severity) == (Sent.NEVER_A_KEY, None, Severity.S1)
    assert text.value.strip() in text.words or not text.value.strip()


def test_the_classics_are_those_of_the_catalogue_each_once() -> None:
    values = [text.value for text in CLASSICS]

    assert {"", "undefined", "null", "None", "true", "0", "NaN", "[object Object]"} <= set(values)
    assert {"abc", "sk_live_"} <= set(values)
    assert any(value and not value.strip() for value in values)
    assert len(values) == len(set(values)) == len({text.words for text in CLASSICS})
    assert len(max(values, key=len)) < 30


@pytest.mark.parametrize(
    ("key", "head"),
    [
        (KEY, "sk_live_"),
        ("sk_test_4eC39HqLyjWDarjtT1zdp7dc", "sk_test_"),
        ("sk_live_Zk3nQ9xA7Lp2_Bc8fGh1jK", "sk_live_"),
        ("sk-proj-T3BlbkFJ0aB2cD4eF6gH8", "sk-proj-"),
        ("SG.ngeVfQFYQlKU0ufo8x5d1A", "SG."),
        ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "ghp_"),
        ("9f86d081884c7d659a2feaa0c55ad015", ""),
        ("1c6f2a0e-9b3d-4e5f-8a7b-2d9c0e1f3a4b", ""),
        ("my-api-key-for-staging", "my-api-key-"),
        ("sk_live_abc", "sk_"),
        ("_starts_with_one", ""),
        ("x", ""),
        ("", ""),
    ],
)
def test_the_head_of_a_key_is_its_words(key: str, head: str) -> None:
    assert prefix(key) == head


@SAME
@given(VISIBLE_KEYS)
def test_a_head_leaves_enough_to_be_the_random_part(key: str) -> None:
    head = prefix(key)

    assert key.startswith(head)
    assert not head or len(key) - len(head) >= 8


# --- random keys ------------------------------------------------------------------------------


def kinds(text: str) -> list[str]:
    """The kind of each character; what is neither letter nor digit is its own kind."""
    return [
        "digit" if c.isdigit() else "upper" if c.isupper() else "lower" if c.islower() else c
        for c in text
    ]


@SAME
@given(VISIBLE_KEYS, st.integers(0, 2**32))
def test_a_random_key_is_well_formed_and_another(key: str, seed: int) -> None:
    try:
        ((name, value),) = written(RandomKey(seed), key)
    except Inapplicable:
        return

    assert name == HEADER
    assert value != key
    assert kinds(value) == kinds(key)
    assert value.startswith(prefix(key))


def test_a_random_key_shares_nothing_telling_with_the_real_one() -> None:
    values = [written(RandomKey(seed))[0][1].removeprefix("sk_live_") for seed in range(200)]
    real = KEY.removeprefix("sk_live_")

    same = [sum(a == b for a, b in zip(value, real, strict=True)) for value in values]
    assert max(same) < len(real) / 2
    assert len(set(values)) == 200


def test_one_seed_gives_one_random_key() -> None:
    assert written(RandomKey(5)) == written(RandomKey(5)) != written(RandomKey(6))


@pytest.mark.parametrize("key", ["-", "----", "!?"])
def test_a_key_with_nothing_to_draw_anew_gives_none(key: str) -> None:
    with pytest.raises(Inapplicable):
        written(RandomKey(1), key)


def test_a_random_key_takes_its_form_from_the_role_it_is_derived_from() -> None:
    keys = {FULL: KEY, SECOND: "pk-0000000000"}

    value = RandomKey(1).derived_from(SECOND).fields(keys.__getitem__)[0][1]
    assert value.startswith("pk-")
    assert RandomKey(1).derived_from(SECOND).words == RandomKey(1).words


@pytest.mark.parametrize("credential", [NoKey(), RoleKey(SECOND), *CLASSICS], ids=str)
def test_what_is_not_derived_from_a_key_stays_as_it_is(credential: Credential) -> None:
    assert credential.derived_from(FULL) is credential
    assert credential.fitted(7) is credential
