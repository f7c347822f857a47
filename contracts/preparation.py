"""One valid request for each operation, with real values in its path.

Sources in order: PATH_PARAMETERS, the document's own examples, its links, the list above the item.
An operation that changes an object gets one that this run created, where it may create; one that
deletes gets nothing else.
"""

from collections.abc import Callable
from typing import Final

from contracts.client import HEADERS
from contracts.credentials import NoKey
from contracts.exchange import Request
from contracts.identifiers import collection_above, filled, harvested, pointed
from contracts.operations import Operation, Unchecked
from contracts.settings import Settings

AnswerOf = Callable[[str], bytes | None]
"""Gives the body of a successful control by the operation's label; None where there is none."""

_CHANGING: Final = frozenset({"PUT", "PATCH", "DELETE"})


class Preparation:
    """Fills path parameters."""

    def __init__(self, settings: Settings, base_path: str) -> None:
        self._settings, self._base_path = settings, base_path

    def request(
        self, operation: Operation, answer_of: AnswerOf, create: AnswerOf, *, examples: bool = True
    ) -> Request | Unchecked:
        """Build the request, its credential still missing.

        Args:
            operation: What to ask for.
            answer_of: Looks up a control's answer.
            create: Asks an operation's control anew, for another object.
            examples: Whether the document's own examples may serve as path values.

        Returns:
            The request, or why there is none.
        """
        draft = operation.draft
        values: dict[str, str] = {}
        for name in draft.parameters:
            value = self._changeable(operation, name, answer_of, create)
            if value is None and operation.method != "DELETE":
                value = self._existing(operation, name, answer_of, examples=examples)
            if value is None:
                return _missing(operation, name)
            values[name] = value
        own = {name.lower() for name, _ in draft.headers}
        fields = tuple(field for field in HEADERS if field[0].lower() not in own)
        return Request(
            method=operation.method,
            target=self._base_path + filled(draft.target, values),
            headers=(*fields, *draft.headers),
            body=draft.body,
            credential=NoKey(),
            operation=operation.label,
        )

    def _changeable(
        self, operation: Operation, name: str, answer_of: AnswerOf, create: AnswerOf
    ) -> str | None:
        """An object that this run created, for operations that change or delete one."""
        if operation.method not in _CHANGING:
            return None
        source = f"POST {collection_above(operation.path, name)}"
        body = create(source) if operation.method == "DELETE" else answer_of(source)
        return harvested(body, name, operation.draft.schemas.get(name, {})) if body else None

    def _existing(
        self, operation: Operation, name: str, answer_of: AnswerOf, *, examples: bool
    ) -> str | None:
        draft = operation.draft
        if name in self._settings.path_parameters:
            return str(self._settings.path_parameters[name])
        if examples and name in draft.given:
            return draft.given[name]
        if name in operation.links:
            label, pointer = operation.links[name]
            body = answer_of(label)
            if body and (value := pointed(body, pointer)):
                return value
        body = answer_of(f"GET {collection_above(operation.path, name)}")
        return harvested(body, name, draft.schemas.get(name, {})) if body else None


def _missing(operation: Operation, name: str) -> Unchecked:
    if operation.method == "DELETE":
        reason = f"it deletes, and nothing this run created can be used as {name}"
        return Unchecked(operation.label, reason)
    return Unchecked(operation.label, f"no real value for {name} is known", "PATH_PARAMETERS")
