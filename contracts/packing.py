"""Requests and credentials as they stand on record, so that a finding can be asked again.

Pure. A credential is written by kind and fields, an edit by name: what was never a key in memory is
none on disk.
"""

import base64
from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import StrEnum
from typing import Final

from contracts.alterations import Alteration, Altered
from contracts.credentials import (
    Credential,
    NoKey,
    RandomKey,
    Respelled,
    Role,
    RoleKey,
    Spelling,
    Stranger,
    Text,
)
from contracts.exchange import Request
from contracts.hostile import Octets
from contracts.near_misses import BY_NAME, Edit, NearMiss
from contracts.places import Elsewhere, Place, Several
from contracts.records import Packed, Written

KINDS: Final[Mapping[str, Callable[..., Credential]]] = {
    kind.__name__: kind
    for kind in (
        *(NoKey, RoleKey, Text, RandomKey, Respelled, Stranger),
        *(NearMiss, Octets, Elsewhere, Several, Altered),
    )
}
"""Every kind of credential by its name on record."""


class NotPacked(Exception):
    """What stands on record is no credential of this version of the suite."""


def pack_credential(credential: Credential) -> Packed:
    """Write a credential by its kind and fields."""
    packed: Packed = {"kind": type(credential).__name__}
    for field in fields(credential):
        packed[field.name] = _packed(getattr(credential, field.name))
    return packed


def _packed(value: object) -> bool | int | float | str:
    if isinstance(value, Edit):
        return value.name
    if isinstance(value, StrEnum):
        return value.value
    assert isinstance(value, bool | int | float | str)
    return value


_READERS: Final[Mapping[str, Callable[..., object]]] = {
    "edit": lambda value: BY_NAME[value],
    "place": Place,
    "spelling": Spelling,
    "how": Alteration,
    "of": Role,
}
"""Fields that are more than a JSON value."""


def unpack_credential(packed: Packed) -> Credential:
    """Read what `pack_credential` wrote.

    Raises:
        NotPacked: It is none of its kinds, or lacks a field.
    """
    values = dict(packed)
    try:
        kind = KINDS[str(values.pop("kind"))]
        read = {name: _READERS.get(name, _same)(value) for name, value in values.items()}
        return kind(**read)
    except (KeyError, TypeError, ValueError):
        raise NotPacked(f"{packed.get('kind')} is no kind of credential that can be read") from None


def _same(value: object) -> object:
    return value


def pack(request: Request) -> Written:
    """Write a request, its credential as a recipe."""
    return Written(
        method=request.method,
        target=request.target,
        headers=request.headers,
        body=base64.b64encode(request.body).decode(),
        credential=pack_credential(request.credential),
        operation=request.operation,
    )


def unpack(written: Written) -> Request:
    """Read a request.

    Raises:
        NotPacked: Its credential cannot be read.
    """
    return Request(
        written.method,
        written.target,
        written.headers,
        base64.b64decode(written.body),
        unpack_credential(written.credential),
        written.operation,
    )
