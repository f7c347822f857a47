"""A second reader of error bodies: Schemathesis, over the document with ours laid over it.

The model reads the bytes, Schemathesis the schema that was written from the model; where only one
of them objects, the suite is wrong somewhere and nothing may be said.
"""

from collections.abc import Collection
from typing import Any, Final

import requests
import schemathesis
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import response_schema_conformance

from contracts.document import Document, overlaid
from contracts.exchange import Response
from contracts.generation import load, simplified
from contracts.operations import DOCUMENTED, Operation

_DOCUMENTED_ALONE: Final = Document(
    {
        "openapi": "3.1.0",
        "info": {"title": "The documented operation", "version": "1"},
        "paths": {DOCUMENTED.partition(" ")[2]: {"get": {"responses": {}}}},
    },
    "3.1",
)
"""For a target without a document."""


class Conformance:
    """Reads answers against the overlaid document."""

    def __init__(
        self, document: Document | None, protected: Collection[str], tolerated: Collection[str]
    ) -> None:
        """Lay the documented errors over the target's document.

        Args:
            document: The target's; None for the documented operation alone.
            protected: Labels of the operations that need a key.
            tolerated: Members the operator tolerates in an error body.
        """
        theirs = document or _DOCUMENTED_ALONE
        plain = Document(simplified(theirs.content), theirs.version)
        content = overlaid(plain, protected, tolerated)
        self._schema: Any = load(content)

    def objection(self, operation: Operation, answer: Response) -> str:
        """Say why an answer does not fit; empty where it does.

        Args:
            operation: What was asked for.
            answer: Of a documented error status.
        """
        values = dict.fromkeys(operation.draft.parameters, "-")
        case = self._schema[operation.path][operation.method].Case(path_parameters=values)
        read = schemathesis.Response(
            status_code=answer.status,
            headers={name: [value] for name, value in answer.headers},
            content=answer.body,
            request=requests.Request(operation.method, "http://target.invalid/").prepare(),
            elapsed=0.0,
            verify=True,
            encoding="utf-8",
            message="",
            http_version="1.1",
        )
        try:
            case.validate_response(read, checks=[response_schema_conformance])
        except FailureGroup as group:
            return "; ".join(_words(failure) for failure in group.exceptions)
        return ""


def _words(failure: Exception) -> str:
    message = failure.message if isinstance(failure, Failure) else str(failure)
    return message.strip().partition("\n")[0]
