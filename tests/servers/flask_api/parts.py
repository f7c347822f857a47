"""What the API is put together from; a fault replaces exactly one of these."""

import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from flask import Request, Response, jsonify


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A row of the table of keys."""

    id: int
    secret: str
    scopes: frozenset[str]
    active: bool = True


def read_header(request: Request) -> str | None:
    """The presented key, None without the header."""
    return request.headers.get("X-API-Key")


def find_equal(keys: Iterable[ApiKey], presented: str) -> ApiKey | None:
    """The key with exactly this secret."""
    found = None
    for key in keys:  # all of them: how long it takes says nothing
        if hmac.compare_digest(key.secret.encode(), presented.encode()):
            found = key
    return found


def documented_body(status: int, message: str) -> Mapping[str, object]:
    """The documented error."""
    return {"success": False, "message": message, "data": None, "statusCode": status}


def send_json(body: Mapping[str, object], status: int) -> Response:
    """The error as Flask sends JSON."""
    response = jsonify(body)
    response.status_code = status
    return response


@dataclass(frozen=True, slots=True)
class Parts:
    """The replaceable decisions of the API.

    Attributes:
        keys: The table of keys.
        read_key: Where a request carries its key.
        find_key: Which key a presented value is.
        missing_status: Status of the refusal without a key.
        invalid_status: Status of the refusal of a value that is no active key.
        error_body: The body of an error, from status and message.
        send_error: The answer made of that body and status.
        stock_pages: Statuses whose error is left to Flask's own page.
    """

    keys: tuple[ApiKey, ...]
    read_key: Callable[[Request], str | None] = read_header
    find_key: Callable[[Iterable[ApiKey], str], ApiKey | None] = find_equal
    missing_status: int = 401
    invalid_status: int = 401
    error_body: Callable[[int, str], Mapping[str, object]] = documented_body
    send_error: Callable[[Mapping[str, object], int], Response] = send_json
    stock_pages: frozenset[int] = frozenset()
