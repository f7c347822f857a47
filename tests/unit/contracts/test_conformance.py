"""The second reader of error bodies agrees with the first, whatever the document is like."""

import socket
from typing import Any

import pytest

from contracts.conformance import Conformance
from contracts.document import Document
from contracts.exchange import Fields
from contracts.operations import Operation
from tests.unit.contracts import documents
from tests.unit.contracts.answers import JSON_TYPE, answered, enveloped, operation
from tests.unit.contracts.bodies import ACCEPTED, OTHER_MESSAGES, REFUSED_VALUES
from tests.unit.contracts.documents import OK

DOCUMENTS = {
    "none": None,
    "3.0": documents.document(openapi="3.0.3"),
    "3.1": documents.document(openapi="3.1.0"),
}

LIST = operation("GET /calls")


def objection(
    document: Document | None,
    body: bytes,
    headers: Fields = JSON_TYPE,
    *,
    about: Operation = LIST,
    tolerated: tuple[str, ...] = (),
    status: int = 401,
) -> str:
    reader = Conformance(document, [about.label], tolerated)
    return reader.objection(about, answered(status, body, headers))


@pytest.fixture(scope="session", params=DOCUMENTS)
def reader(request: pytest.FixtureRequest) -> Conformance:
    """A second reader over no document and over both dialects."""
    return Conformance(DOCUMENTS[request.param], [LIST.label], ())


@pytest.mark.parametrize("body", [*ACCEPTED, *OTHER_MESSAGES])
def test_both_accept_the_documented_body(reader: Conformance, body: bytes) -> None:
    assert reader.objection(LIST, answered(401, body)) == ""


@pytest.mark.parametrize("body", REFUSED_VALUES)
def test_both_refuse_another_body(reader: Conformance, body: bytes) -> None:
    finite = body.replace(b"40.1e1000", b"4e300")

    assert reader.objection(LIST, answered(401, finite))


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8",
        "Application/JSON",
        "application/json ; x=y",
    ],
)
def test_both_accept_every_spelling_of_the_media_type(
    reader: Conformance, content_type: str
) -> None:
    answer = answered(401, headers=(("content-type", content_type),))

    assert reader.objection(LIST, answer) == ""


@pytest.mark.parametrize("status", [401, 403, 429])
def test_every_documented_error_has_its_own_status(reader: Conformance, status: int) -> None:
    right = reader.objection(LIST, answered(status))
    wrong = reader.objection(LIST, answered(status, enveloped(418)))

    assert (right, bool(wrong)) == ("", True)


def test_both_tolerate_the_same_members() -> None:
    body = enveloped(401, requestId="r-1")

    said = [bool(objection(None, body)), bool(objection(None, body, tolerated=("requestId",)))]
    assert said == [True, False]


def test_an_objection_is_one_line(reader: Conformance) -> None:
    said = reader.objection(LIST, answered(401, enveloped(401, data={"a": "b\nc"})))

    assert said
    assert "\n" not in said


@pytest.mark.parametrize(
    "label", ["GET /calls/{callId}", "POST /calls", "DELETE /a b/{x}", "PUT /a;v=1"]
)
def test_every_operation_of_a_document_can_be_read(label: str) -> None:
    about = operation(label)
    document = documents.document(documents.operations(label, "GET /other"))

    assert objection(document, enveloped(401), about=about) == ""
    assert objection(document, b'{"detail": "no"}', about=about)


THEIRS: dict[str, Any] = {
    "401": {
        "description": "theirs",
        "content": {"application/json": {"schema": {"type": "array"}}},
    },
    "4XX": {"description": "theirs"},
    "default": {"$ref": "#/nowhere"},
    "403": None,
}


@pytest.mark.parametrize(
    "paths",
    [
        pytest.param({"/calls": {"get": {"responses": THEIRS}}}, id="their-own-errors"),
        pytest.param({"/calls": {"get": {"responses": None}}}, id="no-responses"),
        pytest.param({"/calls": {"get": OK}, "/b": {"get": {"responses": None}}}, id="weird-other"),
        pytest.param({"/calls": {"get": {**OK, "security": [{"none": []}]}}}, id="unknown-scheme"),
    ],
)
def test_what_the_document_says_of_errors_does_not_count(paths: dict[str, Any]) -> None:
    assert objection(documents.document(paths), enveloped(401)) == ""


def test_nothing_is_fetched_from_elsewhere(listening: socket.socket) -> None:
    there = f"http://127.0.0.1:{listening.getsockname()[1]}/x.json"
    response = {"description": "x", "content": {"application/json": {"schema": {"$ref": there}}}}
    one = {"name": "q", "in": "query", "schema": {"$ref": there}}
    paths = {"/calls": {"get": {"parameters": [one], "responses": {"200": response}}}}

    assert objection(documents.document(paths), enveloped(401)) == ""
    with pytest.raises(BlockingIOError):
        listening.accept()
