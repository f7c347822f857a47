"""The operations of a target: which are checked, which are not and why, and what is a success."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from contracts.exchange import Response
from contracts.operations import (
    Catalogue,
    Draft,
    Operation,
    Unchecked,
    catalogue,
    documented_only,
    successes,
)
from tests.unit.contracts import documents
from tests.unit.contracts.answers import answered, operation
from tests.unit.contracts.surroundings import Surroundings

READ, WRITE = frozenset({"calls:read"}), frozenset({"calls:write"})


def listed(
    surroundings: Surroundings, paths: Mapping[str, Any], changes: Mapping[str, Any], **given: str
) -> Catalogue:
    """The catalogue of a document whose every operation has a draft."""
    document = documents.document(paths, **changes)
    drafts: dict[str, Draft | str] = {
        label: Draft(label.partition(" ")[2]) for label, _ in document.operations()
    }
    return catalogue(document, drafts, surroundings.target(**given))


ALL = documents.operations(
    "GET /calls", "POST /calls", "GET /calls/{callId}", "PUT /calls/{callId}",
    "PATCH /calls/{callId}", "DELETE /calls/{callId}", "HEAD /calls", "OPTIONS /calls",
    "TRACE /calls",
)  # fmt: skip


def test_without_permission_only_safe_methods_are_asked(surroundings: Surroundings) -> None:
    found = listed(surroundings, ALL, {})

    assert sorted(found.labels) == ["GET /calls", "GET /calls/{callId}", "HEAD /calls"]
    writes = {one.label.partition(" ")[0] for one in found.forbidden if one.setting}
    assert writes == {"POST", "PUT", "PATCH", "DELETE"}
    assert {one.setting for one in found.forbidden} == {"ALLOW_WRITES", None}
    assert (found.public, found.unchecked, found.narrowed) == ((), (), False)


def test_with_permission_every_method_but_preflight_and_trace_is_asked(
    surroundings: Surroundings,
) -> None:
    found = listed(surroundings, ALL, {}, allow_writes="true")

    assert {label.partition(" ")[0] for label in found.labels} == {
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "HEAD",
    }
    assert {one.label: one.setting for one in found.forbidden} == {
        "OPTIONS /calls": None,
        "TRACE /calls": None,
    }
    assert all(one.reason for one in found.forbidden)


@pytest.mark.parametrize(
    ("own", "mapped", "public", "scopes"),
    [
        pytest.param({}, None, False, None, id="nobody-says"),
        pytest.param({"security": []}, None, True, None, id="public-by-document"),
        pytest.param({"security": [{"k": ["calls:read"]}]}, None, False, (READ,), id="document"),
        pytest.param({}, "calls:read", False, (READ,), id="map"),
        pytest.param({}, "", True, None, id="public-by-map"),
        pytest.param({"security": []}, "calls:read", False, (READ,), id="map-over-public"),
        pytest.param(
            {"security": [{"k": ["calls:read"]}]}, "calls:write", False, (WRITE,), id="map-over"
        ),
        pytest.param({"security": [{"k": ["calls:read"]}]}, "", True, None, id="map-makes-public"),
        pytest.param({}, "calls:write calls:read", False, (READ | WRITE,), id="map-of-two"),
    ],
)
def test_scopes_come_from_the_map_else_from_the_document(
    surroundings: Surroundings,
    own: Mapping[str, Any],
    mapped: str | None,
    public: bool,
    scopes: tuple[frozenset[str], ...] | None,
) -> None:
    given = {} if mapped is None else {"scope_map": json.dumps({"GET /calls": mapped})}

    found = listed(surroundings, documents.operations("GET /calls", **own), {}, **given)
    assert found.public == (("GET /calls",) if public else ())
    assert [one.scopes for one in found.operations] == ([] if public else [scopes])


def test_a_public_operation_needs_no_permission_to_be_public(surroundings: Surroundings) -> None:
    found = listed(surroundings, documents.operations("POST /calls", security=[]), {})

    assert (found.public, found.forbidden) == (("POST /calls",), ())


@pytest.mark.parametrize(
    ("given", "labels"),
    [
        ({}, ["GET /calls", "GET /calls/{callId}", "GET /things"]),
        ({"include": "GET /calls*"}, ["GET /calls", "GET /calls/{callId}"]),
        ({"exclude": "*/things, *{callId}"}, ["GET /calls"]),
        ({"include": "GET /calls", "exclude": "GET *"}, []),
        ({"include": "GET /nothing"}, []),
    ],
)
def test_globs_narrow_the_catalogue(
    surroundings: Surroundings, given: dict[str, str], labels: list[str]
) -> None:
    paths = documents.operations("GET /calls", "GET /calls/{callId}", "GET /things")

    found = listed(surroundings, paths, {}, **given)
    assert list(found.labels) == labels
    assert found.narrowed is bool(given)


def test_an_endless_answer_is_not_waited_for(surroundings: Surroundings) -> None:
    stream = {"200": {"description": "", "content": {"text/event-stream": {}}}}

    found = listed(surroundings, documents.operations("GET /events", responses=stream), {})

    assert (found.labels, [one.label for one in found.forbidden]) == ((), ["GET /events"])


def test_an_operation_without_draft_says_why(surroundings: Surroundings) -> None:
    document = documents.document(documents.operations("GET /a", "GET /b"))

    found = catalogue(document, {"GET /a": "no request can be made"}, surroundings.target())
    assert found.unchecked == (
        Unchecked("GET /a", "no request can be made"),
        Unchecked("GET /b", "the document does not describe it whole"),
    )


def test_links_are_handed_to_the_operation(surroundings: Surroundings) -> None:
    link = {"operationId": "one", "parameters": {"id": "$response.body#/first"}}
    paths = {
        "/a": {"get": {"responses": {"200": {"links": {"l": link}}}}},
        "/a/{id}": {"get": {"operationId": "one", "responses": {}}},
    }

    found = {one.label: one.links for one in listed(surroundings, paths, {}).operations}
    assert found == {"GET /a": {}, "GET /a/{id}": {"id": ("GET /a", "/first")}}


# --- without a document -----------------------------------------------------------------------


def test_without_a_document_there_is_the_documented_call(surroundings: Surroundings) -> None:
    found = documented_only(surroundings.target())

    (one,) = found.operations
    assert (one.label, one.scopes, one.draft.target, one.method, one.path) == (
        "GET /calls",
        None,
        "/calls",
        "GET",
        "/calls",
    )
    assert one.is_safe


@pytest.mark.parametrize(
    ("given", "labels", "public"),
    [
        ({"scope_map": '{"GET /calls": "calls:read"}'}, ["GET /calls"], []),
        ({"scope_map": '{"GET /calls": ""}'}, [], ["GET /calls"]),
        ({"exclude": "GET *"}, [], []),
    ],
)
def test_settings_speak_of_the_documented_call_too(
    surroundings: Surroundings, given: dict[str, str], labels: list[str], public: list[str]
) -> None:
    found = documented_only(surroundings.target(**given))

    assert (list(found.labels), list(found.public)) == (labels, public)


# --- what is a success ------------------------------------------------------------------------

JSON, EMPTY = frozenset({"application/json"}), frozenset[str]()

HTML = (("content-type", "text/html"),)


def typed(media_type: str, status: int = 200, body: bytes = b"[]") -> Response:
    return answered(status, body, (("content-type", media_type),))


@pytest.mark.parametrize(
    ("declared", "answer", "succeeded"),
    [
        pytest.param({}, typed("application/json"), True, id="json"),
        pytest.param({}, typed("application/json;charset=utf-8"), True, id="json-parameters"),
        pytest.param({}, typed("Application/Hal+JSON"), True, id="json-suffix"),
        pytest.param({}, typed("application/json", 201), True, id="created"),
        pytest.param({}, typed("text/html"), False, id="html"),
        pytest.param({}, typed("text/plain"), False, id="text"),
        pytest.param({}, answered(200, b"[]", ()), False, id="no-media-type"),
        pytest.param({}, answered(200, b"", ()), False, id="empty-and-nothing-declared"),
        pytest.param({}, typed("application/json", 202), False, id="undeclared-202"),
        pytest.param({}, answered(204, b"", ()), False, id="undeclared-204"),
        pytest.param({204: EMPTY}, answered(204, b"", ()), True, id="declared-204"),
        pytest.param({202: JSON}, typed("application/json", 202), True, id="declared-202"),
        pytest.param({204: EMPTY}, typed("application/json", 200), True, id="200-beside-declared"),
        pytest.param({200: EMPTY}, answered(200, b"", ()), True, id="declared-without-content"),
        pytest.param({200: EMPTY}, typed("text/html"), False, id="content-where-none-declared"),
        pytest.param({200: EMPTY}, typed("application/json"), True, id="json-where-none-declared"),
        pytest.param({200: JSON}, typed("application/json"), True, id="declared-type"),
        pytest.param({200: JSON}, typed("application/hal+json"), False, id="undeclared-suffix"),
        pytest.param({200: JSON}, typed("text/csv"), False, id="undeclared-type"),
        pytest.param({200: JSON}, answered(200, b"", ()), False, id="empty-where-json-declared"),
        pytest.param({200: frozenset({"text/csv"})}, typed("text/csv"), True, id="declared-csv"),
        pytest.param({200: frozenset({"text/*"})}, typed("text/csv"), True, id="declared-range"),
        pytest.param({200: frozenset({"*/*"})}, typed("image/png"), True, id="declared-any"),
        pytest.param({200: JSON}, typed("application/json", 401), False, id="refused"),
        pytest.param({}, answered(302, b"", ()), False, id="redirect"),
        pytest.param({}, answered(500), False, id="server-error"),
    ],
)
def test_a_control_succeeds_by_status_and_media_type(
    declared: dict[int, frozenset[str]], answer: Response, succeeded: bool
) -> None:
    assert operation(successes=declared).succeeded(answer) is succeeded


def test_an_answer_to_head_has_no_media_type_to_be_wrong() -> None:
    head = operation("HEAD /calls")

    assert [head.succeeded(answered(200, b"", headers)) for headers in ((), HTML)] == [True, True]
    assert not head.succeeded(answered(404, b""))


@pytest.mark.parametrize(
    ("responses", "declared"),
    [
        ({"200": {"content": {"application/json": {}}}}, {200: JSON}),
        ({"200": {"content": {"Application/JSON; charset=utf-8": {}}}}, {200: JSON}),
        ({"204": {"description": "gone"}}, {204: EMPTY}),
        ({"200": {}, "201": {}, "401": {}, "default": {}}, {200: EMPTY, 201: EMPTY}),
        ({"2XX": {}, "2": {}, "2000": {}, "x": {}}, {}),
        ({"200": {"$ref": "#/components/responses/Ok"}}, {200: JSON}),
        ({"200": {"$ref": "#/nowhere"}}, {200: EMPTY}),
        ({"200": None}, {200: EMPTY}),
        ({"200": {"content": None}}, {200: EMPTY}),
        ({"200": {"content": ["application/json"]}}, {200: EMPTY}),
        (None, {}),
        ([], {}),
        ("ok", {}),
    ],
)
def test_declared_successes_are_read_whatever_their_form(
    responses: object,
    declared: dict[int, frozenset[str]],
) -> None:
    components: Any = {"responses": {"Ok": {"content": {"application/json": {}}}}}

    found = successes({"responses": responses}, documents.document(components=components))
    assert found == declared


@pytest.mark.parametrize(
    ("scopes", "held", "admits"),
    [
        (None, READ, None),
        ((READ,), READ, True),
        ((READ,), READ | WRITE, True),
        ((READ,), frozenset(), False),
        ((READ | WRITE,), READ, False),
        ((READ, WRITE), WRITE, True),
        ((READ,), frozenset({"calls:reader"}), False),
    ],
)
def test_scopes_admit_by_whole_names(
    scopes: tuple[frozenset[str], ...] | None, held: frozenset[str], admits: bool | None
) -> None:
    assert operation(scopes=scopes).admits(held) is admits


def test_path_parameters_stand_in_order_and_not_in_the_query() -> None:
    draft = Draft("/a/{one}/b/{two}.{three}?x={four}")

    assert draft.parameters == ("one", "two", "three")


def test_an_operation_is_printed_by_its_label() -> None:
    one: Operation = operation("GET /calls/{callId}")

    assert (repr(one), one.method, one.path) == ("GET /calls/{callId}", "GET", "/calls/{callId}")
