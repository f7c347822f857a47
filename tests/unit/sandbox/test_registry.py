"""The gallery is complete and says what it holds."""

import pytest

from tests.sandbox.gallery import BENIGN, FAULTS
from tests.sandbox.registry import Variation

REQUIREMENTS = {f"D{number}" for number in range(1, 13)}


@pytest.mark.parametrize(
    "variation", [*FAULTS.values(), *BENIGN.values()], ids=lambda variation: variation.id
)
def test_every_variation_says_what_it_does(variation: Variation) -> None:
    assert variation.sentence.endswith(".")
    assert set(variation.violates) <= REQUIREMENTS
