"""The document the sandbox serves about itself, OpenAPI 3.1."""

from collections.abc import Iterable
from typing import Final

from tests.sandbox.operations import SCOPES, Operation

_ERROR: Final = {
    "type": "object",
    "properties": {
        "success": {"const": False},
        "message": {"type": "string"},
        "data": {"type": "null"},
        "statusCode": {"type": "integer"},
    },
    "required": ["success", "message", "data", "statusCode"],
    "additionalProperties": False,
}
_SUCCESS: Final = {
    "type": "object",
    "properties": {
        "success": {"const": True},
        "message": {"type": "string"},
        "data": {},
        "statusCode": {"type": "integer"},
    },
    "required": ["success", "message", "data", "statusCode"],
}
_ERRORS: Final = {
    401: "Invalid or missing API Key.",
    403: "Key does not have required scopes.",
    404: "No such resource.",
    422: "The request is not valid.",
    429: "Rate limit exceeded.",
}


def document(server: str, operations: Iterable[Operation]) -> dict[str, object]:
    """Describe the API.

    Args:
        server: Its base URL, ending in ``/v1``.
        operations: What it offers.
    """
    paths: dict[str, dict[str, object]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _describe(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Busy Board sandbox",
            "version": "1",
            "description": f"Scopes: {', '.join(SCOPES)}.",
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "ApiKeyAuth": {"type": "apiKey", "in": "header", "name": "x-api-key"}
            },
            "schemas": {"Error": _ERROR, "Success": _SUCCESS},
            "responses": {str(status): _answer(text, "Error") for status, text in _ERRORS.items()},
        },
    }


def _describe(operation: Operation) -> dict[str, object]:
    responses: dict[str, object] = {
        str(operation.success): _answer(operation.summary, "Success"),
        **{str(status): {"$ref": f"#/components/responses/{status}"} for status in _ERRORS},
    }
    described: dict[str, object] = {
        "summary": operation.summary,
        "security": [{"ApiKeyAuth": [operation.scope]}],
        "parameters": _parameters(operation),
        "responses": responses,
    }
    if operation.body is not None:
        content = {"application/json": {"schema": operation.body}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _parameters(operation: Operation) -> list[dict[str, object]]:
    parameters: list[dict[str, object]] = [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in operation.query.items()
    ]
    if "{callId}" in operation.path:
        schema = {"type": "string"}
        parameters.append({"name": "callId", "in": "path", "required": True, "schema": schema})
    return parameters


def _answer(description: str, schema: str) -> dict[str, object]:
    reference = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": description, "content": {"application/json": {"schema": reference}}}
