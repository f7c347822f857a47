"""Other spellings of a path, which a router may take for the same and a guard may not know.

Pure. With a good key correct servers answer these as they like, so only the authorised data counts.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from contracts.credentials import Inapplicable
from contracts.exchange import Request
from contracts.manners import Manner, asking
from contracts.operations import Draft


def _spelled(words: str, spell: Callable[[str], str]) -> Manner:
    def change(request: Request, _: Draft) -> Request:
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


FIRST_UPPER: Final = _spelled(
    "with its first segment in upper case", lambda p: _segments(p, _first_upper)
)
SLASH: Final = _spelled("with a slash at its end", lambda p: f"{p}/")
DOUBLE_SLASH: Final = _spelled("with its first slash doubled", lambda p: f"/{p}")
ENCODED_LETTER: Final = _spelled(
    "with a letter of its last segment encoded", lambda p: _encoded_at(p, -5)
)

SPELLINGS: Final = (
    _spelled("in upper case", str.upper),
    FIRST_UPPER,
    _spelled("with its last segment in upper case", lambda p: _segments(p, _last_upper)),
    SLASH,
    DOUBLE_SLASH,
    _spelled("with its last slash doubled", lambda p: "//".join(p.rsplit("/", 1))),
    _spelled("with a dot segment", lambda p: "/./".join(p.rsplit("/", 1))),
    _spelled("with a dot segment that leads back", lambda p: "/x/../".join(p.rsplit("/", 1))),
    _spelled("with an encoded dot segment", lambda p: "/%2e/".join(p.rsplit("/", 1))),
    _spelled("under /public and an encoded way back", lambda p: f"/public/..%2f{p[1:]}"),
    ENCODED_LETTER,
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
    Manner(
        "asked for in another format",
        lambda request, _: asking(request, "format=json"),
        valid=False,
        strict=False,
    ),
    *(
        _spelled(f"under {base}", _rebased(base))
        for base in ("/api/v1", "/v0", "/v1.0", "/internal")
    ),
)
"""B01 to B08, B18, B20."""
