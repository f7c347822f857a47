"""A refused write must leave nothing behind, as a look with a sufficient key shows."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from contracts.checks import expect
from contracts.credentials import Credential, NoKey, RandomKey, RoleKey, scoped
from contracts.exchange import NoAnswer, Response, Trouble, transcript
from contracts.judge import NO_EFFECT
from contracts.manners import OVERRIDES, WATCHED, Manner
from contracts.operations import Operation
from contracts.outcomes import Inconclusive, Violation
from contracts.pace import Caps
from contracts.probing import Probing
from contracts.recording import CheckId
from contracts.requirements import D1, D2, D3
from contracts.verdict import Severity, Status
from tests.unit.contracts.answers import KEY, OTHER_KEY, answered
from tests.unit.contracts.checking import Build, Checking
from tests.unit.contracts.targets import CHANGE, CREATE, DELETE, ITEM, LIST, MANY, READ, Asked

READER = "key-of-the-reader"

NOTE: dict[str, Any] = {"note": {"type": "string"}}
COUNT: dict[str, Any] = {"count": {"type": "integer"}}

CREATED = replace(CREATE, members=NOTE)
CHANGED = replace(CHANGE, members=NOTE)
WRITTEN = (LIST, ITEM, CREATED, CHANGED, DELETE)

MISSING = CheckId(D1, "effect", core=False, family="no key, its effect looked for")
WRONG = CheckId(D2, "effect", core=False, family="a wrong key, its effect looked for")
LACKING = CheckId(D3, "effect", core=False, family="an insufficient key, its effect looked for")


class Notebook:
    """An API that keeps what is written, and may carry out what it refuses.

    Attributes:
        carries_out: Which refused requests it carries out all the same.
        shown: How many of the newest objects the list shows.
        overridden: Whether it follows X-HTTP-Method-Override once the key has passed.
    """

    def __init__(
        self,
        carries_out: Callable[[Asked, int], bool] = lambda _asked, _status: False,
        *,
        shown: int = 100,
        overridden: bool = False,
    ) -> None:
        self.carries_out, self.shown, self.overridden = carries_out, shown, overridden
        self.keys: dict[str | None, frozenset[str] | None] = {
            KEY: None,
            OTHER_KEY: None,
            READER: READ,
        }
        self.objects: dict[str, dict[str, Any]] = {"call_001": {"id": "call_001"}}
        self._made = 1

    def __call__(self, asked: Asked) -> Response | NoAnswer:
        status = self._refusal(asked)
        named = dict(asked.headers).get("X-HTTP-Method-Override")
        if status == 0 and self.overridden and named:
            asked = replace(asked, method=named)
        if status == 0:
            return self._done(asked)
        if self.carries_out(asked, status):
            self._done(asked)
        return answered(status)

    def _refusal(self, asked: Asked) -> int:
        if asked.key not in self.keys:
            return 401
        scopes = self.keys[asked.key]
        needed = "calls:read" if asked.method in {"GET", "HEAD"} else "calls:write"
        return 0 if scopes is None or needed in scopes else 403

    def _done(self, asked: Asked) -> Response:
        identity = asked.path.removeprefix("/calls").removeprefix("/")
        if asked.method == "POST" and not identity:
            self._made += 1
            made = {"id": f"call_{self._made:03}", **json.loads(asked.body or b"{}")}
            self.objects[made["id"]] = made
            return _json(201, made)
        if not identity:
            return _json(200, [*reversed(self.objects.values())][: self.shown])
        if identity not in self.objects:
            return answered(404)
        if asked.method == "DELETE":
            del self.objects[identity]
            return Response(204, (), b"")
        if asked.method == "PUT":
            self.objects[identity] |= json.loads(asked.body or b"{}")
        return _json(200, self.objects[identity])


def _json(status: int, value: object) -> Response:
    return answered(status, json.dumps({"data": value}).encode())


def without_key(asked: Asked, status: int) -> bool:
    return status == 401 and asked.key is None


def with_any(_asked: Asked, status: int) -> bool:
    return status in {401, 403}


def watched(
    checks: Checking, check: CheckId, credential: Credential, about: Operation
) -> BaseException | None:
    return checks.run(check, lambda send: expect(send(about, credential, WATCHED), NO_EFFECT))


CASES = [
    pytest.param(MISSING, NoKey(), id="no-key"),
    pytest.param(WRONG, RandomKey(1), id="wrong-key"),
    pytest.param(LACKING, RoleKey(scoped(READ)), id="insufficient-key"),
]

WRITES = [pytest.param(one, id=one.method) for one in (CREATED, CHANGED, DELETE)]


def asked_of(
    checking: Build, server: Notebook, *operations: Operation, caps: Caps = MANY
) -> Checking:
    keys = json.dumps({"calls:read": READER})
    return checking(server, *(operations or WRITTEN), scoped_keys=keys, caps=caps)


@pytest.mark.parametrize("about", WRITES)
@pytest.mark.parametrize(("check", "credential"), CASES)
def test_a_refusal_that_leaves_nothing_behind_holds(
    checking: Build, check: CheckId, credential: Credential, about: Operation
) -> None:
    checks = asked_of(checking, Notebook())

    assert watched(checks, check, credential, about) is None
    record = checks.record(f"{check.requirement.id}.effect")
    assert (record.status, record.tried, record.seen) == (Status.HELD, 1, 0)


@pytest.mark.parametrize("about", WRITES)
@pytest.mark.parametrize(("check", "credential"), CASES)
def test_what_is_carried_out_and_refused_is_a_violation(
    checking: Build, check: CheckId, credential: Credential, about: Operation
) -> None:
    checks = asked_of(checking, Notebook(with_any))

    outcome = watched(checks, check, credential, about)
    assert isinstance(outcome, Violation)
    assert outcome.severity is Severity.S1
    record = checks.record(f"{check.requirement.id}.effect")
    assert (record.status, record.tried, record.seen) == (Status.VIOLATED, 2, 2)
    status = 403 if check is LACKING else 401
    assert (record.expected, record.got) == (
        "no effect",
        f"status {status}, and "
        + ("the object is gone" if about is DELETE else "what it wrote into note is there"),
    )


def test_a_number_serves_where_no_text_does(checking: Build) -> None:
    counted = replace(CREATE, members=COUNT)
    checks = asked_of(checking, Notebook(without_key), LIST, counted)

    assert isinstance(watched(checks, MISSING, NoKey(), counted), Violation)
    assert checks.record("D1.effect").got == "status 401, and what it wrote into count is there"


def test_that_an_effect_would_be_seen_is_proven_before_and_after(checking: Build) -> None:
    checks = asked_of(checking, Notebook(), LIST, CREATED)
    checks.world.controls.of(CREATED)
    before = len(checks.world.wire.log)
    for check, credential in ((MISSING, NoKey()), (WRONG, RandomKey(1))):
        watched(checks, check, credential, CREATED)

    log = checks.world.wire.log[before:]
    assert [(one.method, one.key == KEY) for one in log] == [
        ("POST", True),
        ("GET", True),
        *[("POST", False), ("GET", True), ("POST", True), ("GET", True)] * 2,
    ]
    marks = [json.loads(one.body)["note"] for one in log if one.method == "POST"]
    assert len({*marks}) == 5


UNMARKED = replace(CREATE, members={"kind": {"type": "string", "enum": ["a", "b"]}})
ALONE = replace(CREATED, label="POST /notes")


@pytest.mark.parametrize(
    ("about", "shown", "reason"),
    [
        pytest.param(CREATED, 0, "does not show where it is looked for", id="not-listed"),
        pytest.param(UNMARKED, 100, "no member of its body can be told", id="no-mark"),
        pytest.param(ALONE, 100, "no operation reads what it writes", id="no-list"),
    ],
)
def test_an_effect_that_would_not_be_seen_is_skipped_with_its_reason(
    checking: Build, about: Operation, shown: int, reason: str
) -> None:
    checks = asked_of(checking, Notebook(without_key, shown=shown), LIST, about)

    outcome = watched(checks, MISSING, NoKey(), about)
    assert isinstance(outcome, pytest.skip.Exception)
    record = checks.record("D1.effect")
    assert record.status is Status.SKIPPED
    assert reason in (record.reason or "")
    assert {one.key for one in checks.world.wire.log} == {KEY}


def test_an_object_that_is_gone_before_gives_way_to_another(checking: Build) -> None:
    server = Notebook()
    checks = asked_of(checking, server)
    checks.world.controls.of(DELETE)
    server.objects.clear()

    assert watched(checks, MISSING, NoKey(), DELETE) is None
    assert checks.record("D1.effect").status is Status.HELD


def test_a_replica_that_lags_is_no_effect(checking: Build) -> None:
    notebook, looks = Notebook(), itertools.count(1)

    def server(asked: Asked) -> Response | NoAnswer:
        lags = asked.method == "GET" and asked.path != "/calls" and next(looks) % 2 == 0
        return answered(404) if lags else notebook(asked)

    checks = checking(server, LIST, CREATED, ITEM, DELETE)
    outcome = watched(checks, MISSING, NoKey(), DELETE)
    assert not isinstance(outcome, Violation)


def test_nothing_is_deleted_where_nothing_can_be_made(checking: Build) -> None:
    server = Notebook()
    checks = asked_of(checking, server)
    checks.world.controls.of(DELETE)
    server.objects.clear()
    server.keys[KEY] = READ

    outcome = watched(checks, MISSING, NoKey(), DELETE)
    assert isinstance(outcome, pytest.skip.Exception)
    assert "no object that it would delete" in str(outcome)


def test_operations_that_only_read_are_not_asked(checking: Build) -> None:
    checks = asked_of(checking, Notebook())

    assert watched(checks, MISSING, NoKey(), LIST) is None
    assert checks.records == []


def test_no_answer_to_the_write_says_nothing(checking: Build) -> None:
    notebook = Notebook()

    def server(asked: Asked) -> Response | NoAnswer:
        return notebook(asked) if asked.key else NoAnswer(Trouble.TIMEOUT)

    checks = checking(server, *WRITTEN)
    assert watched(checks, MISSING, NoKey(), CREATED) is None
    assert checks.outcomes == {"D1.effect": Status.INCONCLUSIVE}


def test_an_effect_that_comes_once_is_not_called_a_violation(checking: Build) -> None:
    seen: list[Asked] = []

    def once(asked: Asked, status: int) -> bool:
        seen.append(asked)
        return status == 401 and len(seen) == 1

    checks = asked_of(checking, Notebook(once))
    outcome = watched(checks, MISSING, NoKey(), CREATED)
    assert not isinstance(outcome, Violation | Inconclusive)
    assert checks.record("D1.effect").status is Status.INCONCLUSIVE


@pytest.mark.parametrize("requests", range(3, 16))
def test_a_spent_budget_leaves_no_defect(checking: Build, requests: int) -> None:
    checks = asked_of(checking, Notebook(with_any), caps=Caps(1e6, requests, 1e9))

    outcome = watched(checks, MISSING, NoKey(), DELETE)
    assert outcome is None or isinstance(outcome, pytest.skip.Exception | Violation | Inconclusive)


@pytest.mark.parametrize("about", WRITES)
def test_a_method_override_with_a_key_that_may_read_is_seen_by_its_effect(
    checking: Build, about: Operation
) -> None:
    checks = asked_of(checking, Notebook(overridden=True))
    by_get = next(one for one in OVERRIDES if "GET and X-HTTP-Method-Override" in one.words)

    outcome = checks.run(
        LACKING, lambda send: expect(send(about, send.reader(about), by_get & WATCHED), NO_EFFECT)
    )
    assert isinstance(outcome, Violation)
    assert checks.record("D3.effect").credential == (
        f'the scoped "calls:read" key, {by_get.words}, {WATCHED.words}'
    )


@pytest.mark.parametrize("override", OVERRIDES, ids=repr)
@pytest.mark.parametrize("about", WRITES)
def test_a_server_that_knows_no_override_breaks_nothing(
    checking: Build, about: Operation, override: Manner
) -> None:
    checks = asked_of(checking, Notebook())

    outcome = checks.run(
        LACKING, lambda send: expect(send(about, send.reader(about), override & WATCHED), NO_EFFECT)
    )
    assert outcome is None


def test_the_effect_stands_in_the_transcript(checking: Build) -> None:
    asked = asked_of(checking, Notebook(without_key)).world
    probing: Probing = asked.probing

    answer = probing.ask(CREATED, NoKey(), WATCHED)
    assert "what it wrote into note is there" in transcript(answer.exchange)
