from collections.abc import Mapping

import pytest

from tests.unit.sandbox.asking import Answer, sandbox
from tests.unit.sandbox.battery import answers


@pytest.fixture(scope="session")
def correct() -> Mapping[str, Answer]:
    """What the correct server answers to the battery."""
    return answers(sandbox())
