"""The calls that might meet another counter than the plain one, as requests.

Pure. Each is the plain call but for one thing: who asks, from where, for what, in which spelling.
Master and workers derive the same ones from the same plain call; no key travels.
"""

import json
import random
import re
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
from loadtests.effects import FORMS
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
        others: The same key's calls of other operations.
        write: The same key's call that adds to what the plain one lists, if there is one and it
            may be made.
        roles: Which keys the run has.
        insufficient: A live key that lacks the operation's scope.
        per: What the operator says shares the counter.
        seed: Of the marks; another in each run.
    """

    request: Request
    successes: tuple[int, ...] = ()
    others: tuple[Request, ...] = ()
    write: Request | None = None
    roles: tuple[Role, ...] = ()
    insufficient: Role | None = None
    per: Scope | None = None
    seed: int = 0

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


def marked(plain: Plain) -> tuple[tuple[Request, str], ...]:
    """Give the writes, each with the mark by which the list shows it; empty where none can be.

    The longest text of the body that holds enough digits has them drawn anew, all but the first:
    that keeps it a telephone number, an amount, a reference.
    """
    if plain.write is None:
        return ()
    try:
        body = json.loads(plain.write.body)
    except ValueError:
        return ()
    texts = body.items() if isinstance(body, dict) else ()
    fitting = [n for n, v in texts if isinstance(v, str) and len(_DIGITS.findall(v)) >= _ENOUGH]
    if not fitting:
        return ()
    name = max(fitting, key=lambda each: len(body[each]))
    draw = random.Random(plain.seed)  # noqa: S311 -- marks, the same in every process of a run
    found = []
    for _ in range(FORMS):
        mark = _redrawn(body[name], draw)
        changed = json.dumps({**body, name: mark}).encode()
        found.append((replace(plain.write, body=changed), mark))
    return tuple(found)


_DIGITS: Final = re.compile("[0-9]")

_ENOUGH: Final = 6
"""Digits that make a mark: one in a hundred thousand says the same by chance."""


def _redrawn(text: str, draw: random.Random) -> str:
    first = next(at for at, character in enumerate(text) if character.isdigit())
    kept, rest = text[: first + 1], text[first + 1 :]
    return kept + "".join(draw.choice("0123456789") if c.isdigit() else c for c in rest)


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
    for other in plain.others:
        words = f"of {other.operation}"
        yield _once(Variation(words, _SECOND_OPERATION.get(plain.per), alike=False), other)


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
