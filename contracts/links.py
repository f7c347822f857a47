"""Where a document says that the parameters of one operation come from answers of another.

Pure. OpenAPI 3.1 section 4.8.20, as far as whole values of a response's body go.
"""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote

from contracts.document import Document, JsonObject, resolved

Sources = Mapping[str, tuple[str, str]]
"""Parameter name to the label of the operation that answers it, and a JSON pointer into that."""

_BODY: Final = "$response.body#"


def links(document: Document) -> Mapping[str, Sources]:
    """Read every link of a document.

    Args:
        document: The target's document.

    Returns:
        By the label of the operation that is linked to, the sources of its parameters; where
        several links give one parameter, the first.
    """
    labels = {
        operation["operationId"]: label
        for label, operation in document.operations()
        if isinstance(operation.get("operationId"), str)
    }
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for source, operation in document.operations():
        for link in _links(operation, document):
            target = labels.get(str(link.get("operationId"))) or _label(link.get("operationRef"))
            for name, pointer in _parameters(link) if target else ():
                found.setdefault(str(target), {}).setdefault(name, (source, pointer))
    return found


def _links(operation: JsonObject, document: Document) -> Iterator[JsonObject]:
    for response in _members(operation.get("responses")).values():
        for link in _members(resolved(response, document.content).get("links")).values():
            yield resolved(link, document.content)


def _parameters(link: JsonObject) -> Iterator[tuple[str, str]]:
    for name, expression in _members(link.get("parameters")).items():
        if isinstance(expression, str) and expression.startswith(f"{_BODY}/"):
            yield name.removeprefix("path."), expression.removeprefix(_BODY)


def _members(value: object) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _label(reference: object) -> str | None:
    """Read `#/paths/~1calls~1{callId}/get` as a label."""
    parts = str(reference).split("/")
    if len(parts) != 4 or parts[:2] != ["#", "paths"]:
        return None
    path = unquote(parts[2]).replace("~1", "/").replace("~0", "~")
    return f"{parts[3].upper()} {path}"
