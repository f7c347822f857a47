"""In which manner an operation is asked: everything of a request that is not the key.

Pure. A server may look at the key in one manner and not in another: under another method, behind a
header that only a proxy should set, on a connection that a good key has used before. A manner says
how the valid request is changed, whether a sufficient key still succeeds with it, and how strictly
the answer is to be judged; correct servers differ in what they do with odd requests.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from random import Random
from typing import Final

from hypothesis.vendor.pretty import RepresentationPrinter

from contracts.credentials import Credential, Inapplicable, NoKey
from contracts.exchange import Request
from contracts.judge import NO_ACCESS, Oracle
from contracts.operations import Draft

Change = Callable[[Request], Request]


def _same(request: Request) -> Request:
    return request


@dataclass(frozen=True, slots=True)
class Manner:
    """One way of asking.

    Attributes:
        words: Said after the key; empty for the plain request.
        change: Makes the request of the plain valid one; raises Inapplicable where it cannot.
        valid: Whether a sufficient key may succeed with it. Then it must, before a refusal of
            another kind than the documented one means anything.
        strict: Whether exactly the documented refusal is right; otherwise whatever gives no access.
        after: What is asked before it on the same connection; None for the control's own key.
        fresh: Whether a connection is opened for it.
        parts: The manners it is made of, where it is made of several.
    """

    words: str = ""
    change: Change = field(default=_same, compare=False)
    valid: bool = True
    strict: bool = True
    after: tuple[Credential | None, ...] = ()
    fresh: bool = False
    parts: tuple["Manner", ...] = ()

    def refusal(self, documented: Oracle) -> Oracle:
        """Say what is right for a key that does not suffice."""
        return documented if self.strict else NO_ACCESS

    def __and__(self, other: "Manner") -> "Manner":
        """Ask in both manners at once."""
        if not self.words or not other.words:
            return other if not self.words else self
        return Manner(
            f"{self.words}, {other.words}",
            lambda request: other.change(self.change(request)),
            valid=self.valid and other.valid,
            strict=self.strict and other.strict,
            after=(*self.after, *other.after),
            fresh=self.fresh or other.fresh,
            parts=(*(self.parts or (self,)), *(other.parts or (other,))),
        )

    def __repr__(self) -> str:
        return self.words or "plainly"

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        printer.text(repr(self))


PLAIN: Final = Manner()


# --- headers ------------------------------------------------------------------------------------


def _with_header(name: str, value: str) -> Change:
    def change(request: Request) -> Request:
        kept = tuple(field for field in request.headers if field[0].lower() != name.lower())
        return replace(request, headers=(*kept, (name, value)))

    return change


def _header(name: str, value: str) -> Manner:
    return Manner(f"with {name}: {value}", _with_header(name, value))


_BROWSER: Final = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36"
)

BROWSER: Final = Manner(
    "asked as a browser asks",
    lambda request: _with_header("User-Agent", _BROWSER)(
        _with_header("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")(
            request
        )
    ),
)
"""B25: some send browsers to a login page instead of refusing them."""

INTERNAL: Final = tuple(
    _header(name, value)
    for name, value in (
        ("X-Forwarded-For", "127.0.0.1"),
        ("X-Real-IP", "127.0.0.1"),
        ("X-Forwarded-Host", "localhost"),
        ("X-Forwarded-Uri", "/health"),
        ("X-Forwarded-Prefix", "/internal"),
        ("X-Forwarded-Proto", "https"),
        ("X-User-Id", "1"),
        ("X-Authenticated-Userid", "1"),
        ("X-Consumer-Username", "admin"),
        ("x-middleware-subrequest", "middleware:middleware:middleware:middleware:middleware"),
        ("Forwarded", "for=127.0.0.1"),
        ("X-Remote-User", "admin"),
        ("X-Forwarded-For", "unknown"),
        ("X-Internal-Request", "true"),
    )
)
"""B13: headers that only a proxy of the API's own may set (ASVS 5.0, 4.1.3)."""

FALLBACKS: Final = (
    _header("Authorization", "Bearer x"),
    _header("Authorization", "Basic eDp4"),
    _header("Cookie", "session=x"),
)
"""A24: a second, worthless credential must not switch the first one off."""


def _elsewhere(request: Request, name: str) -> Request:
    """Ask the root, and name the operation's own target in a header."""
    return replace(_with_header(name, request.target)(request), target="/")


REWRITES: Final = (
    *(
        Manner(
            f"asked at / with {name} naming its path",
            lambda request, name=name: _elsewhere(request, name),  # type: ignore[misc]  # bound
            valid=False,
            strict=False,
        )
        for name in ("X-Original-URL", "X-Rewrite-URL")
    ),
    *(
        replace(_header(name, path), strict=False, valid=False)
        for path in ("/health", "/", "/docs")
        for name in ("X-Original-URL", "X-Rewrite-URL")
    ),
)
"""B12: the guard looks at one path, the router at another."""


# --- methods ------------------------------------------------------------------------------------


def _under(method: str) -> Change:
    def change(request: Request) -> Request:
        if request.method == method or (method == "HEAD" and request.method != "GET"):
            raise Inapplicable
        return replace(request, method=method)

    return change


HEAD: Final = Manner("asked with HEAD", _under("HEAD"))
"""B14. Correct servers may not offer it: a sufficient key tells."""

OPTIONS: Final = Manner("asked with OPTIONS", _under("OPTIONS"), valid=False, strict=False)
"""B16. A preflight carries no key and is rightly answered 2xx, without data."""

METHODS: Final = tuple(
    Manner(f"asked with {method}", _under(method), valid=False, strict=False)
    for method in ("FOO", "PROPFIND", "PATCH", "get", "PUT", "POST", "SEARCH")
)
"""B15: a method that the path does not offer must not fall through to one it does."""

_OVERRIDES: Final = ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method")


def _overridden(name: str, sent: str) -> Change:
    def change(request: Request) -> Request:
        if request.method == sent:
            raise Inapplicable
        return replace(_with_header(name, request.method)(request), method=sent)

    return change


def _override(name: str, sent: str) -> Manner:
    return Manner(
        f"asked with {sent} and {name} naming its method",
        _overridden(name, sent),
        valid=False,
        strict=False,
    )


def _query_override(sent: str) -> Manner:
    def change(request: Request) -> Request:
        if request.method == sent:
            raise Inapplicable
        return replace(_with_query(f"_method={request.method}")(request), method=sent)

    words = f"asked with {sent} and _method naming its method"
    return Manner(words, change, valid=False, strict=False)


def _with_query(text: str) -> Change:
    def change(request: Request) -> Request:
        joint = "&" if "?" in request.target else "?"
        return replace(request, target=f"{request.target}{joint}{text}")

    return change


OVERRIDES: Final = (
    *(_override(name, sent) for sent in ("HEAD", "POST", "GET") for name in _OVERRIDES),
    *map(_query_override, ("HEAD", "POST", "GET")),
)
"""B17: the guard looks at the method sent, the router at the one named. A write named by GET is
asked for operations that write, so it needs no further leave."""


# --- spellings of the path ----------------------------------------------------------------------


def _spelled(words: str, spell: Callable[[str], str]) -> Manner:
    def change(request: Request) -> Request:
        path, mark, query = request.target.partition("?")
        spelled = spell(path)
        if spelled == path:
            raise Inapplicable
        return replace(request, target=spelled + mark + query)

    return Manner(f"asked at its path {words}", change, valid=False, strict=False)


def _segments(path: str, change: Callable[[list[str]], list[str]]) -> str:
    return "/".join(change(path.split("/")))


def _first_upper(segments: list[str]) -> list[str]:
    return [segments[0], segments[1].upper(), *segments[2:]]


def _last_upper(segments: list[str]) -> list[str]:
    return [*segments[:-1], segments[-1].upper()]


def _matrix(segments: list[str]) -> list[str]:
    return [segments[0], f"{segments[1]};x=1", *segments[2:]]


def _semicolon(segments: list[str]) -> list[str]:
    return [segments[0], f"{segments[1]}%3b", *segments[2:]]


def _encoded_at(path: str, at: int) -> str:
    at = max(at, 1 - len(path)) % len(path)
    return f"{path[:at]}%{ord(path[at]):02x}{path[at + 1 :]}"


def _rebased(base: str) -> Callable[[str], str]:
    return lambda path: base + re.sub("^/v[0-9]+", "", path)


SPELLINGS: Final = (
    _spelled("in upper case", str.upper),
    _spelled("with its first segment in upper case", lambda p: _segments(p, _first_upper)),
    _spelled("with its last segment in upper case", lambda p: _segments(p, _last_upper)),
    _spelled("with a slash at its end", lambda p: f"{p}/"),
    _spelled("with its first slash doubled", lambda p: f"/{p}"),
    _spelled("with its last slash doubled", lambda p: "//".join(p.rsplit("/", 1))),
    _spelled("with a dot segment", lambda p: "/./".join(p.rsplit("/", 1))),
    _spelled("with a dot segment that leads back", lambda p: "/x/../".join(p.rsplit("/", 1))),
    _spelled("with an encoded dot segment", lambda p: "/%2e/".join(p.rsplit("/", 1))),
    _spelled("under /public and an encoded way back", lambda p: f"/public/..%2f{p[1:]}"),
    _spelled("with a letter of its last segment encoded", lambda p: _encoded_at(p, -5)),
    _spelled("with a letter of its first segment encoded", lambda p: _encoded_at(p, 1)),
    _spelled("with its last slash encoded", lambda p: "%2f".join(p.rsplit("/", 1))),
    _spelled("with an encoded slash at its end", lambda p: f"{p}%2f"),
    _spelled("with a backslash for its last slash", lambda p: "\\".join(p.rsplit("/", 1))),
    _spelled("with a matrix parameter at its end", lambda p: f"{p};x=1"),
    _spelled("with a matrix parameter in its first segment", lambda p: _segments(p, _matrix)),
    _spelled("with an encoded semicolon in its first segment", lambda p: _segments(p, _semicolon)),
    _spelled("with an encoded line feed at its end", lambda p: f"{p}%0a"),
    _spelled("with an encoded carriage return at its end", lambda p: f"{p}%0d"),
    _spelled("with an encoded NUL at its end", lambda p: f"{p}%00"),
    _spelled("with .json at its end", lambda p: f"{p}.json"),
    *(
        _spelled(f"under {base}", _rebased(base))
        for base in ("/api/v1", "/v0", "/v1.0", "/internal")
    ),
)
"""B01 to B08, B18, B20: the guard and the router read a path in two ways. With a good key correct
servers answer these as they like, so only the authorised data counts."""

# --- input --------------------------------------------------------------------------------------


def _of_wrong_types(request: Request) -> Request:
    """Turn the body's members into something no schema asks for; the JSON stays well-formed."""
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Inapplicable from None
    wrong: object = {name: [[]] for name in body} if isinstance(body, dict) else {"x": [[]]}
    return replace(request, body=json.dumps(wrong).encode())


def _without_members(request: Request) -> Request:
    if not request.body.startswith(b"{") or request.body == b"{}":
        raise Inapplicable
    return replace(request, body=b"{}")


INVALID: Final = (
    Manner("with a body of the wrong types", _of_wrong_types, valid=False),
    Manner("with an empty object as its body", _without_members, valid=False),
)
"""B23: an invalid body must not be talked about before the key is. What is not well-formed may."""


def invalid_queries(draft: Draft) -> Iterator[Manner]:
    """Ask with declared query parameters whose values the document does not admit.

    Args:
        draft: The operation's valid request.
    """
    for name in draft.typed:
        shown = f"with {name} set to text that it does not admit"
        yield Manner(shown, _with_query(f"{name}=~not~admitted~"), valid=False)


# --- context ------------------------------------------------------------------------------------

FRESH: Final = Manner("on a fresh connection", fresh=True)

AFTER_GOOD: Final = Manner("after a good call on the same connection", after=(None,), fresh=True)

AFTER_GOOD_CALLS: Final = Manner(
    "after three good calls of the same URL", after=(None,) * 3, fresh=True
)
"""F01: a cache that does not look at the key has the authorised answer by now."""

AFTER_REFUSALS: Final = Manner(
    "after three calls of the same URL without a key", after=(NoKey(),) * 3, fresh=True
)
"""C06: a cache that does not look at the key has the refusal by now."""

_CONNECTIONS: Final = (PLAIN, FRESH, AFTER_GOOD)

_ACCEPTS: Final = (
    PLAIN,
    _header("Accept", "*/*"),
    _header("Accept", "text/html"),
    _header("Accept", "application/json, text/plain, */*"),
    _header("Accept", "text/plain"),
    _header("Accept", "application/xml"),
    Manner(
        "without Accept",
        lambda request: replace(
            request, headers=tuple(f for f in request.headers if f[0].lower() != "accept")
        ),
    ),
)

_OTHERS: Final = (
    PLAIN,
    _header("Accept-Encoding", "gzip"),
    _header("Cache-Control", "no-cache"),
    _header("Origin", "https://app.example"),
    _header("X-Requested-With", "XMLHttpRequest"),
)


def _declared_as(media_type: str) -> Change:
    def change(request: Request) -> Request:
        if not request.body:
            raise Inapplicable
        return _with_header("Content-Type", media_type)(request)

    return change


_CONTENT_TYPES: Final = (
    PLAIN,
    *(
        Manner(f"with Content-Type: {media_type}", _declared_as(media_type))
        for media_type in (
            "application/json; charset=utf-8",
            "text/plain",
            "application/vnd.api+json",
        )
    ),
)

_UNDECLARED: Final = Manner("with an undeclared query parameter", _with_query("_=1"))


def _valid_queries(draft: Draft) -> Iterator[Manner]:
    for name, value in draft.optional:
        yield Manner(f"with {name}={value} in the query", _with_query(f"{name}={value}"))


def contexts(draft: Draft, draw: Random) -> Iterator[Manner]:
    """Vary everything round the key that a fault may depend on, pairwise.

    Args:
        draft: The operation's valid request.
        draw: Breaks ties.

    Returns:
        Combinations, until every two variations stood together in one.
    """
    content_types = _CONTENT_TYPES if draft.body else (PLAIN,)
    queries = (PLAIN, _UNDECLARED, *_valid_queries(draft))
    factors = (_CONNECTIONS, _ACCEPTS, queries, content_types, _OTHERS)
    for row in pairwise([len(levels) for levels in factors], draw):
        chosen = PLAIN
        for levels, level in zip(factors, row, strict=True):
            chosen &= levels[level]
        yield chosen


_CANDIDATES: Final = 40
"""Rows drawn for each row kept; more make the cover smaller by little."""


def pairwise(levels: Sequence[int], draw: Random) -> Iterator[tuple[int, ...]]:
    """Cover every pair of levels of every two factors, the most of them first.

    Args:
        levels: How many levels each factor has.
        draw: Draws the candidates of which the best is kept.
    """
    open_ = {
        ((i, a), (j, b))
        for i, j in combinations(range(len(levels)), 2)
        for a in range(levels[i])
        for b in range(levels[j])
    }
    while open_:
        (i, a), (j, b) = min(open_)
        drawn = [[draw.randrange(count) for count in levels] for _ in range(_CANDIDATES)]
        for row in drawn:
            row[i], row[j] = a, b
        best = max(drawn, key=lambda row: len(open_ & set(combinations(enumerate(row), 2))))
        open_ -= set(combinations(enumerate(best), 2))
        yield tuple(best)
