"""`send` and `expect`: four outcomes, what they cost, and what stands on record afterwards."""

import itertools
import json

import pytest
from hypothesis.vendor import pretty

from contracts.checks import expect, expect_no_other_violation
from contracts.client import HEADERS
from contracts.credentials import (
    CLASSICS,
    DELETED,
    FULL,
    REVOKED,
    Credential,
    NoKey,
    RandomKey,
    RoleKey,
    scoped,
)
from contracts.exchange import NoAnswer, Response, Trouble, curl
from contracts.judge import ADMITTED, FORBIDDEN, LIMITED, UNAUTHORIZED
from contracts.near_misses import CUT, NearMiss
from contracts.outcomes import Inconclusive, Violation
from contracts.pace import Caps
from contracts.recording import CheckId
from contracts.requirements import D1, D2, D3, D5, D6, D7, D8, D12
from contracts.verdict import Severity, Status
from tests.unit.contracts.answers import KEY, OTHER_KEY, answered, asked, operation
from tests.unit.contracts.checking import Build
from tests.unit.contracts.targets import (
    CREATE,
    DELETE,
    LIST,
    MANY,
    READ,
    WRITE,
    Answerer,
    Api,
    Asked,
)

READER, WRITER, OLD = "key-of-the-reader", "key-of-the-writer", "key-that-was-one"

MISSING = CheckId(D1, "missing-key", core=True)
RANDOM = CheckId(D2, "random-key", core=True)
NEAR = CheckId(D2, "near-miss", core=False, family="near misses of the full key")
LACKING = CheckId(D3, "insufficient-key", core=True)


def correct() -> Api:
    return Api({KEY: None, OTHER_KEY: None, READER: READ, WRITER: WRITE})


def always(answer: Response | NoAnswer) -> Answerer:
    """A correct API but for requests without a known key."""
    api = correct()

    def server(asked: Asked) -> Response | NoAnswer:
        return api(asked) if asked.key in api.keys else answer

    return server


# --- the four outcomes ------------------------------------------------------------------------


def test_a_promise_that_is_kept_passes(checking: Build) -> None:
    checks = checking(correct())

    assert checks.ask(MISSING, NoKey()) is None
    assert checks.outcomes == {"D1.missing-key": Status.HELD}


def test_a_broken_promise_is_a_violation_said_in_order(checking: Build) -> None:
    checks = checking(always(answered(200)))

    outcome = checks.ask(MISSING, NoKey())
    assert isinstance(outcome, Violation)
    assert isinstance(outcome, AssertionError)
    assert str(outcome).splitlines() == [
        "GET /calls with no key: expected status 401, got status 200",
        str(D1),
        curl("https://staging.example", asked(headers=HEADERS)),
        "busyboard replay D1.missing-key --operation 'GET /calls'",
    ]
    assert outcome.severity is Severity.S1
    assert [name for name, _ in outcome.attachments] == ["curl", "exchange"]


@pytest.mark.parametrize(
    "answer",
    [NoAnswer(Trouble.TIMEOUT), answered(429), answered(403, b"", (("cf-mitigated", "block"),))],
    ids=["no-answer", "429", "firewall"],
)
def test_a_core_check_that_cannot_be_decided_is_inconclusive(
    checking: Build, answer: Response | NoAnswer
) -> None:
    checks = checking(always(answer))

    outcome = checks.ask(MISSING, NoKey())
    assert isinstance(outcome, Inconclusive)
    assert not isinstance(outcome, AssertionError)
    assert checks.outcomes == {"D1.missing-key": Status.INCONCLUSIVE}


def test_beyond_core_what_cannot_be_decided_passes(checking: Build) -> None:
    checks = checking(always(NoAnswer(Trouble.TIMEOUT)))

    assert checks.ask(NEAR, NearMiss(CUT, 0)) is None
    assert checks.outcomes == {"D2.near-miss": Status.INCONCLUSIVE}


def test_an_answer_that_counts_elsewhere_skips_a_core_check(checking: Build) -> None:
    checks = checking(always(answered(403)))
    body = CheckId(D6, "missing-key", core=True)

    outcome = checks.ask(body, NoKey())
    assert isinstance(outcome, pytest.skip.Exception)
    assert checks.outcomes == {"D6.missing-key": Status.SKIPPED}


def test_core_checks_record_their_own_requirement_only(checking: Build) -> None:
    checks = checking(always(answered(401, f'"{KEY}"'.encode())))
    checks.ask(MISSING, NoKey())
    checks.ask(CheckId(D12, "missing-key", core=True), NoKey())

    assert checks.outcomes == {
        "D1.missing-key": Status.HELD,
        "D12.missing-key": Status.VIOLATED,
    }


def test_checks_beyond_core_record_all_they_see(checking: Build) -> None:
    checks = checking(always(answered(401, b"<p>")))

    assert checks.ask(NEAR, NearMiss(CUT, 0)) is None
    assert checks.outcomes == {
        "D2.near-miss": Status.HELD,
        "D6.near-miss": Status.VIOLATED,
        "D12.near-miss": Status.HELD,
    }


def test_the_run_as_a_whole_fails_for_what_others_saw(checking: Build) -> None:
    checks = checking(always(answered(401, b"<p>")))
    whole = CheckId(D6, "every-error", core=False)
    before = checks.run(whole, expect_no_other_violation)
    checks.ask(NEAR, NearMiss(CUT, 0))

    outcome = checks.run(whole, expect_no_other_violation)
    assert before is None
    assert isinstance(outcome, Violation)
    assert "D6" in str(outcome)


# --- the control ------------------------------------------------------------------------------


def test_the_control_is_asked_once_for_all_checks(checking: Build) -> None:
    checks = checking(correct())
    for requirement in (D5, D7, D12):
        check = CheckId(requirement, "control", core=True)
        checks.run(check, lambda send: expect(send(LIST, send.sufficient(LIST)), ADMITTED))

    assert len(checks.world.wire.log) == 1
    assert set(checks.outcomes.values()) == {Status.HELD}


def test_a_core_question_is_asked_once_for_all_checks(checking: Build) -> None:
    checks = checking(correct())
    for requirement in (D1, D6, D12):
        checks.ask(CheckId(requirement, "missing-key", core=True), NoKey())

    assert [one.key for one in checks.world.wire.log] == [KEY, None]
    assert [record.tried for record in checks.records] == [1, 1, 1]


@pytest.mark.parametrize(
    ("answer", "status", "setting"),
    [
        pytest.param(answered(404), Status.SKIPPED, "PATH_PARAMETERS", id="404"),
        pytest.param(answered(422), Status.SKIPPED, "OPENAPI", id="422"),
        pytest.param(answered(302), Status.SKIPPED, "BASE_URL", id="302"),
        pytest.param(answered(401), Status.INCONCLUSIVE, "API_KEY", id="401"),
        pytest.param(answered(500), Status.INCONCLUSIVE, None, id="500"),
        pytest.param(answered(429), Status.INCONCLUSIVE, "DECLARED_LIMIT", id="429"),
        pytest.param(NoAnswer(Trouble.RESET), Status.INCONCLUSIVE, None, id="reset"),
    ],
)
def test_without_a_control_no_probe_is_sent(
    checking: Build, answer: Response | NoAnswer, status: Status, setting: str | None
) -> None:
    checks = checking(lambda _: answer)

    checks.ask(MISSING, NoKey())
    checks.ask(RANDOM, RandomKey(1))
    assert {record.status for record in checks.records} == {status}
    assert {record.setting for record in checks.records} == {setting}
    assert {one.key for one in checks.world.wire.log} == {KEY}


def test_an_operation_that_cannot_be_asked_is_skipped_once_some_key_is_live(
    checking: Build,
) -> None:
    item = operation("GET /other/{id}")
    checks = checking(correct(), LIST, item)

    outcome = checks.ask(MISSING, NoKey(), about=item)
    assert isinstance(outcome, pytest.skip.Exception)
    assert "PATH_PARAMETERS" in str(outcome)
    assert [record.setting for record in checks.records] == ["PATH_PARAMETERS"]


def test_a_deletion_without_another_object_is_skipped(checking: Build) -> None:
    api = correct()
    made: list[int] = []

    def server(asked: Asked) -> Response | NoAnswer:
        if asked.method == "POST":
            made.append(asked.number)
        return answered(503) if len(made) > 2 else api(asked)

    checks = checking(server, CREATE, DELETE)
    outcome = checks.ask(MISSING, NoKey(), about=DELETE)
    assert isinstance(outcome, pytest.skip.Exception)
    assert {record.status for record in checks.records} == {Status.SKIPPED}


@pytest.mark.parametrize("requests", [0, 1, 2])
def test_a_spent_budget_skips_naming_the_cap(checking: Build, requests: int) -> None:
    checks = checking(correct(), caps=Caps(1e6, requests, 1e9))
    for check, credential in ((MISSING, NoKey()), (RANDOM, RandomKey(1))):
        assert not isinstance(checks.ask(check, credential), AssertionError)

    named = {record.setting for record in checks.records if record.status is not Status.HELD}
    assert named == {"MAX_REQUESTS"}
    assert {record.status for record in checks.records} <= {
        Status.HELD,
        Status.SKIPPED if requests else Status.INCONCLUSIVE,
    }


# --- keys that are not there ------------------------------------------------------------------


@pytest.mark.parametrize("credential", [RandomKey(1), NearMiss(CUT, 0), *CLASSICS], ids=str)
def test_a_scoped_key_alone_serves_for_control_and_wrong_keys(
    checking: Build, credential: Credential
) -> None:
    checks = checking(correct(), alone=True, scoped_keys=json.dumps({"calls:read": READER}))

    assert checks.ask(RANDOM, credential) is None
    assert checks.outcomes == {"D2.random-key": Status.HELD}


def test_without_an_insufficient_key_the_setting_is_named(checking: Build) -> None:
    checks = checking(correct(), LIST, operation("GET /unknown"))

    for about in (LIST, operation("GET /unknown")):
        checks.run(LACKING, lambda send, about=about: send.insufficient(about))  # type: ignore[misc]
    assert [(record.status, record.setting) for record in checks.records] == [
        (Status.SKIPPED, "SCOPED_KEYS"),
        (Status.SKIPPED, "SCOPE_MAP"),
    ]


def test_a_live_insufficient_key_is_preferred(checking: Build) -> None:
    wide = operation("GET /admin", (frozenset({"admin"}),))
    api = Api({KEY: None, READER: READ})

    def server(asked: Asked) -> Response | NoAnswer:
        if asked.path == "/calls":
            return api(asked)
        return answered({KEY: 200, READER: 403}.get(asked.key or "", 401))

    given = json.dumps({"a:first": "key-nobody-knows", "calls:read": READER})
    checks = checking(server, LIST, wide, scoped_keys=given)
    outcome = checks.run(
        LACKING, lambda send: expect(send(wide, send.insufficient(wide)), FORBIDDEN)
    )
    assert outcome is None
    assert checks.records[0].credential == 'the scoped "calls:read" key'


@pytest.mark.parametrize(
    ("role", "setting"), [(REVOKED, "REVOKED_API_KEY"), (DELETED, "DELETED_API_KEY")]
)
def test_without_a_dead_key_the_setting_is_named(checking: Build, role: str, setting: str) -> None:
    checks = checking(correct())
    known = REVOKED if role == REVOKED else DELETED
    check = CheckId(D8, f"{role}-key", core=True)

    outcome = checks.run(check, lambda send: expect(send(LIST, send.dead(LIST, known)), ADMITTED))
    assert isinstance(outcome, pytest.skip.Exception)
    assert [record.setting for record in checks.records] == [setting]


def test_a_dead_key_that_is_admitted_is_a_violation(checking: Build) -> None:
    api = Api({KEY: None, OLD: None})
    checks = checking(api, revoked_api_key=OLD)
    check = CheckId(D8, "revoked-key", core=True)

    outcome = checks.run(
        check, lambda send: expect(send(LIST, send.dead(LIST, REVOKED)), UNAUTHORIZED)
    )
    assert isinstance(outcome, Violation)
    assert outcome.severity is Severity.S1


# --- what is printed --------------------------------------------------------------------------


def test_what_asks_is_printed_without_what_it_knows(checking: Build) -> None:
    send = checking(correct()).send

    assert pretty.pretty(send) == "send"
    assert KEY not in repr(send)


def test_a_defect_of_the_suite_is_recorded_as_inconclusive(checking: Build) -> None:
    checks = checking(correct())
    checks.run(NEAR, lambda send: send.defect(LIST, "KeyError"))

    (entry,) = checks.records
    assert (entry.id, entry.status, entry.core) == ("D2.near-miss", Status.INCONCLUSIVE, True)
    assert entry.reason == "a defect of the suite: KeyError"


def test_the_sufficient_key_is_the_controls(checking: Build) -> None:
    assert checking(correct()).send.sufficient(LIST) == RoleKey(FULL)


def test_an_insufficient_key_is_named_by_its_scopes(checking: Build) -> None:
    checks = checking(correct(), LIST, CREATE, scoped_keys=json.dumps({"calls:read": READER}))

    found: list[RoleKey] = []
    checks.run(LACKING, lambda send: found.append(send.insufficient(CREATE)))
    assert found == [RoleKey(scoped(READ))]


PAGE = Response(429, (("content-type", "text/html"),), b"<h1>Slow down</h1>")


@pytest.mark.parametrize(
    ("pages", "status"), [(0, Status.HELD), (1, Status.INCONCLUSIVE), (2, Status.VIOLATED)]
)
def test_every_429_that_was_waited_out_is_read(checking: Build, pages: int, status: Status) -> None:
    api, turns = correct(), itertools.count()

    def server(asked: Asked) -> Response | NoAnswer:
        turn = next(turns)
        if turn in {1, 2}:
            return PAGE if turn <= pages else answered(429)
        return api(asked)

    checks = checking(server)
    checks.world.controls.of(LIST)
    checks.ask(MISSING, NoKey())
    waited_out = CheckId(D6, "waited-out", core=False)
    checks.run(waited_out, lambda send: expect(send.limited(), LIMITED))

    assert checks.record("D6.waited-out").status is status


def test_without_a_429_nothing_is_said_of_any(checking: Build) -> None:
    checks = checking(correct())
    checks.ask(MISSING, NoKey())
    waited_out = CheckId(D6, "waited-out", core=False)

    assert checks.run(waited_out, lambda send: expect(send.limited(), LIMITED)) is None
    assert "D6.waited-out" not in checks.outcomes


@pytest.mark.parametrize(("questions", "is_void"), [(10, False), (30, True)])
def test_a_target_that_refuses_everybody_is_not_conformant(
    checking: Build, questions: int, is_void: bool
) -> None:
    api = correct()
    checks = checking(api, caps=MANY)
    checks.ask(MISSING, NoKey())
    checks.world.wire.server = lambda _: answered(403)
    for seed in range(questions):
        checks.ask(RANDOM, RandomKey(seed))
    checks.send.finish()

    assert ("D5.controls" in checks.outcomes) == is_void
    assert checks.outcomes.get("D5.controls", Status.INCONCLUSIVE) is Status.INCONCLUSIVE
