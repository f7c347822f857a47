"""Spellings of a path that some layer of a server takes for the plain one.

Each takes the path as sent and gives the path it means; a plain path means itself.
"""

import posixpath
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

Spelling = Callable[[str], str]


def lower_case(path: str) -> str:
    """``/V1/Calls``."""
    return path.lower()


def trailing_slash(path: str) -> str:
    """``/v1/calls/``."""
    return path.rstrip("/")


def repeated_slash(path: str) -> str:
    """``/v1//calls``."""
    return re.sub("/+", "/", path)


def dot_segments(path: str) -> str:
    """``/v1/./calls``, ``/v1/x/../calls``, ``/v1/%2e/calls``, ``/public/..%2fv1/calls``."""
    plain = re.sub("%2e", ".", re.sub("%2f", "/", path, flags=re.IGNORECASE), flags=re.IGNORECASE)
    return posixpath.normpath(plain) if "/." in plain else path


def encoded_letters(path: str) -> str:
    """``/v1/%63alls``."""
    return re.sub("%[4-7][0-9a-f]", lambda match: unquote(match[0]), path, flags=re.IGNORECASE)


def other_slashes(path: str) -> str:
    r"""``/v1%2fcalls``, ``/v1\calls``, ``/v1/calls%2f``."""
    plain = re.sub(r"%2f|%5c|\\", "/", path, flags=re.IGNORECASE)
    return path if plain == path else plain.rstrip("/")


def matrix_parameters(path: str) -> str:
    """``/v1;x=1/calls``, ``/v1/calls;x``, ``/v1%3b/calls``."""
    return re.sub("(;|%3b)[^/]*", "", path, flags=re.IGNORECASE)


def control_suffix(path: str) -> str:
    """``/v1/calls%0a``, ``%0d``, ``%00``."""
    return re.sub("(%0[0ad])+$", "", path, flags=re.IGNORECASE)


def absolute_form(path: str) -> str:
    """``http://host/v1/calls``."""
    return re.sub("^https?://[^/]*", "", path, flags=re.IGNORECASE)


def fragment(path: str) -> str:
    """``/v1/calls#/health``."""
    return path.partition("#")[0]


LENIENT: Final = {
    "slash": trailing_slash,
    "double-slash": repeated_slash,
    "case": lower_case,
    "percent": encoded_letters,
}
