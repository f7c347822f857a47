"""OpenAPI documents made by hand."""

import json
from collections.abc import Mapping
from typing import Any

from contracts.document import Document, read_document

OK: Mapping[str, Any] = {"responses": {"200": {"description": "ok"}}}


def raw(paths: Mapping[str, Any] | None = None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    """A document as JSON has it; `GET /calls` where no paths are given."""
    content = {
        "openapi": "3.1.0",
        "info": {"title": "Calls", "version": "1"},
        "paths": {"/calls": {"get": OK}} if paths is None else paths,
    }
    return content | changes


def encoded(content: object) -> bytes:
    """The same as bytes."""
    return json.dumps(content).encode()


def document(
    paths: Mapping[str, Any] | None = None,
    base_path: str = "",
    **changes: Any,  # noqa: ANN401 -- JSON
) -> Document:
    """The same, read."""
    return read_document(encoded(raw(paths, **changes)), base_path=base_path)


def operations(*labels: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    """Paths with these operations, each with the same members."""
    paths: dict[str, Any] = {}
    for label in labels:
        method, _, path = label.partition(" ")
        paths.setdefault(path, {})[method.lower()] = {**OK, **members}
    return paths
