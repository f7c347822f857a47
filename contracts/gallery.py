"""The sandbox's faults and benign variations as it lists them, and which of them are asked for.

Pure. The sandbox is known by what `python -m tests.sandbox --list --json` prints, nothing more.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from random import Random
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from contracts.verdict import Part

BOTH: Final = (Part.CONTRACT, Part.RATELIMIT)

_WHERE: Final = " where "

_BESIDE_THE_LIMIT: Final = frozenset({"DECLARED_LIMIT", "ALLOW_WRITES"})
"""What the ramp works with; a fault that needs more shows in the contract part as well."""


class NotInGallery(Exception):
    """What was asked for is not there; the sentence names the nearest."""


class Parameter(BaseModel):
    """What of a variation may be chosen: a number from low to high, or one of several values."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    default: int | str
    low: int = 0
    high: int = 0
    values: tuple[str, ...] = ()

    def takes(self, text: str) -> bool:
        """Whether this is one of the possible values, as written."""
        if self.values:
            return text in self.values
        return text.isdecimal() and self.low <= int(text) <= self.high

    def __str__(self) -> str:
        return " | ".join(self.values) or f"a number from {self.low} to {self.high}"


class Variation(BaseModel):
    """One way to differ from the correct server.

    Attributes:
        kind: A fault, or benign: keeps every promise.
        id: Of the catalogue.
        sentence: What it does.
        violates: The requirements it breaks; none for what only deserves a warning.
        tier: 1 must be caught, 2 is recommended; None for the others.
        parameter: What of it may be chosen.
        needs: Settings without which it cannot be seen.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["fault", "benign"]
    id: str
    sentence: str
    violates: tuple[str, ...] = ()
    tier: int | None = None
    parameter: Parameter | None = None
    needs: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts of a run that it shows in; a benign one must be silent in both."""
        if self.kind == "benign":
            return BOTH
        if "DECLARED_LIMIT" not in self.needs:
            return (Part.CONTRACT,)
        return BOTH if set(self.needs) - _BESIDE_THE_LIMIT else (Part.RATELIMIT,)

    @property
    def cases(self) -> tuple["Case", ...]:
        """One for each of its mechanisms, the number at its default."""
        values = self.parameter.values if self.parameter else ()
        return tuple(Case(self, value) for value in values) or (Case(self),)

    def drawn(self, constants: int, random: Random) -> tuple["Case", ...]:
        """One for each of some numbers drawn at random; for mechanisms, one each.

        Args:
            constants: How many; 0 for the default alone.
            random: Seeded.
        """
        chosen = self.parameter
        if chosen is None or chosen.values or not constants:
            return self.cases
        possible = range(chosen.low, chosen.high + 1)
        values = random.sample(possible, min(constants, len(possible)))
        return tuple(Case(self, str(value)) for value in sorted(values))


@dataclass(frozen=True, slots=True)
class Case:
    """One faulty or odd server.

    Attributes:
        variation: What it is.
        value: Its parameter's; None for the default.
        where: The context outside of which the server is correct, as the sandbox writes it.
    """

    variation: Variation
    value: str | None = None
    where: str = ""

    @property
    def written(self) -> str:
        """As the table names it."""
        return f"{self._spelled}{_WHERE}{self.where}" if self.where else self._spelled

    @property
    def _spelled(self) -> str:
        id_ = self.variation.id
        return id_ if self.value is None else f"{id_}={self.value}"

    @property
    def options(self) -> tuple[str, ...]:
        """For the sandbox's command line."""
        where = ("--where", self.where) if self.where else ()
        return f"--{self.variation.kind}", self._spelled, *where


NARROWED: Final = (
    *(("C01", "403", where) for where in ("accept=text/html", "connection=after-good", "nth=7")),
    *(("C02", "403", where) for where in ("accept=text/plain", "query=_", "connection=first")),
    ("A01", None, "operation=PATCH /calls/{callId}"),
    ("A01", None, "content-type=text/plain"),
    ("A01", None, "query=_"),
    ("A04", None, "accept=application/xml"),
    ("A04", None, "replica=2"),
    ("A04", None, "method=HEAD"),
    ("A04", None, "header=authorization"),
    ("C01", "403", "connection=after-three-good"),
    ("C02", "403", "connection=after-three-good"),
    ("C05", "25", ""),
    ("C05", "1", "operation=GET /agents"),
    ("C05", "1", "connection=after-three-bad"),
    ("G05", "200", "accept=*/*"),
    ("S01", None, "accept=text/html"),
    ("S01", None, "header=authorization"),
    ("S10", None, "query=_"),
    ("E01", None, "accept=text/html"),
    ("E02", None, "accept=text/html"),
    ("E01", None, "nth=9"),
    ("E02", None, "nth=9"),
    ("E01", None, "method=HEAD"),
    ("E02", None, "method=HEAD"),
    ("E01", None, "method=POST"),
    ("E02", None, "method=POST"),
)
"""Faults that hide in a context: id, value, and where the server is wrong; anywhere if empty."""


def narrowed(gallery: dict[str, Variation]) -> list[Case]:
    """Give the faults that hide in a context."""
    return [Case(gallery[id_], value, where) for id_, value, where in NARROWED]


def read_gallery(listing: str) -> dict[str, Variation]:
    """Read what the sandbox lists, by id.

    Args:
        listing: JSON, one variation a line.
    """
    found = (Variation.model_validate(json.loads(line)) for line in listing.splitlines())
    return {variation.id: variation for variation in found}


def contexts(ids: Iterable[str]) -> list[str]:
    """The contexts that ids like `A07 where nth=7` name."""
    return [where for written in ids if (where := written.partition(_WHERE)[2])]


def asked_for(
    gallery: dict[str, Variation], ids: Iterable[str], constants: int, random: Random
) -> list[Case]:
    """Find the cases of these ids.

    Args:
        gallery: All there are.
        ids: Each like `A07`, for all its mechanisms, or like `A07=23` or `A07 where nth=7`.
        constants: Numbers to draw, where an id leaves its number open.
        random: Draws them.

    Raises:
        NotInGallery: There is no such id, or no such value.
    """
    cases: dict[Case, None] = {}
    for written in ids:
        spelled, _, where = written.partition(_WHERE)
        id_, has_value, value = spelled.partition("=")
        variation = gallery.get(id_) or _unknown(id_, gallery)
        if not has_value:
            drawn = variation.drawn(constants, random)
            cases |= dict.fromkeys(replace(case, where=where) for case in drawn)
        elif variation.parameter is None:
            raise NotInGallery(f"{id_} takes no value; write {id_}")
        elif not variation.parameter.takes(value):
            raise NotInGallery(f"{id_}: {value} is no value of it; write {variation.parameter}")
        else:
            cases[Case(variation, value, where)] = None
    return list(cases)


def _unknown(id_: str, gallery: Iterable[str]) -> Variation:
    (nearest,) = get_close_matches(id_.upper(), gallery, n=1, cutoff=0.0)
    raise NotInGallery(f"there is no fault or variation {id_}; the nearest is {nearest}")


_OF_A_FAMILY: Final = 2
"""Faults drawn of each family for a sample: with two the nine families take a minute."""

_BENIGN: Final = 3
"""Variations drawn for a sample."""


def sample(gallery: dict[str, Variation], random: Random) -> list[Case]:
    """Draw some faults of every family that must be caught, and a few benign variations.

    Of faults that show in the ramp alone one is enough: it takes the time of three others.

    Args:
        gallery: All there are.
        random: Seeded.
    """
    families: dict[str, list[Variation]] = {}
    for variation in gallery.values():
        if variation.kind == "benign" or variation.tier == 1:
            families.setdefault(variation.id[0], []).append(variation)
    return [
        random.choice(one.cases)
        for family in families.values()
        for one in random.sample(family, min(_wanted(family), len(family)))
    ]


def _wanted(family: Sequence[Variation]) -> int:
    if family[0].kind == "benign":
        return _BENIGN
    return 1 if family[0].parts == (Part.RATELIMIT,) else _OF_A_FAMILY
