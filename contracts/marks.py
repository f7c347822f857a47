"""What a write can be recognised by afterwards: a value of its own in a member that admits it.

Pure. A mark is text in a member that takes any text, else a number in one that takes very many.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Final

from contracts.document import JsonObject
from contracts.exchange import Request

_SHORTEST: Final = 12
"""Characters of a text that nobody else writes by chance: 16^12."""

_FEWEST: Final = 10_000
"""Numbers that a member admits; a chance meeting must then come twice to be believed."""

_LARGEST: Final = 1_000_000_000
"""Where nobody says how large a number may be; below what 32 bits hold."""

_SPECIAL: Final = frozenset({"enum", "const", "pattern", "format"})
"""What makes a text more than any text."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One member's value.

    Attributes:
        member: Its name in the body.
        value: Fresh for each write.
    """

    member: str
    value: str | int

    def put(self, request: Request) -> Request:
        """Write the value into a request's body, its other members as they are."""
        return replace(
            request, body=json.dumps(_members(request) | {self.member: self.value}).encode()
        )

    def stands_in(self, body: bytes) -> bool:
        """Whether an answer shows it: a text anywhere, a number in its member alone."""
        if isinstance(self.value, str):
            return self.value.encode() in body
        name = re.escape(json.dumps(self.member)).encode()
        return re.search(rb"%s\s*:\s*%d(?:\.0+)?\s*[,}]" % (name, self.value), body) is not None


def _members(request: Request) -> JsonObject:
    try:
        body = json.loads(request.body or b"{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def markable(members: Mapping[str, JsonObject]) -> tuple[str, ...]:
    """Name the members that can carry a mark, those that take text first.

    Args:
        members: Schemas of a body's members, by name.
    """
    texts = [name for name, schema in members.items() if _takes_text(schema)]
    return (*texts, *(name for name, schema in members.items() if _takes_numbers(schema)))


def mark(member: str, schema: JsonObject, draw: Random) -> Mark:
    """Draw a mark.

    Args:
        member: One that can carry it.
        schema: The member's.
        draw: Fresh in every run, as marks of earlier runs may still be there.
    """
    if _takes_text(schema):
        return Mark(member, f"{draw.getrandbits(4 * _SHORTEST):0{_SHORTEST}x}")
    low, high = _bounds(schema)
    return Mark(member, draw.randrange(low, high + 1))


def _takes_text(schema: JsonObject) -> bool:
    if not _is_a("string", schema) or _SPECIAL & schema.keys():
        return False
    least, most = [*_numbers(schema, "minLength"), 0], [*_numbers(schema, "maxLength"), _SHORTEST]
    return least[0] <= _SHORTEST <= most[0]


def _takes_numbers(schema: JsonObject) -> bool:
    if not _is_a("integer", schema) or {"enum", "const", "multipleOf"} & schema.keys():
        return False
    low, high = _bounds(schema)
    return high - low >= _FEWEST


def _is_a(kind: str, schema: JsonObject) -> bool:
    """Read the type, which 3.1 may list beside null."""
    wanted = schema.get("type")
    return wanted == kind or (isinstance(wanted, list) and kind in wanted)


def _bounds(schema: JsonObject) -> tuple[int, int]:
    """The numbers admitted; the exclusive bounds of either version are simply left out."""
    bounds = [*_numbers(schema, "minimum", "exclusiveMinimum")]
    low = int(max(bounds)) + 1 if bounds else 1
    bounds = [*_numbers(schema, "maximum", "exclusiveMaximum")]
    return low, int(min(bounds)) - 1 if bounds else low + _LARGEST


def _numbers(schema: JsonObject, *names: str) -> Iterator[float]:
    for name in names:
        value = schema.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            yield value
