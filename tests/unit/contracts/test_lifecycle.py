"""What becomes of keys that a run makes: which faults are seen, and where nothing is said."""

from collections.abc import Callable

import pytest

from contracts.asking import Asked as Answered
from contracts.checks import expect
from contracts.credentials import SECOND
from contracts.exchange import NoAnswer, Response, Trouble
from contracts.judge import ADMITTED, UNAUTHORIZED, Oracle
from contracts.keys import Ending, ProvisionerFailed
from contracts.lifecycle import Lifecycle
from contracts.operations import Operation
from contracts.orders import drawn_orders
from contracts.outcomes import Inconclusive, Violation
from contracts.recording import CheckId
from contracts.requirements import D7, D8, Requirement
from contracts.settings import Depth
from contracts.verdict import Severity, Status
from tests.unit.contracts.answers import KEY, OTHER_KEY, answered
from tests.unit.contracts.checking import Build, Checking
from tests.unit.contracts.portal import REFUSED, Portal, living
from tests.unit.contracts.targets import CREATE, LIST, Asked

Fault = Callable[[Portal, Asked], Response | NoAnswer]
Scenario = Callable[[Lifecycle, Operation], Answered]

SCENARIOS: dict[str, tuple[Requirement, Oracle, Scenario]] = {
    "new": (D7, ADMITTED, Lifecycle.new_key),
    "survivors": (D7, ADMITTED, Lifecycle.survivors),
    "deactivated": (D8, UNAUTHORIZED, lambda life, one: life.at_once(one, Ending.DEACTIVATE)),
    "deleted": (D8, UNAUTHORIZED, lambda life, one: life.at_once(one, Ending.DELETE)),
    "kept": (D8, UNAUTHORIZED, lambda life, one: life.kept_connection(one, Ending.DEACTIVATE)),
    "raced": (D8, UNAUTHORIZED, lambda life, one: life.raced(one, Ending.DEACTIVATE)),
    "later": (D8, UNAUTHORIZED, Lifecycle.later),
    "drawn": (D8, UNAUTHORIZED, lambda life, one: drawn_orders(life, one, 0)),
}


def run(
    checks: Checking,
    life: Lifecycle,
    name: str,
    about: Operation = LIST,
    share: int | None = None,
) -> BaseException | None:
    """Run a scenario as a check."""
    requirement, oracle, scenario = SCENARIOS[name]
    check = CheckId(requirement, name, core=False, family=f"the family of {name}")
    return checks.run(check, lambda _: expect(scenario(life, about), oracle), share)


def served(checking: Build, fault: Fault, depth: Depth = Depth.DEFAULT) -> tuple[Checking, Portal]:
    """Checks of a portal that is wrong in one way."""
    portal = Portal()
    checks = checking(lambda asked: fault(portal, asked), depth=depth.value)
    return checks, portal


def correct(portal: Portal, asked: Asked) -> Response | NoAnswer:
    return portal(asked)


# --- correct servers --------------------------------------------------------------------------


@pytest.mark.parametrize("name", SCENARIOS)
def test_correct_server_holds(checking: Build, name: str) -> None:
    checks, portal = served(checking, correct)

    assert run(checks, living(checks, portal, Depth.THOROUGH), name) is None
    assert checks.outcomes[f"{SCENARIOS[name][0].id}.{name}"] is Status.HELD
    assert Status.VIOLATED not in checks.outcomes.values()


def test_key_is_used_before_it_is_ended_and_on_fresh_connections_afterwards(
    checking: Build,
) -> None:
    checks, portal = served(checking, correct)

    run(checks, living(checks, portal), "deleted")
    (key,) = portal.born
    mine = checks.world.asked(key=key)
    assert [one.fresh for one in mine[:10]] == [True] * 8 + [False] * 2
    assert [one.fresh for one in mine[10:]] == [True] * 20


def test_small_share_makes_small_lives(checking: Build) -> None:
    checks, portal = served(checking, correct)

    run(checks, living(checks, portal), "deleted", share=12)
    (key,) = portal.born
    assert len(checks.world.asked(key=key)) == 4 + 7


def test_waits_are_bounded(checking: Build) -> None:
    for depth, most in ((Depth.QUICK, 0.0), (Depth.DEFAULT, 6.0), (Depth.THOROUGH, 60.0)):
        checks, portal = served(checking, correct)
        life = living(checks, portal, depth)

        for name in SCENARIOS:
            run(checks, life, name)
        assert sum(one for one in checks.world.wire.clock.slept if one > 0.1) <= most


def test_what_has_passed_is_not_waited_for(checking: Build) -> None:
    checks, portal = served(checking, correct)
    life = living(checks, portal)

    run(checks, life, "deleted")
    checks.world.wire.clock.now += 100
    slept = len(checks.world.wire.clock.slept)
    run(checks, life, "later")
    assert [one for one in checks.world.wire.clock.slept[slept:] if one > 0.1] == []


# --- faults -----------------------------------------------------------------------------------


def cached(seconds: float) -> Fault:
    def server(portal: Portal, asked: Asked) -> Response | NoAnswer:
        age = portal.age(asked.key, portal.died)
        return portal.admits() if age is not None and age < seconds else portal(asked)

    return server


def one_replica_in(count: int) -> Fault:
    def server(portal: Portal, asked: Asked) -> Response | NoAnswer:
        is_dead = asked.key in portal.died
        return portal.admits() if is_dead and asked.number % count == 0 else portal(asked)

    return server


def bound_to_the_connection(portal: Portal, asked: Asked) -> Response | NoAnswer:
    is_dead = asked.key in portal.died and not asked.fresh
    return portal.admits() if is_dead else portal(asked)


def revived(portal: Portal, asked: Asked) -> Response | NoAnswer:
    used = portal.__dict__.setdefault("used", set())
    if portal.is_ending:
        used.add(asked.key)
    return portal.admits() if asked.key in used - {None} else portal(asked)


def another_matter(portal: Portal, asked: Asked) -> Response | NoAnswer:
    return answered(403) if asked.key in portal.died else portal(asked)


def not_known_yet(seconds: float) -> Fault:
    def server(portal: Portal, asked: Asked) -> Response | NoAnswer:
        age = portal.age(asked.key, portal.born)
        return REFUSED if age is not None and age < seconds else portal(asked)

    return server


def hits_the_second(portal: Portal, asked: Asked) -> Response | NoAnswer:
    return REFUSED if portal.died and asked.key == OTHER_KEY else portal(asked)


def hits_all(portal: Portal, asked: Asked) -> Response | NoAnswer:
    return REFUSED if portal.died else portal(asked)


FAULTS = [
    pytest.param("deactivated", cached(60), Severity.S1, id="E01-E03-deactivated"),
    pytest.param("deleted", cached(60), Severity.S1, id="E02-E03-deleted"),
    pytest.param("later", cached(60), Severity.S1, id="E03-later"),
    pytest.param("deactivated", one_replica_in(2), Severity.S1, id="E04-one-in-two"),
    pytest.param("deleted", one_replica_in(8), Severity.S1, id="E04-one-in-eight"),
    pytest.param("kept", bound_to_the_connection, Severity.S1, id="E05"),
    pytest.param("raced", revived, Severity.S1, id="E06"),
    pytest.param("deactivated", another_matter, Severity.S2, id="E07"),
    pytest.param("new", not_known_yet(0.4), Severity.S3, id="E08-at-first"),
    pytest.param("new", not_known_yet(100), Severity.S2, id="E08-for-good"),
    pytest.param("survivors", hits_the_second, Severity.S2, id="E09-second"),
    pytest.param("survivors", hits_all, Severity.S2, id="E09-others"),
    pytest.param("drawn", cached(60), Severity.S1, id="E03-drawn"),
]


@pytest.mark.parametrize(("name", "fault", "severity"), FAULTS)
def test_fault_violates_its_own_requirement_alone(
    checking: Build, name: str, fault: Fault, severity: Severity
) -> None:
    checks, portal = served(checking, fault)
    requirement = SCENARIOS[name][0]

    outcome = run(checks, living(checks, portal, Depth.THOROUGH), name)
    assert isinstance(outcome, Violation)
    violated = [one for one in checks.records if one.status is Status.VIOLATED]
    assert [(one.requirement, one.severity) for one in violated] == [(requirement, severity)]
    assert KEY not in str(outcome)
    assert not any(key in f"{outcome} {violated}" for key in portal.born)


def test_record_says_how_often_and_for_how_long(checking: Build) -> None:
    checks, portal = served(checking, cached(1.5))

    run(checks, living(checks, portal), "later")
    assert (
        checks.record("D8.later").detail == "seen 3 of 5; the last of them 1.0 s after it was ended"
    )


# --- where nothing is said --------------------------------------------------------------------


def test_one_wrong_answer_is_no_violation(checking: Build) -> None:
    def once(portal: Portal, asked: Asked) -> Response | NoAnswer:
        uses = len(checks.world.asked(key=asked.key))
        return portal.admits() if asked.key in portal.died and uses == 17 else portal(asked)

    checks, portal = served(checking, once)
    assert run(checks, living(checks, portal), "deleted") is None
    assert checks.record("D8.deleted").status is Status.INCONCLUSIVE


def test_dead_key_that_works_says_nothing_where_the_control_fails(checking: Build) -> None:
    def opened(portal: Portal, asked: Asked) -> Response | NoAnswer:
        if portal.died:
            return portal.admits() if asked.key in portal.died else answered(503)
        return portal(asked)

    checks, portal = served(checking, opened)
    assert run(checks, living(checks, portal), "deleted") is None
    assert checks.record("D8.deleted").status is Status.INCONCLUSIVE


@pytest.mark.parametrize("name", ["deactivated", "raced", "later", "survivors"])
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(answered(429), id="429"),
        pytest.param(answered(503), id="503"),
        pytest.param(NoAnswer(Trouble.TIMEOUT), id="no-answer"),
    ],
)
def test_what_a_limiter_or_a_network_does_is_no_violation(
    checking: Build, name: str, answer: Response | NoAnswer
) -> None:
    def disturbed(portal: Portal, asked: Asked) -> Response | NoAnswer:
        return answer if portal.died and asked.number % 3 else portal(asked)

    checks, portal = served(checking, disturbed)
    run(checks, living(checks, portal), name)
    assert Status.VIOLATED not in checks.outcomes.values()


@pytest.mark.parametrize("name", ["deactivated", "kept", "raced", "survivors"])
def test_created_key_that_is_never_admitted_is_inconclusive(checking: Build, name: str) -> None:
    def elsewhere(portal: Portal, asked: Asked) -> Response | NoAnswer:
        return REFUSED if asked.key in portal.born else portal(asked)

    checks, portal = served(checking, elsewhere)
    assert isinstance(run(checks, living(checks, portal), name), Inconclusive)
    (record,) = checks.records
    assert (record.status, record.setting) == (Status.INCONCLUSIVE, "KEY_PROVISIONER")


def test_closed_connections_are_skipped(checking: Build) -> None:
    checks, portal = served(checking, correct)
    life = living(checks, portal)
    plain = checks.world.wire.send
    checks.world.wire.send = lambda request, **_: plain(request, fresh=True)  # type: ignore[method-assign]  # a server that closes

    assert isinstance(run(checks, life, "kept"), pytest.skip.Exception)
    assert "no connection open" in (checks.record("D8.kept").reason or "")


@pytest.mark.parametrize("name", SCENARIOS)
def test_without_a_command_the_setting_is_named(checking: Build, name: str) -> None:
    checks, portal = served(checking, correct)
    life = living(checks, portal, Depth.THOROUGH)
    checks.send.created = None

    assert isinstance(run(checks, life, name), pytest.skip.Exception)
    assert [one.setting for one in checks.records] == ["KEY_PROVISIONER"]


def test_failing_command_is_inconclusive(checking: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    checks, portal = served(checking, correct)
    life = living(checks, portal)

    def fails(_scopes: object) -> None:
        raise ProvisionerFailed("create ended with status 1")

    monkeypatch.setattr(life.keys.provisioner, "create", fails)
    assert isinstance(run(checks, life, "new"), Inconclusive)
    reason = "the key provisioner failed: create ended with status 1"
    assert checks.record("D7.new").reason == reason


def test_nothing_is_asked_again_and_again_that_changes_data(checking: Build) -> None:
    portal = Portal()
    checks = checking(portal, CREATE)

    assert isinstance(run(checks, living(checks, portal), "new", CREATE), pytest.skip.Exception)
    assert portal.born == {}


def test_share_too_small_for_a_life_is_skipped(checking: Build) -> None:
    checks, portal = served(checking, correct)

    assert isinstance(run(checks, living(checks, portal), "new", share=5), pytest.skip.Exception)
    assert checks.record("D7.new").setting == "DEPTH"


def test_drawn_orders_are_for_the_greatest_depth(checking: Build) -> None:
    checks, portal = served(checking, correct)

    assert isinstance(run(checks, living(checks, portal), "drawn"), pytest.skip.Exception)
    assert checks.record("D8.drawn").setting == "DEPTH"
    assert portal.born == {}


def test_survivors_do_without_a_second_key(checking: Build) -> None:
    portal = Portal()
    checks = checking(portal, second_api_key="")

    assert SECOND not in checks.world.keyring
    assert run(checks, living(checks, portal), "survivors") is None
    assert checks.record("D7.survivors").status is Status.HELD
