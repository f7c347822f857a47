"""The target's OpenAPI document: read, its promises of protection found, ours laid over it.

Pure. Generating requests from it is `generation.py`.
"""

import copy
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import unquote, urlsplit

import yaml

from contracts.credentials import HEADER
from contracts.envelope import DOCUMENTED_ERRORS, envelope_schema

JsonObject = dict[str, Any]
"""A JSON object as parsed; its members are checked where they are used."""

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
"""Path item members that are operations (OpenAPI 3.1 section 4.8.9.1)."""


class DocumentError(ValueError):
    """The document cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document whose paths are relative to the target's base URL.

    Attributes:
        content: The whole document.
        version: Which schema dialect it speaks.
    """

    content: JsonObject
    version: Literal["3.0", "3.1"]

    def operations(self) -> Iterator[tuple[str, JsonObject]]:
        """Give every operation with its label, such as `GET /calls/{callId}`."""
        for path, item in self.content["paths"].items():
            for method in METHODS if isinstance(item, dict) else ():
                if isinstance(item.get(method), dict):
                    yield f"{method.upper()} {path}", item[method]


def read_document(data: bytes, *, base_path: str = "") -> Document:
    """Parse an OpenAPI 3 document, JSON or YAML.

    Args:
        data: The bytes as received.
        base_path: Path of the target's base URL, such as `/v1`. Where the document writes every
            path in full, as frameworks do that know no base, it is taken off.

    Raises:
        DocumentError: It does not parse, or is no OpenAPI 3 document with paths.
    """
    content = _parsed(data)
    if not isinstance(content, dict) or not isinstance(content.get("openapi"), str):
        old = isinstance(content, dict) and "swagger" in content
        raise DocumentError(
            "is OpenAPI 2; versions 3.0 and 3.1 are read" if old else "is no OpenAPI document"
        )
    version = _VERSION.fullmatch(content["openapi"])
    if version is None:
        raise DocumentError(f"is OpenAPI {content['openapi'][:10]}; versions 3.0 and 3.1 are read")
    if not isinstance(content.get("paths"), dict):
        raise DocumentError("has no paths")
    content = _Textual().of(content)
    content["openapi"] = f"{version[1]}{version[2] or '.0'}"  # Schemathesis wants all three parts
    content["paths"] = {
        path: _resolved_item(item, content)
        for path, item in content["paths"].items()
        if path.startswith("/")  # the others are extensions
    }
    content["paths"] = _relative(content, base_path.rstrip("/"))
    document = Document(content, "3.0" if version[1] == "3.0" else "3.1")
    if next(document.operations(), None) is None:
        raise DocumentError("has no operations")
    return document


_VERSION: Final = re.compile(r"(3\.[012])(\.[0-9]+)?(?:[-+].*)?")


def _parsed(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        pass
    try:
        return yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 -- both are safe loaders
    except _YAML_ERRORS:
        raise DocumentError("is neither JSON nor YAML") from None


_YAML_ERRORS: Final = (
    yaml.YAMLError,
    ValueError,
    RecursionError,
    # What its constructors let through on a tag that does not fit its value.
    AttributeError,
    LookupError,
    TypeError,
)

_MOST_VALUES: Final = 2_000_000
"""In a document; YAML aliases can make billions out of a few lines."""


class _Textual:
    """YAML reads `200:` as a number and dates as dates; JSON knows only text."""

    def __init__(self) -> None:
        self._values = 0

    def of(self, value: Any) -> Any:  # noqa: ANN401 -- JSON
        """Give the same value as JSON would have it.

        Raises:
            DocumentError: It is larger than any document, or contains itself.
        """
        try:
            return self._of(value)
        except RecursionError:
            raise DocumentError("contains itself") from None

    def _of(self, value: Any) -> Any:  # noqa: ANN401 -- JSON
        self._values += 1
        if self._values > _MOST_VALUES:
            raise DocumentError(f"expands to more than {_MOST_VALUES} values")
        if isinstance(value, dict):
            return {str(name): self._of(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self._of(member) for member in value]
        return value if isinstance(value, str | int | float | bool | None) else str(value)


_MOST_HOPS: Final = 10


def _resolved_item(item: Any, content: JsonObject) -> Any:  # noqa: ANN401 -- JSON
    """Follow a path item's local `$ref`; one that leads round in a circle leads nowhere."""
    for _ in range(_MOST_HOPS):
        if not isinstance(item, dict) or "$ref" not in item:
            return item
        item = resolved(item, content)
    return {}


def resolved(value: object, content: JsonObject) -> JsonObject:
    """Follow one local reference (RFC 6901); anything else is read as it stands.

    Args:
        value: An object of the document, or a reference to one.
        content: The whole document.
    """
    reference = value.get("$ref") if isinstance(value, dict) else None
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return value if isinstance(value, dict) else {}
    found: object = content
    for part in reference[2:].split("/"):
        name = unquote(part).replace("~1", "/").replace("~0", "~")
        found = found.get(name) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def _relative(content: JsonObject, base_path: str) -> JsonObject:
    paths: JsonObject = content["paths"]
    server = _server_path(content)
    full = [server + path for path in paths]
    if base_path and server != base_path and all(_below(path, base_path) for path in full):
        return {
            (server + path).removeprefix(base_path) or "/": item for path, item in paths.items()
        }
    return paths


def _below(path: str, base_path: str) -> bool:
    return path == base_path or path.startswith(f"{base_path}/")


def _server_path(content: JsonObject) -> str:
    servers = content.get("servers")
    first = servers[0] if isinstance(servers, list) and servers else None
    url = first.get("url") if isinstance(first, dict) else None
    if not isinstance(url, str) or "{" in url:
        return ""
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


Scopes = tuple[frozenset[str], ...] | None
"""Alternatives, each a set of scopes needed together; None where nobody says."""


@dataclass(frozen=True, slots=True)
class Protection:
    """What a document says of one operation's protection.

    Attributes:
        public: Whether it can be called without a key.
        scopes: What a key needs.
    """

    public: bool
    scopes: Scopes


def protection(operation: JsonObject, document: Document) -> Protection:
    """Read an operation's security requirement (OpenAPI 3.1 section 4.8.30).

    The absence of any requirement is no statement: the documentation protects every request, so
    only `security: []` or an empty alternative makes an operation public.

    Args:
        operation: The operation object.
        document: Where the default stands.
    """
    declared = operation.get("security", document.content.get("security"))
    if not isinstance(declared, list):
        return Protection(public=False, scopes=None)
    if not declared or {} in declared:
        return Protection(public=True, scopes=None)
    alternatives = tuple(
        frozenset(
            scope
            for scopes in alternative.values()
            if isinstance(scopes, list)
            for scope in scopes
            if isinstance(scope, str)
        )
        for alternative in declared
        if isinstance(alternative, dict)
    )
    is_said = bool(alternatives) and all(alternatives)
    return Protection(public=False, scopes=alternatives if is_said else None)


def key_places(document: Document) -> frozenset[str]:
    """Read where else than in x-api-key an operation's security lets a key stand.

    Args:
        document: The target's document.

    Returns:
        As the setting KEY_PLACES names them, such as `query:api_key`.
    """
    content = document.content
    schemes = _members(_members(content.get("components")).get("securitySchemes"))
    asked = [content, *(operation for _, operation in document.operations())]
    names = {name for one in asked for each in _listed(one.get("security")) for name in each}
    return frozenset(
        place for name in names if (place := _place(resolved(schemes.get(name), content)))
    )


def _listed(value: object) -> Iterator[JsonObject]:
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, dict))


def _place(scheme: JsonObject) -> str:
    kind, name = scheme.get("type"), scheme.get("name")
    if kind == "apiKey" and isinstance(name, str) and name.lower() != HEADER:
        return f"{scheme.get('in')}:{name}".lower()
    return "header:authorization" if kind in {"http", "oauth2", "openIdConnect"} else ""


def body_members(operation: JsonObject, document: Document) -> dict[str, JsonObject]:
    """Read which members an operation's JSON body may have.

    Args:
        operation: The operation object.
        document: Where references lead.

    Returns:
        The members' schemas by name; empty where the body is no plainly described object.
    """
    content = document.content
    kinds = _members(resolved(operation.get("requestBody"), content).get("content"))
    schema = resolved(resolved(kinds.get("application/json"), content).get("schema"), content)
    members = _members(schema.get("properties"))
    return {name: resolved(member, content) for name, member in members.items()}


def overlaid(
    document: Document, protected: Collection[str], tolerated: Collection[str] = ()
) -> JsonObject:
    """Lay the documented errors over a document.

    They replace what it says of 401, 403 and 429: an exact status beats a range such as `4XX`.

    Args:
        document: The target's document; it is not changed.
        protected: Labels of the operations that need a key.
        tolerated: Members that may stand beside the documented ones.

    Returns:
        A copy in which each protected operation answers 401, 403 and 429 as documented.
    """
    content = copy.deepcopy(document.content)
    responses = _member(_member(content, "components"), "responses")
    for status in DOCUMENTED_ERRORS:
        schema = envelope_schema(status=status, version=document.version, tolerated=tolerated)
        responses[f"Documented{status}"] = {
            "description": f"The documented error body with statusCode {status}.",
            "content": {"application/json": {"schema": schema}},
        }
    for label, operation in Document(content, document.version).operations():
        if label in protected:
            _member(operation, "responses").update(_REFERENCES)
    return content


def _member(of: JsonObject, name: str) -> JsonObject:
    """Give an object's member, made where there is none or it is no object."""
    if not isinstance(of.get(name), dict):
        of[name] = {}
    member: JsonObject = of[name]
    return member


_REFERENCES: Final[Mapping[str, JsonObject]] = {
    str(status): {"$ref": f"#/components/responses/Documented{status}"}
    for status in DOCUMENTED_ERRORS
}


def links(document: Document) -> dict[str, dict[str, tuple[str, str]]]:
    """Read where the document says that path values come from (OpenAPI 3.1 section 4.8.20).

    Args:
        document: The target's document.

    Returns:
        By label and parameter: the label whose answer holds the value, and the JSON pointer to it.
    """
    by_id = {
        operation["operationId"]: label
        for label, operation in document.operations()
        if isinstance(operation.get("operationId"), str)
    }
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for source, operation in document.operations():
        for link in _links_of(operation, document):
            target = by_id.get(str(link.get("operationId"))) or _referenced(
                link.get("operationRef")
            )
            for name, expression in _members(link.get("parameters")).items():
                if target and isinstance(expression, str) and expression.startswith(_FROM_BODY):
                    place = source, expression.removeprefix(_FROM_BODY)
                    found.setdefault(target, {}).setdefault(name.removeprefix("path."), place)
    return found


_FROM_BODY: Final = "$response.body#"


def _links_of(operation: JsonObject, document: Document) -> Iterator[JsonObject]:
    for response in _members(operation.get("responses")).values():
        for link in _members(resolved(response, document.content).get("links")).values():
            yield resolved(link, document.content)


def _members(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _referenced(reference: object) -> str | None:
    """Read `#/paths/~1calls~1{callId}/get` as a label."""
    parts = reference.split("/") if isinstance(reference, str) else []
    if len(parts) != 4 or parts[:2] != ["#", "paths"]:
        return None
    path = unquote(parts[2]).replace("~1", "/").replace("~0", "~")
    return f"{parts[3].upper()} {path}"
