"""Keys that are almost the real one: one row per mechanism by which a server might take them.

Pure. The rows stand by simplicity, so that shrinking ends at the simplest accepted wrong key.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Self

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from contracts.credentials import FULL, HEADER, KINDS, Credential, Inapplicable, Keys, Role
from contracts.verdict import Severity


@dataclass(frozen=True, slots=True)
class Edit:
    """One way in which a value can differ from a key.

    Attributes:
        name: As Hypothesis prints it.
        words: Says it of "the full key", given n.
        apply: From the key and n to the value; n is below the span.
        span: From the key's length to how many different n there are.
        severity: How bad it is when a server takes it; lower where the real key must be known.
    """

    name: str
    words: Callable[[int], str]
    apply: Callable[[str, int], str]
    span: Callable[[int], int]
    severity: Severity = Severity.S1

    def _repr_pretty_(self, printer: RepresentationPrinter, _cycle: bool) -> None:
        printer.text(self.name)


def _characters(n: int) -> str:
    return "one character" if n == 0 else f"{n + 1} characters"


def _positions(length: int) -> int:
    return length


def _shorter(length: int) -> int:
    return max(length - 1, 1)


def _changed(key: str, n: int) -> str:
    kind = next((kind for kind in KINDS if key[n] in kind), None)
    other = kind[(kind.index(key[n]) + 1) % len(kind)] if kind else "x"
    return key[:n] + other + key[n + 1 :]


CUT: Final = Edit(
    "CUT",
    lambda n: f"cut by {_characters(n)}",
    lambda key, n: key[: len(key) - n - 1],
    _shorter,
)
EXTENDED: Final = Edit(
    "EXTENDED",
    lambda n: f"extended by {_characters(n)}",
    lambda key, n: key + "x" * (n + 1),
    lambda _: 256,  # past 72 bytes (bcrypt) and 255 (VARCHAR), where comparisons are known to end
    Severity.S3,
)
CHANGED: Final = Edit("CHANGED", lambda n: f"changed at position {n + 1}", _changed, _shorter)
"""Never at the last position: the tail of an encoded key has values that decode alike."""
CASE: Final = Edit(
    "CASE",
    lambda n: f"in the other case from position {n + 1} on",
    lambda key, n: key[:n] + key[n:].swapcase(),
    _positions,
    Severity.S2,
)
BEHEADED: Final = Edit(
    "BEHEADED",
    lambda n: f"without its first {_characters(n)}",
    lambda key, n: key[n + 1 :],
    _shorter,
)
DROPPED: Final = Edit(
    "DROPPED",
    lambda n: f"without the character at position {n + 1}",
    lambda key, n: key[:n] + key[n + 1 :],
    _positions,
)
DOUBLED: Final = Edit(
    "DOUBLED",
    lambda n: f"with the character at position {n + 1} doubled",
    lambda key, n: key[: n + 1] + key[n:],
    _positions,
)
SWAPPED: Final = Edit(
    "SWAPPED",
    lambda n: f"with positions {n + 1} and {n + 2} swapped",
    lambda key, n: key[:n] + key[n + 1] + key[n] + key[n + 2 :],
    _shorter,
)

EDITS: Final = (CUT, EXTENDED, CHANGED, CASE, BEHEADED, DROPPED, DOUBLED, SWAPPED)
"""Every row, the simplest first."""


@dataclass(frozen=True, slots=True)
class NearMiss(Credential):
    """A role's key, wrong in one way.

    Attributes:
        edit: In which way.
        n: Where or by how much; counted round the edit's span for the key at hand.
        of: Whose key.
    """

    edit: Edit
    n: int
    of: Role = FULL

    @property
    def words(self) -> str:
        """What is sent; positions count from 1, as readers do."""
        return f"the {self.of} key {self.edit.words(self.n)}"

    @property
    def role(self) -> Role:
        """Whose key it is derived from."""
        return self.of

    @property
    def severity(self) -> Severity:
        """How bad it is when this is taken for a key."""
        return self.edit.severity

    def fitted(self, length: int) -> Self:
        """Bring n within the span for a key of this length."""
        return replace(self, n=self.n % self.edit.span(length))

    def fields(self, keys: Keys) -> tuple[tuple[str, str], ...]:
        """Write the edited key.

        Raises:
            Inapplicable: The edit leaves the key as it is, or nothing of it.
        """
        key = keys(self.of)
        value = self.edit.apply(key, self.fitted(len(key)).n) if len(key) > 1 else ""
        if not value or value == key:
            raise Inapplicable
        return ((HEADER, value),)


def near_misses() -> st.SearchStrategy[NearMiss]:
    """Draw near misses of the full key, the simplest first."""
    return st.builds(NearMiss, st.sampled_from(EDITS), st.integers(0, 255))
