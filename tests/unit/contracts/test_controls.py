"""Each operation is asked once with a sufficient key; what that shows, and what it costs."""

import itertools
import json

import pytest

from contracts.credentials import FULL, REVOKED, SECOND, RoleKey, Sent, scoped
from contracts.exchange import NoAnswer, Response, Trouble
from contracts.operations import Draft, Operation, Unchecked
from contracts.pace import Caps
from tests.unit.contracts.answers import KEY, OTHER_KEY, answered
from tests.unit.contracts.surroundings import URL, Surroundings
from tests.unit.contracts.targets import (
    CHANGE,
    CREATE,
    DELETE,
    EVERY,
    ITEM,
    LIST,
    READ,
    WRITE,
    Answerer,
    Api,
    Asked,
    World,
    world,
)

READER, WRITER, NOBODY = "key-of-the-reader", "key-of-the-writer", "key-without-scopes"


def correct() -> Api:
    return Api({KEY: None, OTHER_KEY: None, READER: READ, WRITER: WRITE, NOBODY: frozenset()})


def asking(surroundings: Surroundings, server: Answerer, *operations: Operation) -> World:
    scopes = {"calls:read": READER, "calls:write": WRITER, "": NOBODY}
    settings = surroundings.target(second_api_key=OTHER_KEY, scoped_keys=json.dumps(scopes))
    return world(server, settings, *operations)


def of_scoped_only(surroundings: Surroundings, server: Answerer, scopes: dict[str, str]) -> World:
    surroundings.environ(base_url=URL, scoped_keys=json.dumps(scopes))
    return world(server, surroundings.loaded().settings)


# --- asked once -------------------------------------------------------------------------------


def test_every_control_is_asked_before_any_probe(surroundings: Surroundings) -> None:
    asked = asking(surroundings, correct())
    asked.controls.of(DELETE)

    methods = {(one.method, one.path.count("/")) for one in asked.wire.log}
    assert methods == {("GET", 1), ("POST", 1), ("GET", 2), ("PUT", 2), ("DELETE", 2)}
    assert {one.key for one in asked.wire.log} == {KEY}
    assert all(asked.controls.of(one).answer for one in EVERY)


def test_controls_are_asked_once(surroundings: Surroundings) -> None:
    asked = asking(surroundings, correct(), LIST, ITEM)
    for one in (LIST, ITEM, LIST):
        asked.controls.of(one)

    assert len(asked.wire.log) == 2


def test_the_request_of_a_control_carries_no_credential_of_its_own(
    surroundings: Surroundings,
) -> None:
    control = asking(surroundings, correct(), LIST).controls.of(LIST)

    assert control.request is not None
    assert control.request.credential.sent is Sent.NOTHING
    assert control.exchange is not None
    assert control.exchange.request.credential == RoleKey(FULL)


def test_an_example_that_does_not_exist_gives_way_to_the_list(surroundings: Surroundings) -> None:
    item = Operation(ITEM.label, (READ,), draft=Draft(ITEM.path, given={"callId": "example"}))

    asked = asking(surroundings, correct(), LIST, item)
    control = asked.controls.of(item)
    assert [one.path for one in asked.wire.log] == ["/calls", "/calls/example", "/calls/call_001"]
    assert control.answer is not None
    assert control.request is not None
    assert control.request.target == "/v1/calls/call_001"


def test_an_operation_whose_values_are_unknown_is_not_asked(surroundings: Surroundings) -> None:
    asked = asking(surroundings, correct(), ITEM)

    control = asked.controls.of(ITEM)
    assert control.unchecked == Unchecked(
        ITEM.label, "no real value for callId is known", "PATH_PARAMETERS"
    )
    assert asked.wire.log == []


def test_an_operation_for_which_no_key_suffices_is_not_asked(surroundings: Surroundings) -> None:
    asked = of_scoped_only(surroundings, correct(), {"calls:read": READER})

    control = asked.controls.of(CREATE)
    assert control.unchecked == Unchecked(
        CREATE.label, "no configured key suffices for it", "API_KEY"
    )
    assert {one.method for one in asked.wire.log} == {"GET"}
    assert asked.controls.of(LIST).role == scoped(READ)


@pytest.mark.parametrize(
    "answer",
    [answered(401), answered(403), answered(404), answered(500), answered(200, b"<p>", ())],
    ids=["401", "403", "404", "500", "no-media-type"],
)
def test_a_control_that_does_not_succeed_has_no_answer(
    surroundings: Surroundings, answer: Response
) -> None:
    asked = asking(surroundings, lambda _: answer, LIST)

    control = asked.controls.of(LIST)
    assert (control.answer, asked.controls.live) == (None, set())
    assert control.exchange is not None
    assert control.exchange.answer == answer


# --- giving up --------------------------------------------------------------------------------

THINGS = tuple(Operation(f"GET /things{n}", draft=Draft(f"/things{n}")) for n in range(9))


@pytest.mark.parametrize(
    "answer", [NoAnswer(Trouble.TIMEOUT), NoAnswer(Trouble.REFUSED), answered(429)], ids=str
)
def test_a_target_that_answers_nothing_is_given_up(
    surroundings: Surroundings, answer: Response | NoAnswer
) -> None:
    asked = asking(surroundings, lambda _: answer, *THINGS)

    reasons = {asked.controls.of(one).unchecked for one in THINGS[2:]}
    assert all(reason and "did not answer" in reason.reason for reason in reasons)
    assert {one.path for one in asked.wire.log} == {"/things0", "/things1"}


def test_a_target_that_answered_once_is_not_given_up(surroundings: Surroundings) -> None:
    def server(asked: Asked) -> Response | NoAnswer:
        return answered() if asked.path == "/things0" else NoAnswer(Trouble.RESET)

    asked = asking(surroundings, server, *THINGS)
    asked.controls.of(THINGS[0])
    assert len(asked.wire.log) == 9


def test_a_429_is_waited_out_within_bounds(surroundings: Surroundings) -> None:
    asked = asking(surroundings, lambda _: answered(429), *THINGS)

    asked.controls.of(THINGS[0])
    slept = [seconds for seconds in asked.wire.clock.slept if seconds >= 1]
    assert slept == [5.0, 15.0, 40.0]


@pytest.mark.parametrize("requests", range(12))
def test_a_spent_budget_is_said_of_every_operation_left(
    surroundings: Surroundings, requests: int
) -> None:
    settings = surroundings.target(second_api_key=OTHER_KEY)
    asked = world(correct(), settings, caps=Caps(1e6, requests, 1e9))

    left = [asked.controls.of(one) for one in EVERY if asked.controls.of(one).request is None]
    assert len(asked.wire.log) <= requests
    assert {one.unchecked.setting for one in left if one.unchecked} <= {"MAX_REQUESTS"}
    assert all(one.unchecked for one in left)


# --- live keys --------------------------------------------------------------------------------


def test_a_key_is_live_once_it_was_admitted(surroundings: Surroundings) -> None:
    asked = asking(surroundings, correct())
    asked.controls.of(LIST)

    assert asked.controls.live == {FULL}


@pytest.mark.parametrize(
    ("role", "is_live"),
    [(FULL, True), (SECOND, True), (scoped(READ), True), (scoped(frozenset()), False)],
)
def test_another_key_is_proven_where_it_suffices(
    surroundings: Surroundings, role: str, is_live: bool
) -> None:
    asked = asking(surroundings, correct())

    known = next(one for one in asked.keyring.roles if one == role)
    assert asked.controls.is_live(known) is is_live


def test_a_key_that_is_refused_is_not_live(surroundings: Surroundings) -> None:
    asked = asking(surroundings, Api({KEY: None}))

    assert [asked.controls.is_live(role) for role in (SECOND, scoped(READ))] == [False, False]


@pytest.mark.parametrize("known", [True, False])
def test_a_key_is_proven_by_one_request(surroundings: Surroundings, known: bool) -> None:
    api = correct() if known else Api({KEY: None})
    asked = asking(surroundings, api)
    for _ in range(3):
        asked.controls.is_live(scoped(READ))

    assert len(asked.asked(key=READER)) == 1


def test_a_dead_key_is_never_proven(surroundings: Surroundings) -> None:
    settings = surroundings.target(revoked_api_key="key-that-was-one")
    asked = world(correct(), settings)

    assert not asked.controls.is_live(REVOKED)
    assert asked.asked(key="key-that-was-one") == []


def test_a_key_is_proven_without_changing_anything_where_that_can_be(
    surroundings: Surroundings,
) -> None:
    asked = asking(surroundings, correct(), DELETE, CREATE, LIST)
    asked.controls.is_live(SECOND)

    assert {one.method for one in asked.asked(key=OTHER_KEY)} == {"GET"}


def test_a_key_that_is_proven_by_a_deletion_leaves_another_object(
    surroundings: Surroundings,
) -> None:
    settings = surroundings.target(scoped_keys=json.dumps({"calls:write": WRITER}))
    wanting = Operation(CREATE.label, (READ,), draft=CREATE.draft)
    asked = world(correct(), settings, wanting, DELETE)

    assert asked.controls.is_live(scoped(WRITE))
    assert asked.controls.again(DELETE) is not None


def test_no_budget_left_proves_nothing(surroundings: Surroundings) -> None:
    settings = surroundings.target(second_api_key=OTHER_KEY)
    asked = world(correct(), settings, LIST, caps=Caps(1e6, 1, 1e9))

    assert not asked.controls.is_live(SECOND)


# --- once more --------------------------------------------------------------------------------


def test_a_control_is_repeated_on_a_fresh_connection(surroundings: Surroundings) -> None:
    asked = asking(surroundings, correct(), LIST)
    asked.controls.of(LIST)

    assert asked.controls.again(LIST) is not None
    assert [one.fresh for one in asked.wire.log] == [False, True]


def test_a_control_that_fails_later_says_so(surroundings: Surroundings) -> None:
    asked = asking(surroundings, lambda asked: answered(200 if asked.number == 1 else 503), LIST)
    asked.controls.of(LIST)

    assert asked.controls.again(LIST) is None


def test_a_deletion_asks_for_another_object_each_time(surroundings: Surroundings) -> None:
    asked = asking(surroundings, correct(), CREATE, DELETE)
    asked.controls.of(DELETE)
    again = [asked.controls.again(DELETE) for _ in range(3)]

    paths = [one.path for one in asked.asked("DELETE")]
    assert all(again)
    assert len(paths) == len(set(paths)) == 4


def test_a_deletion_without_another_object_says_so(surroundings: Surroundings) -> None:
    api, made = correct(), itertools.count()

    def server(asked: Asked) -> Response | NoAnswer:
        return answered(503) if asked.method == "POST" and next(made) > 1 else api(asked)

    asked = asking(surroundings, server, CREATE, DELETE)
    control = asked.controls.of(DELETE)
    assert control.answer is not None
    assert control.request is None
    assert control.unchecked is not None
    assert asked.controls.again(DELETE) is None


def test_another_operation_with_the_same_key_stands_in(surroundings: Surroundings) -> None:
    asked = asking(
        surroundings,
        lambda one: answered(401 if one.path == "/calls" else 200),
        LIST,
        *THINGS[:1],
    )
    asked.controls.of(LIST)

    assert asked.controls.besides(LIST) is THINGS[0]
    assert asked.controls.besides(THINGS[0]) is None


def test_bodies_are_given_where_a_control_succeeded(surroundings: Surroundings) -> None:
    asked = asking(surroundings, correct(), LIST, CHANGE)

    assert json.loads(asked.controls.body_of("GET /calls") or b"") == {"data": [{"id": "call_001"}]}
    assert asked.controls.body_of("POST /calls") is None
