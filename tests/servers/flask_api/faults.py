"""Seventeen ways to get it wrong, each as such a bug arises in a Flask code base.

A fault is named by its catalogue id, or in words where it has none of its own.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from flask import Request, Response

from tests.servers.flask_api.parts import (
    ApiKey,
    Parts,
    documented_body,
    find_equal,
    read_header,
    send_json,
)

Fault = Callable[[Parts, str], Parts]

FAULTS: dict[str, Fault] = {}

COLUMN_WIDTH = 40  # of the column that holds a key, exactly as long as one


def fault(name: str) -> Callable[[Fault], Fault]:
    """Register a fault; it takes the correct parts and the text behind the colon."""

    def register(change: Fault) -> Fault:
        FAULTS[name] = change
        return change

    return register


def apply_fault(spelled: str, parts: Parts) -> Parts:
    """Apply the fault spelled ``ID`` or ``ID:VALUE``.

    Raises:
        KeyError: No fault has that id.
    """
    name, _, value = spelled.partition(":")
    return FAULTS[name](parts, value)


@fault("missing-403")
def missing_is_forbidden(parts: Parts, _: str) -> Parts:
    """A request without a key gets 403."""
    return replace(parts, missing_status=403)


@fault("invalid-422")
def invalid_is_unprocessable(parts: Parts, _: str) -> Parts:
    """A value that is no key gets 422, as from a validator of input."""
    return replace(parts, invalid_status=422)


@fault("prefix")
def prefix_suffices(parts: Parts, value: str) -> Parts:
    """A beginning of a valid key is accepted, from ``value`` characters on: ``LIKE 'key%'``."""
    shortest = int(value)

    def find(keys: Iterable[ApiKey], presented: str) -> ApiKey | None:
        if len(presented) < shortest:
            return None
        return next((key for key in keys if key.secret.startswith(presented)), None)

    return replace(parts, find_key=find)


@fault("no-data")
def data_left_out(parts: Parts, _: str) -> Parts:
    """The error lacks its member data: nulls are stripped."""

    def without_nulls(status: int, message: str) -> Mapping[str, object]:
        body = documented_body(status, message)
        return {name: value for name, value in body.items() if value is not None}

    return replace(parts, error_body=without_nulls)


@fault("429-html")
def limit_page_is_html(parts: Parts, _: str) -> Parts:
    """429 is Flask's own page: nobody registered a handler for it."""
    return replace(parts, stock_pages=frozenset({429}))


@fault("A02")
def empty_key_is_valid(parts: Parts, _: str) -> Parts:
    """An empty value is accepted: ``os.environ.get("MASTER_KEY", "")`` of an unset variable."""
    return replace(parts, keys=(*parts.keys, _master_key("", parts)))


@fault("A04")
def looks_suffice(parts: Parts, _: str) -> Parts:
    """Any value of the right form is accepted: the look-up was never written."""

    def find(keys: Iterable[ApiKey], presented: str) -> ApiKey | None:
        known = find_equal(keys, presented)
        if known is None and re.fullmatch("sk_live_[A-Za-z0-9]{32}", presented):
            return _master_key(presented, parts)
        return known

    return replace(parts, find_key=find)


@fault("A06")
def none_is_valid(parts: Parts, _: str) -> Parts:
    """The value None is accepted: ``str(os.environ.get("MASTER_KEY"))`` of an unset variable."""
    return replace(parts, keys=(*parts.keys, _master_key("None", parts)))


def _master_key(secret: str, parts: Parts) -> ApiKey:
    every_scope = frozenset[str]().union(*(key.scopes for key in parts.keys))
    return ApiKey(len(parts.keys), secret, every_scope)


@fault("A08")
def rest_is_ignored(parts: Parts, _: str) -> Parts:
    """A key with more behind it is accepted: the database cuts to the width of the column."""

    def find(keys: Iterable[ApiKey], presented: str) -> ApiKey | None:
        return find_equal(keys, presented[:COLUMN_WIDTH])

    return replace(parts, find_key=find)


@fault("A10")
def case_is_ignored(parts: Parts, _: str) -> Parts:
    """A key in the other case is accepted: the column's collation ignores case."""

    def find(keys: Iterable[ApiKey], presented: str) -> ApiKey | None:
        return next((key for key in keys if key.secret.lower() == presented.lower()), None)

    return replace(parts, find_key=find)


@fault("A15")
def length_breaks_comparison(parts: Parts, _: str) -> Parts:
    """A value of another length gets 500: a hand-made comparison in constant time raises."""

    def find(keys: Iterable[ApiKey], presented: str) -> ApiKey | None:
        def equals(secret: str) -> bool:
            return not sum(a != b for a, b in zip(secret, presented, strict=True))

        return next((key for key in keys if equals(key.secret)), None)

    return replace(parts, find_key=find)


@fault("A17")
def query_is_read(parts: Parts, _: str) -> Parts:
    """A key in the query parameter api_key is accepted, meant for links in the browser."""

    def read(request: Request) -> str | None:
        presented = read_header(request)
        return request.args.get("api_key") if presented is None else presented

    return replace(parts, read_key=read)


@fault("C04")
def errors_are_200(parts: Parts, _: str) -> Parts:
    """Every error is sent with status 200: the handler returns its body alone."""
    return replace(parts, send_error=lambda body, _status: send_json(body, 200))


@fault("G01")
def json_as_html(parts: Parts, _: str) -> Parts:
    """Errors are JSON of type text/html: the handler returns a string."""
    return replace(parts, send_error=lambda body, status: Response(json.dumps(body), status))


@fault("G05")
def status_code_differs(parts: Parts, _: str) -> Parts:
    """The member statusCode says 400 whatever the status: the default of a parameter."""
    return replace(parts, error_body=lambda _, message: documented_body(400, message))


@fault("G06")
def status_code_is_text(parts: Parts, _: str) -> Parts:
    """The member statusCode is a string."""
    return _with_member(parts, "statusCode", str)


@fault("G07")
def success_is_zero(parts: Parts, _: str) -> Parts:
    """The member success is 0, as a TINYINT column has it."""
    return _with_member(parts, "success", int)


def _with_member(parts: Parts, name: str, convert: Callable[..., object]) -> Parts:
    def body(status: int, message: str) -> Mapping[str, object]:
        members = documented_body(status, message)
        return {**members, name: convert(members[name])}

    return replace(parts, error_body=body)
