"""The six operations of the API and the scope each one asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from tests.sandbox.schemas import CALL_CHANGE, CALL_QUERY, NEW_CALL, Schema

BASE: Final = "/v1"


@dataclass(frozen=True)
class Operation:
    """One operation.

    Attributes:
        method: Registered method, upper case.
        path: Path below the base, with ``{callId}`` for the parameter.
        scope: What a key must have been given.
        summary: One line for the document.
        success: Status of success, 200 or 201.
        body: What a request's body must be; None where it is not read.
        query: What query parameters may be, by name.
    """

    method: str
    path: str
    scope: str
    summary: str
    success: int = 200
    body: Schema | None = field(default=None, compare=False)
    query: Mapping[str, Schema] = field(default_factory=dict, compare=False)

    @property
    def label(self) -> str:
        """Name it as the document's readers do: ``GET /calls``."""
        return f"{self.method} {self.path}"

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What a request path, base included, must match whole."""
        return re.compile(re.escape(BASE) + re.sub(r"\{\w+\}", "[^/]+", self.path))


LIST_CALLS: Final = Operation(
    "GET", "/calls", "calls:read", "List calls, newest first", query=CALL_QUERY
)
CREATE_CALL: Final = Operation(
    "POST", "/calls", "calls:write", "Record a call", success=201, body=NEW_CALL
)
GET_CALL: Final = Operation("GET", "/calls/{callId}", "calls:read", "Get one call")
CHANGE_CALL: Final = Operation(
    "PATCH", "/calls/{callId}", "calls:write", "Change a call", body=CALL_CHANGE
)
DELETE_CALL: Final = Operation("DELETE", "/calls/{callId}", "calls:write", "Delete a call")
LIST_AGENTS: Final = Operation("GET", "/agents", "agents:read", "List the agents")

OPERATIONS: Final = (LIST_CALLS, CREATE_CALL, GET_CALL, CHANGE_CALL, DELETE_CALL, LIST_AGENTS)

# No operation asks for calls:readonly. It is there because its name begins like calls:read:
# a server that compares scopes by prefix gives itself away on a key that has only this one.
SCOPES: Final = ("calls:read", "calls:readonly", "calls:write", "agents:read")
