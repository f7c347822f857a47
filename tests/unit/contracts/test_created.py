"""Keys that the run makes stand in for keys that nobody configured."""

import pytest

from contracts.asking import Send
from contracts.checks import expect
from contracts.created import CreatedKeys
from contracts.credentials import DELETED, REVOKED, Role
from contracts.exchange import NoAnswer, Response
from contracts.judge import UNAUTHORIZED
from contracts.keys import Ending
from contracts.operations import Operation
from contracts.outcomes import Inconclusive, Violation
from contracts.places import Elsewhere, Place
from contracts.recording import CheckId
from contracts.requirements import D1, D8
from contracts.verdict import Status
from tests.unit.contracts.answers import OTHER_KEY, operation
from tests.unit.contracts.checking import Build, Checking
from tests.unit.contracts.portal import REFUSED, Command, Portal
from tests.unit.contracts.targets import CREATE, LIST, READ, WRITE, Asked

ELSEWHERE = CheckId(D1, "key-elsewhere", core=False, family="a key in another place")
IN_QUERY, IN_COOKIE = Elsewhere(Place.QUERY, "key"), Elsewhere(Place.COOKIE, "token")


def making(checks: Checking, portal: Portal) -> Command:
    """Let the checks make keys of this portal."""
    command = Command(portal, checks)
    checks.send.created = CreatedKeys(command, checks.world.controls)
    return command


def is_dead(portal: Portal, asked: Asked) -> bool:
    return asked.key in portal.died


@pytest.mark.parametrize(
    ("role", "ending"), [(REVOKED, Ending.DEACTIVATE), (DELETED, Ending.DELETE)]
)
def test_ended_key_stands_in_for_a_configured_one(
    checking: Build, role: Role, ending: Ending
) -> None:
    portal = Portal()
    checks = checking(portal)
    command, check = making(checks, portal), CheckId(D8, f"{role}-key", core=True)

    for _ in range(2):
        checks.run(check, lambda send: expect(send(LIST, send.dead(LIST, role)), UNAUTHORIZED))
    record = checks.record(f"D8.{role}-key")
    assert (record.status, record.core, record.credential) == (
        Status.HELD,
        True,
        "the created 1 key",
    )
    assert command.calls == ["create", ending]


def test_ended_key_that_works_is_a_violation(checking: Build) -> None:
    portal = Portal()

    def server(asked: Asked) -> Response | NoAnswer:
        return portal.admits() if is_dead(portal, asked) else portal(asked)

    checks = checking(server)
    making(checks, portal)
    check = CheckId(D8, "revoked-key", core=True)
    outcome = checks.run(
        check, lambda send: expect(send(LIST, send.dead(LIST, REVOKED)), UNAUTHORIZED)
    )
    assert isinstance(outcome, Violation)


def test_configured_key_comes_before_a_created_one(checking: Build) -> None:
    portal = Portal()
    checks = checking(portal, revoked_api_key="sk_live_key-that-was-one")
    command = making(checks, portal)

    assert checks.send.dead(LIST, REVOKED).of == REVOKED
    assert command.calls == []


def test_created_key_that_is_not_admitted_proves_nothing(checking: Build) -> None:
    portal = Portal()
    checks = checking(lambda asked: REFUSED if asked.key in portal.born else portal(asked))
    making(checks, portal)
    check = CheckId(D8, "revoked-key", core=True)

    outcome = checks.run(
        check, lambda send: expect(send(LIST, send.dead(LIST, REVOKED)), UNAUTHORIZED)
    )
    assert isinstance(outcome, Inconclusive)
    assert checks.record("D8.revoked-key").setting == "KEY_PROVISIONER"


def test_created_key_goes_where_the_only_one_must_not(checking: Build) -> None:
    portal = Portal()
    checks = checking(portal, second_api_key="")
    command = making(checks, portal)

    def check(send: Send) -> None:
        expect(send.elsewhere(LIST, IN_QUERY), UNAUTHORIZED)
        expect(send.elsewhere(LIST, IN_COOKIE), UNAUTHORIZED)

    assert checks.run(ELSEWHERE, check) is None
    assert command.calls == ["create"]
    assert checks.record("D1.key-elsewhere").status is Status.HELD


def test_second_key_comes_before_a_created_one(checking: Build) -> None:
    portal = Portal()
    checks = checking(portal)
    command = making(checks, portal)

    checks.run(ELSEWHERE, lambda send: expect(send.elsewhere(LIST, IN_QUERY), UNAUTHORIZED))
    assert OTHER_KEY in portal.keys
    assert command.calls == []


def test_no_key_is_made_for_a_documented_place(checking: Build) -> None:
    portal = Portal()
    checks = checking(portal, second_api_key="")
    checks.world.probing.key_places = frozenset({"query:key"})
    command = making(checks, portal)

    assert checks.send.elsewhere(LIST, IN_QUERY).answer is None
    assert command.calls == []


UNKNOWN = operation("GET /other")


@pytest.mark.parametrize(
    ("about", "scopes"),
    [
        pytest.param(LIST, READ, id="those-it-needs"),
        pytest.param(UNKNOWN, READ | WRITE, id="all-known-where-nobody-says"),
    ],
)
def test_key_is_made_with_scopes(checking: Build, about: Operation, scopes: frozenset[str]) -> None:
    portal = Portal()
    checks = checking(portal, LIST, CREATE, UNKNOWN)
    command = making(checks, portal)
    assert checks.send.created is not None

    role = checks.send.created.new(about)
    assert portal.keys[command.ring(role)] == scopes
    assert role in checks.world.controls.live


def test_ended_key_is_no_insufficient_one(checking: Build) -> None:
    portal = Portal()
    checks = checking(portal, LIST, CREATE)
    command = making(checks, portal)
    assert checks.send.created is not None

    role = checks.send.created.new(LIST)
    assert list(checks.world.keyring.insufficient(CREATE)) == [role]
    command.delete(role)
    assert list(checks.world.keyring.insufficient(CREATE)) == []
