"""One valid request for each operation, made of the document alone."""

import json
import socket
from typing import Any

import pytest
from hypothesis.vendor import pretty

from contracts.generation import drafts
from contracts.near_misses import CUT, NearMiss
from contracts.operations import Draft
from tests.unit.contracts.documents import OK, document, operations


def drafted(item: Any, **changes: Any) -> Draft | str:  # noqa: ANN401 -- JSON
    """What is made of the one operation `GET /a`."""
    found = drafts(document({"/a": {"get": {**OK, **item}}}, **changes))
    return found["GET /a"]


def posted(content: Any, *, required: bool = True, **changes: Any) -> Draft | str:  # noqa: ANN401
    """What is made of `POST /a` with such a body."""
    body = {"required": required, "content": content}
    return drafts(document({"/a": {"post": {**OK, "requestBody": body}}}, **changes))["POST /a"]


def parameter(place: str, schema: Any, **members: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    one = {"name": "p", "in": place, "required": True, "schema": schema, **members}
    return {"parameters": [one]}


def test_an_operation_without_parameters_is_its_path() -> None:
    assert drafted({}) == Draft("/a")


# --- security ---------------------------------------------------------------------------------

SCHEMES = {
    "header": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "query": {"type": "apiKey", "in": "query", "name": "api_key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "oauth": {"type": "oauth2", "flows": {}},
}


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("place", ["document", "operation"])
def test_no_credential_is_invented(scheme: str, place: str) -> None:
    components: Any = {"securitySchemes": SCHEMES}
    security: Any = [{scheme: []}]

    if place == "document":
        draft = drafted({}, components=components, security=security)
    else:
        draft = drafted({"security": security}, components=components)
    assert draft == Draft("/a")


@pytest.mark.parametrize("name", ["x-api-key", "X-API-Key"])
def test_a_declared_key_header_is_left_to_the_probe(name: str) -> None:
    key = {"name": name, "in": "header", "required": True, "schema": {"type": "string"}}
    other = key | {"name": "X-Tenant", "example": "t1"}

    assert drafted({"parameters": [key, other]}) == Draft("/a", (("X-Tenant", "t1"),))


# --- values -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "target"),
    [
        pytest.param(parameter("query", {"type": "string"}, example="b c&d"), "/a?p=b+c%26d",
                     id="example"),
        pytest.param(parameter("query", {"type": "string", "example": "e"}), "/a?p=e",
                     id="schema-example"),
        pytest.param(parameter("query", {"type": "integer", "minimum": 7}), "/a?p=7", id="minimal"),
        pytest.param(parameter("query", {"enum": ["only"]}), "/a?p=only", id="enum"),
        pytest.param(parameter("query", {"type": "string"}, required=False), "/a", id="optional"),
    ],
)  # fmt: skip
def test_queries_are_examples_or_minimal(item: Any, target: str) -> None:  # noqa: ANN401 -- JSON
    draft = drafted(item)

    assert isinstance(draft, Draft)
    assert draft.target == target


def test_cookies_and_headers_are_made() -> None:
    cookie = parameter("cookie", {"type": "string"}, example="c1")["parameters"]
    header = parameter("header", {"type": "string"}, example="h1", name="X-P")["parameters"]

    assert drafted({"parameters": [*cookie, *header]}) == Draft(
        "/a", (("X-P", "h1"), ("Cookie", "p=c1"))
    )


@pytest.mark.parametrize("value", ["日本", "a\r\nb: c", "a\nb"])
def test_what_no_header_can_carry_is_no_request(value: str) -> None:
    draft = drafted(parameter("header", {"type": "string"}, example=value))

    assert isinstance(draft, str)
    assert draft.startswith("no valid request can be generated: ")


def test_the_same_document_gives_the_same_requests() -> None:
    item = parameter("query", {"type": "string", "minLength": 5, "pattern": "^[a-z]+[0-9]{3}$"})

    assert drafted(item) == drafted(item)


# --- bodies -----------------------------------------------------------------------------------

NAMED = {
    "type": "object",
    "required": ["n"],
    "properties": {"n": {"type": "string", "minLength": 2}},
}


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"application/json": {"schema": NAMED}}, id="json"),
        pytest.param(
            {"application/xml": {"schema": NAMED}, "application/json": {"schema": NAMED}},
            id="json-beside-xml",
        ),
        pytest.param(
            {"multipart/form-data": {"schema": NAMED}, "application/json": {"schema": NAMED}},
            id="json-beside-form",
        ),
    ],
)
def test_a_body_that_may_be_json_is_json(content: Any) -> None:  # noqa: ANN401 -- JSON
    draft = posted(content)

    assert isinstance(draft, Draft)
    assert draft.headers == (("Content-Type", "application/json"),)
    assert len(json.loads(draft.body)["n"]) >= 2


def test_a_body_may_be_a_reference() -> None:
    body = {"required": True, "content": {
        "application/xml": {"schema": NAMED}, "application/json": {"schema": NAMED}}}  # fmt: skip
    paths = {"/a": {"post": {**OK, "requestBody": {"$ref": "#/components/requestBodies/B"}}}}

    draft = drafts(document(paths, components={"requestBodies": {"B": body}}))["POST /a"]
    assert isinstance(draft, Draft)
    assert "n" in json.loads(draft.body)


def test_the_example_of_a_body_is_used() -> None:
    draft = posted({"application/json": {"schema": NAMED, "example": {"n": "example"}}})

    assert isinstance(draft, Draft)
    assert json.loads(draft.body) == {"n": "example"}


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        ({"application/x-www-form-urlencoded": {"schema": NAMED}},
         "application/x-www-form-urlencoded"),
        ({"multipart/form-data": {"schema": NAMED}}, "multipart/form-data"),
        ({"text/plain": {"schema": {"type": "string", "minLength": 3}}}, "text/plain"),
    ],
)  # fmt: skip
def test_other_bodies_are_made_where_there_is_no_json(content: Any, media_type: str) -> None:  # noqa: ANN401
    draft = posted(content)

    assert isinstance(draft, Draft)
    assert dict(draft.headers)["Content-Type"].startswith(media_type)
    assert draft.body


@pytest.mark.parametrize(
    "content",
    [
        pytest.param({"application/x-unknown": {"schema": NAMED}}, id="unknown-media-type"),
        pytest.param({"application/json": {"schema": False}}, id="nothing-fits"),
        pytest.param(
            {"application/json": {"schema": {"type": "string", "minLength": 5, "maxLength": 2}}},
            id="contradiction",
        ),
        pytest.param(
            {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}, id="endless"
        ),
        pytest.param({"application/json": {"schema": {"$ref": "#/nowhere"}}}, id="nowhere"),
    ],
)
def test_a_body_that_cannot_be_made_is_said_and_others_are_made(content: Any) -> None:  # noqa: ANN401
    node = {
        "type": "object",
        "required": ["next"],
        "properties": {"next": {"$ref": "#/components/schemas/Node"}},
    }
    body = {"required": True, "content": content}
    paths = {"/a": {"post": {**OK, "requestBody": body}, "get": OK}}

    found = drafts(document(paths, components={"schemas": {"Node": node}}))
    assert found["GET /a"] == Draft("/a")
    assert isinstance(found.get("POST /a", "unsaid"), str)


# --- paths ------------------------------------------------------------------------------------


def test_path_parameters_stay_open_and_are_described() -> None:
    schema = {"type": "integer", "minimum": 3}
    found = drafts(
        document({"/a/{id}/b/{name}": {"get": {**OK, "parameters": [
            {"name": "id", "in": "path", "required": True, "schema": schema},
            {"name": "name", "in": "path", "required": True, "schema": {"type": "string"},
             "example": "first"},
        ]}}})
    )  # fmt: skip

    draft = found["GET /a/{id}/b/{name}"]
    assert isinstance(draft, Draft)
    assert (draft.target, draft.parameters) == ("/a/{id}/b/{name}", ("id", "name"))
    assert (draft.given, draft.schemas["id"]) == ({"name": "first"}, schema)


@pytest.mark.parametrize(
    "declared",
    [
        {"example": "x1"},
        {"examples": {"one": {"value": "x1"}}},
        {"schema": {"type": "string", "enum": ["x1"]}},
        {"schema": {"type": "string", "const": "x1"}},
        {"schema": {"type": "string", "example": "x1"}},
        {"schema": {"type": "string", "examples": ["x1"]}},
    ],
)
def test_values_that_the_document_gives_are_kept(declared: dict[str, Any]) -> None:
    one = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}} | declared

    draft = drafts(document({"/a/{id}": {"get": {**OK, "parameters": [one]}}}))["GET /a/{id}"]
    assert isinstance(draft, Draft)
    assert draft.given == {"id": "x1"}


def test_parameters_of_the_path_item_count() -> None:
    shared = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}]

    found = drafts(document({"/a/{id}": {"parameters": shared, "get": OK}}))
    assert isinstance(found["GET /a/{id}"], Draft)


def test_undeclared_path_parameters_stay_open() -> None:
    draft = drafts(document({"/a/{id}": {"get": OK}}))["GET /a/{id}"]

    assert isinstance(draft, Draft)
    assert (draft.parameters, draft.given) == (("id",), {})


def test_a_path_is_percent_encoded() -> None:
    draft = drafts(document({"/a b/ü/{id}": {"get": OK}}))["GET /a b/ü/{id}"]

    assert isinstance(draft, Draft)
    assert draft.target == "/a%20b/%C3%BC/{id}"


def test_references_of_path_items_are_followed() -> None:
    items = {"pathItems": {"A": {"get": {**OK, **parameter("query", {}, example=1)}}}}

    found = drafts(document({"/a": {"$ref": "#/components/pathItems/A"}}, components=items))
    assert found == {"GET /a": Draft("/a?p=1", required=("p",))}


# --- weird documents --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({"parameters": None}, id="parameters-null"),
        pytest.param({"parameters": [{"$ref": "#/nowhere"}]}, id="parameter-nowhere"),
        pytest.param({"parameters": [None]}, id="parameter-null"),
        pytest.param({"parameters": [{"in": "query"}]}, id="parameter-without-name"),
        pytest.param({"parameters": [{"name": "p", "in": "query", "required": True}]},
                     id="parameter-without-schema"),
        pytest.param({"parameters": "none"}, id="parameters-text"),
        pytest.param({"requestBody": None}, id="body-null"),
        pytest.param({"requestBody": []}, id="body-array"),
        pytest.param({"requestBody": {"content": None}}, id="content-null"),
        pytest.param({"requestBody": {"required": True, "content": {"application/json": None}}},
                     id="media-type-null"),
        pytest.param({"responses": None}, id="responses-null"),
        pytest.param({"responses": {"200": None}}, id="response-null"),
        pytest.param({"responses": {"200": {"content": {"application/json": 5}}}}, id="response-5"),
        pytest.param({"security": "key"}, id="security-text"),
        pytest.param({"operationId": 5}, id="operation-id-number"),
        pytest.param({"tags": {}}, id="tags-object"),
        pytest.param({"servers": None}, id="servers-null"),
        pytest.param(parameter("query", {"type": "nonsense"}), id="type-unknown"),
        pytest.param(parameter("query", {"pattern": "(["}), id="pattern-wrong"),
        pytest.param(parameter("query", {"enum": []}), id="enum-empty"),
        pytest.param(parameter("query", None), id="schema-null"),
    ],
)  # fmt: skip
def test_one_weird_operation_spoils_no_other(item: Any) -> None:  # noqa: ANN401 -- JSON
    found = drafts(document({"/weird": {"get": {**OK, **item}}, "/a": {"get": OK}}))

    assert found["GET /a"] == Draft("/a")
    assert isinstance(found["GET /weird"], Draft | str)


@pytest.mark.parametrize(
    "changes",
    [
        {"components": None},
        {"components": []},
        {"components": {"schemas": None}},
        {"servers": None},
        {"tags": None},
        {"info": None},
        {"security": None},
        {"webhooks": {"w": None}},
        {"openapi": "3.0"},
        {"openapi": "3.0.3"},
        {"openapi": "3.2.0"},
        {"jsonSchemaDialect": "https://elsewhere.example/dialect"},
    ],
    ids=str,
)
def test_a_weird_document_still_gives_its_requests(changes: dict[str, Any]) -> None:
    assert drafts(document(**changes)) == {"GET /calls": Draft("/calls")}


def _json_of(media_type: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {"required": True, "content": {"application/json": media_type}}


def test_nothing_is_fetched_from_elsewhere(listening: socket.socket) -> None:
    there = f"http://127.0.0.1:{listening.getsockname()[1]}"
    outside = {"$ref": f"{there}/schema.json#/a"}
    paths = {
        "/parameter": {"get": {**OK, "parameters": [outside]}},
        "/schema": {"get": {**OK, **parameter("query", outside)}},
        "/body": {"post": {**OK, "requestBody": outside}},
        "/inner": {"post": {**OK, "requestBody": _json_of({"schema": outside})}},
        "/nested": {"post": {**OK, "requestBody": _json_of({"schema": {"items": [outside]}})}},
        "/example": {"post": {**OK, "requestBody": _json_of(
            {"examples": {"e": {"externalValue": f"{there}/example.json"}}})}},
        "/answer": {"get": {"responses": {"200": outside}}},
        "/item": {"$ref": f"{there}/item.json"},
        "/file": {"get": {**OK, "parameters": [{"$ref": "/etc/hostname#/a"}]}},
        "/moved": {"get": {**OK, **parameter("query", {"$id": f"{there}/s", "$ref": "#/x"})}},
        "/a": {"get": OK},
    }  # fmt: skip

    found = drafts(document(paths))
    assert found["GET /a"] == Draft("/a")
    with pytest.raises(BlockingIOError):
        listening.accept()


def test_examples_keep_their_own_identifiers() -> None:
    draft = posted({"application/json": {"example": {"id": "call_1", "$ref": 5}}})

    assert isinstance(draft, Draft)
    assert json.loads(draft.body) == {"id": "call_1", "$ref": 5}


def test_150_operations_are_drafted() -> None:
    body = {"required": True, "content": {"application/json": {"schema": NAMED}}}
    labels = [f"{method} /things{n}" for n in range(50) for method in ("GET", "PUT")]
    paths = operations(*labels) | {
        f"/bodies{n}": {"post": {**OK, "requestBody": body}} for n in range(50)
    }

    found = drafts(document(paths))
    assert len(found) == 150
    assert all(isinstance(draft, Draft) for draft in found.values())


def test_findings_are_printed_as_before() -> None:
    before = pretty.pretty(NearMiss(CUT, 1))
    drafted(parameter("query", {"type": "string", "minLength": 3}))

    assert pretty.pretty(NearMiss(CUT, 1)) == before
