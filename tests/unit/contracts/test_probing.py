"""What looks like a violation is asked again before it is called one."""

import itertools
import json
from collections.abc import Callable

import pytest

from contracts.credentials import (
    REVOKED,
    SECOND,
    Credential,
    Inapplicable,
    NoKey,
    RandomKey,
    RoleKey,
    scoped,
)
from contracts.exchange import NoAnswer, Response, Trouble
from contracts.judge import ADMITTED, FORBIDDEN, UNAUTHORIZED, Oracle
from contracts.near_misses import CUT, NearMiss
from contracts.operations import Operation
from contracts.pace import Caps
from contracts.probing import Confirmed
from contracts.requirements import D1, D2, D3, D5, D6, D7, D8, D12, Requirement
from contracts.verdict import Severity, Status
from tests.unit.contracts.answers import KEY, OTHER_KEY, answered, operation
from tests.unit.contracts.surroundings import URL, Surroundings
from tests.unit.contracts.targets import (
    CREATE,
    DELETE,
    ITEM,
    LIST,
    MANY,
    READ,
    Answerer,
    Api,
    Asked,
    World,
    world,
)

OLD, READER = "key-that-was-one", "key-of-the-reader"

THINGS = operation("GET /things", (READ,))


def correct() -> Api:
    return Api({KEY: None, OTHER_KEY: None, READER: READ})


def asking(
    surroundings: Surroundings, server: Answerer, *operations: Operation, caps: Caps = MANY
) -> World:
    settings = surroundings.target(
        second_api_key=OTHER_KEY,
        revoked_api_key=OLD,
        scoped_keys=json.dumps({"calls:read": READER}),
    )
    return world(server, settings, *(operations or (LIST,)), caps=caps)


def wrongly(
    answers: Callable[[], Response | NoAnswer], *, key: str | None = None, method: str = "GET"
) -> Answerer:
    """A correct API but for requests of one method with one key."""
    api = correct()

    def answer(asked: Asked) -> Response | NoAnswer:
        wrong = asked.key == key and asked.method == method
        return answers() if wrong else api(asked)

    return answer


def judged(
    asked: World,
    credential: Credential,
    oracle: Oracle = UNAUTHORIZED,
    about: Operation = LIST,
) -> dict[Requirement, Confirmed]:
    answer = asked.probing.ask(about, credential)
    return {one.judgement.requirement: one for one in asked.probing.judge(answer, oracle)}


def in_turn(*answers: Response | NoAnswer) -> Callable[[], Response | NoAnswer]:
    """One answer after the other, the last for ever."""
    return itertools.chain(answers, itertools.repeat(answers[-1])).__next__


# --- control and repetition -------------------------------------------------------------------


def test_a_right_answer_is_asked_for_once(surroundings: Surroundings) -> None:
    asked = asking(surroundings, correct())

    found = judged(asked, NoKey())
    assert {one.judgement.status for one in found.values()} == {Status.HELD}
    assert {(one.seen, one.tried) for one in found.values()} == {(0, 1)}
    assert [one.key for one in asked.wire.log] == [KEY, None]


def test_a_violation_is_repeated_and_the_control_asked_on_fresh_connections(
    surroundings: Surroundings,
) -> None:
    asked = asking(surroundings, wrongly(in_turn(answered(200))))

    found = judged(asked, NoKey())[D1]
    assert (found.judgement.status, found.seen, found.tried) == (Status.VIOLATED, 2, 2)
    assert [(one.key, one.fresh) for one in asked.wire.log] == [
        (KEY, False),
        (None, False),
        (None, True),
        (KEY, True),
    ]


def test_judging_twice_asks_nothing_more(surroundings: Surroundings) -> None:
    asked = asking(surroundings, wrongly(in_turn(answered(200))))
    answer = asked.probing.ask(LIST, NoKey())
    first = asked.probing.judge(answer, UNAUTHORIZED)
    before = asked.probing.requests

    assert asked.probing.judge(answer, UNAUTHORIZED) is first
    assert asked.probing.requests == before


@pytest.mark.parametrize("right", range(1, 8))
def test_what_comes_now_and_then_is_confirmed_when_it_comes_again(
    surroundings: Surroundings, right: int
) -> None:
    answers = in_turn(answered(200), *[answered(401)] * right, answered(200))
    asked = asking(surroundings, wrongly(answers))

    found = judged(asked, NoKey())[D1]
    assert (found.judgement.status, found.seen, found.tried) == (Status.VIOLATED, 2, right + 2)


def test_what_never_comes_again_is_inconclusive(surroundings: Surroundings) -> None:
    asked = asking(surroundings, wrongly(in_turn(answered(200), answered(401))))

    found = judged(asked, NoKey())[D1]
    assert (found.judgement.status, found.seen, found.tried) == (Status.INCONCLUSIVE, 1, 9)
    assert found.judgement.severity is None
    assert "seen 1 of 9 times" in found.judgement.reason


def test_another_violation_is_no_repetition(surroundings: Surroundings) -> None:
    disclosing = answered(401, KEY.encode())
    asked = asking(surroundings, wrongly(in_turn(answered(200), disclosing)))

    assert judged(asked, NoKey())[D1].judgement.status is Status.INCONCLUSIVE


@pytest.mark.parametrize(
    "answer", [answered(503), NoAnswer(Trouble.RESET), answered(401)], ids=["503", "reset", "401"]
)
def test_a_control_that_fails_afterwards_confirms_nothing(
    surroundings: Surroundings, answer: Response | NoAnswer
) -> None:
    def server(asked: Asked) -> Response | NoAnswer:
        return answered(200) if asked.number < 4 else answer

    asked = asking(surroundings, server)
    found = judged(asked, NoKey())[D1].judgement
    assert found.status is Status.INCONCLUSIVE
    assert "the control failed" in found.reason


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        pytest.param([500, 500, 500], (Status.VIOLATED, 3, 3), id="three-of-three"),
        pytest.param([500, 502, 503], (Status.VIOLATED, 3, 3), id="any-server-error"),
        pytest.param([500, 401], (Status.INCONCLUSIVE, 1, 2), id="one"),
        pytest.param([500, 500, 401], (Status.INCONCLUSIVE, 2, 3), id="two"),
        pytest.param([500, 401, 500, 500], (Status.INCONCLUSIVE, 1, 2), id="not-in-a-row"),
    ],
)
def test_a_server_error_must_come_three_times_of_three(
    surroundings: Surroundings, answers: list[int], outcome: tuple[Status, int, int]
) -> None:
    asked = asking(surroundings, wrongly(in_turn(*map(answered, answers))))

    found = judged(asked, NoKey())[D1]
    assert (found.judgement.status, found.seen, found.tried) == outcome


@pytest.mark.parametrize("left", range(1, 4))
def test_a_spent_budget_confirms_nothing_and_is_named(
    surroundings: Surroundings, left: int
) -> None:
    caps = Caps(1e6, 1 + left, 1e9)
    asked = asking(surroundings, wrongly(in_turn(answered(200))), caps=caps)

    found = judged(asked, NoKey())[D1].judgement
    outcome = (Status.VIOLATED, None) if left == 3 else (Status.INCONCLUSIVE, "MAX_REQUESTS")
    assert (found.status, found.setting) == outcome


def test_a_wrong_body_is_repeated_too(surroundings: Surroundings) -> None:
    asked = asking(surroundings, wrongly(in_turn(answered(401, b"<p>"))))

    found = judged(asked, NoKey())
    assert (found[D1].judgement.status, found[D1].tried) == (Status.HELD, 1)
    assert (found[D6].judgement.status, found[D6].tried) == (Status.VIOLATED, 2)


def test_a_disclosure_is_repeated_too(surroundings: Surroundings) -> None:
    asked = asking(surroundings, wrongly(in_turn(answered(401, f'"{KEY}"'.encode()))))

    found = judged(asked, NoKey())[D12]
    assert (found.judgement.status, found.tried) == (Status.VIOLATED, 2)


# --- the control itself -----------------------------------------------------------------------


def controlled(asked: World, about: Operation) -> dict[Requirement, Confirmed]:
    answer = asked.probing.controlled(about)
    assert answer is not None
    return {one.judgement.requirement: one for one in asked.probing.judge(answer, ADMITTED)}


@pytest.mark.parametrize(
    ("status", "requirement"),
    [
        pytest.param(401, D7, id="refused-as-invalid"),
        pytest.param(403, D3, id="refused-as-insufficient"),
        pytest.param(207, D5, id="undeclared-success"),
    ],
)
def test_a_control_that_fails_is_judged_where_the_key_is_live_elsewhere(
    surroundings: Surroundings, status: int, requirement: Requirement
) -> None:
    api = correct()

    def server(asked: Asked) -> Response | NoAnswer:
        return answered(status) if asked.path == "/things" else api(asked)

    found = controlled(asking(surroundings, server, LIST, THINGS), THINGS)
    assert found[requirement].judgement.status is Status.VIOLATED
    assert found[requirement].tried == 2
    alone = controlled(asking(surroundings, server, THINGS), THINGS)
    assert not any(one.judgement.violates for one in alone.values())


def test_a_control_that_fails_now_and_then_is_inconclusive(surroundings: Surroundings) -> None:
    api, turns = correct(), in_turn(answered(401), answered(200))

    def server(asked: Asked) -> Response | NoAnswer:
        return turns() if asked.path == "/things" else api(asked)

    found = controlled(asking(surroundings, server, LIST, THINGS), THINGS)
    assert found[D7].judgement.status is Status.INCONCLUSIVE


def test_a_scoped_key_of_unknown_sufficiency_is_not_called_sufficient(
    surroundings: Surroundings,
) -> None:
    unknown = operation("GET /things")
    api = correct()

    def server(asked: Asked) -> Response | NoAnswer:
        return answered(403) if asked.path == "/things" else api(asked)

    surroundings.environ(base_url=URL, scoped_keys=json.dumps({"calls:read": READER}))
    asked = world(server, surroundings.loaded().settings, LIST, unknown)
    found = controlled(asked, unknown)
    assert not any(one.judgement.violates for one in found.values())
    assert found[D5].judgement.setting == "SCOPE_MAP"


# --- what is known of a key -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("credential", "oracle", "about", "requirement"),
    [
        pytest.param(NoKey(), UNAUTHORIZED, LIST, D1, id="no-key"),
        pytest.param(RandomKey(1), UNAUTHORIZED, LIST, D2, id="random"),
        pytest.param(NearMiss(CUT, 0), UNAUTHORIZED, LIST, D2, id="near-miss"),
        pytest.param(RoleKey(REVOKED), UNAUTHORIZED, LIST, D8, id="revoked"),
        pytest.param(RoleKey(scoped(READ)), FORBIDDEN, CREATE, D3, id="insufficient"),
        pytest.param(RoleKey(SECOND), ADMITTED, LIST, D5, id="second"),
    ],
)
def test_an_answer_counts_by_what_was_sent(
    surroundings: Surroundings,
    credential: Credential,
    oracle: Oracle,
    about: Operation,
    requirement: Requirement,
) -> None:
    asked = asking(surroundings, correct(), LIST, CREATE)

    found = judged(asked, credential, oracle, about)
    assert found[requirement].judgement.status is Status.HELD


def test_a_key_that_was_buried_is_dead(surroundings: Surroundings) -> None:
    asked = asking(surroundings, wrongly(in_turn(answered(200)), key=OTHER_KEY))
    asked.keyring.bury(SECOND)

    assert judged(asked, RoleKey(SECOND))[D8].judgement.status is Status.VIOLATED


def test_an_insufficient_key_that_was_never_seen_alive_proves_nothing(
    surroundings: Surroundings,
) -> None:
    refusing = wrongly(in_turn(answered(401)), key=READER, method="POST")
    asked = asking(surroundings, refusing, LIST, CREATE)

    lacking = RoleKey(scoped(READ))
    before = judged(asked, lacking, FORBIDDEN, CREATE)[D3].judgement
    asked.controls.is_live(scoped(READ))
    after = judged(asked, lacking, FORBIDDEN, CREATE)[D3].judgement
    assert (before.status, after.status) == (Status.INCONCLUSIVE, Status.VIOLATED)


def test_a_wrong_value_that_is_another_key_is_not_asked(surroundings: Surroundings) -> None:
    settings = surroundings.target(api_key="test-key-1", second_api_key="test-key-")
    asked = world(correct(), settings, LIST)
    asked.controls.of(LIST)
    before = asked.probing.requests

    with pytest.raises(Inapplicable):
        asked.probing.ask(LIST, NearMiss(CUT, 0))
    assert asked.probing.requests == before


# --- what deletes -----------------------------------------------------------------------------


def test_a_deletion_without_a_key_is_confirmed_on_another_object(
    surroundings: Surroundings,
) -> None:
    api = Api({KEY: None})
    deleted: list[str] = []

    def server(asked: Asked) -> Response | NoAnswer:
        if asked.method == "DELETE":
            there = asked.path.rpartition("/")[2] in api.objects
            deleted.append(asked.path if there else "nothing")
            return api(Asked("DELETE", asked.path, KEY, asked.fresh, asked.number))
        return api(asked)

    asked = asking(surroundings, server, CREATE, DELETE)
    found = judged(asked, NoKey(), about=DELETE)[D1]
    assert (found.judgement.status, found.judgement.got) == (Status.VIOLATED, "status 204")
    assert found.judgement.severity is Severity.S1
    assert "nothing" not in deleted
    assert len(set(deleted)) == len(deleted) == 4


def test_a_deletion_that_is_refused_leaves_its_object(surroundings: Surroundings) -> None:
    asked = asking(surroundings, correct(), CREATE, DELETE)

    judged(asked, NoKey(), about=DELETE)
    judged(asked, RandomKey(1), about=DELETE)
    paths = [one.path for one in asked.asked("DELETE")]
    assert len(paths) == 3
    assert paths[1] == paths[2] != paths[0]


def test_items_are_asked_for_by_the_same_request_as_the_control(surroundings: Surroundings) -> None:
    asked = asking(surroundings, correct(), LIST, ITEM)

    judged(asked, NoKey(), about=ITEM)
    assert {one.path for one in asked.wire.log if one.path != "/calls"} == {"/calls/call_001"}
