"""What else a fault may depend on: HEAD, connection, Accept, query, content type, an odd header.

Pure. In each of them a sufficient key succeeds on a correct server, or else nothing is concluded.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from random import Random
from typing import Final

from contracts.credentials import Inapplicable
from contracts.exchange import Request
from contracts.manners import (
    AFTER_GOOD,
    FRESH,
    HEAD,
    ORDINALS,
    PLAIN,
    Change,
    Manner,
    asking,
    combined,
    under_header,
    with_header,
)
from contracts.operations import Draft

_CONNECTIONS: Final = (PLAIN, FRESH, AFTER_GOOD)

_ACCEPTS: Final = (
    PLAIN,
    under_header("Accept", "*/*"),
    under_header("Accept", "text/html"),
    under_header("Accept", "application/json, text/plain, */*"),
    under_header("Accept", "text/plain"),
    under_header("Accept", "application/xml"),
    Manner("without Accept", lambda request, _: _without(request, "accept")),
)

_OTHERS: Final = (
    PLAIN,
    under_header("Accept-Encoding", "gzip"),
    under_header("Cache-Control", "no-cache"),
    under_header("Origin", "https://app.example"),
    under_header("X-Requested-With", "XMLHttpRequest"),
)


def _without(request: Request, name: str) -> Request:
    kept = tuple(field for field in request.headers if field[0].lower() != name)
    return replace(request, headers=kept)


def _of_type(media_type: str) -> Change:
    def change(request: Request, _: Draft) -> Request:
        if not request.body:
            raise Inapplicable
        return with_header(request, "Content-Type", media_type)

    return change


_CONTENT_TYPES: Final = (
    PLAIN,
    *(
        Manner(f"with Content-Type: {media_type}", _of_type(media_type))
        for media_type in (
            "application/json; charset=utf-8",
            "text/plain",
            "application/vnd.api+json",
        )
    ),
)


def _admitted(at: int) -> Change:
    def change(request: Request, draft: Draft) -> Request:
        if at >= len(draft.optional):
            raise Inapplicable
        return asking(request, "=".join(draft.optional[at]))

    return change


_QUERIES: Final = (
    PLAIN,
    Manner("with an undeclared query parameter", lambda request, _: asking(request, "_=1")),
    *(
        Manner(f"with its {which} optional query parameter", _admitted(at))
        for at, which in enumerate(ORDINALS)
    ),
)


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


def _circumstances() -> Iterator[Manner]:
    yield HEAD
    factors = (_CONNECTIONS, _ACCEPTS, _QUERIES, _CONTENT_TYPES, _OTHERS)
    for levels in factors:
        yield from levels[1:]
    for row in pairwise([len(levels) for levels in factors], Random(0)):  # noqa: S311 -- no secret
        yield combined(levels[level] for levels, level in zip(factors, row, strict=True))


CIRCUMSTANCES: Final = tuple(dict.fromkeys(_circumstances()))
"""What else a fault may depend on: each variation alone, so that shrinking ends there, and then
combined until every two stood together."""
