"""Servers that compare keys in one wrong way, and what is true of each."""

import fnmatch
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from contracts.credentials import prefix

Takes = Callable[[str], bool]
"""Whether a presented value is taken for the key."""


@dataclass(frozen=True, slots=True)
class Comparer:
    """One way of comparing.

    Attributes:
        name: Of the way, with its constants.
        takes: Whether a value is taken.
        truth: The sentence that is right.
    """

    name: str
    takes: Takes
    truth: str


def _first(key: str, n: int) -> Comparer:
    truth = f"only the first {n} characters are compared"
    return Comparer(f"first {n}", lambda value: value[:n] == key[:n], truth)


def _hash_of_first(key: str, n: int) -> Comparer:
    def digest(value: str) -> str:
        return hashlib.sha256(value.encode("latin-1")[:n]).hexdigest()

    truth = f"only the first {n} characters are compared"
    return Comparer(f"hash of first {n}", lambda value: digest(value) == digest(key), truth)


def _last(key: str, n: int) -> Comparer:
    truth = f"only the last {n} characters are compared"
    return Comparer(f"last {n}", lambda value: value[-n:] == key[-n:], truth)


def _beginning(key: str, n: int) -> Comparer:
    truth = f"any beginning of the key of {n} characters or more is taken"
    return Comparer(
        f"beginning from {n}", lambda value: len(value) >= n and key.startswith(value), truth
    )


def _end(key: str, n: int) -> Comparer:
    truth = f"any end of the key of {n} characters or more is taken"
    return Comparer(f"end from {n}", lambda value: len(value) >= n and key.endswith(value), truth)


def _part(key: str, n: int) -> Comparer:
    truth = f"any part of the key of {n} characters or more is taken"
    return Comparer(f"part from {n}", lambda value: len(value) >= n and value in key, truth)


def _any_case(key: str, _: int) -> Comparer:
    return Comparer("case", lambda value: value.lower() == key.lower(), "case is ignored")


def _case_from(key: str, n: int) -> Comparer:
    # From a letter on: where a digit stands before it, nobody could tell.
    n = next(at for at in range(min(n, len(key) - 6), len(key)) if key[at].isalpha())
    truth = f"case is ignored from position {n + 1} on"
    return Comparer(
        f"case from {n + 1}",
        lambda value: value[:n] == key[:n] and value[n:].lower() == key[n:].lower(),
        truth,
    )


def _case_of_prefix(key: str, _: int) -> Comparer:
    n = len(prefix(key))
    return Comparer(
        "case of the prefix",
        lambda value: value[:n].lower() + value[n:] == key[:n].lower() + key[n:],
        "the case of the prefix is ignored",
    )


def _without_position(key: str, n: int) -> Comparer:
    def left(value: str) -> str:
        return value[:n] + value[n + 1 :] if len(value) == len(key) else ""

    truth = f"position {n + 1} is ignored"
    return Comparer(f"position {n + 1}", lambda value: left(value) == left(key), truth)


def _without_range(key: str, n: int) -> Comparer:
    stop = n + 2 + n % 5

    def left(value: str) -> str:
        return value[:n] + value[stop:] if len(value) == len(key) else ""

    truth = f"positions {n + 1} to {stop} are ignored"
    return Comparer(f"range {n + 1} to {stop}", lambda value: left(value) == left(key), truth)


def _column(key: str, n: int) -> Comparer:
    """Values are cut to the column, from a length on that somebody thought of."""
    length = len(key)
    least = length + 1 if n % 2 else length + 2 + n % 200
    ending = "th" if length // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}.get(length % 10, "th")
    beyond = f"characters beyond the {length}{ending} are ignored"
    truth = beyond if least == length + 1 else f"{beyond} in values of {least} characters or more"
    return Comparer(
        f"column from {least}",
        lambda value: value == key or (len(value) >= least and value[:length] == key),
        truth,
    )


def _any_prefix(key: str, _: int) -> Comparer:
    def drawn(value: str) -> str:
        return value.rpartition("_")[2]

    return Comparer("any prefix", lambda v: drawn(v) == drawn(key), "the prefix is ignored")


def _no_prefix(key: str, _: int) -> Comparer:
    bare = key.removeprefix(prefix(key))
    return Comparer("no prefix", lambda v: v in {key, bare}, "the prefix may be left out")


def _like(key: str, _: int) -> Comparer:
    def takes(value: str) -> bool:
        pattern = re.escape(value).replace("%", ".*").replace("_", ".")
        return re.fullmatch(pattern, key) is not None

    return Comparer("LIKE", takes, "the value is a pattern: _ and % stand for any character")


def _glob(key: str, _: int) -> Comparer:
    truth = "the value is a pattern: * and ? stand for any character"
    return Comparer("glob", lambda value: fnmatch.fnmatchcase(key, value), truth)


def _separators(key: str, _: int) -> Comparer:
    truth = "separators - and _ are the same"
    return Comparer(
        "separators", lambda value: value.replace("-", "_") == key.replace("-", "_"), truth
    )


def _punctuation(key: str, _: int) -> Comparer:
    def bare(value: str) -> str:
        return "".join(filter(str.isalnum, value))

    return Comparer("punctuation", lambda v: bare(v) == bare(key), "punctuation is ignored")


def _holding(key: str, _: int) -> Comparer:
    return Comparer("holding", lambda value: key in value, "whatever holds the key is taken")


WAYS = (
    *(_first, _last, _hash_of_first, _beginning, _end, _part),
    *(_any_case, _case_from, _case_of_prefix),
    *(_without_position, _without_range, _column),
    *(_any_prefix, _no_prefix, _like, _glob, _separators, _punctuation, _holding),
)

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def drawn_key(draw: Random) -> str:
    """A key of the documented look, 24 to 64 characters after its prefix."""
    return "sk_live_" + "".join(draw.choices(ALPHABET, k=draw.randint(24, 64)))


def comparers(count: int, seed: int) -> Iterator[tuple[str, Comparer]]:
    """Draw keys and ways of comparing them, each way in turn, with constants within the key."""
    draw = Random(seed)
    for number in range(count):
        key = drawn_key(draw)
        # Beyond the readable prefix, which has sentences of its own, and before the last few.
        yield key, WAYS[number % len(WAYS)](key, draw.randint(10, len(key) - 8))
