"""Values for path parameters, taken from what the target itself answered.

Pure. A schema-valid invented id is a 404 with any key, so ids come from real answers: where the
document links to them, else from the list that stands above the item.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from contracts.document import JsonObject
from contracts.envelope import EnvelopeError, read_object

_DEPTH: Final = 4
"""How deep in a list's answer the list itself may stand, such as `data.items`."""


def collection_above(path: str, parameter: str) -> str:
    """The path that lists what the parameter names: `/calls` for `/calls/{callId}`."""
    return path.partition(f"/{{{parameter}}}")[0]


def filled(target: str, values: dict[str, str]) -> str:
    """Put values into a target, percent-encoded."""
    for name, value in values.items():
        target = target.replace(f"{{{name}}}", quote(value, safe=""))
    return target


def harvested(body: bytes, parameter: str, schema: JsonObject) -> str | None:
    """Find an id for a path parameter in the answer of the list above it.

    Args:
        body: The list's answer.
        parameter: The parameter's name, such as `callId`.
        schema: The parameter's schema; its type is respected.

    Returns:
        The first fitting value; None where there is none.
    """
    for item in _objects(_read(body), _DEPTH):
        for name in _names(parameter):
            if (value := _fitting(item.get(name), schema)) is not None:
                return value
    return None


def _read(body: bytes) -> object:
    """An object, or a list that stands alone, read by wrapping it into one; else None."""
    for text, unwrapped in ((body, False), (b'{"list":' + body + b"}", True)):
        try:
            answer = read_object(text)
        except EnvelopeError:
            continue
        return answer["list"] if unwrapped else answer
    return None


def _objects(value: object, depth: int) -> Iterator[JsonObject]:
    """Give the objects of the shallowest lists first, then objects that stand alone."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))
    elif isinstance(value, dict) and depth:
        members = sorted(value.values(), key=lambda member: not isinstance(member, list))
        for member in members:
            yield from _objects(member, depth - 1)
        yield value


def _names(parameter: str) -> tuple[str, ...]:
    return (parameter, "id", "_id", "uuid")


def _fitting(value: object, schema: JsonObject) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    wanted = schema.get("type")
    kinds = wanted if isinstance(wanted, list) else [wanted]  # 3.1 lists them, 3.0 names one
    is_number = "integer" in kinds or "number" in kinds
    if is_number and "string" not in kinds and not _WHOLE.fullmatch(str(value)):
        return None
    text = str(value)
    return text if text.strip(".") else None  # a segment of dots would lead elsewhere


_WHOLE: Final = re.compile("-?[0-9]+")


def pointed(body: bytes, pointer: str) -> str | None:
    """Follow a JSON pointer (RFC 6901) into an answer.

    Args:
        body: The answer.
        pointer: Such as `/data/0/id`.

    Returns:
        The text or number there; None where there is none.
    """
    found = _read(body)
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isdecimal() and int(name) < len(found):
            found = found[int(name)]
        else:
            return None
    return _fitting(found, {})
