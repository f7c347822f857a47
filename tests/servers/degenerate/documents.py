"""The document of a correct server, and documents that break who reads them."""

import json
from functools import cache
from typing import Any

from tests.servers.degenerate.answers import PAGE
from tests.servers.degenerate.framing import hang, huge, truncated
from tests.servers.degenerate.registry import of_document
from tests.servers.degenerate.visit import Visit, stated_error
from tests.servers.degenerate.wire import Answer

DOCUMENT_PATH = "/openapi.json"

Json = dict[str, Any]  # a document under construction: its shape is the subject


def good_document() -> Json:
    """OpenAPI 3.1 with the scopes in the security requirement, as 3.1 allows."""
    reads, writes = [{"ApiKey": ["calls:read"]}], [{"ApiKey": ["calls:write"]}]
    call_id = {
        "name": "callId",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "example": "call_001",
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Degenerate", "version": "1"},
        "servers": [{"url": "/v1"}],
        "components": {
            "securitySchemes": {"ApiKey": {"type": "apiKey", "in": "header", "name": "x-api-key"}}
        },
        "paths": {
            "/calls": {
                "get": operation("listCalls", "200", security=reads),
                "post": operation("createCall", "201", security=writes),
            },
            "/calls/{callId}": {
                "get": operation("readCall", "200", security=reads, parameters=[call_id])
            },
        },
    }


def operation(name: str, status: str, **more: object) -> Json:
    """One operation that answers with any JSON."""
    content: Json = {"application/json": {"schema": {}}}
    responses = {status: {"description": "Done", "content": content}}
    return {"operationId": name, "responses": responses, **more}


def serve_text(text: str) -> Answer:
    """A document as it is sent, well-formed or not."""
    return Answer(200, text.encode())


def _registered(name: str, text: str, *, why: str) -> None:
    async def send(visit: Visit) -> None:
        await visit.answer(serve_text(text))

    send.__doc__ = why
    of_document(name)(send)


def _changed(**members: object) -> str:
    return json.dumps({**good_document(), **members})


def _listing(paths: Json) -> str:
    return _changed(paths=paths)


_registered(
    "unparsable-document", '{"openapi": "3.1.0", "paths": {', why="JSON that stops in the middle."
)
_registered("document-blank", "", why="No bytes at all.")
_registered("document-list", "[]", why="JSON, but no object.")
_registered(
    "document-no-openapi", '{"hello": "world"}', why="JSON that is no OpenAPI and does not say so."
)
_registered(
    "document-swagger2",
    json.dumps({"swagger": "2.0", "info": {"title": "Old", "version": "1"}, "paths": {}}),
    why="The format before OpenAPI 3.",
)
_registered("document-no-paths", _listing({}), why="A valid document without operations.")
_registered(
    "document-cyclic",
    _listing({"/calls": {"$ref": "#/paths/~1calls"}}),
    why="A reference to itself: a resolver without memory never returns.",
)
_registered(
    "document-deep",
    '{"openapi": "3.1.0", "x-deep": ' + "[" * 100_000 + "]" * 100_000 + "}",
    why="Nested a hundred thousand deep.",
)
_registered(
    "document-many",
    _listing({f"/calls/{n}": {"get": operation(f"read{n}", "200")} for n in range(5000)}),
    why="Five thousand operations: a budget counted per operation does not hold.",
)
_registered(
    "document-odd-names",
    _listing(
        {
            "/calls": {"get": operation("same", "200")},
            "/calls/{a}{b}": {"get": operation("same", "200")},
            "/c alls/é/../\r\nX-Injected: 1": {"get": operation("::error::x | y\n", "200")},
            "calls": {"get": operation("", "200"), "x-note": 1, "parameters": []},
            "/unclosed/{call": {"gett": {}, "get": operation("\ud800", "200")},
        }
    ),
    why="Paths and names that break URLs, tables, terminals and workflow commands.",
)
_registered(
    "document-slow-pattern",
    _listing(
        {
            "/calls": {
                "get": operation(
                    "listCalls",
                    "200",
                    parameters=[
                        {
                            "name": "q",
                            "in": "query",
                            "required": True,
                            "schema": {"type": "string", "pattern": "^(a+)+$", "minLength": 5000},
                        }
                    ],
                )
            }
        }
    ),
    why="A required parameter whose pattern backtracks without end.",
)
_registered(
    "document-yaml-bomb",
    "\n".join(
        ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
        + ["openapi: 3.1.0", "paths: {}"]
    ),
    why="YAML whose aliases unfold to 9^12 entries in whoever copies them.",
)
_registered(
    "document-yaml-tag",
    "openapi: 3.1.0\npaths: !!python/object/apply:os._exit [86]\n",
    why="YAML that ends the process of a loader that is not safe, with status 86.",
)


@of_document("document-remote-reference")
async def remote_reference(visit: Visit) -> None:
    """A path item that stands on another host."""
    elsewhere = {"$ref": f"{visit.options.elsewhere}/paths.json#/calls"}
    await visit.answer(serve_text(_listing({"/calls": elsewhere})))


@of_document("document-foreign-server")
async def foreign_server(visit: Visit) -> None:
    """A good document whose servers entry names another host, as a copied one does."""
    servers = [{"url": f"{visit.options.elsewhere}/v1"}]
    await visit.answer(serve_text(_changed(servers=servers)))


@of_document("document-500")
async def failing(visit: Visit) -> None:
    """500 with the documented error."""
    await visit.answer(stated_error(visit, 500))


@of_document("document-401")
async def refused(visit: Visit) -> None:
    """401: the document is behind the key, too."""
    await visit.answer(stated_error(visit, 401))


@of_document("document-html")
async def page(visit: Visit) -> None:
    """A page that shows the document to people."""
    await visit.answer(Answer(200, PAGE, "text/html"))


@of_document("document-redirecting")
async def redirecting(visit: Visit) -> None:
    """302 to another host."""
    location = visit.options.elsewhere + DOCUMENT_PATH
    await visit.answer(Answer(302, b"", None, (("Location", location),)))


of_document("document-hanging")(hang)
of_document("document-huge")(huge)
of_document("document-truncated")(truncated)


@cache
def good_answer() -> Answer:
    """The good document, as every mode of the operations serves it."""
    return serve_text(json.dumps(good_document()))
