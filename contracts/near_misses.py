"""Keys that are almost the real one: one row per mechanism by which a server might take them.

Pure. The rows stand by simplicity, so that shrinking ends at the simplest accepted wrong key. They
cover mechanisms, not lists: a fault nobody listed is found where it compares in one of these ways.
"""

import base64
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from hypothesis import strategies as st
from hypothesis.vendor.pretty import RepresentationPrinter

from contracts.credentials import FULL, HEADER, KINDS, Credential, Inapplicable, Keys, Role, prefix
from contracts.verdict import Severity


@dataclass(frozen=True, slots=True)
class Edit:
    """One way in which a value can differ from a key.

    Attributes:
        name: As Hypothesis prints it, and as a replay names it.
        words: Says it of "the full key", given n.
        apply: From the key and n to the value; n is below the span.
        span: From the key's length to how many different n there are.
        severity: How bad it is when a server takes it; lower where the real key must be known.
        provokes: Given n, whether firewalls look for the like of it.
    """

    name: str
    words: Callable[[int], str]
    apply: Callable[[str, int], str]
    span: Callable[[int], int]
    severity: Severity = Severity.S1
    provokes: Callable[[int], bool] = lambda _: False

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


# --- length and characters ----------------------------------------------------------------------

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
CASE: Final = Edit(
    "CASE",
    lambda n: f"in the other case from position {n + 1} on",
    lambda key, n: key[:n] + key[n:].swapcase(),
    _positions,
    Severity.S2,
)
CHANGED: Final = Edit("CHANGED", lambda n: f"changed at position {n + 1}", _changed, _shorter)
"""Never at the last position: the tail of an encoded key has values that decode alike."""
BEHEADED: Final = Edit(
    "BEHEADED",
    lambda n: f"without its first {_characters(n)}",
    lambda key, n: key[n + 1 :],
    _shorter,
)
CASE_TO: Final = Edit(
    "CASE_TO",
    lambda n: f"in the other case up to position {n + 1}",
    lambda key, n: key[: n + 1].swapcase() + key[n + 1 :],
    _positions,
    Severity.S2,
)
DROPPED: Final = Edit(
    "DROPPED",
    lambda n: f"without the character at position {n + 1}",
    lambda key, n: key[:n] + key[n + 1 :],
    _shorter,
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
    lambda length: max(length - 2, 1),
)
TAIL_CHANGED: Final = Edit(
    "TAIL_CHANGED",
    lambda n: f"with every character from position {n + 1} on changed",
    lambda key, n: key[:n] + "".join(_changed(c, 0) for c in key[n:]),
    _shorter,
)
HEAD_CHANGED: Final = Edit(
    "HEAD_CHANGED",
    lambda n: f"with every character up to position {n + 1} changed",
    lambda key, n: "".join(_changed(c, 0) for c in key[: n + 1]) + key[n + 1 :],
    _shorter,
)

# --- variants by list ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Variant:
    words: str
    apply: Callable[[str], str]
    provokes: bool = False


def _listed(name: str, severity: Severity, variants: Sequence[_Variant]) -> Edit:
    return Edit(
        name,
        lambda n: variants[n % len(variants)].words,  # said before a key brings n within the span
        lambda key, n: variants[n].apply(key),
        lambda _: len(variants),
        severity,
        lambda n: variants[n % len(variants)].provokes,
    )


def _with_prefix(text: str) -> _Variant:
    shown = f'under the prefix "{text}"' if text else "without its prefix"
    return _Variant(shown, lambda key: text + key[len(prefix(key)) :])


def _between(before: str, after: str, shown: str) -> _Variant:
    provokes = bool(set("\"'<>[];|=") & {*before, *after})
    return _Variant(shown, lambda key: f"{before}{key}{after}", provokes)


PREFIX: Final = _listed(
    "PREFIX",
    Severity.S2,
    [_with_prefix(text) for text in ("sk_test_", "", "pk_live_", "sk_", "SK_LIVE_", "sk-live-")],
)
"""Another environment's prefix, or none."""

WRAPPED: Final = _listed(
    "WRAPPED",
    Severity.S3,
    [
        _between("Bearer ", "", 'after "Bearer"'),
        _between('"', '"', "in quotation marks"),
        _between("'", "'", "in apostrophes"),
        _between("", ", x", "before a comma and another value"),
        _between("x, ", "", "after another value and a comma"),
        _between("x,", "", "after another value and a bare comma"),
        _between("", ",x", "before a bare comma and another value"),
        _between("", ";", "before a semicolon"),
        _between("", ";x", "before a semicolon and another value"),
        _between("", "|x", "before a bar and another value"),
        _between("key=", "", 'after "key="'),
        _between("ApiKey ", "", 'after "ApiKey"'),
        _between("<", ">", "in angle brackets"),
        _between("[", "]", "in brackets"),
        _between("x ", "", "after another word"),
        _between("", " x", "before another word"),
    ],
)
"""Quotes, separators, schemes: what lenient parsers take off."""

DERIVED: Final = _listed(
    "DERIVED",
    Severity.S2,
    [
        _Variant("in upper case", str.upper),
        _Variant("in lower case", str.lower),
        _Variant(
            "percent-encoded",
            lambda key: "".join(f"%{ord(c):02x}" for c in key),
            provokes=True,
        ),
        _Variant(
            "percent-encoded at its first character",
            lambda key: f"%{ord(key[0]):02x}{key[1:]}",
            provokes=True,
        ),
        _Variant("in base64", lambda key: base64.b64encode(key.encode()).decode()),
        _Variant("in hexadecimal", lambda key: key.encode().hex()),
        _Variant("as its SHA-256", lambda key: hashlib.sha256(key.encode()).hexdigest()),
        _Variant("as its MD5", lambda key: hashlib.md5(key.encode()).hexdigest()),  # noqa: S324 -- no secret
        _Variant("reversed", lambda key: key[::-1]),
        _Variant("twice in a row", lambda key: key + key),
        _Variant("with a space in the middle", lambda k: f"{k[: len(k) // 2]} {k[len(k) // 2 :]}"),
        _Variant("with a hyphen for each underscore", lambda key: key.replace("_", "-")),
        _Variant("without punctuation", lambda key: "".join(c for c in key if c.isalnum())),
        _Variant("cut to its second half", lambda key: key[len(key) // 2 :]),
        _Variant("cut to its first half", lambda key: key[: len(key) // 2]),
    ],
)
"""Encodings and normal forms, and what a table may store in the key's place."""

SIGNS: Final = "_%*?"
"""Stand for any character in LIKE or glob."""

WILDCARD: Final = Edit(
    "WILDCARD",
    lambda n: f'with "{SIGNS[n % 4]}" for position {n // 4 + 1}',
    lambda key, n: key[: n // 4] + SIGNS[n % 4] + key[n // 4 + 1 :],
    lambda length: 4 * _shorter(length),
    provokes=lambda _: True,
)
"""One character of the key stands for any: LIKE and glob match it."""

WILD_END: Final = Edit(
    "WILD_END",
    lambda n: f'with "{"%*"[n % 2]}" for the end from position {n // 2 + 1} on',
    lambda key, n: key[: n // 2] + "%*"[n % 2],
    lambda length: 2 * length,
    provokes=lambda _: True,
)

PADDED: Final = (72, 73, 128, 255, 256, 512, 1024, 2048, 3072)
"""Lengths in characters; bcrypt ends at 72 bytes, VARCHAR commonly at 255."""

LONG: Final = _listed(
    "LONG",
    Severity.S3,
    [
        _Variant(f"padded to {length} characters", lambda key, n=length: key.ljust(n, "x"))  # type: ignore[misc]  # n is bound, not passed
        for length in PADDED
    ],
)
"""Below 3.5 KiB for the whole head, up to which every correct stack answers as documented."""

EDITS: Final = (
    CUT,
    EXTENDED,
    CASE,
    CHANGED,
    BEHEADED,
    PREFIX,
    WRAPPED,
    DERIVED,
    CASE_TO,
    DROPPED,
    DOUBLED,
    SWAPPED,
    TAIL_CHANGED,
    HEAD_CHANGED,
    WILDCARD,
    WILD_END,
    LONG,
)
"""Every row, the simplest first."""

BY_NAME: Final = {edit.name: edit for edit in EDITS}


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
    def provokes(self) -> bool:
        """Whether firewalls look for the like of it."""
        return self.edit.provokes(self.n)

    @property
    def severity(self) -> Severity:
        """How bad it is when this is taken for a key."""
        return self.edit.severity

    def derived_from(self, role: Role) -> Self:
        """Edit this role's key."""
        return replace(self, of=role)

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
        if not value.strip() or value == key:
            raise Inapplicable
        return ((HEADER, value),)


def near_misses() -> st.SearchStrategy[NearMiss]:
    """Draw near misses of the full key, the simplest first."""
    return st.builds(NearMiss, st.sampled_from(EDITS), st.integers(0, 255))
