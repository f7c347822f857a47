"""Documents are read whatever their form, and what is none is said to be none."""

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.document import (
    Document,
    DocumentError,
    key_places,
    overlaid,
    read_document,
    resolved,
)
from tests.unit.contracts.documents import OK, document, encoded, operations, raw
from tests.unit.contracts.drawing import SAME

YAML = b"""
openapi: 3.0.3
info: {title: Calls, version: 2024-01-01}
paths:
  /calls:
    get:
      responses:
        200: {description: ok}
        404: {description: none}
"""


def labels(read: Document) -> list[str]:
    return [label for label, _ in read.operations()]


# --- forms ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(encoded(raw()), id="json"),
        pytest.param(b"\xef\xbb\xbf" + encoded(raw()), id="json-with-mark"),
        pytest.param(encoded(raw()).decode().encode("utf-16"), id="json-utf-16"),
        pytest.param(YAML, id="yaml"),
        pytest.param(b"\xef\xbb\xbf" + YAML, id="yaml-with-mark"),
        pytest.param(b"%YAML 1.1\n---\n" + YAML, id="yaml-with-header"),
        pytest.param(b"# a comment\n" + YAML, id="yaml-with-comment"),
    ],
)
def test_json_and_yaml_are_read(data: bytes) -> None:
    assert labels(read_document(data)) == ["GET /calls"]


def test_yaml_is_read_as_json_would_have_it() -> None:
    content = read_document(YAML).content

    assert list(content["paths"]["/calls"]["get"]["responses"]) == ["200", "404"]
    assert content["info"]["version"] == "2024-01-01"


@pytest.mark.parametrize(
    ("written", "dialect"),
    [
        ("3.0.0", "3.0"),
        ("3.0.4", "3.0"),
        ("3.0", "3.0"),
        ("3.1.0", "3.1"),
        ("3.1", "3.1"),
        ("3.1.0-rc1", "3.1"),
        ("3.2.0", "3.1"),
    ],
)
def test_versions_speak_one_of_two_dialects(written: str, dialect: str) -> None:
    read = document(openapi=written)

    assert read.version == dialect
    assert read.content["openapi"].count(".") == 2


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "is no OpenAPI document", id="empty"),
        pytest.param(b"null", "is no OpenAPI document", id="null"),
        pytest.param(b"[]", "is no OpenAPI document", id="array"),
        pytest.param(b"Not found", "is no OpenAPI document", id="text"),
        pytest.param(b"<!doctype html><title>x</title>", "is no OpenAPI document", id="html"),
        pytest.param(b"{}", "is no OpenAPI document", id="object"),
        pytest.param(b'{"swagger": "2.0", "paths": {}}', "is OpenAPI 2", id="swagger"),
        pytest.param(encoded(raw(openapi="2.0")), "is OpenAPI 2.0", id="version-2"),
        pytest.param(encoded(raw(openapi="3.9")), "is OpenAPI 3.9", id="version-3.9"),
        pytest.param(encoded(raw(openapi="30")), "is OpenAPI 30", id="version-30"),
        pytest.param(encoded(raw(openapi="x" * 500)), "is OpenAPI xxxxxxxxxx;", id="version-long"),
        pytest.param(encoded(raw(openapi=3.1)), "is no OpenAPI document", id="version-number"),
        pytest.param(b"openapi: 3.1\npaths: {}\n", "is no OpenAPI document", id="yaml-number"),
        pytest.param(encoded(raw() | {"paths": None}), "has no paths", id="paths-null"),
        pytest.param(encoded(raw() | {"paths": []}), "has no paths", id="paths-array"),
        pytest.param(encoded(raw({})), "has no operations", id="paths-empty"),
        pytest.param(encoded(raw({"/a": None})), "has no operations", id="item-null"),
        pytest.param(encoded(raw({"/a": {"get": []}})), "has no operations", id="operation-array"),
        pytest.param(encoded(raw({"/a": {"parameters": []}})), "has no operations", id="no-method"),
        pytest.param(encoded(raw({"x-a": {"get": OK}})), "has no operations", id="extension"),
        pytest.param(encoded(raw())[:-3], "is neither JSON nor YAML", id="cut-off"),
        pytest.param(b"a: b: c", "is neither JSON nor YAML", id="no-yaml"),
        pytest.param(b"\xff\xfe\xfd", "is neither JSON nor YAML", id="bytes"),
        pytest.param(b"a: !!int ''", "is neither JSON nor YAML", id="yaml-empty-number"),
        pytest.param(b"a: !!timestamp x", "is neither JSON nor YAML", id="yaml-no-time"),
        pytest.param(b"a: !!bool x", "is neither JSON nor YAML", id="yaml-no-boolean"),
        pytest.param(b"a: !!python/object:os.system x", "is neither JSON nor YAML", id="yaml-code"),
        pytest.param(b"? {a: b}\n: c", "is neither JSON nor YAML", id="yaml-key-object"),
        pytest.param(b"a: *nowhere", "is neither JSON nor YAML", id="yaml-alias"),
        pytest.param(b"[" * 100_000, "is neither JSON nor YAML", id="deep"),
        pytest.param(
            b'openapi: "3.1.0"\npaths: &p\n  /a: *p\n', "contains itself", id="yaml-in-itself"
        ),
    ],
)
def test_what_is_no_document_is_said_to_be_none(data: bytes, words: str) -> None:
    with pytest.raises(DocumentError) as caught:
        read_document(data)

    assert str(caught.value).startswith(words)
    assert str(caught.value).isprintable()


def test_aliases_that_make_billions_are_given_up() -> None:
    lines = ['openapi: "3.1.0"', "a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]

    with pytest.raises(DocumentError, match="expands to more than"):
        read_document("\n".join([*lines, "paths: {}"]).encode())


@SAME
@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_raise_anything_but_the_documented_error(data: bytes) -> None:
    try:
        read_document(data)
    except DocumentError:
        return


# --- operations -------------------------------------------------------------------------------


def test_every_method_is_an_operation_and_nothing_else_is() -> None:
    item = {
        "summary": "calls",
        "parameters": [],
        "servers": [],
        "x-get": OK,
        **dict.fromkeys(("get", "put", "post", "delete", "options", "head", "patch", "trace"), OK),
    }

    assert labels(document({"/a": item})) == [
        f"{method} /a"
        for method in ("GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH", "TRACE")
    ]


def test_operations_stand_in_the_order_of_the_document() -> None:
    paths = operations("GET /b", "GET /a", "POST /a", "GET /b/{id}")

    assert labels(document(paths)) == ["GET /b", "GET /a", "POST /a", "GET /b/{id}"]


@pytest.mark.parametrize(
    "reference",
    ["#/components/pathItems/Calls", "#/paths/~1other~1%7Bid%7D", "#/paths/~1other~1{id}"],
)
def test_a_path_item_may_be_a_reference(reference: str) -> None:
    paths = {"/calls": {"$ref": reference}, "/other/{id}": {"get": OK}}
    components = {"pathItems": {"Calls": {"get": OK}}}

    assert labels(document(paths, components=components)) == ["GET /calls", "GET /other/{id}"]


@pytest.mark.parametrize(
    "reference", ["#/paths/~1a", "#/nowhere", "https://elsewhere.example/a.json", "#", 5, None]
)
def test_a_path_item_that_leads_nowhere_has_no_operations(reference: object) -> None:
    paths = {"/a": {"$ref": reference}, "/b": {"get": OK}}

    assert labels(document(paths)) == ["GET /b"]


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ({"$ref": "#/a/b"}, {"is": "b"}),
        ({"$ref": "#/a/x~1y"}, {"is": "slash"}),
        ({"$ref": "#/a/x~01y"}, {"is": "tilde"}),
        ({"$ref": "#/a/%7Bid%7D"}, {"is": "braces"}),
        ({"$ref": "#/a/none"}, {}),
        ({"$ref": "#/a/b/is"}, {}),
        ({"is": "itself"}, {"is": "itself"}),
        ({"$ref": "other.json#/a"}, {"$ref": "other.json#/a"}),
        ([], {}),
        (None, {}),
    ],
)
def test_local_references_are_followed(value: object, found: dict[str, Any]) -> None:
    content = {
        "a": {
            "b": {"is": "b"},
            "x/y": {"is": "slash"},
            "x~1y": {"is": "tilde"},
            "{id}": {"is": "braces"},
        }
    }

    assert resolved(value, content) == found


# --- the base path ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("servers", "paths", "base_path", "path"),
    [
        pytest.param(None, "/calls", "", "/calls", id="no-base"),
        pytest.param(None, "/calls", "/v1", "/calls", id="relative"),
        pytest.param(None, "/v1/calls", "/v1", "/calls", id="in-full"),
        pytest.param(None, "/v1/calls", "/v1/", "/calls", id="base-with-slash"),
        pytest.param(None, "/v1/calls", "", "/v1/calls", id="in-full-and-no-base"),
        pytest.param(None, "/v10/calls", "/v1", "/v10/calls", id="another-version"),
        pytest.param(None, "/v1", "/v1", "/", id="the-base-itself"),
        pytest.param("https://h.example/v1", "/calls", "/v1", "/calls", id="server-is-base"),
        pytest.param("https://h.example/v1/", "/calls", "/v1", "/calls", id="server-with-slash"),
        pytest.param("/v1", "/calls", "/v1", "/calls", id="server-path"),
        pytest.param("https://h.example/v1", "/v1/calls", "/v1", "/v1/calls", id="twice"),
        pytest.param("https://h.example", "/v1/calls", "/v1", "/calls", id="server-without-path"),
        pytest.param("/", "/v1/calls", "/v1", "/calls", id="server-root"),
        pytest.param("/api", "/v1/calls", "/api/v1", "/calls", id="base-from-both"),
        pytest.param("https://h.example/v1", "/calls", "/stage/v1", "/calls", id="other-stage"),
        pytest.param("https://{host}/v1", "/v1/calls", "/v1", "/calls", id="server-variable"),
        pytest.param("http://[bad", "/calls", "/v1", "/calls", id="server-no-url"),
        pytest.param(5, "/calls", "/v1", "/calls", id="server-number"),
    ],
)
def test_paths_are_relative_to_the_base_url(
    servers: object, paths: str, base_path: str, path: str
) -> None:
    changes: dict[str, Any] = {} if servers is None else {"servers": [{"url": servers}]}

    read = document({paths: {"get": OK}}, base_path, **changes)
    assert labels(read) == [f"GET {path}"]


def test_the_base_is_taken_off_every_path_or_none() -> None:
    paths = operations("GET /v1/calls", "GET /health")

    assert labels(document(paths, "/v1")) == ["GET /v1/calls", "GET /health"]


@pytest.mark.parametrize("servers", [None, [], {}, [None], [[]], "x", [{"url": None}]])
def test_servers_of_any_kind_do_no_harm(servers: object) -> None:
    assert labels(document({"/v1/a": {"get": OK}}, "/v1", servers=servers)) == ["GET /a"]


# --- the promise laid over --------------------------------------------------------------------


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_protected_operations_answer_errors_as_documented(version: str) -> None:
    theirs = {"401": {"description": "theirs"}, "200": {"description": "ok"}, "4XX": {}}
    read = document({"/a": {"get": {"responses": theirs}, "post": OK}}, openapi=version)

    content = overlaid(read, ["GET /a"])
    responses = content["paths"]["/a"]["get"]["responses"]
    assert sorted(responses) == ["200", "401", "403", "429", "4XX"]
    assert responses["200"] == theirs["200"]
    for status in ("401", "403", "429"):
        schema = resolved(responses[status], content)["content"]["application/json"]["schema"]
        assert status in str(schema["properties"]["statusCode"])
    assert content["paths"]["/a"]["post"] == OK


def test_the_document_itself_stays_as_it_was() -> None:
    read = document()
    before = encoded(read.content)

    overlaid(read, ["GET /calls"], ["requestId"])
    assert encoded(read.content) == before


@pytest.mark.parametrize("part", [None, [], "x"])
@pytest.mark.parametrize("place", ["components", "responses"])
def test_a_part_of_another_kind_is_replaced(
    part: object, place: Literal["components", "responses"]
) -> None:
    operation = {"responses": part} if place == "responses" else OK
    changes: dict[str, Any] = {"components": part} if place == "components" else {}

    content = overlaid(document({"/a": {"get": operation}}, **changes), ["GET /a"])
    assert "401" in content["paths"]["/a"]["get"]["responses"]
    assert "Documented401" in content["components"]["responses"]


HEADER = {"type": "apiKey", "in": "header", "name": "X-API-Key"}
QUERY = {"type": "apiKey", "in": "query", "name": "api_key"}
BEARER = {"type": "http", "scheme": "bearer"}


@pytest.mark.parametrize(
    ("security", "places"),
    [
        ([{"header": []}], set()),
        ([{"header": []}, {"query": []}], {"query:api_key"}),
        ([{"bearer": []}], {"header:authorization"}),
        ([{"nowhere": []}], set()),
        ("header", set()),
    ],
)
def test_where_else_a_key_may_stand_is_read(security: object, places: set[str]) -> None:
    schemes = {"header": HEADER, "query": QUERY, "bearer": BEARER, "unused": QUERY}
    content = {
        "openapi": "3.1.0",
        "components": {"securitySchemes": schemes},
        "paths": {"/calls": {"get": {"security": security}}},
    }

    assert key_places(Document(content, "3.1")) == places
