"""The documented error body, read from raw bytes without mercy.

`json.loads` keeps the last of two equal members, Pydantic's strict mode takes `0` for `false`,
and JSON Schema takes a body with a byte-order mark: each would call a broken API correct. So the
bytes are read here first, and only then handed to the model.
"""

import json
import re
from collections.abc import Collection, Iterator
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    ValidationError,
)

DOCUMENTED_ERRORS: Final = (401, 403, 429)
"""The statuses whose body the documentation fixes; others are not listed there."""


class EnvelopeError(ValueError):
    """The body is not the documented error body; the message says each difference."""


def _must_be_false(value: bool) -> bool:
    if value:
        raise ValueError("must be false, not true")
    return value


_SAYS_SOMETHING: Final = r"[^\s\u001c-\u001f\u0085\u200b-\u200d\u2060\ufeff]"
"""A character that is neither white space, to any dialect of patterns, nor without width."""


def _must_say_something(value: str) -> str:
    if not re.search(_SAYS_SOMETHING, value):
        raise ValueError("must not be blank")
    return value


def _any_integral_number(value: object) -> object:
    """JSON knows one kind of number: 401.0 and 4.01e2 are 401; true and "401" are not."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"must be a number, not {_described(value)}")
    if isinstance(value, float) and not value.is_integer():
        raise ValueError(f"must be a whole number, not {value}")
    return int(value)


class ErrorEnvelope(BaseModel):
    """`{"success": false, "message": "...", "data": null, "statusCode": 401}`, nothing else.

    Source: the documentation's "Error Responses".

    Attributes:
        success: False, as JSON's `false`.
        message: Free text that says something.
        data: Null, and present.
        statusCode: The status of the answer itself.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    success: Annotated[StrictBool, AfterValidator(_must_be_false)]
    message: Annotated[StrictStr, Field(min_length=1), AfterValidator(_must_say_something)]
    data: None
    statusCode: Annotated[int, BeforeValidator(_any_integral_number), Field(ge=400, le=599)]  # noqa: N815 -- the documented name


def read_envelope(body: bytes, *, status: int, tolerated: Collection[str] = ()) -> ErrorEnvelope:
    """Read the body of an error answer as the documented envelope.

    Args:
        body: The bytes as received, transfer and content encodings undone.
        status: The HTTP status of the same answer; `statusCode` must equal it.
        tolerated: Members that may stand beside the four documented ones.

    Returns:
        The envelope.

    Raises:
        EnvelopeError: The body differs; the message lists every difference.
    """
    extra = set(tolerated) - ErrorEnvelope.model_fields.keys()
    kept = {name: value for name, value in read_object(body).items() if name not in extra}
    try:
        envelope = ErrorEnvelope.model_validate(kept)
    except ValidationError as error:
        raise EnvelopeError("; ".join(map(_difference, error.errors()))) from None
    if envelope.statusCode != status:
        raise EnvelopeError(f"statusCode is {envelope.statusCode} in an answer of status {status}")
    return envelope


def read_object(body: bytes) -> dict[str, object]:
    """Read one JSON object, refusing what RFC 8259 refuses and what parsers let through.

    Args:
        body: UTF-8 without a byte-order mark; one object, white space around it allowed.

    Returns:
        The members.

    Raises:
        EnvelopeError: Empty, not UTF-8, marked, not JSON, no object, or a member stands twice.
    """
    if not body.strip(b" \t\r\n"):
        raise EnvelopeError("the body is empty")
    if body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        raise EnvelopeError("the body begins with a byte-order mark")
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant
        )
    except UnicodeDecodeError:
        raise EnvelopeError("the body is not UTF-8") from None
    except EnvelopeError:
        raise
    except (ValueError, RecursionError) as error:
        raise EnvelopeError(f"the body is not JSON ({_reason(error)})") from None
    if not isinstance(value, dict):
        raise EnvelopeError(f"the body is {_described(value)}, not an object")
    return value


def _reason(error: Exception) -> str:
    return error.msg if isinstance(error, json.JSONDecodeError) else "nested or sized beyond reason"


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members: dict[str, object] = {}
    for name, value in pairs:
        if name in members:
            raise EnvelopeError(f"member {_shown(name)} stands more than once")
        if any(map(_has_lone_surrogate, (name, *_texts(value)))):
            raise EnvelopeError(f"member {_shown(name)} holds half a surrogate pair")
        members[name] = value
    return members


def _texts(value: object) -> Iterator[str]:
    """Give the texts of a value that no object of their own holds: those were looked at before."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _has_lone_surrogate(text: str) -> bool:
    return not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)


def _no_constant(name: str) -> object:
    raise EnvelopeError(f"{name} is not JSON")


def _difference(error: Any) -> str:  # noqa: ANN401 -- Pydantic's ErrorDetails
    name = _shown(str(error["loc"][0]))
    match error["type"]:
        case "missing":
            return f"member {name} is missing"
        case "extra_forbidden":
            return f"member {name} is not documented"
        case "value_error":
            return f"{name} {error['ctx']['error']}"
        case "none_required":
            return f"{name} must be null, not {_described(error['input'])}"
        case "bool_type":
            return f"{name} must be false, not {_described(error['input'])}"
        case "string_type":
            return f"{name} must be text, not {_described(error['input'])}"
        case _:
            return f"{name}: {error['msg']}"


def _shown(name: str) -> str:
    return json.dumps(name[:40])


def _described(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"the number {value!r:.40}"
        case str():
            return "text" if value else "empty text"
        case list():
            return "an array"
        case _:
            return "an object"


def envelope_schema(
    *, status: int, version: Literal["3.0", "3.1"], tolerated: Collection[str] = ()
) -> dict[str, object]:
    """Write the same model as the JSON Schema of one documented error.

    OpenAPI 3.0 knows no `const` (measured: `success: true` passed a 3.0 schema that used it), so
    single values are written as `enum` there.

    Args:
        status: The error's HTTP status.
        version: Which dialect the surrounding document speaks.
        tolerated: Members that may stand beside the four documented ones.

    Returns:
        A schema that stands alone.
    """
    schema = ErrorEnvelope.model_json_schema()
    properties = schema["properties"]
    fixed = {"success": False, "data": None, "statusCode": status}
    for name, value in fixed.items():
        properties[name] = {"const": value} if version == "3.1" else {"enum": [value]}
    if version == "3.0":
        properties["data"]["nullable"] = True
    properties["message"]["pattern"] = _SAYS_SOMETHING
    return {
        "type": "object",
        "properties": {name: {} for name in tolerated} | properties,
        "required": schema["required"],
        "additionalProperties": False,
    }
