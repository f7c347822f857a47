"""A finding asked again: fixed, still wrong, or undecided; a dead server has fixed nothing."""

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from contracts.checks import expect
from contracts.credentials import FULL, REVOKED, Credential, NoKey, RandomKey, RoleKey, scoped
from contracts.exchange import NoAnswer, Response, Trouble
from contracts.judge import ADMITTED, FORBIDDEN, NO_ACCESS, UNAUTHORIZED, Oracle
from contracts.manners import AFTER_GOOD_CALLS, HEAD, PLAIN, Manner
from contracts.near_misses import CUT, NearMiss
from contracts.operations import Operation
from contracts.outcomes import Violation
from contracts.recording import CheckId
from contracts.records import CheckRecord
from contracts.replaying import Outcome, Replayed, Replaying, times
from contracts.requirements import D1, D2, D3, D6, D7, D8, Requirement
from contracts.spellings import SPELLINGS
from tests.unit.contracts.answers import KEY, OTHER_KEY, answered
from tests.unit.contracts.checking import Build, Checking
from tests.unit.contracts.targets import CREATE, DELETE, ITEM, LIST, READ, Answerer, Api, Asked

READER, OLD = "key-of-the-reader", "key-that-was-one"

Fault = Callable[[Asked], Response | NoAnswer | None]
"""What a server answers wrongly; None where it does not."""


@dataclass(slots=True)
class Target:
    """An API that is wrong in one way until it is not."""

    fault: Fault
    api: Answerer

    def __call__(self, asked: Asked) -> Response | NoAnswer:
        wrong = self.fault(asked)
        return self.api(asked) if wrong is None else wrong


def target(fault: Fault) -> Target:
    return Target(fault, Api({KEY: None, OTHER_KEY: None, READER: READ}))


def right(_: Asked) -> None:
    return None


def taken(asked: Asked) -> Response | None:
    """Whatever begins as the key does is taken."""
    wrong = asked.key and asked.key != KEY and KEY.startswith(asked.key)
    return answered(200, b'{"data": [{"id": "call_001"}]}') if wrong else None


def seen(
    checks: Checking,
    requirement: Requirement,
    credential: Credential,
    oracle: Oracle = UNAUTHORIZED,
    *,
    manner: Manner = PLAIN,
    about: Operation = LIST,
) -> CheckRecord:
    """Let a check see a violation, and give its record as it is read back."""
    check = CheckId(requirement, "seen", core=False, family="what is seen")
    outcome = checks.run(check, lambda send: expect(send(about, credential, manner), oracle))
    assert isinstance(outcome, Violation), outcome
    return checks.record(f"{requirement.id}.seen")


def replayed(checks: Checking, record: CheckRecord) -> Replayed:
    assert record.replay is not None
    return Replaying(record, record.replay, checks.world.wire).run()


def test_what_is_wrong_as_before_is_still_wrong(checking: Build) -> None:
    checks = checking(target(taken))
    record = seen(checks, D2, NearMiss(CUT, 0))

    assert replayed(checks, record) == Replayed(Outcome.STILL_WRONG, "status 200", 1)


def test_what_is_right_each_time_is_fixed(checking: Build) -> None:
    server = target(taken)
    checks = checking(server)
    record = seen(checks, D2, NearMiss(CUT, 0))
    server.fault = right

    assert replayed(checks, record) == Replayed(Outcome.FIXED, "status 401", 3)


def test_the_same_is_asked_between_two_controls(checking: Build) -> None:
    server = target(taken)
    checks = checking(server)
    record = seen(checks, D2, NearMiss(CUT, 3))
    server.fault, before = right, len(checks.world.wire.log)

    replayed(checks, record)

    asked = [(one.method, one.path, one.key) for one in checks.world.wire.log[before:]]
    wrong, control = ("GET", "/calls", KEY[:-4]), ("GET", "/calls", KEY)
    assert asked == [control, wrong, wrong, wrong, control]


def everything(answer: Response | NoAnswer) -> Fault:
    return lambda _: answer


DEAD = {
    "refusing": (everything(answered(401)), "the valid request with the full key got status 401"),
    "limiting": (everything(answered(429)), "the valid request with the full key got status 429"),
    "failing": (everything(answered(500)), "the valid request with the full key got status 500"),
    "silent": (everything(NoAnswer(Trouble.REFUSED)), "the connection was refused"),
    "a-page": (
        everything(answered(200, b"<p>Back soon", (("content-type", "text/html"),))),
        "the valid request with the full key got status 200",
    ),
}


@pytest.mark.parametrize("dead", DEAD)
def test_a_server_that_answers_nobody_has_fixed_nothing(checking: Build, dead: str) -> None:
    server = target(taken)
    checks = checking(server)
    record = seen(checks, D2, NearMiss(CUT, 0))
    server.fault, reason = DEAD[dead]

    outcome = replayed(checks, record)

    assert (outcome.outcome, outcome.tried) == (Outcome.INCONCLUSIVE, 0)
    assert reason in outcome.reason


@pytest.mark.parametrize("answer", [answered(429), NoAnswer(Trouble.TIMEOUT)], ids=["429", "none"])
def test_a_question_without_answer_decides_nothing(
    checking: Build, answer: Response | NoAnswer
) -> None:
    server = target(taken)
    checks = checking(server)
    record = seen(checks, D2, NearMiss(CUT, 0))
    server.fault = lambda asked: answer if asked.key != KEY else None

    assert replayed(checks, record).outcome is Outcome.INCONCLUSIVE


def test_a_server_that_dies_meanwhile_has_fixed_nothing(checking: Build) -> None:
    server = target(taken)
    checks = checking(server)
    record = seen(checks, D2, NearMiss(CUT, 0))
    began = len(checks.world.wire.log)
    server.fault = lambda asked: answered(401) if asked.number > began + 1 else None

    outcome = replayed(checks, record)

    assert (outcome.outcome, outcome.tried) == (Outcome.INCONCLUSIVE, 3)


def test_another_wrong_answer_is_still_wrong(checking: Build) -> None:
    server = target(taken)
    checks = checking(server)
    record = seen(checks, D2, NearMiss(CUT, 0))
    server.fault = lambda asked: answered(403) if asked.key != KEY else None

    assert replayed(checks, record) == Replayed(Outcome.STILL_WRONG, "status 403", 1)


def test_a_right_status_that_breaks_another_promise_is_fixed_and_says_so(checking: Build) -> None:
    server = target(taken)
    checks = checking(server)
    record = seen(checks, D2, NearMiss(CUT, 0))
    server.fault = lambda asked: answered(401, b"{}") if asked.key != KEY else None

    outcome = replayed(checks, record)

    assert outcome.outcome is Outcome.FIXED
    assert outcome.beside.startswith("D6: ")


def unkeyed(answer: Response) -> Fault:
    return lambda asked: answer if asked.key is None else None


def of_key(key: str, answer: Response, method: str = "GET") -> Fault:
    return lambda asked: answer if (asked.key, asked.method) == (key, method) else None


EVERY = [
    pytest.param(D1, NoKey(), UNAUTHORIZED, unkeyed(answered(403)), id="missing"),
    pytest.param(D2, RandomKey(5), UNAUTHORIZED, None, id="random"),
    pytest.param(
        D3, RoleKey(scoped(READ)), FORBIDDEN, of_key(READER, answered(201), "POST"), id="scopes"
    ),
    pytest.param(D6, NoKey(), UNAUTHORIZED, unkeyed(answered(401, b"{}")), id="body"),
    pytest.param(D7, RoleKey(FULL), ADMITTED, of_key(KEY, answered(401)), id="live"),
    pytest.param(D8, RoleKey(REVOKED), UNAUTHORIZED, of_key(OLD, answered(200)), id="revoked"),
]


@pytest.mark.parametrize(("requirement", "credential", "oracle", "fault"), EVERY)
def test_every_promise_can_be_asked_again(
    checking: Build,
    requirement: Requirement,
    credential: Credential,
    oracle: Oracle,
    fault: Fault | None,
) -> None:
    known = {KEY, OTHER_KEY, READER, None}
    server = target(fault or (lambda asked: None if asked.key in known else answered(200)))
    given = {"scoped_keys": json.dumps({"calls:read": READER}), "revoked_api_key": OLD}
    about = CREATE if requirement is D3 else LIST
    checks = checking(server, LIST, CREATE, ITEM, allow_writes="true", **given)
    record = seen(checks, requirement, credential, oracle, about=about)

    outcomes = [replayed(checks, record).outcome]
    server.fault = right
    outcomes.append(replayed(checks, record).outcome)

    assert outcomes == [Outcome.STILL_WRONG, Outcome.FIXED]


def test_a_live_key_that_nobody_takes_any_more_decides_nothing(checking: Build) -> None:
    server = target(of_key(KEY, answered(401)))
    checks = checking(server, LIST, CREATE, allow_writes="true")
    record = seen(checks, D7, RoleKey(FULL), ADMITTED)
    server.fault = everything(answered(401))

    assert replayed(checks, record).outcome is Outcome.INCONCLUSIVE


def test_what_goes_before_is_asked_again_on_one_connection(checking: Build) -> None:
    count = [0]

    def cached(asked: Asked) -> Response | None:
        count[0] = 0 if asked.fresh else count[0]
        count[0] += asked.key == KEY
        hit = asked.key is None and count[0] >= 3
        return answered(200, b'{"data": [{"id": "call_001"}]}') if hit else None

    checks = checking(target(cached))
    record = seen(checks, D1, NoKey(), manner=AFTER_GOOD_CALLS)
    before = len(checks.world.wire.log)

    outcome = replayed(checks, record)

    asked = [(one.key, one.fresh) for one in checks.world.wire.log[before + 1 : before + 5]]
    assert outcome.outcome is Outcome.STILL_WRONG
    assert asked == [(KEY, True), (KEY, False), (KEY, False), (None, False)]


def test_a_manner_that_no_key_can_ask_in_any_more_decides_nothing(checking: Build) -> None:
    server = target(lambda asked: answered(200, b"") if asked.method == "HEAD" else None)
    checks = checking(server)
    record = seen(checks, D1, NoKey(), manner=HEAD)
    server.fault = lambda asked: answered(405) if asked.method == "HEAD" else None

    outcome = replayed(checks, record)

    assert outcome.outcome is Outcome.INCONCLUSIVE
    assert outcome.reason == "a sufficient key gets status 405 in the same manner"


def test_access_by_another_spelling_is_found_again(checking: Build) -> None:
    def lenient(asked: Asked) -> Response | None:
        upper = asked.path == "/V1/CALLS"
        return answered(200, b'{"data": [{"id": "call_001"}]}') if upper else None

    server = target(lenient)
    checks = checking(server)
    record = seen(checks, D1, NoKey(), NO_ACCESS, manner=SPELLINGS[0])

    outcomes = [replayed(checks, record).outcome]
    server.fault = lambda asked: answered(404) if asked.path == "/V1/CALLS" else None
    outcomes.append(replayed(checks, record).outcome)

    assert outcomes == [Outcome.STILL_WRONG, Outcome.FIXED]


def test_what_deletes_is_controlled_by_what_reads(checking: Build) -> None:
    server = target(lambda a: answered(204, b"") if a.method == "DELETE" and not a.key else None)
    checks = checking(server, LIST, CREATE, DELETE, allow_writes="true")
    record = seen(checks, D1, NoKey(), about=DELETE)
    server.fault, before = right, len(checks.world.wire.log)

    outcome = replayed(checks, record)

    asked = [(one.method, one.key) for one in checks.world.wire.log[before:]]
    assert outcome.outcome is Outcome.FIXED
    assert asked == [("GET", KEY), *[("DELETE", None)] * 3, ("GET", KEY)]


def test_what_comes_now_and_then_is_asked_for_often(checking: Build) -> None:
    wrong = [0]

    def at_times(asked: Asked) -> Response | None:
        if asked.key is not None:
            return None
        wrong[0] += 1
        return answered(403) if wrong[0] % 4 == 1 else None

    server = target(at_times)
    checks = checking(server)
    record = seen(checks, D1, NoKey())
    assert record.replay is not None
    assert (record.replay.seen, record.replay.tried) == (2, 5)

    wrong[0] = 1
    unfixed = replayed(checks, record)
    server.fault = right
    fixed = replayed(checks, record)

    assert (unfixed.outcome, unfixed.tried) == (Outcome.STILL_WRONG, 4)
    assert (fixed.outcome, fixed.tried) == (Outcome.FIXED, times(2, 5))


@pytest.mark.parametrize("tried", range(2, 10))
@pytest.mark.parametrize("count", [1, 2, 3])
def test_so_often_that_an_unfixed_fault_shows_in_95_of_100(count: int, tried: int) -> None:
    asked = times(count, tried)

    assert asked >= 3
    if count < tried:
        share = (count - 1) / (tried - 1) if count > 1 else count / tried
        assert (1 - share) ** asked <= 0.05
        assert asked == 3 or (1 - share) ** (asked - 1) > 0.05


def test_a_value_that_is_a_right_key_now_decides_nothing(checking: Build) -> None:
    server = target(taken)
    checks = checking(server)
    record = seen(checks, D2, NearMiss(CUT, 0))
    checks.world.wire.keyring = checking(
        server, api_key="k", second_api_key="key-two"
    ).world.keyring
    server.api = Api({"k": None})

    outcome = replayed(checks, record)

    assert outcome.outcome is Outcome.INCONCLUSIVE
    assert outcome.reason == "with the configured keys this value says nothing"
