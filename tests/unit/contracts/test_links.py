"""Links of a document say where parameters come from."""

from typing import Any

import pytest

from contracts.document import links
from tests.unit.contracts.documents import document


def linking(*found: Any, **changes: Any) -> Any:  # noqa: ANN401 -- JSON
    """What is read of a list that links to an item."""
    responses = {
        "200": {"description": "ok", "links": {str(n): one for n, one in enumerate(found)}}
    }
    paths = {
        "/calls": {"get": {"responses": responses}},
        "/calls/{callId}": {"get": {"operationId": "getCall", "responses": {}}},
    }
    return links(document(paths, **changes))


FIRST = {"GET /calls/{callId}": {"callId": ("GET /calls", "/data/0/id")}}

TO_FIRST = {"callId": "$response.body#/data/0/id"}


@pytest.mark.parametrize(
    "link",
    [
        pytest.param({"operationId": "getCall", "parameters": TO_FIRST}, id="by-id"),
        pytest.param(
            {"operationRef": "#/paths/~1calls~1{callId}/get", "parameters": TO_FIRST}, id="by-ref"
        ),
        pytest.param(
            {"operationRef": "#/paths/~1calls~1%7BcallId%7D/get", "parameters": TO_FIRST},
            id="by-encoded-ref",
        ),
        pytest.param(
            {"operationId": "getCall", "parameters": {"path.callId": TO_FIRST["callId"]}},
            id="qualified-name",
        ),
    ],
)
def test_a_link_gives_a_parameter_its_source(link: object) -> None:
    assert linking(link) == FIRST


def test_links_may_be_references() -> None:
    known = {"links": {"Item": {"operationId": "getCall", "parameters": TO_FIRST}}}

    assert linking({"$ref": "#/components/links/Item"}, components=known) == FIRST


def test_the_first_link_wins() -> None:
    second = {"operationId": "getCall", "parameters": {"callId": "$response.body#/id"}}

    assert linking({"operationId": "getCall", "parameters": TO_FIRST}, second) == FIRST


@pytest.mark.parametrize(
    "link",
    [
        None,
        [],
        {},
        {"operationId": "getCall"},
        {"operationId": "nobody", "parameters": TO_FIRST},
        {"operationId": ["getCall"], "parameters": TO_FIRST},
        {"operationRef": "elsewhere.json#/paths/~1a/get", "parameters": TO_FIRST},
        {"operationRef": "#/paths/~1calls", "parameters": TO_FIRST},
        {"operationId": "getCall", "parameters": {"callId": "call_001"}},
        {"operationId": "getCall", "parameters": {"callId": "$response.header.Location"}},
        {"operationId": "getCall", "parameters": {"callId": "$request.path.id"}},
        {"operationId": "getCall", "parameters": {"callId": 5}},
        {"operationId": "getCall", "parameters": []},
    ],
)
def test_other_links_say_nothing(link: object) -> None:
    assert linking(link) == {}


@pytest.mark.parametrize("part", [None, [], "x", 5])
def test_parts_of_other_kinds_do_no_harm(part: object) -> None:
    found = [
        links(document({"/a": {"get": {"responses": part}}})),
        links(document({"/a": {"get": {"responses": {"200": part}}}})),
        links(document({"/a": {"get": {"responses": {"200": {"links": part}}}}})),
        links(document({"/a": {"get": {"responses": {}, "operationId": part}}})),
    ]

    assert found == [{}] * 4
