"""The calls that might meet another counter than the plain one, as requests.

Pure. Each is the plain call but for one thing: who asks, from where, for what, in which spelling.
Master and workers derive the same ones from the same plain call; no key travels.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from urllib.parse import quote

from contracts.credentials import (
    SECOND,
    Respelled,
    Role,
    RoleKey,
    Spelling,
    Stranger,
)
from contracts.declared import Scope
from contracts.exchange import Request
from loadtests.identity import Expected, Variation

IN_TURN: Final = 32
"""Forms of a call whose value changes from one to the next: no form is met twice where each opens
a counter of its own."""

WRONG_KEYS: Final = Variation("with a wrong key that begins like the right one")
"""What they cost is asked, not which counter they meet."""

UNDER_SCOPED: Final = Variation("with a key that lacks the scope")

SECOND_KEY: Final = "with the second key"

FORWARDED: Final = (
    ("X-Forwarded-For", ("X-Forwarded-For",)),
    ("X-Real-IP", ("X-Real-IP",)),
    ("Forwarded", ("Forwarded",)),
    (
        "True-Client-IP and its kin",
        ("True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "X-Cluster-Client-IP"),
    ),
)
"""Header fields in which a proxy names the client; whoever believes a client's own is fooled."""

_TRUSTED: Final = (
    "(a server that trusts this machine as a proxy would rightly believe it: then run the suite "
    "from an address that it does not trust)"
)


@dataclass(frozen=True, slots=True)
class Plain:
    """The plain call and what stands beside it.

    Attributes:
        request: The valid request, its credential a role's key.
        successes: Statuses that mean success beside 200 and 201.
        other: The same key's call of another operation, if there is one.
        roles: Which keys the run has.
        insufficient: A live key that lacks the operation's scope.
        per: What the operator says shares the counter.
    """

    request: Request
    successes: tuple[int, ...] = ()
    other: Request | None = None
    roles: tuple[Role, ...] = ()
    insufficient: Role | None = None
    per: Scope | None = None

    @property
    def role(self) -> Role:
        """Whose key it carries."""
        credential = self.request.credential
        assert isinstance(credential, RoleKey)
        return credential.of


@dataclass(frozen=True, slots=True)
class Varied:
    """A variation and the requests that are sent for it, in turn."""

    variation: Variation
    requests: tuple[Request, ...]


def varied(plain: Plain) -> tuple[Varied, ...]:
    """Derive every variation there is of the plain call, the most telling first."""
    return (*_ways_round(plain), *_spellings(plain), *_others(plain))


def failing(plain: Plain) -> tuple[Varied, ...]:
    """Derive the calls that are refused for another reason than the limit."""
    strangers = tuple(
        replace(plain.request, credential=Stranger(seed, plain.role)) for seed in range(IN_TURN)
    )
    found = [Varied(WRONG_KEYS, strangers)]
    if plain.insufficient is not None:
        request = replace(plain.request, credential=RoleKey(plain.insufficient))
        found.append(Varied(UNDER_SCOPED, (request,)))
    return tuple(found)


def _ways_round(plain: Plain) -> Iterator[Varied]:
    request = plain.request
    for name, fields in FORWARDED:
        variation = Variation(f"with a forged {name}", "same", remark=_TRUSTED)
        yield _in_turn(variation, partial(_forged, request, fields))
    variation = Variation("with another query parameter", "same")
    yield _in_turn(variation, partial(_queried, request))
    yield _once(Variation("over a fresh connection", "same", fresh=True), request)
    if request.method == "GET":
        own = plain.per is Scope.OPERATION
        variation = Variation("by HEAD", None if own else "same", warns=True)
        yield _once(variation, replace(request, method="HEAD"))


def _forged(request: Request, fields: Sequence[str], n: int) -> Request:
    """Addresses of the block that is kept for examples (RFC 5737)."""
    address = f"192.0.2.{n + 1}"
    written = tuple((name, f"for={address}" if name == "Forwarded" else address) for name in fields)
    return replace(request, headers=(*request.headers, *written))


def _queried(request: Request, n: int) -> Request:
    mark = "&" if "?" in request.target else "?"
    return replace(request, target=f"{request.target}{mark}x={n}")


def _spellings(plain: Plain) -> Iterator[Varied]:
    request = plain.request
    for spelling in Spelling:
        variation = Variation(f"with {spelling.value.replace('after it', 'after the key')}", "same")
        yield _once(variation, replace(request, credential=Respelled(spelling, plain.role)))
    for words, respell in PATHS.items():
        path, mark, query = request.target.partition("?")
        spelled = respell(path)
        if spelled != path:
            variation = Variation(f"with {words} in the path", "same")
            yield _once(variation, replace(request, target=spelled + mark + query))


def _last(path: str) -> tuple[str, str]:
    head, slash, tail = path.rpartition("/")
    return head + slash, tail


def _percent_encoded(path: str) -> str:
    head, tail = _last(path)
    return f"{head}%{ord(tail[0]):02X}{tail[1:]}" if tail[:1].isalpha() else path


def _doubled(path: str) -> str:
    head, tail = _last(path)
    return f"{head}/{tail}"


def _other_case(path: str) -> str:
    head, tail = _last(path)
    return head + tail if "%" in tail else head + quote(tail.swapcase(), safe="%")


PATHS: Final[dict[str, Callable[[str], str]]] = {
    "a slash at the end": lambda path: path if path.endswith("/") else f"{path}/",
    "a doubled slash": _doubled,
    "a percent-encoded letter": _percent_encoded,
    "the other case": _other_case,
}
"""Spellings that some routers take for the plain path; asked only where this target does."""


def _others(plain: Plain) -> Iterator[Varied]:
    if SECOND in plain.roles and plain.role != SECOND:
        variation = Variation(SECOND_KEY, _SECOND_KEY.get(plain.per))
        yield _once(variation, replace(plain.request, credential=RoleKey(SECOND)))
    if plain.other is not None:
        words = f"of {plain.other.operation}"
        yield _once(Variation(words, _SECOND_OPERATION.get(plain.per), alike=False), plain.other)


_SECOND_KEY: Final[dict[Scope | None, Expected]] = {Scope.KEY: "other", Scope.IP: "same"}
"""Two keys may be one account's; a limit per operation says nothing of keys."""

_SECOND_OPERATION: Final[dict[Scope | None, Expected]] = {
    Scope.KEY: "same",
    Scope.IP: "same",
    Scope.ACCOUNT: "same",
    Scope.OPERATION: "other",
}


def _once(variation: Variation, request: Request) -> Varied:
    return Varied(variation, (request,))


def _in_turn(variation: Variation, form: Callable[[int], Request]) -> Varied:
    return Varied(variation, tuple(form(n) for n in range(IN_TURN)))
