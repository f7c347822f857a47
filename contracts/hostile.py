"""Values that attack whatever looks a key up, or make it fail.

Pure. Read-only, and nobody's key. Servers and firewalls in front of them may refuse these in many
ways; they must give no access and must not fail.
"""

from dataclasses import dataclass, replace
from typing import Final, Self

from contracts.credentials import FULL, HEADER, Credential, Keys, Role, Text
from contracts.verdict import Severity


def _attack(value: str) -> Text:
    return Text(value, f'the text "{value}"', attack=True)


INJECTIONS: Final = (
    *map(_attack, ("' OR '1'='1", "' OR 1=1 -- ", "' OR 1=1 #")),
    *map(_attack, ('" OR "1"="1', "') OR ('1'='1", "x' OR 'x'='x")),
    *map(_attack, ("%", "*", ".*", "^.*$", "sk_live_%", "sk_live_*", "sk_live_.*", "_" * 40)),
    *map(_attack, ('{"$ne":null}', "[$ne]=", '{"$gt":""}')),
)
"""A11 to A13: read-only tautologies, wildcards and operators, for keys that are pasted into a
query."""


@dataclass(frozen=True, slots=True)
class Octets(Credential):
    """The role's key with bytes beyond ASCII in it, which RFC 9110 calls opaque (section 5.5).

    Attributes:
        position: Share of the key before them.
        octets: The bytes, as latin-1 text; empty for the full-width form of the character there.
        name: What they are, in words.
        instead: Whether they take the place of a character.
    """

    position: float
    octets: str
    name: str
    instead: bool = True
    of: Role = FULL

    @property
    def words(self) -> str:
        """What is sent."""
        return f"the {self.of} key with {self.name}"

    @property
    def provokes(self) -> bool:
        """Whether a proxy may answer it, with an error of its own; nginx auth_request does."""
        return any(octet < " " for octet in self.octets)

    @property
    def role(self) -> Role:
        """Whose key it is derived from."""
        return self.of

    @property
    def severity(self) -> Severity:
        """The real key must be known."""
        return Severity.S2

    def derived_from(self, role: Role) -> Self:
        """Edit this role's key."""
        return replace(self, of=role)

    def fields(self, keys: Keys) -> tuple[tuple[str, str], ...]:
        """Write the edited key."""
        key = keys(self.of)
        at = max(1, int(len(key) * self.position))
        octets = self.octets or _full_width(key[at])
        return ((HEADER, key[:at] + octets + key[at + self.instead :]),)


def _full_width(character: str) -> str:
    """Another character with the same normal form (NFKC), in UTF-8."""
    return chr(ord(character) + 0xFEE0).encode().decode("latin-1")


BEYOND_ASCII: Final = (
    Octets(0.5, "\u00e9", "é for its middle character, in Latin-1"),
    Octets(0.5, "\u00c3\u00a9", "é for its middle character, in UTF-8"),
    Octets(0.9, "\u00ef\u00bc\u00a1", "a full-width letter near its end, in UTF-8"),
    Octets(0.9, "", "the full-width form of a character near its end, in UTF-8"),
    Octets(0.5, "\u00ff\u00fe", "two bytes that are no UTF-8 in its middle"),
    Octets(0.5, "\u00f0\u009f\u0094\u0091", "a character of four bytes in its middle, in UTF-8"),
    Octets(0.5, "\u00c3\u00a9", "é put into its middle, in UTF-8", instead=False),
    Octets(0.5, "\u00e2\u0080\u008b", "a zero-width space put into it", instead=False),
    Octets(0.5, "\x01", "a control character put into its middle", instead=False),
    Octets(2.0, "\x00x", "a NUL and a letter after it", instead=False),
)
"""A14: comparisons of text raise on them, drop them or end at them. Always within the value, where
nobody may trim them; a proxy may refuse control characters, or fail on them."""

TRIMMABLE: Final = (
    Octets(2.0, "\u00a0", "a no-break space after it, in Latin-1"),
    Octets(2.0, "\u0085", "a next-line character after it, in Latin-1"),
    Octets(2.0, "\u00e2\u0080\u008b", "a zero-width space after it, in UTF-8"),
)
"""A23: what some servers take for white space and trim; correct ones among them."""
