"""Family A: which credentials are accepted."""

import fnmatch
import json
import re
import secrets
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from tests.sandbox.connections import connection_of
from tests.sandbox.errors import Refusal
from tests.sandbox.faults.bypass import ANYONE, let_in, let_in_without_key, never_was_a_key
from tests.sandbox.keys import PREFIX, RANDOM_LENGTH, Status, StoredKey
from tests.sandbox.parts import Parts, Visit
from tests.sandbox.registry import Choice, Range, fault

_FORMAT: Final = re.compile(f"{PREFIX}[A-Za-z0-9]{{{RANDOM_LENGTH}}}")
_LENGTH: Final = len(PREFIX) + RANDOM_LENGTH
_SENTINELS: Final = ("undefined", "null", "None", "true", "0", "NaN", "[object Object]")


@fault("A01", violates="D1")
def key_is_optional(parts: Parts) -> Parts:
    """A request without a key is accepted."""
    return let_in_without_key(parts, lambda _: True)


@fault("A02", violates="D2")
def empty_key_is_accepted(parts: Parts) -> Parts:
    """An empty key is accepted."""
    return let_in(parts, lambda visit: visit.presented == "")


@fault("A03", violates="D2", parameter=Choice(("accepted", "500")))
def blank_key_is_accepted(parts: Parts, outcome: str) -> Parts:
    """A key of nothing but blanks is accepted, or makes the server fail."""

    def is_blank(visit: Visit) -> bool:
        # the parser takes blanks away, and one of them is only style: see the bytes as received
        received = connection_of(visit.request.scope).received
        if re.search(rb"(?im)^x-api-key:[ \t]{2,}\r?$", received) is None:
            return False
        if outcome == "500":
            raise IndexError("string index out of range")
        return True

    return let_in(parts, is_blank)


@fault("A04", violates="D2")
def format_suffices(parts: Parts) -> Parts:
    """Any well-formed value that never was a key is accepted."""
    return let_in(
        parts,
        lambda visit: (
            never_was_a_key(visit) and _FORMAT.fullmatch(visit.presented or "") is not None
        ),
    )


@fault("A05", violates="D2", parameter=Choice(("422", "400", "403", "500", "accepted")))
def malformed_key_is_another_matter(parts: Parts, outcome: str) -> Parts:
    """A malformed key is answered 422 or another status instead of 401, or is accepted."""

    async def authenticate(visit: Visit) -> StoredKey:
        if visit.presented is None or _FORMAT.fullmatch(visit.presented):
            return await parts.authenticate(visit)
        if outcome == "accepted":
            return ANYONE
        raise Refusal(int(outcome), "Malformed API Key")

    return replace(parts, authenticate=authenticate)


@fault("A06", violates="D2", parameter=Choice(_SENTINELS))
def sentinel_is_accepted(parts: Parts, sentinel: str) -> Parts:
    """What a client sends whose key is not set, such as undefined, is accepted."""
    return let_in(parts, lambda visit: visit.presented == sentinel)


@fault("A07", violates="D2", parameter=Range(8, 39, 16, "characters that suffice, of 40"))
def prefix_suffices(parts: Parts, shortest: int) -> Parts:
    """A proper prefix of a valid key is accepted, from so many characters on."""

    def matches(presented: str, key: StoredKey) -> bool:
        return len(presented) >= shortest and key.secret.startswith(presented)

    return _also(parts, matches)


@fault("A08", violates="D2", parameter=Range(41, 256, 41, "characters from which on it is cut"))
def excess_is_cut(parts: Parts, shortest: int) -> Parts:
    """A key with extra characters is accepted: longer values are cut to the column's width."""

    def matches(presented: str, key: StoredKey) -> bool:
        return len(presented) >= shortest and presented[:_LENGTH] == key.secret

    return _also(parts, matches)


@fault("A09", violates="D2", parameter=Range(8, 32, 16, "characters of the tail"))
def tail_suffices(parts: Parts, length: int) -> Parts:
    """After a valid call any value with the same tail is accepted: the cache's key is the tail."""
    cache: dict[str, StoredKey] = {}

    def find(presented: str) -> StoredKey | None:
        key = parts.find_key(presented)
        if key is not None:
            cache[presented[-length:]] = key
            return key
        cached = cache.get(presented[-length:])
        return cached if cached is not None and cached.status is Status.ACTIVE else None

    return replace(parts, find_key=find)


@fault("A10", violates="D2", parameter=Choice(("key", "prefix")))
def case_is_ignored(parts: Parts, where: str) -> Parts:
    """A key is accepted in upper or lower case, or at least its prefix is."""
    cased = _LENGTH if where == "key" else len(PREFIX)

    def matches(presented: str, key: StoredKey) -> bool:
        return presented[:cased].lower() + presented[cased:] == (
            key.secret[:cased].lower() + key.secret[cased:]
        )

    return _also(parts, matches)


@fault("A11", violates="D2")
def key_is_pasted_into_sql(parts: Parts) -> Parts:
    """A key that is an SQL tautology is accepted: it is pasted into the look-up."""
    import sqlite3

    def find(presented: str) -> StoredKey | None:
        key = parts.find_key(presented)
        if key is not None or "'" not in presented:
            return key
        database = sqlite3.connect(":memory:")
        database.execute("CREATE TABLE keys (secret TEXT)")
        database.executemany("INSERT INTO keys VALUES (?)", [(key.secret,) for key in parts.keys])
        query = f"SELECT secret FROM keys WHERE secret = '{presented}'"  # noqa: S608 - the fault
        try:
            row = database.execute(query).fetchone()
        except sqlite3.Error:
            return None
        finally:
            database.close()
        return None if row is None else parts.find_key(str(row[0]))

    return replace(parts, find_key=find)


@fault("A12", violates="D2", parameter=Choice(("like", "glob")))
def wildcards_match(parts: Parts, language: str) -> Parts:
    """A key with wildcards is accepted: it is a pattern to the look-up."""

    def matches(presented: str, key: StoredKey) -> bool:
        if language == "glob":
            return fnmatch.fnmatchcase(key.secret, presented)
        pattern = re.escape(presented).replace("%", ".*").replace("_", ".")
        return re.fullmatch(pattern, key.secret) is not None

    return _also(parts, matches)


@fault("A13", violates=("D1", "D2"), parameter=Choice(("regex", "operator", "query")))
def operators_match(parts: Parts, language: str) -> Parts:
    """A regular expression, or a query operator in the key or the query string, is accepted."""

    def concerns(visit: Visit) -> bool:
        presented = visit.presented or ""
        match language:
            case "regex":
                return any(_matches_regex(presented, key.secret) for key in parts.keys)
            case "operator":
                return _is_operator(presented)
            case _:
                return "x-api-key[$ne]" in visit.request.query_params

    return let_in(parts, concerns)


@fault("A14", violates="D2")
def foreign_letters_fail(parts: Parts) -> Parts:
    """A key with a character beyond ASCII is answered 500: compare_digest raises."""

    def find(presented: str) -> StoredKey | None:
        matching = [key for key in parts.keys if secrets.compare_digest(presented, key.secret)]
        return matching[0] if matching else parts.find_key(presented)

    return replace(parts, find_key=find)


@fault("A15", violates="D2")
def other_lengths_fail(parts: Parts) -> Parts:
    """A key of another length is answered 500: the comparison wants equal lengths."""

    def find(presented: str) -> StoredKey | None:
        if len(presented) != _LENGTH:
            raise ValueError("Input buffers must have the same byte length")
        return parts.find_key(presented)

    return replace(parts, find_key=find)


@fault("A16", violates="D2", parameter=Range(256, 3_000, 1_000, "characters, the most it takes"))
def long_keys_fail(parts: Parts, most: int) -> Parts:
    """A long key is answered 500."""

    def find(presented: str) -> StoredKey | None:
        if len(presented) > most:
            raise OverflowError("value too long for type character varying")
        return parts.find_key(presented)

    return replace(parts, find_key=find)


@fault("A22", violates="D2", parameter=Choice(("swapped", "stripped")))
def prefix_is_ignored(parts: Parts, spelling: str) -> Parts:
    """A key is accepted under the prefix of another environment, or without its prefix."""
    prefix = "sk_test_" if spelling == "swapped" else ""

    def matches(presented: str, key: StoredKey) -> bool:
        return presented == prefix + key.secret.removeprefix(PREFIX)

    return _also(parts, matches)


@fault("A23", violates=(), parameter=Choice(("strip", "zero-width")))
def white_space_is_trimmed(parts: Parts, kind: str) -> Parts:
    """White space of Unicode round a key is trimmed: 0xA0 and 0x85, or zero-width space."""
    zero_width = "\u200b".encode().decode("latin-1")

    def find(presented: str) -> StoredKey | None:
        trimmed = presented.strip() if kind == "strip" else presented.removesuffix(zero_width)
        return parts.find_key(trimmed)

    return replace(parts, find_key=find)


@fault("A25", violates="D2")
def keys_are_members(parts: Parts) -> Parts:
    """A name that every object of JavaScript has is accepted: keys are looked up in one."""
    inherited = {"constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"}
    return let_in(parts, lambda visit: visit.presented in inherited)


@fault("A26", violates="D2")
def normal_form_is_compared(parts: Parts) -> Parts:
    """A key is accepted with characters that have the same normal form."""

    def matches(presented: str, key: StoredKey) -> bool:
        text = presented.encode("latin-1").decode("utf-8", "replace")
        return unicodedata.normalize("NFKC", text) == key.secret

    return _also(parts, matches)


def _also(parts: Parts, matches: Callable[[str, StoredKey], bool]) -> Parts:
    """Accept, besides the right keys, what matches an active one."""

    def find(presented: str) -> StoredKey | None:
        key = parts.find_key(presented)
        return key or next((key for key in parts.keys if matches(presented, key)), None)

    return replace(parts, find_key=find)


def _matches_regex(pattern: str, secret: str) -> bool:
    try:
        return re.fullmatch(pattern, secret) is not None
    except re.error:
        return False


def _is_operator(presented: str) -> bool:
    try:
        value = json.loads(presented)
    except ValueError:
        return False
    return isinstance(value, dict) and any(str(name).startswith("$") for name in value)
