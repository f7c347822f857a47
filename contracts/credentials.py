"""What is sent in the place of a key: roles and wrong values, as recipes in words.

Pure. A recipe says how a value is derived from a role's key; the value itself exists only while a
request is written. So whatever Hypothesis prints, shrinks or stores is free of secrets, and one
seed asks the same questions under any key.
"""

import random
import re
import string
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NewType, Self

from contracts.verdict import Severity

Role = NewType("Role", str)
"""A key by its part in the run: `full`, `second`, `scoped "calls:read"`, `revoked` …"""

FULL: Final = Role("full")
SECOND: Final = Role("second")
REVOKED: Final = Role("revoked")
DELETED: Final = Role("deleted")

Keys = Callable[[Role], str]
"""Gives the key of a role; called only while a request is written."""

HEADER: Final = "x-api-key"
"""The documented header."""


def scoped(scopes: frozenset[str]) -> Role:
    """Name the role of a key with these scopes, and no others."""
    return Role(f'scoped "{" ".join(sorted(scopes))}"')


class Sent(StrEnum):
    """What kind of credential a request carried; it decides which promise a wrong answer breaks."""

    NOTHING = "nothing"
    """No x-api-key header, whatever stands elsewhere."""

    NEVER_A_KEY = "never a key"
    """A value that never was a key, empty and blank included, or several values."""

    KEY = "key"
    """A role's key, as it is."""


class Inapplicable(Exception):
    """The recipe, applied to this key, gives a key or nothing that can be sent."""


@dataclass(frozen=True, slots=True)
class Credential(ABC):
    """One way of presenting a key, or none."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What is sent, after the word "with"."""

    @property
    def sent(self) -> Sent:
        """What kind of credential this is."""
        return Sent.NEVER_A_KEY

    @property
    def role(self) -> Role | None:
        """Whose key it carries or is derived from."""
        return None

    @property
    def severity(self) -> Severity:
        """How bad it is when this is taken for a key."""
        return Severity.S1

    @property
    def provokes(self) -> bool:
        """Whether a web application firewall may answer it in the place of the API."""
        return False

    def query(self, keys: Keys) -> str:  # noqa: ARG002 -- only keys in the query need it
        """Write what is added to the query; empty for nothing.

        Args:
            keys: The run's keys.
        """
        return ""

    @property
    def masked_fields(self) -> tuple[tuple[str, str], ...]:
        """The header fields as they may be shown."""
        return ((HEADER, "***"),)

    @property
    def masked_query(self) -> str:
        """What is added to the query, as it may be shown."""
        return ""

    def fitted(self, length: int) -> Self:  # noqa: ARG002 -- only recipes with positions need it
        """Make the words true for a key of this length; recipes with positions go round its end."""
        return self

    def derived_from(self, role: Role) -> Self:  # noqa: ARG002 -- only derived values need it
        """Derive the value from this role's key, for runs that have no full one."""
        return self

    @abstractmethod
    def fields(self, keys: Keys) -> tuple[tuple[str, str], ...]:
        """Write the header fields.

        Args:
            keys: The run's keys.

        Returns:
            Name and value pairs, in order.

        Raises:
            Inapplicable: The recipe gives nothing that could be told from a right key.
        """

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True, slots=True)
class NoKey(Credential):
    """The header is absent."""

    @property
    def words(self) -> str:
        """What is sent."""
        return "no key"

    @property
    def sent(self) -> Sent:
        """Nothing."""
        return Sent.NOTHING

    @property
    def masked_fields(self) -> tuple[tuple[str, str], ...]:
        """No header."""
        return ()

    def fields(self, keys: Keys) -> tuple[tuple[str, str], ...]:  # noqa: ARG002 -- one signature for all
        """Write nothing."""
        return ()


@dataclass(frozen=True, slots=True)
class RoleKey(Credential):
    """A role's key as it is."""

    of: Role

    @property
    def words(self) -> str:
        """What is sent."""
        return f"the {self.of} key"

    @property
    def sent(self) -> Sent:
        """A key."""
        return Sent.KEY

    @property
    def role(self) -> Role:
        """Whose key it is."""
        return self.of

    def fields(self, keys: Keys) -> tuple[tuple[str, str], ...]:
        """Write the key."""
        return ((HEADER, keys(self.of)),)


class Spelling(StrEnum):
    """A way of writing the header that means the same key to whoever takes it for one."""

    CAPITALS = "the header name in capitals"
    SPACE_AFTER = "a space after it"
    TAB_AFTER = "a tab after it"
    TWICE = "the header twice"


@dataclass(frozen=True, slots=True)
class Respelled(Credential):
    """A role's key as it is, its header written in another way (RFC 9110 sections 5.1, 5.5)."""

    spelling: Spelling
    of: Role

    @property
    def words(self) -> str:
        """What is sent."""
        return f"the {self.of} key and {self.spelling.value}"

    @property
    def sent(self) -> Sent:
        """A key."""
        return Sent.KEY

    @property
    def role(self) -> Role:
        """Whose key it is."""
        return self.of

    @property
    def masked_fields(self) -> tuple[tuple[str, str], ...]:
        """The header as it is spelled, masked."""
        return self.fields(lambda _: "***")

    def fields(self, keys: Keys) -> tuple[tuple[str, str], ...]:
        """Write the key."""
        key = keys(self.of)
        match self.spelling:
            case Spelling.CAPITALS:
                return ((HEADER.upper(), key),)
            case Spelling.SPACE_AFTER:
                return ((HEADER, f"{key} "),)
            case Spelling.TAB_AFTER:
                return ((HEADER, f"{key}\t"),)
            case Spelling.TWICE:
                return ((HEADER, key), (HEADER, key))


@dataclass(frozen=True, slots=True)
class Stranger(Credential):
    """A key that never existed and begins like a role's: its last characters are drawn anew."""

    seed: int
    of: Role

    @property
    def words(self) -> str:
        """What is sent."""
        return f"a wrong key that begins like the {self.of} one"

    def fields(self, keys: Keys) -> tuple[tuple[str, str], ...]:
        """Write the invented key.

        Raises:
            Inapplicable: The key has nothing that could be drawn anew.
        """
        key = keys(self.of)
        draw = random.Random(self.seed)  # noqa: S311 -- reproducible on purpose, secures nothing
        kept = max(len(prefix(key)), len(key) - _STRANGE_END)
        value = key[:kept] + "".join(_same_kind(character, draw) for character in key[kept:])
        if value == key:
            raise Inapplicable
        return ((HEADER, value),)


_STRANGE_END: Final = 6
"""Characters drawn anew: few enough for any server that looks at a key's beginning alone."""


@dataclass(frozen=True, slots=True)
class Text(Credential):
    """A fixed value that is nobody's key.

    Attributes:
        value: As sent.
        name: What it is, in words.
        attack: Whether firewalls look for the like of it.
    """

    value: str
    name: str
    attack: bool = False

    @property
    def provokes(self) -> bool:
        """Whether firewalls look for the like of it."""
        return self.attack

    @property
    def masked_fields(self) -> tuple[tuple[str, str], ...]:
        """The value itself, where a shell can hold it: it is nobody's key."""
        return ((HEADER, self.value if self.value.isprintable() else "***"),)

    @property
    def words(self) -> str:
        """What is sent."""
        return self.name

    def fields(self, keys: Keys) -> tuple[tuple[str, str], ...]:  # noqa: ARG002 -- one signature for all
        """Write the value."""
        return ((HEADER, self.value),)


@dataclass(frozen=True, slots=True)
class RandomKey(Credential):
    """A key that looks like the real one and never existed.

    Every letter and digit after the prefix is drawn anew within its kind.
    """

    seed: int
    of: Role = FULL

    @property
    def words(self) -> str:
        """What is sent."""
        return "a random well-formed key"

    def derived_from(self, role: Role) -> Self:
        """Take this role's key for the form."""
        return replace(self, of=role)

    def fields(self, keys: Keys) -> tuple[tuple[str, str], ...]:
        """Write the invented key.

        Raises:
            Inapplicable: The key has nothing that could be drawn anew.
        """
        key = keys(self.of)
        draw = random.Random(self.seed)  # noqa: S311 -- reproducible on purpose, secures nothing
        start = len(prefix(key))
        value = key[:start] + "".join(_same_kind(character, draw) for character in key[start:])
        if value == key:
            raise Inapplicable
        return ((HEADER, value),)


def prefix(key: str) -> str:
    """Find the readable head of a key, such as `sk_live_` or `pk-`; empty where it has none.

    The words it begins with, as long as enough is left to be what was drawn at random: that may
    hold the same separators.
    """
    end = 0
    while (word := _WORD.match(key, end)) and len(key) - word.end() >= _SHORTEST_RANDOM_PART:
        end = word.end()
    return key[:end]


_WORD: Final = re.compile("(?:[a-z]{1,12}|[A-Z][a-z]{1,11}|[A-Z]{1,12})[0-9]?[_.-]")

_SHORTEST_RANDOM_PART: Final = 8
"""Below that, what follows the last separator is no random part but a word."""

KINDS: Final = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
"""The kinds of character within which an invented or edited key stays well-formed."""


def _same_kind(character: str, draw: random.Random) -> str:
    kind = next((kind for kind in KINDS if character in kind), character)
    return draw.choice(kind)


def quoted(value: str) -> Text:
    """A value that is called by itself."""
    return Text(value, f'the text "{value}"')


CLASSICS: Final = (
    Text("", "an empty key"),
    Text("  ", "a blank key"),
    *map(quoted, ("undefined", "null", "None", "nil", "true", "false", "0", "1", "NaN")),
    *map(quoted, ("constructor", "toString", "__proto__", "hasOwnProperty")),
    Text("[object Object]", 'the text "[object Object]"', attack=True),
    *map(quoted, ("sk_live_", "sk_live_...", "abc", "key", "test", "admin")),
)
"""What clients send by mistake, what lax comparisons take for a key, and what each object of
JavaScript has a member of."""
