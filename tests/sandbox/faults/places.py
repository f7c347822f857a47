"""Family A, continued: where a key is looked for, and what several credentials mean."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from starlette.requests import Request

from tests.sandbox.faults.bypass import let_in
from tests.sandbox.parts import Parts, Visit
from tests.sandbox.registry import Choice, fault

_QUERY_NAMES: Final = ("x-api-key", "api_key", "apikey", "key", "token", "access_token")
_BOGUS: Final = {
    "bearer": ("authorization", "bearer "),
    "basic": ("authorization", "basic "),
    "session": ("cookie", "session="),
}


@fault("A17", violates="D1", parameter=Choice(_QUERY_NAMES), needs=["SECOND_API_KEY"])
def key_in_query(parts: Parts, name: str) -> Parts:
    """A key in the query string is accepted in place of the header."""
    return _looked_for(parts, lambda request: request.query_params.get(name))


@fault(
    "A18",
    violates="D1",
    parameter=Choice(("bearer", "basic-user", "basic-password", "cookie")),
    needs=["SECOND_API_KEY"],
)
def key_in_another_scheme(parts: Parts, scheme: str) -> Parts:
    """A key in the Authorization header or a cookie is accepted in place of the header."""

    def read(request: Request) -> str | None:
        if scheme == "cookie":
            return request.cookies.get("x-api-key")
        name, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme == "bearer":
            return value if name.lower() == "bearer" else None
        user, _, password = _decoded(value).partition(":")
        return (user if scheme == "basic-user" else password) if name.lower() == "basic" else None

    return _looked_for(parts, read)


@fault("A19", violates=(), parameter=Choice(("x_api_key", "api-key", "apikey")))
def key_under_another_name(parts: Parts, name: str) -> Parts:
    """A key in a header of a similar name is accepted."""
    return _looked_for(parts, lambda request: request.headers.get(name))


@fault("A20", violates="D2")
def any_of_several_keys_suffices(parts: Parts) -> Parts:
    """One valid key among several x-api-key headers suffices, wherever it stands."""
    return _any_of(parts, lambda values: values if len(values) > 1 else [])


@fault("A21", violates="D2")
def any_key_of_a_list_suffices(parts: Parts) -> Parts:
    """One valid key in a list separated by commas suffices."""
    return _any_of(parts, lambda values: values[0].split(",") if len(values) == 1 else [])


@fault("A24", violates=("D1", "D2"), parameter=Choice(tuple(_BOGUS)))
def other_credential_switches_it_off(parts: Parts, kind: str) -> Parts:
    """A second, worthless credential is accepted in place of a valid key."""
    name, start = _BOGUS[kind]

    def concerns(visit: Visit) -> bool:
        value = visit.request.headers.get(name, "")
        dead = parts.keys.recall(visit.presented or "") is not None
        return value.lower().startswith(start) and not dead

    return let_in(parts, concerns)


def _looked_for(parts: Parts, read: Callable[[Request], str | None]) -> Parts:
    """Look for the key elsewhere where the header is missing."""

    def read_credential(request: Request) -> str | None:
        presented = parts.read_credential(request)
        return read(request) if presented is None else presented

    return replace(parts, read_credential=read_credential)


def _any_of(parts: Parts, candidates: Callable[[list[str]], list[str]]) -> Parts:
    def read_credential(request: Request) -> str | None:
        values = [value.strip(" \t") for value in candidates(request.headers.getlist("x-api-key"))]
        valid = (value for value in values if parts.find_key(value) is not None)
        return next(valid, None) or parts.read_credential(request)

    return replace(parts, read_credential=read_credential)


def _decoded(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode("latin-1")
    except binascii.Error:
        return ""
