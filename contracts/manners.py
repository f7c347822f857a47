"""In which manner an operation is asked: everything of a request that is not the key.

Pure. A server may look at the key in one manner and not in another: under another method, behind a
header that only a proxy should set, on a connection that a good key has used before. A manner says
how the valid request is changed, whether a sufficient key still succeeds with it, and how strictly
the answer is to be judged; correct servers differ in what they do with odd requests.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import and_
from typing import Final

from hypothesis.vendor.pretty import RepresentationPrinter

from contracts.credentials import Credential, Inapplicable, NoKey
from contracts.exchange import Request
from contracts.judge import NO_ACCESS, Oracle
from contracts.operations import Draft

Change = Callable[[Request, Draft], Request]
"""Makes a request of the valid one, knowing what else the document says of the operation."""


def _same(request: Request, _draft: Draft) -> Request:
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
        watched: Whether its effect is looked for afterwards; for operations that write.
        parts: The manners it is made of, where it is made of several.
    """

    words: str = ""
    change: Change = field(default=_same, compare=False)
    valid: bool = True
    strict: bool = True
    after: tuple[Credential | None, ...] = ()
    fresh: bool = False
    watched: bool = False
    parts: tuple["Manner", ...] = ()

    def refusal(self, documented: Oracle) -> Oracle:
        """Say what is right for a key that does not suffice."""
        return documented if self.strict else NO_ACCESS

    def fitted(self, request: Request, draft: Draft) -> "Manner":
        """Leave out of a combination what does not apply to this request.

        Raises:
            Inapplicable: Nothing of it applies.
        """
        if not self.parts:
            self.change(request, draft)
            return self
        kept = [part for part in self.parts if part.applies(request, draft)]
        if not kept:
            raise Inapplicable
        return combined(kept)

    def applies(self, request: Request, draft: Draft) -> bool:
        """Whether this request can be asked in this manner."""
        try:
            self.change(request, draft)
        except Inapplicable:
            return False
        return True

    def __and__(self, other: "Manner") -> "Manner":
        """Ask in both manners at once."""
        if not self.words or not other.words:
            return other if not self.words else self
        return Manner(
            f"{self.words}, {other.words}",
            lambda request, draft: other.change(self.change(request, draft), draft),
            valid=self.valid and other.valid,
            strict=self.strict and other.strict,
            after=(*self.after, *other.after),
            fresh=self.fresh or other.fresh,
            watched=self.watched or other.watched,
            parts=(*(self.parts or (self,)), *(other.parts or (other,))),
        )

    def __repr__(self) -> str:
        return self.words or "plainly"

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        printer.text(repr(self))


PLAIN: Final = Manner()


def combined(manners: Iterable[Manner]) -> Manner:
    """Ask in all these manners at once."""
    return reduce(and_, manners, PLAIN)


# --- headers ------------------------------------------------------------------------------------


def with_header(request: Request, name: str, value: str) -> Request:
    """Set a header field; the request's own of that name goes."""
    kept = tuple(field for field in request.headers if field[0].lower() != name.lower())
    return replace(request, headers=(*kept, (name, value)))


def under_header(name: str, value: str) -> Manner:
    """Ask with another header field."""
    return Manner(f"with {name}: {value}", lambda request, _: with_header(request, name, value))


_BROWSER: Final = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36"
)

_HTML: Final = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

BROWSER: Final = Manner(
    "asked as a browser asks",
    lambda request, _: with_header(with_header(request, "User-Agent", _BROWSER), "Accept", _HTML),
)
"""B25: some send browsers to a login page instead of refusing them."""

INTERNAL: Final = tuple(
    under_header(name, value)
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
        ("X-Internal-Request", "true"),
        ("User-Agent", "kube-probe/1.29"),
    )
)
"""B13: headers that only a proxy of the API's own may set (ASVS 5.0, 4.1.3)."""

ALL_INTERNAL: Final = replace(
    combined(INTERNAL), words="with every header for internal use at once"
)
"""All of them in one request: where that gives no access, none of them does."""

PRIVATE: Final = replace(
    combined(
        under_header(name, "10.0.0.1")
        for name in ("X-Forwarded-For", "X-Real-IP", "X-Client-IP", "True-Client-IP")
    ),
    words="with an address of a private network in X-Forwarded-For and its kin",
)
"""RFC 1918: a guard may let in what comes from within."""

FALLBACKS: Final = (
    under_header("Authorization", "Bearer x"),
    under_header("Authorization", "Basic eDp4"),
    under_header("Cookie", "session=x"),
)
"""A24: a second, worthless credential must not switch the first one off."""


def _elsewhere(request: Request, name: str) -> Request:
    """Ask the root, and name the operation's own target in a header."""
    return replace(with_header(request, name, request.target), target="/")


def _beside(request: Request, draft: Draft, name: str) -> Request:
    """Name a path that is likely to be public, under the same base path."""
    depth = draft.target.partition("?")[0].count("/")
    base = request.target.partition("?")[0].rsplit("/", depth)[0]
    return with_header(request, name, f"{base}/health")


_REWRITING: Final = ("X-Original-URL", "X-Rewrite-URL")

REWRITES: Final = (
    *(
        Manner(
            f"asked at / with {name} naming its path",
            lambda request, _, name=name: _elsewhere(request, name),  # type: ignore[misc]  # bound
            valid=False,
            strict=False,
        )
        for name in _REWRITING
    ),
    *(
        replace(under_header(name, path), strict=False, valid=False)
        for path in ("/health", "/", "/docs", "/openapi.json")
        for name in _REWRITING
    ),
    *(
        Manner(
            f"with {name} naming /health beside its path",
            lambda request, draft, name=name: _beside(request, draft, name),  # type: ignore[misc]  # bound
            valid=False,
            strict=False,
        )
        for name in _REWRITING
    ),
    Manner(
        "with an operator for the key in its query",
        lambda request, _: asking(request, "x-api-key[$ne]="),
        valid=False,
        strict=False,
    ),
)
"""B12: the guard looks at one path, the router at another. A13: parsers of queries make objects."""


def _unknown(request: Request, _: Draft) -> Request:
    return replace(request, target=f"{request.target.partition('?')[0]}/no-such-call")


UNKNOWN: Final = Manner("asked for what does not exist", _unknown, valid=False, strict=False)
"""B24: which of 404 and 401 comes first is undocumented."""


# --- methods ------------------------------------------------------------------------------------


def _under(method: str) -> Change:
    def change(request: Request, _: Draft) -> Request:
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
    def change(request: Request, _: Draft) -> Request:
        if request.method == sent:
            raise Inapplicable
        return replace(with_header(request, name, request.method), method=sent)

    return change


def _override(name: str, sent: str) -> Manner:
    return Manner(
        f"asked with {sent} and {name} naming its method",
        _overridden(name, sent),
        valid=False,
        strict=False,
    )


def _query_override(sent: str) -> Manner:
    def change(request: Request, _: Draft) -> Request:
        if request.method == sent:
            raise Inapplicable
        return replace(asking(request, f"_method={request.method}"), method=sent)

    words = f"asked with {sent} and _method naming its method"
    return Manner(words, change, valid=False, strict=False)


def asking(request: Request, text: str) -> Request:
    """Add to the query."""
    joint = "&" if "?" in request.target else "?"
    return replace(request, target=f"{request.target}{joint}{text}")


OVERRIDES: Final = (
    *(_override(name, sent) for sent in ("HEAD", "POST", "GET") for name in _OVERRIDES),
    *map(_query_override, ("HEAD", "POST", "GET")),
    _override(_OVERRIDES[0], "OPTIONS"),
)
"""B17: the guard looks at the method sent, the router at the one named. A write named by GET is
asked for operations that write, so it needs no further leave."""


# --- input --------------------------------------------------------------------------------------


def _of_wrong_types(request: Request, _: Draft) -> Request:
    """Turn the body's members into something no schema asks for; the JSON stays well-formed."""
    try:
        body = json.loads(request.body)
    except ValueError:
        raise Inapplicable from None
    wrong: object = {name: [[]] for name in body} if isinstance(body, dict) else {"x": [[]]}
    return replace(request, body=json.dumps(wrong).encode())


def _without_members(request: Request, _: Draft) -> Request:
    if not request.body.startswith(b"{") or request.body == b"{}":
        raise Inapplicable
    return replace(request, body=b"{}")


def _without_required(request: Request, draft: Draft) -> Request:
    if not draft.required:
        raise Inapplicable
    return replace(request, target=request.target.partition("?")[0])


ORDINALS: Final = ("first", "second", "third")


def _untyped(at: int) -> Change:
    def change(request: Request, draft: Draft) -> Request:
        if at >= len(draft.typed):
            raise Inapplicable
        return asking(request, f"{draft.typed[at]}=~not~admitted~")

    return change


INVALID: Final = (
    Manner("with a body of the wrong types", _of_wrong_types, valid=False),
    Manner("with an empty object as its body", _without_members, valid=False),
    Manner("without the query that it needs", _without_required, valid=False),
    *(
        Manner(f"with text for the {which} query parameter that is none", _untyped(at), valid=False)
        for at, which in enumerate(ORDINALS)
    ),
)
"""B23: what is wrong with a body or a query must not be talked about before the key is. What is not
even well-formed may."""

LATE: Final = tuple(replace(manner, strict=False) for manner in INVALID)
"""S13: whether the scopes or the input are looked at first is nowhere said."""

BESIDES: Final = (HEAD, BROWSER, *FALLBACKS, *INTERNAL, *LATE)
"""S04, B13: other ways to ask with a key that does not suffice. Other methods are not among them:
the key may well suffice for what they ask, and what it is then shown proves nothing."""

GUARDS: Final = (BROWSER, HEAD, OPTIONS, *INVALID, *FALLBACKS, *OVERRIDES, *METHODS)
"""Other ways in, the likeliest first."""


# --- context ------------------------------------------------------------------------------------

FRESH: Final = Manner("on a fresh connection", fresh=True)

WATCHED: Final = Manner("and its effect looked for", valid=False, strict=False, watched=True)
"""B22, S11: a write that was refused must have left nothing behind."""

AFTER_GOOD: Final = Manner("after a good call on the same connection", after=(None,), fresh=True)

AFTER_GOOD_CALLS: Final = Manner(
    "after three good calls of the same URL", after=(None,) * 3, fresh=True
)
"""F01: a cache that does not look at the key has the authorised answer by now."""

AFTER_REFUSALS: Final = Manner(
    "after three calls of the same URL without a key", after=(NoKey(),) * 3, fresh=True
)
"""C06: a cache that does not look at the key has the refusal by now."""
