"""A valid request with real values, and never a deletion of what the run did not create."""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest

from contracts.client import HEADERS, USER_AGENT
from contracts.credentials import NoKey
from contracts.exchange import Request
from contracts.operations import Draft, Operation, Unchecked
from contracts.preparation import Preparation
from tests.unit.contracts.answers import operation
from tests.unit.contracts.surroundings import Surroundings

Answers = dict[str, Any]


def item(
    method: str = "GET",
    path: str = "/calls/{callId}",
    *,
    given: Mapping[str, str] | None = None,
    links: Mapping[str, tuple[str, str]] | None = None,
) -> Operation:
    draft = Draft(path, given=given or {})
    return Operation(f"{method} {path}", draft=draft, links=links or {})


def answering(answers: Answers, log: list[str] | None = None) -> Callable[[str], bytes | None]:
    def answer(label: str) -> bytes | None:
        if log is not None:
            log.append(label)
        return json.dumps(answers[label]).encode() if label in answers else None

    return answer


def prepared(
    surroundings: Surroundings,
    asked: Operation,
    answers: Answers | None = None,
    created: Answers | None = None,
    *,
    examples: bool = True,
    **given: str,
) -> Request | Unchecked:
    preparation = Preparation(surroundings.target(**given), "/v1")
    return preparation.request(
        asked, answering(answers or {}), answering(created or {}), examples=examples
    )


def target_of(request: Request | Unchecked) -> str:
    return request.target if isinstance(request, Request) else f"unchecked: {request.setting}"


LIST: Final[Answers] = {"GET /calls": {"data": [{"id": "from-list"}]}}
POSTED: Final[Answers] = {"POST /calls": {"data": {"id": "created"}}}
LINKED = {"callId": ("GET /first", "/id")}
FIRST: Final[Answers] = {"GET /first": {"id": "from-link"}}
SETTING = '{"callId": "from-setting"}'


def test_a_request_is_whole_but_for_its_credential(surroundings: Surroundings) -> None:
    draft = Draft("/calls?x=1", (("Content-Type", "application/json"),), b"{}")

    assert prepared(surroundings, operation("POST /calls", draft=draft)) == Request(
        "POST",
        "/v1/calls?x=1",
        (
            ("User-Agent", USER_AGENT),
            ("Accept", "application/json"),
            ("Content-Type", "application/json"),
        ),
        b"{}",
        NoKey(),
        "POST /calls",
    )


def test_headers_of_the_document_replace_the_suites(surroundings: Surroundings) -> None:
    draft = Draft("/calls", (("accept", "text/csv"), ("X-A", "1")))

    request = prepared(surroundings, operation(draft=draft))
    assert isinstance(request, Request)
    assert request.headers == (("User-Agent", USER_AGENT), ("accept", "text/csv"), ("X-A", "1"))


def test_no_coding_is_asked_for() -> None:
    assert [name for name, _ in HEADERS] == ["User-Agent", "Accept"]


# --- the order of sources ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sources", "value"),
    [
        ({"setting", "example", "link", "list"}, "from-setting"),
        ({"example", "link", "list"}, "from-example"),
        ({"link", "list"}, "from-link"),
        ({"list"}, "from-list"),
        (set(), None),
        ({"setting"}, "from-setting"),
    ],
)
def test_the_best_source_is_used(
    surroundings: Surroundings, sources: set[str], value: str | None
) -> None:
    asked = item(
        given={"callId": "from-example"} if "example" in sources else None,
        links=LINKED if "link" in sources else None,
    )
    answers = (FIRST if "link" in sources else {}, LIST if "list" in sources else {})
    own = SETTING if "setting" in sources else "{}"

    request = prepared(surroundings, asked, answers[0] | answers[1], path_parameters=own)
    expected = "unchecked: PATH_PARAMETERS" if value is None else f"/v1/calls/{value}"
    assert target_of(request) == expected


def test_an_example_that_does_not_exist_is_passed_over(surroundings: Surroundings) -> None:
    asked = item(given={"callId": "from-example"})

    assert target_of(prepared(surroundings, asked, LIST, examples=False)) == "/v1/calls/from-list"


def test_a_link_that_leads_nowhere_leaves_the_list(surroundings: Surroundings) -> None:
    asked = item(links=LINKED)

    answers = LIST | {"GET /first": {"other": 1}}
    assert target_of(prepared(surroundings, asked, answers)) == "/v1/calls/from-list"


@pytest.mark.parametrize(
    ("value", "target"),
    [(5, "/v1/calls/5"), ("a b/c", "/v1/calls/a%20b%2Fc"), ("ü", "/v1/calls/%C3%BC")],
)
def test_values_of_the_setting_are_encoded(
    surroundings: Surroundings, value: str | int, target: str
) -> None:
    given = json.dumps({"callId": value, "other": "x"})

    assert target_of(prepared(surroundings, item(), path_parameters=given)) == target


def test_each_parameter_has_its_own_source(surroundings: Surroundings) -> None:
    asked = item(path="/users/{userId}/calls/{callId}", given={"userId": "u1"})
    answers = {"GET /users/{userId}/calls": [{"callId": "c1"}]}

    assert target_of(prepared(surroundings, asked, answers)) == "/v1/users/u1/calls/c1"


def test_one_unknown_value_makes_no_request(surroundings: Surroundings) -> None:
    asked = item(path="/users/{userId}/calls/{callId}", given={"userId": "u1"})

    assert prepared(surroundings, asked) == Unchecked(
        asked.label, "no real value for callId is known", "PATH_PARAMETERS"
    )


# --- what changes or deletes ------------------------------------------------------------------


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize(
    ("answers", "value"),
    [
        pytest.param(LIST | POSTED, "created", id="created-before-list"),
        pytest.param(LIST, "from-list", id="list"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_a_change_is_made_to_what_the_run_created_where_it_may_create(
    surroundings: Surroundings, method: str, answers: Answers, value: str | None
) -> None:
    request = prepared(surroundings, item(method), answers)

    expected = "unchecked: PATH_PARAMETERS" if value is None else f"/v1/calls/{value}"
    assert target_of(request) == expected


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_spares_the_operators_object_where_there_is_another(
    surroundings: Surroundings, method: str
) -> None:
    request = prepared(surroundings, item(method), POSTED, path_parameters=SETTING)

    assert target_of(request) == "/v1/calls/created"


def test_a_deletion_creates_its_own_object_each_time(surroundings: Surroundings) -> None:
    created = {"POST /calls": {"data": {"id": "new"}}}

    request = prepared(surroundings, item("DELETE"), LIST | POSTED, created)
    assert target_of(request) == "/v1/calls/new"


@pytest.mark.parametrize("created", [{}, {"POST /calls": {"ok": True}}, {"POST /other": {"id": 1}}])
def test_a_deletion_takes_nothing_else(surroundings: Surroundings, created: Answers) -> None:
    asked = item("DELETE", given={"callId": "from-example"}, links=LINKED)

    request = prepared(surroundings, asked, LIST | POSTED | FIRST, created, path_parameters=SETTING)
    assert request == Unchecked(
        "DELETE /calls/{callId}", "it deletes, and nothing this run created can be used as callId"
    )


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_what_changes_nothing_creates_nothing(surroundings: Surroundings, method: str) -> None:
    log: list[str] = []
    preparation = Preparation(surroundings.target(), "")

    preparation.request(item(method), answering(LIST), answering(POSTED, log))
    assert log == []
