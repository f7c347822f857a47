"""Answers, exchanges and operations made by hand, for tests of what judges and shows them."""

import json
from typing import Any, Final

from contracts.credentials import FULL, Credential, NoKey, RandomKey, RoleKey
from contracts.document import Scopes
from contracts.exchange import Disclosure, Exchange, Fields, NoAnswer, Request, Response
from contracts.operations import Draft, Operation

JSON_TYPE: Final[Fields] = (("content-type", "application/json"),)

HTML_TYPE: Final[Fields] = (("content-type", "text/html"),)

KEY: Final = "sk_live_aB3dE5fG7hJ9kL2mN4pQ"
"""A key as the documentation shows them: a readable head, then what was drawn."""

OTHER_KEY: Final = "sk_live_zY8xW6vU4tS2rQ1pO3nM"


def enveloped(status: int, **changes: Any) -> bytes:  # noqa: ANN401 -- any JSON
    """The documented body of an error, with members changed."""
    members = {"success": False, "message": "Said no", "data": None, "statusCode": status}
    return json.dumps(members | changes).encode()


def answered(
    status: int = 200,
    body: bytes | None = None,
    headers: Fields = JSON_TYPE,
    *,
    encoding: str = "",
) -> Response:
    """An answer; errors have the documented body, successes some JSON."""
    if body is None:
        body = enveloped(status) if status >= 400 else b'{"data": []}'
    return Response(status, headers, body, encoding)


def asked(
    credential: Credential | None = None,
    *,
    method: str = "GET",
    target: str = "/v1/calls",
    headers: Fields = (),
    body: bytes = b"",
    manner: str = "",
) -> Request:
    """A request of the documented operation."""
    label = f"{method} {target.removeprefix('/v1')}"
    return Request(method, target, headers, body, credential or NoKey(), label, manner)


def exchanged(
    answer: Response | NoAnswer,
    credential: Credential | None = None,
    *,
    method: str = "GET",
    disclosed: tuple[Disclosure, ...] = (),
    manner: str = "",
) -> Exchange:
    """An exchange on a fresh connection."""
    request = asked(credential, method=method, manner=manner)
    return Exchange(request, answer, True, 100, 0.0, 0.01, disclosed)


def operation(
    label: str = "GET /calls",
    scopes: Scopes = None,
    successes: dict[int, frozenset[str]] | None = None,
    *,
    draft: Draft | None = None,
) -> Operation:
    """An operation whose valid request is its own path."""
    path = label.partition(" ")[2]
    return Operation(label, scopes, successes or {}, draft or Draft(path))


FULL_KEY: Final = RoleKey(FULL)
RANDOM_KEY: Final = RandomKey(1)
