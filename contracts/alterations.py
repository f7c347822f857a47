"""A key altered over a stretch of it: what a bisection of the comparison asks with.

Pure. Beside the near misses, which are drawn: these are reckoned, from positions alone.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, Self

from contracts.credentials import FULL, HEADER, KINDS, Credential, Inapplicable, Keys, Role, prefix


class Alteration(StrEnum):
    """What happens to a stretch of a key."""

    CHANGED = "changed"
    """Every letter and digit within its kind, anything else to a letter."""

    OTHER_CASE = "in the other case"

    INSERTED = "inserted"
    """As many letters as the stretch is long, before its first position."""


@dataclass(frozen=True, slots=True)
class Altered(Credential):
    """A role's key with one stretch altered.

    Attributes:
        how: What happens to it.
        start: Its first position, from 0.
        stop: The position after its last.
        of: Whose key.
    """

    how: Alteration
    start: int
    stop: int
    of: Role = FULL

    @property
    def words(self) -> str:
        """What is sent; positions count from 1, as readers do."""
        if self.how is Alteration.INSERTED:
            count = self.stop - self.start
            letters = "a letter" if count == 1 else f"{count} letters"
            return f"the {self.of} key with {letters} before position {self.start + 1}"
        return f"the {self.of} key {self.how.value} at {positions(self.start, self.stop)}"

    @property
    def role(self) -> Role:
        """Whose key it is derived from."""
        return self.of

    @property
    def ignored(self) -> str:
        """What is known at least once this was taken for a key."""
        what = "case is ignored at " if self.how is Alteration.OTHER_CASE else ""
        place = positions(self.start, self.stop)
        verb = "" if what else " are ignored" if self.stop - self.start > 1 else " is ignored"
        return f"{what}{place}{verb}, if no more"

    def derived_from(self, role: Role) -> Self:
        """Alter this role's key."""
        return replace(self, of=role)

    def fields(self, keys: Keys) -> tuple[tuple[str, str], ...]:
        """Write the altered key.

        Raises:
            Inapplicable: The alteration leaves the key as it is.
        """
        key = keys(self.of)
        stretch = key[self.start : self.stop]
        match self.how:
            case Alteration.CHANGED:
                stretch = "".join(map(_other, stretch))
            case Alteration.OTHER_CASE:
                stretch = stretch.swapcase()
            case Alteration.INSERTED:
                stretch = "x" * (self.stop - self.start) + stretch
        value = key[: self.start] + stretch + key[self.stop :]
        if value == key:
            raise Inapplicable
        return ((HEADER, value),)


def _other(character: str) -> str:
    kind = next((kind for kind in KINDS if character in kind), None)
    return kind[(kind.index(character) + 1) % len(kind)] if kind else "x"


def positions(start: int, stop: int) -> str:
    """Name a stretch as readers count, such as `positions 9 to 16`.

    Args:
        start: Its first position, from 0.
        stop: The position after its last.
    """
    return f"position {stop}" if stop - start == 1 else f"positions {start + 1} to {stop}"


SEPARATORS: Final = "-_"


@dataclass(frozen=True, slots=True)
class Outline:
    """What must be known of a key to alter it: which positions can be, none of its characters.

    Attributes:
        length: How many characters it has.
        head: How many of them are its readable prefix.
        cased: Positions that have another case, ascending.
        separators: Positions of `-` and `_`, ascending.
    """

    length: int
    head: int
    cased: tuple[int, ...]
    separators: tuple[int, ...]

    @classmethod
    def of(cls, key: str) -> Self:
        """Take a key's outline."""
        return cls(
            len(key),
            len(prefix(key)),
            tuple(at for at, character in enumerate(key) if character.swapcase() != character),
            tuple(at for at, character in enumerate(key) if character in SEPARATORS),
        )
