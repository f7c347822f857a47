"""The gallery is complete and says what it holds."""

import pytest

from tests.sandbox.gallery import BENIGN, FAULTS
from tests.sandbox.registry import Choice, Range, Variation, fault
from tests.unit.sandbox.asking import sandbox

REQUIREMENTS = {f"D{number}" for number in range(1, 13)}
SETTINGS = {
    "SECOND_API_KEY",
    "SCOPED_KEYS",
    "REVOKED_API_KEY",
    "DELETED_API_KEY",
    "KEY_PROVISIONER",
    "ALLOW_WRITES",
    "DECLARED_LIMIT",
}
# The catalogue's lists, written out once more: a fault must not vanish with its line
TIER_1 = (
    "A01 A02 A04 A05 A06 A07 A08 A09 A10 A14 A15 A17 A20 A24 "
    "B01 B02 B03 B05 B13 B14 B17 B21 B22 B23 C01 C02 C03 C04 C06 "
    "S01 S02 S03 S04 S05 S07 S10 E01 E02 E03 E04 E07 E09 F01 F03 F04 "
    "G01 G02 G05 G06 G07 G09 G12 H01 H02 H03 H06 H07 H08 H13 H14"
)
TIER_2 = (
    "A03 A11 A12 A16 A18 A22 B04 B06 B07 B08 B09 B10 B12 B15 B16 B25 C05 S08 S09 S11 S12 "
    "E05 E06 E08 G03 G04 G08 G10 G11 H04 H05 H09 H11 H12 H15 H17 H18 H20 H21"
)
OTHERS = "A13 A19 A21 A23 A25 A26 B11 B18 B20 B24 C07 C08 E10 F02 F05 G13 S13"


def test_every_recommended_fault_is_there() -> None:
    assert {name for name, each in FAULTS.items() if each.tier == 1} == set(TIER_1.split())
    assert {name for name, each in FAULTS.items() if each.tier == 2} == set(TIER_2.split())
    assert {name for name, each in FAULTS.items() if each.tier is None} == set(OTHERS.split())


def test_every_benign_variation_is_there() -> None:
    assert set(BENIGN) == {f"V{number:02d}" for number in range(1, 21)}


@pytest.mark.parametrize(
    "variation", [*FAULTS.values(), *BENIGN.values()], ids=lambda variation: variation.id
)
def test_every_variation_says_what_it_does(variation: Variation) -> None:
    assert variation.sentence.endswith(".")
    assert len(variation.sentence) < 120
    assert set(variation.violates) <= REQUIREMENTS
    assert set(variation.needs) <= SETTINGS


def test_no_id_is_registered_twice() -> None:
    with pytest.raises(ValueError, match="A07 is registered twice"):
        fault("A07", violates="D2")


@pytest.mark.parametrize(
    ("parameter", "text"),
    [
        (Range(8, 39, 16, "characters"), "7"),
        (Range(8, 39, 16, "characters"), "x"),
        (Choice(("a", "b")), "c"),
    ],
)
def test_a_value_must_fit(parameter: Range | Choice, text: str) -> None:
    with pytest.raises(ValueError, match=f"{text} is "):
        parameter.parse(text)


def test_a_fault_without_parameter_takes_no_value() -> None:
    with pytest.raises(ValueError, match="A01 takes no value"):
        sandbox("A01=1")
