"""Contexts that narrow a fault, so that it can hide: outside of them the server is correct."""

from collections.abc import Callable, Iterable
from functools import partial
from itertools import count
from random import Random
from typing import Final

from starlette.datastructures import Headers, QueryParams
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.sandbox.connections import connection_of
from tests.sandbox.operations import OPERATIONS

# Says whether a request is inside
Condition = Callable[[Scope], bool]

KEYS: Final = (
    "operation=GET /calls/{callId}",
    "method=POST",
    "accept=text/html",
    "content-type=text/plain",
    "query=NAME",
    "header=authorization",
    "connection=first|after-good|after-three-good|after-three-bad",
    "replica=2",
    "nth=7",
)


def parse_where(texts: Iterable[str], *, seed: int) -> Condition:
    """Read contexts as written on the command line, such as ``method=POST``.

    Args:
        texts: All of them; a request must be inside each.
        seed: Chooses which connections go to the faulty replica.

    Raises:
        ValueError: One is not written like any of ``KEYS``.
    """
    pairs = [text.partition("=")[::2] for text in texts]
    pairs.sort(key=lambda pair: pair[0] == "nth")  # it counts what is inside the others
    random = Random(seed)  # noqa: S311 - which connection goes where is no secret
    conditions = [_condition(name, value, random) for name, value in pairs]
    return lambda scope: all(condition(scope) for condition in conditions)


def narrowed(where: Condition, inside: ASGIApp, outside: ASGIApp) -> ASGIApp:
    """Send each request to the application its context chooses."""

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        app = inside if where(scope) else outside
        await app(scope, receive, send)

    return chosen


def _condition(name: str, value: str, random: Random) -> Condition:
    if name in _BY_TEXT:
        return partial(_BY_TEXT[name], value)
    if name == "operation":
        return _operation(value)
    if name == "connection" and value in _CONNECTIONS:
        return _CONNECTIONS[value]
    if name in {"replica", "nth"} and value.isdecimal() and int(value) > 0:
        return _replica(int(value), random) if name == "replica" else _nth(int(value))
    raise ValueError(f"{name}={value} is no context; write one like {', '.join(KEYS)}")


def _has_method(method: str, scope: Scope) -> bool:
    return bool(scope["method"] == method)


def _accepts(media_type: str, scope: Scope) -> bool:
    return media_type in Headers(scope=scope).get("accept", "").lower()


def _sends(media_type: str, scope: Scope) -> bool:
    return media_type in Headers(scope=scope).get("content-type", "").lower()


def _has_parameter(name: str, scope: Scope) -> bool:
    return name in QueryParams(scope["query_string"])


def _has_header(name: str, scope: Scope) -> bool:
    return name in Headers(scope=scope)


_BY_TEXT: Final = {
    "method": _has_method,
    "accept": _accepts,
    "content-type": _sends,
    "query": _has_parameter,
    "header": _has_header,
}
_CONNECTIONS: Final[dict[str, Condition]] = {
    "first": lambda scope: connection_of(scope).requests == 0,
    "after-good": lambda scope: connection_of(scope).good_in_a_row > 0,
    "after-three-good": lambda scope: connection_of(scope).good_in_a_row > 2,
    "after-three-bad": lambda scope: connection_of(scope).bad_in_a_row > 2,
}


def _operation(label: str) -> Condition:
    operation = next((each for each in OPERATIONS if each.label == label), None)
    if operation is None:
        known = ", ".join(each.label for each in OPERATIONS)
        raise ValueError(f"{label} is no operation; there are {known}")
    method, pattern = operation.method, operation.pattern
    return lambda scope: scope["method"] == method and bool(pattern.fullmatch(scope["path"]))


def _replica(replicas: int, random: Random) -> Condition:
    def matches(scope: Scope) -> bool:
        marks = connection_of(scope).marks
        if "replica" not in marks:
            marks["replica"] = random.randrange(replicas)
        return marks["replica"] == 0

    return matches


def _nth(every: int) -> Condition:
    numbers = count(1)
    return lambda _: next(numbers) % every == 0
