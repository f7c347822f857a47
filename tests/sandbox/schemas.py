"""What bodies and query parameters may be: one schema each, served in the document and enforced.

The validator knows only the words these schemas use; enforcing the published schema itself is what
keeps the document true.
"""

import re
from collections.abc import Mapping
from typing import Final, cast

Schema = Mapping[str, object]

_PHONE: Final[Schema] = {"type": "string", "pattern": r"^\+[1-9][0-9]{6,14}$"}
_STATUS: Final[Schema] = {"type": "string", "enum": ["completed", "in-progress", "missed"]}
_DURATION: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 86_400}

NEW_CALL: Final[Schema] = {
    "type": "object",
    "properties": {"from": _PHONE, "to": _PHONE, "durationS": _DURATION, "status": _STATUS},
    "required": ["from", "to"],
    "additionalProperties": False,
}
CALL_CHANGE: Final[Schema] = {
    "type": "object",
    "properties": {"durationS": _DURATION, "status": _STATUS},
    "additionalProperties": False,
}
CALL_QUERY: Final[Mapping[str, Schema]] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
    "status": _STATUS,
}


def complaint(value: object, schema: Schema) -> str | None:
    """Say what is wrong with a value, without repeating it.

    Returns:
        A sentence, or None where the value is valid.
    """
    match schema["type"]:
        case "object":
            return _object_complaint(value, schema)
        case "integer":
            return _integer_complaint(value, schema)
        case _:
            return _string_complaint(value, schema)


def _object_complaint(value: object, schema: Schema) -> str | None:
    if not isinstance(value, dict):
        return "the body must be a JSON object"
    members = cast("Mapping[str, Schema]", schema["properties"])
    for name in cast("list[str]", schema.get("required", [])):
        if name not in value:
            return f"{name} is required"
    for name, member in value.items():
        if name not in members:
            return "the body has a member that is not known"
        if (problem := complaint(member, members[name])) is not None:
            return f"{name} {problem}"
    return None


def _integer_complaint(value: object, schema: Schema) -> str | None:
    low, high = cast("int", schema["minimum"]), cast("int", schema["maximum"])
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # JSON Schema: 5.0 is an integer
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        return f"must be an integer from {low} to {high}"
    return None


def _string_complaint(value: object, schema: Schema) -> str | None:
    if not isinstance(value, str):
        return "must be a string"
    if "enum" in schema and value not in cast("list[str]", schema["enum"]):
        return f"must be one of {', '.join(cast('list[str]', schema['enum']))}"
    # fullmatch: Python's $ would also match before a final newline
    pattern = cast("str", schema.get("pattern", ".*"))
    if not re.fullmatch(pattern.removeprefix("^").removesuffix("$"), value):
        return "must be a telephone number such as +27215550100"
    return None
