"""The operations of a target: what each needs of a key, and one valid request for each.

Pure. With no document there is one operation, the documented `GET /calls`.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from random import Random
from typing import Final

from hypothesis.vendor.pretty import RepresentationPrinter

from contracts.document import (
    Document,
    JsonObject,
    Protection,
    Scopes,
    body_members,
    links,
    protection,
    resolved,
)
from contracts.exchange import Fields, Response
from contracts.settings import Settings

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
"""What may leave without ALLOW_WRITES (RFC 9110 section 9.2.1, less TRACE)."""

DOCUMENTED: Final = "GET /calls"
"""The one operation the documentation shows (D10)."""

_PARAMETER: Final = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Draft:
    """One valid request, but for path parameters that need values of the target.

    Attributes:
        target: Path relative to the base URL and query; path parameters stand as `{name}`.
        headers: Beside those of every request.
        body: Content; empty for none.
        given: Values for path parameters that the document itself gives.
        schemas: Schemas of the path parameters, by name.
        optional: Optional query parameters, each with a value that the document admits.
        typed: Query parameters that do not admit any text.
        required: Query parameters that every request has.
    """

    target: str
    headers: Fields = ()
    body: bytes = b""
    given: Mapping[str, str] = field(default_factory=dict)
    schemas: Mapping[str, JsonObject] = field(default_factory=dict)
    optional: Fields = ()
    typed: tuple[str, ...] = ()
    required: tuple[str, ...] = ()

    @property
    def parameters(self) -> tuple[str, ...]:
        """Names of the path parameters, in order."""
        return tuple(_PARAMETER.findall(self.target.partition("?")[0]))


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One method on one path.

    Attributes:
        label: Such as `GET /calls/{callId}`.
        scopes: What a key needs: alternatives, or None where nobody says.
        successes: Statuses that mean success, with the media types declared for each.
        draft: Its valid request.
        links: Where the document says parameter values come from: name to (label, pointer).
        members: Schemas of the members that its JSON body may have, by name.
    """

    label: str
    scopes: Scopes = None
    successes: Mapping[int, frozenset[str]] = field(default_factory=dict)
    draft: Draft = field(default_factory=lambda: Draft("/calls"))
    links: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    members: Mapping[str, JsonObject] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """The HTTP method."""
        return self.label.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path template."""
        return self.label.partition(" ")[2]

    @property
    def is_safe(self) -> bool:
        """Whether it may leave without ALLOW_WRITES."""
        return self.method in SAFE_METHODS

    def admits(self, scopes: frozenset[str]) -> bool | None:
        """Whether a key with these scopes suffices; None where nobody says.

        Nobody says what a wildcard stands for, nor whether `calls` includes `calls:read`.
        """
        if self.scopes is None:
            return None
        if any(needed <= scopes for needed in self.scopes):
            return True
        needed = frozenset[str]().union(*self.scopes)
        may = any(_may_include(one, each) for one in scopes for each in needed)
        return None if may else False

    def succeeded(self, answer: Response) -> bool:
        """Whether an answer is a success in a declared media type (JSON where none is)."""
        if answer.status not in {200, 201, *self.successes}:
            return False
        declared = self.successes.get(answer.status, frozenset())
        if self.method == "HEAD" or (answer.status in self.successes and not declared):
            return not answer.body or _is_declared(answer.media_type, declared)
        return _is_declared(answer.media_type, declared)

    @property
    def kind(self) -> tuple[object, ...]:
        """What operations have in common that one can stand for: method, scopes, body, path shape.

        The shape is that of a collection, an item or something deeper.
        """
        content_type = dict(self.draft.headers).get("Content-Type")
        segments = self.path.strip("/").split("/")
        shape = min(2, sum("{" in segment for segment in segments) * 2 - segments[-1].endswith("}"))
        return self.method, self.scopes, content_type, shape

    def __repr__(self) -> str:
        return self.label

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        printer.text(self.label)


def _may_include(scope: str, needed: str) -> bool:
    if "*" in scope:
        return fnmatchcase(needed, scope)
    return needed.startswith(scope) and needed[len(scope) : len(scope) + 1] in {":", ".", "/"}


def _is_declared(media_type: str | None, declared: frozenset[str]) -> bool:
    if media_type is None:
        return False
    if not declared:
        return media_type == "application/json" or media_type.endswith("+json")
    return any(fnmatchcase(media_type, pattern) for pattern in declared)


@dataclass(frozen=True, slots=True)
class Unchecked:
    """An operation that cannot be checked, and why.

    Attributes:
        label: The operation.
        reason: Why not.
        setting: What would change that, or None.
    """

    label: str
    reason: str
    setting: str | None = None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All operations of a target.

    Attributes:
        operations: Protected and permitted; what the checks are about.
        public: Labels of operations that need no key.
        unchecked: Protected and permitted ones that cannot be asked for.
        forbidden: Protected ones that this run may not ask, or none may.
        narrowed: Whether INCLUDE or EXCLUDE left operations out.
    """

    operations: tuple[Operation, ...]
    public: tuple[str, ...] = ()
    unchecked: tuple[Unchecked, ...] = ()
    forbidden: tuple[Unchecked, ...] = ()
    narrowed: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels of the operations."""
        return tuple(operation.label for operation in self.operations)


def deepened(operations: Sequence[Operation], draw: Random, sample: int) -> list[Operation]:
    """Choose the operations that depth is spent on.

    Args:
        operations: All.
        draw: Chooses the sample.
        sample: How many of those that are represented by another are chosen all the same.

    Returns:
        One of each kind, the first by label, the documented one before all; then the sample.
    """
    first: dict[tuple[object, ...], Operation] = {}
    for operation in sorted(operations, key=lambda one: (one.label != DOCUMENTED, one.label)):
        first.setdefault(operation.kind, operation)
    rest = [operation for operation in operations if operation not in first.values()]
    return [*first.values(), *draw.sample(rest, min(sample, len(rest)))]


def documented_only(settings: Settings) -> Catalogue:
    """The catalogue of a target without a document."""
    operation = Operation(DOCUMENTED, scopes=_mapped(settings, DOCUMENTED))
    is_public = settings.scope_map.get(DOCUMENTED) == frozenset()
    return Catalogue(
        operations=(operation,) if settings.permits(DOCUMENTED) and not is_public else (),
        public=(DOCUMENTED,) if is_public else (),
        narrowed=bool(settings.include or settings.exclude),
    )


def catalogue(
    document: Document, drafts: Mapping[str, Draft | str], settings: Settings
) -> Catalogue:
    """Sort a document's operations into what can be checked, what is public, what cannot.

    Args:
        document: The target's document.
        drafts: A valid request for each operation, or why there is none.
        settings: Which operations, methods and scopes.
    """
    operations, public, unchecked, forbidden = [], [], [], []
    linked = links(document)
    for label, raw in document.operations():
        if not settings.permits(label):
            continue
        needs = _protection(document, raw, label, settings)
        declared = successes(raw, document)
        draft = drafts.get(label, "the document does not describe it whole")
        if needs.public:
            public.append(label)
        elif reason := _never_asked(label, declared):
            forbidden.append(Unchecked(label, reason))
        elif label.partition(" ")[0] not in SAFE_METHODS and not settings.allow_writes:
            forbidden.append(Unchecked(label, "it may change data", "ALLOW_WRITES"))
        elif isinstance(draft, str):
            unchecked.append(Unchecked(label, draft))
        else:
            known = linked.get(label, {}), body_members(raw, document)
            operations.append(Operation(label, needs.scopes, declared, draft, *known))
    return Catalogue(
        tuple(operations),
        tuple(public),
        tuple(unchecked),
        tuple(forbidden),
        narrowed=bool(settings.include or settings.exclude),
    )


_NEVER_ASKED: Final = {
    "OPTIONS": "browsers ask it without a key, to learn whether they may send one (CORS preflight)",
    "TRACE": "no request that is sent back may carry a key (RFC 9110 section 9.3.8)",
}


def _never_asked(label: str, declared: Mapping[int, frozenset[str]]) -> str | None:
    if set().union(*declared.values()) == {"text/event-stream"}:
        return "its answer is a stream of events, which need not end"
    return _NEVER_ASKED.get(label.partition(" ")[0])


def _protection(document: Document, raw: JsonObject, label: str, settings: Settings) -> Protection:
    mapped = settings.scope_map.get(label)
    if mapped is None:
        return protection(raw, document)
    return Protection(public=not mapped, scopes=(mapped,) if mapped else None)


def _mapped(settings: Settings, label: str) -> Scopes:
    scopes = settings.scope_map.get(label)
    return (scopes,) if scopes else None


def successes(raw: JsonObject, document: Document) -> dict[int, frozenset[str]]:
    """Read which 2xx statuses an operation declares, and in which media types."""
    declared: dict[int, frozenset[str]] = {}
    responses = raw.get("responses")
    for status, response in responses.items() if isinstance(responses, dict) else ():
        if len(status) == 3 and status.startswith("2") and status.isdigit():
            content = resolved(response, document.content).get("content")
            declared[int(status)] = frozenset(
                media_type.partition(";")[0].strip().lower()
                for media_type in (content if isinstance(content, dict) else ())
            )
    return declared
