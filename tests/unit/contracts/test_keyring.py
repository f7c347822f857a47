"""Which key serves for what, and that only the ring gives it."""

import json

import pytest
from pydantic import SecretStr

from contracts.credentials import CLASSICS, DELETED, FULL, REVOKED, SECOND, RandomKey, Role, scoped
from contracts.exchange import Disclosure, Form
from contracts.keyring import Keyring
from contracts.near_misses import CASE, CHANGED, CUT, NearMiss
from contracts.operations import Operation
from contracts.redaction import Redactor
from tests.unit.contracts.answers import KEY, OTHER_KEY, operation
from tests.unit.contracts.surroundings import Surroundings

READ, WRITE, NONE = frozenset({"calls:read"}), frozenset({"calls:write"}), frozenset[str]()

READING = operation("GET /calls", (READ,))
WRITING = operation("POST /calls", (WRITE,))
BOTH = operation("PUT /calls", (READ | WRITE,))
EITHER = operation("PATCH /calls", (READ, WRITE))
UNKNOWN = operation("GET /other")


def ring(*roles: str | frozenset[str]) -> Keyring:
    """A ring with a key for each role; a set of scopes is a scoped one."""
    keyring = Keyring(Redactor())
    for number, role in enumerate(roles):
        key = SecretStr(f"sk_live_{number}aB3dE5fG7hJ9kL2mN{number}")
        if isinstance(role, frozenset):
            keyring.add(scoped(role), key, scopes=role)
        else:
            keyring.add(Role(role), key)
    return keyring


# --- the control ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "asked", "role"),
    [
        pytest.param((FULL, SECOND, READ), WRITING, FULL, id="full"),
        pytest.param((FULL,), UNKNOWN, FULL, id="full-on-unknown-scopes"),
        pytest.param((READ,), READING, scoped(READ), id="a-sufficient-scoped-key"),
        pytest.param((WRITE, READ), READING, scoped(READ), id="the-sufficient-one-of-two"),
        pytest.param((READ,), WRITING, None, id="no-sufficient-key"),
        pytest.param((READ,), BOTH, None, id="half-of-what-is-needed"),
        pytest.param((READ | WRITE,), BOTH, scoped(READ | WRITE), id="all-of-what-is-needed"),
        pytest.param((WRITE,), EITHER, scoped(WRITE), id="one-of-the-alternatives"),
        pytest.param((READ,), UNKNOWN, scoped(READ), id="scoped-where-nobody-knows"),
        pytest.param((NONE,), UNKNOWN, None, id="no-scopes-where-nobody-knows"),
        pytest.param((NONE,), READING, None, id="no-scopes"),
        pytest.param((READ, SECOND), WRITING, SECOND, id="second-where-scoped-does-not-do"),
        pytest.param((READ, SECOND), UNKNOWN, SECOND, id="second-is-surer-than-scoped"),
        pytest.param((REVOKED, DELETED), READING, None, id="dead-keys"),
        pytest.param((), READING, None, id="no-key"),
    ],
)
def test_the_control_carries_a_key_that_suffices(
    roles: tuple[str | frozenset[str], ...], asked: Operation, role: Role | None
) -> None:
    assert ring(*roles).control(asked) == role


@pytest.mark.parametrize(
    ("role", "asked", "admits"),
    [
        (FULL, BOTH, True),
        (SECOND, UNKNOWN, True),
        (scoped(READ), READING, True),
        (scoped(READ), WRITING, False),
        (scoped(READ), BOTH, False),
        (scoped(READ), EITHER, True),
        (scoped(READ), UNKNOWN, None),
        (scoped(NONE), READING, False),
        (scoped(NONE), UNKNOWN, None),
        (REVOKED, READING, False),
        (DELETED, UNKNOWN, False),
    ],
)
def test_a_role_suffices_by_its_scopes(role: Role, asked: Operation, admits: bool | None) -> None:
    keyring = ring(FULL, SECOND, READ, NONE, REVOKED, DELETED)

    assert keyring.admits(role, asked) is admits


@pytest.mark.parametrize(
    ("roles", "asked", "lacking"),
    [
        pytest.param((FULL, SECOND), READING, [], id="full-keys-lack-nothing"),
        pytest.param((FULL, READ), WRITING, [scoped(READ)], id="another-scope"),
        pytest.param((FULL, READ), READING, [], id="sufficient"),
        pytest.param((FULL, NONE, READ), WRITING, [scoped(READ), scoped(NONE)], id="scopes-first"),
        pytest.param((FULL, READ, NONE), UNKNOWN, [], id="unknown"),
        pytest.param((FULL, REVOKED, DELETED), READING, [], id="dead-keys-are-not-insufficient"),
    ],
)
def test_insufficient_keys_are_scoped_and_known_to_lack_something(
    roles: tuple[str | frozenset[str], ...], asked: Operation, lacking: list[Role]
) -> None:
    assert list(ring(*roles).insufficient(asked)) == lacking


def test_a_buried_key_suffices_for_nothing() -> None:
    keyring = ring(FULL, "created 1")
    before = keyring.admits(Role("created 1"), READING)
    keyring.bury(Role("created 1"))

    assert (before, keyring.admits(Role("created 1"), READING)) == (True, False)


# --- the keys themselves ----------------------------------------------------------------------


def test_every_configured_key_is_on_the_ring(surroundings: Surroundings) -> None:
    settings = surroundings.target(
        second_api_key=OTHER_KEY,
        scoped_keys=json.dumps({"calls:read calls:write": "scoped-key-1", "": "scoped-key-2"}),
        revoked_api_key="revoked-key",
        deleted_api_key="deleted-key",
    )

    keyring = Keyring.of(settings)
    assert {role: keyring(role) for role in keyring.roles} == {
        FULL: KEY,
        SECOND: OTHER_KEY,
        REVOKED: "revoked-key",
        DELETED: "deleted-key",
        scoped(READ | WRITE): "scoped-key-1",
        scoped(NONE): "scoped-key-2",
    }


def test_every_secret_is_known_to_the_redactor(surroundings: Surroundings) -> None:
    settings = surroundings.target(
        headers=json.dumps({"X-Allow": "letM3in9f8A7"}),
        proxy="http://user:p%40ssw0rd7Q@proxy.example:3128",
    )

    mask = Keyring.of(settings).redactor.mask
    shown = [
        mask(text)
        for text in (KEY, "letM3in9f8A7", "p@ssw0rd7Q", "dXNlcjpwQHNzdzByZDdR", "p%40ssw0rd7Q")
    ]
    assert shown == ["***"] * 5


def test_an_added_key_is_known_to_the_redactor() -> None:
    keyring = Keyring(Redactor())
    keyring.add(SECOND, SecretStr(OTHER_KEY))

    found = keyring.redactor.disclosures([OTHER_KEY.encode()])
    assert found == (Disclosure("second", Form.RAW),)


def test_a_role_without_key_gives_none() -> None:
    keyring = ring(FULL)

    assert (FULL in keyring, SECOND in keyring, None in keyring) == (True, False, False)
    with pytest.raises(KeyError):
        keyring(SECOND)


def test_the_length_of_a_key_is_told_and_not_the_key() -> None:
    keyring = ring(FULL)

    assert (keyring.length(FULL), keyring.length(SECOND), keyring.length(None)) == (27, 1, 1)
    assert keyring(FULL) not in f"{keyring!r} {keyring} {vars(keyring)}"


def test_a_wrong_value_that_is_another_key_of_the_run_is_told() -> None:
    keyring = Keyring(Redactor())
    keyring.add(FULL, SecretStr("test1key"))
    keyring.add(SECOND, SecretStr("test2key"))
    keyring.add(REVOKED, SecretStr("test1ke"))
    keyring.add(scoped(READ), SecretStr("TEST1KEY"), scopes=READ)
    keyring.add(scoped(NONE), SecretStr("admin"), scopes=NONE)

    told = [
        keyring.distinguishes(credential)
        for credential in (
            NearMiss(CHANGED, 4),
            NearMiss(CUT, 0),
            NearMiss(CASE, 0),
            next(text for text in CLASSICS if text.value == "admin"),
            NearMiss(CHANGED, 0),
            RandomKey(1),
            CLASSICS[0],
        )
    ]
    assert told == [False, False, False, False, True, True, True]
