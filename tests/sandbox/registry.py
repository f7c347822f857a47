"""Where faults and benign variations are registered, each under its id of the catalogue."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from inspect import cleandoc
from typing import Final, Protocol, TypeVar

from tests.sandbox.parts import Parts

_MUST_CATCH: Final = (
    "A01 A02 A04 A05 A06 A07 A08 A09 A10 A14 A15 A17 A20 A24 "
    "B01 B02 B03 B05 B13 B14 B17 B21 B22 B23 C01 C02 C03 C04 C06 "
    "S01 S02 S03 S04 S05 S07 S10 E01 E02 E03 E04 E07 E09 F01 F03 F04 "
    "G01 G02 G05 G06 G07 G09 G12 H01 H02 H03 H06 H07 H08 H13 H14"
)
_RECOMMENDED: Final = (
    "A03 A11 A12 A16 A18 A22 B04 B06 B07 B08 B09 B10 B12 B15 B16 B25 C05 "
    "S08 S09 S11 S12 E05 E06 E08 G03 G04 G08 G10 G11 "
    "H04 H05 H09 H11 H12 H15 H17 H18 H20 H21"
)
TIER_1: Final = frozenset(_MUST_CATCH.split())
TIER_2: Final = frozenset(_RECOMMENDED.split())


class Parameter(Protocol):
    """What of a fault may be drawn at test time, so that no suite can be fitted to it."""

    @property
    def default(self) -> int | str:
        """The value when none is given."""

    def parse(self, text: str) -> int | str:
        """Read a value from the command line.

        Raises:
            ValueError: It is not one of the possible values.
        """

    def describe(self) -> dict[str, object]:
        """Say what there is to choose from, for a program."""


@dataclass(frozen=True, slots=True)
class Range:
    """A whole number.

    Attributes:
        low: The smallest value.
        high: The largest.
        default: The value when none is given.
        meaning: What it counts, with its unit.
    """

    low: int
    high: int
    default: int
    meaning: str

    def parse(self, text: str) -> int:
        """Read a number within the range."""
        if not text.isdecimal() or not self.low <= int(text) <= self.high:
            raise ValueError(f"{text} is not a number from {self.low} to {self.high}")
        return int(text)

    def describe(self) -> dict[str, object]:
        """Give both ends, the default and the meaning."""
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.low}..{self.high}, {self.default} unless given: {self.meaning}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several mechanisms; the first unless given."""

    values: tuple[str, ...]

    @property
    def default(self) -> str:
        """The first."""
        return self.values[0]

    def parse(self, text: str) -> str:
        """Read one of the values."""
        if text not in self.values:
            raise ValueError(f"{text} is none of {', '.join(self.values)}")
        return text

    def describe(self) -> dict[str, object]:
        """Give the values and the default."""
        return {"values": list(self.values), "default": self.default}

    def __str__(self) -> str:
        return f"{' | '.join(self.values)}; the first unless given"


@dataclass(frozen=True, slots=True)
class Variation:
    """A way to differ from the correct server: a fault, or benign.

    Attributes:
        id: Its id in the catalogue.
        change: From the parts of a server to those of the varied one; takes the parameter's value
            second, where there is a parameter.
        violates: Requirements it breaks, each exchange at most one of them; none for benign ones
            and for faults that deserve no more than a warning.
        parameter: What may be chosen.
        needs: Settings without which the suite cannot see it, `API_KEY` and `BASE_URL` aside.
    """

    id: str
    change: Callable[..., Parts]
    violates: tuple[str, ...] = ()
    parameter: Parameter | None = None
    needs: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What it does: the docstring."""
        return " ".join(cleandoc(self.change.__doc__ or "").split())

    @property
    def written(self) -> list[str]:
        """How it is written on the command line, once for each of its mechanisms."""
        if isinstance(self.parameter, Choice):
            return [f"{self.id}={value}" for value in self.parameter.values]
        return [self.id]

    @property
    def tier(self) -> int | None:
        """1 for must-catch, 2 for recommended, None for the others."""
        return 1 if self.id in TIER_1 else 2 if self.id in TIER_2 else None

    def install(self, parts: Parts, value: str | None = None) -> Parts:
        """Vary a server.

        Args:
            parts: The server.
            value: Its parameter as written on the command line; None for the default.

        Raises:
            ValueError: The value does not fit.
        """
        if self.parameter is None:
            if value is not None:
                raise ValueError(f"{self.id} takes no value")
            return self.change(parts)
        if value is None:
            return self.change(parts, self.parameter.default)
        try:
            return self.change(parts, self.parameter.parse(value))
        except ValueError as error:
            raise ValueError(f"{self.id}: {error}") from error


FAULTS: Final[dict[str, Variation]] = {}
BENIGN: Final[dict[str, Variation]] = {}

Change = TypeVar("Change", bound=Callable[..., Parts])


def fault(
    catalogue_id: str,
    *,
    violates: str | tuple[str, ...],
    parameter: Parameter | None = None,
    needs: Iterable[str] = (),
) -> Callable[[Change], Change]:
    """Register a fault. ``violates`` is empty where the suite should only warn."""
    requirements = (violates,) if isinstance(violates, str) else violates
    return _registering(FAULTS, catalogue_id, requirements, parameter, tuple(needs))


def benign(catalogue_id: str, *, parameter: Parameter | None = None) -> Callable[[Change], Change]:
    """Register a variation that keeps every promise."""
    return _registering(BENIGN, catalogue_id, (), parameter, ())


def _registering(
    registry: dict[str, Variation],
    catalogue_id: str,
    violates: tuple[str, ...],
    parameter: Parameter | None,
    needs: tuple[str, ...],
) -> Callable[[Change], Change]:
    if catalogue_id in registry:
        raise ValueError(f"{catalogue_id} is registered twice")

    def register(change: Change) -> Change:
        registry[catalogue_id] = Variation(catalogue_id, change, violates, parameter, needs)
        return change

    return register
