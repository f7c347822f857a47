"""What Schemathesis makes of a document: one minimal valid request for each operation.

Hypothesis tries the simplest value first, so one example is the minimal request (measured: 1.6 ms
an operation; shrinking to the same takes 0.6 s). Examples of the document come before invention.
"""

import contextlib
import signal
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, Final, cast
from urllib.parse import parse_qsl, quote, urlsplit

import hypothesis.core
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import HypothesisException
from hypothesis.vendor import pretty
from schemathesis.core.errors import SchemathesisError
from schemathesis.core.result import Ok

from contracts.credentials import HEADER
from contracts.document import METHODS, Document, JsonObject, resolved
from contracts.exchange import Fields
from contracts.operations import Draft

_BASE: Final = "http://target.invalid"
"""Stands for the base URL while requests are prepared; nothing is sent to it."""

_NO_KEY: Final = {HEADER: "-"}
"""A declared apiKey becomes a required header with invented values; this one is taken out again."""

_LONGEST_S: Final = 5
"""Seconds of the processor for one operation; a thousand times what one takes."""

_ONE_EXAMPLE: Final = settings(
    max_examples=1,
    database=None,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


def drafts(document: Document) -> dict[str, Draft | str]:
    """Generate a minimal valid request for every operation.

    Args:
        document: The target's document.

    Returns:
        By label: the request, or why there can be none.
    """
    found: dict[str, Draft | str] = {}
    for result in load(simplified(document.content)).get_all_operations():
        if isinstance(result, Ok):
            operation: Any = result.ok()
            found[str(operation.label)] = _draft(operation)
        else:
            error = result.err()
            label = f"{(error.method or '').upper()} {error.path or ''}"
            found[label] = f"the document does not describe it whole: {_first_line(error)}"
    # Its first strategy silences Hypothesis' printer for the whole process; findings need it.
    hypothesis.core.RepresentationPrinter = pretty.RepresentationPrinter  # type: ignore[attr-defined]
    return found


def load(content: JsonObject) -> Any:  # noqa: ANN401 -- Schemathesis' schema
    """Load a document into Schemathesis, whatever configuration files lie about."""
    config = schemathesis.Config.from_dict({"base-url": _BASE})
    return schemathesis.openapi.from_dict(content, config=config)


def simplified(content: JsonObject) -> JsonObject:
    """Leave of a document what requests are made of, and nothing that lies outside it.

    Where a body may be JSON it will be; Schemathesis takes whatever stands first. Nor is it told
    of security schemes: it would invent a bearer token, a cookie or a key in the query, and send it
    with every request. Answers are left out, as no request comes of them and one that is described
    wrongly would spoil every operation.

    Args:
        content: A document; it is not changed.
    """
    paths = {
        path: _item(item, content)
        for path, item in content["paths"].items()
        if isinstance(item, dict)
    }
    components = content.get("components")
    known = components if isinstance(components, dict) else {}
    simple = {**content, "paths": paths, "components": known, "security": []}
    return cast("JsonObject", _without_elsewhere(simple))


def _item(item: JsonObject, content: JsonObject) -> JsonObject:
    operations = {
        name: _narrowed(member, content)
        for name, member in item.items()
        if name in METHODS and isinstance(member, dict)
    }
    return {name: item[name] for name in item if name not in METHODS} | operations


def _without_elsewhere(value: object) -> object:
    """Cut what lies outside the document: Schemathesis would fetch it, uncounted, from anywhere."""
    if isinstance(value, list):
        return [_without_elsewhere(item) for item in value]
    if not isinstance(value, dict):
        return value
    reference = value.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#"):
        return {"$ref": "#/x-outside-the-document"}
    return {
        name: _without_elsewhere(member)
        for name, member in value.items()
        if name not in _ELSEWHERE or not isinstance(member, str)
    }


_ELSEWHERE: Final = frozenset({"externalValue", "$id"})
"""Beside references: an example that lies elsewhere, and what moves the ground under references."""


def _narrowed(operation: JsonObject, content: JsonObject) -> JsonObject:
    open_ = {**operation, "security": [], "responses": {}}
    body = resolved(operation.get("requestBody"), content)
    kinds = body.get("content")
    if not isinstance(kinds, dict) or "application/json" not in kinds:
        return open_
    only_json = {"application/json": kinds["application/json"]}
    return {**open_, "requestBody": {**body, "content": only_json}}


def _draft(operation: Any) -> Draft | str:  # noqa: ANN401 -- Schemathesis' operation
    try:
        with _limited(_LONGEST_S):
            case = _case(operation)
        if getattr(operation, "has_skipped_required_body", False):
            return "its body cannot be generated from the document"
        return _prepared(operation, case)
    except _TooSlow:
        return f"no valid request could be generated within {_LONGEST_S} s"
    except (HypothesisException, SchemathesisError, ValueError, TypeError) as error:
        return f"no valid request can be generated: {_first_line(error)}"


class _TooSlow(BaseException):
    """Passes whatever catches exceptions on the way."""


@contextlib.contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Give up after that time: a pattern of the document may take for ever to match."""

    def give_up(_signal: int, _frame: FrameType | None) -> None:
        raise _TooSlow

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _case(operation: Any) -> Any:  # noqa: ANN401 -- Schemathesis' case
    cases: list[Any] = []
    examples = operation.get_strategies_from_examples(headers=dict(_NO_KEY))
    strategy = examples[0] if examples else operation.as_strategy(headers=dict(_NO_KEY))

    @_ONE_EXAMPLE
    @given(strategy)
    def draw(case: Any) -> None:  # noqa: ANN401 -- Schemathesis' case
        cases.append(case)

    draw()
    return cases[0]


def _prepared(operation: Any, case: Any) -> Draft:  # noqa: ANN401 -- Schemathesis' objects
    schemas = {parameter.name: parameter.definition for parameter in operation.path_parameters}
    tokens = {name: f"__{index}__" for index, name in enumerate(schemas)}
    given_values = {
        name: str(case.path_parameters[name])
        for name, definition in schemas.items()
        if _is_given(definition)
    }
    case.path_parameters = dict(tokens)
    prepared = requests.Request(**case.as_transport_kwargs(base_url=_BASE)).prepare()
    parts = urlsplit(prepared.url or "")
    path = parts.path or "/"
    for name, token in tokens.items():
        path = path.replace(token, f"{{{name}}}")
    return Draft(
        target=f"{path}?{parts.query}" if parts.query else path,
        headers=_headers(case, prepared),
        body=_bytes(prepared.body),
        given=given_values,
        schemas={name: _schema(definition) for name, definition in schemas.items()},
        optional=tuple(_optional(operation, parts.query)),
        typed=tuple(_typed(operation)),
        required=tuple(each.name for each in operation.query if each.is_required),
    )


def _optional(operation: Any, query: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 -- Schemathesis' operation
    """Find a plain value for every optional query parameter that tells one."""
    sent = {name for name, _ in parse_qsl(query)}
    for parameter in operation.query:
        if parameter.name in sent or parameter.is_required:
            continue
        value = _plain_value(parameter.definition)
        if value is not None:
            yield quote(parameter.name, safe=""), quote(value, safe="")


def _plain_value(definition: Mapping[str, Any]) -> str | None:
    schema = _schema(definition)
    for value in _given(definition, schema):
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, str | int | float) and value != "":
            return str(value)
    match schema.get("type"):
        case "boolean":
            return "true"
        case "integer" | "number":
            return str(schema.get("minimum", 1))
        case "string" if not {"pattern", "format"} & schema.keys():
            return "x" * max(1, int(schema.get("minLength", 1)))
    return None


def _given(definition: Mapping[str, Any], schema: JsonObject) -> Iterator[object]:
    """The values that the document itself gives."""
    for source in (definition, schema):
        for name in ("example", "default", "const"):
            if name in source:
                yield source[name]
    for name in ("examples", "enum"):
        values = schema.get(name)
        yield from values if isinstance(values, list) else ()


def _typed(operation: Any) -> Iterator[str]:  # noqa: ANN401 -- Schemathesis' operation
    for parameter in operation.query:
        schema = _schema(parameter.definition)
        if schema.get("type") in {"integer", "number", "boolean"} or {"enum", "format"} & set(
            schema
        ):
            yield quote(parameter.name, safe="")


def _is_given(definition: Mapping[str, Any]) -> bool:
    """Whether the document itself says which values exist."""
    schema = _schema(definition)
    return bool(
        {"example", "examples"} & definition.keys()
        or {"example", "examples", "enum", "const"} & schema.keys()
    )


def _schema(definition: Mapping[str, Any]) -> JsonObject:
    schema = definition.get("schema", {})
    return schema if isinstance(schema, dict) else {}


def _headers(case: Any, prepared: requests.PreparedRequest) -> Fields:  # noqa: ANN401 -- Schemathesis' case
    fields = [
        (name, str(value))
        for name, value in dict(case.headers or {}).items()
        if name.lower() != HEADER
    ]
    content_type = prepared.headers.get("Content-Type")
    if prepared.body and content_type:
        fields.append(("Content-Type", content_type))
    if cookie := prepared.headers.get("Cookie"):
        fields.append(("Cookie", cookie))
    for _, value in fields:
        value.encode("latin-1")  # what no header can carry is said now, not while it is written
    return tuple(fields)


def _bytes(body: object) -> bytes:
    if isinstance(body, str):
        return body.encode()
    return body if isinstance(body, bytes) else b""


def _first_line(error: object) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
