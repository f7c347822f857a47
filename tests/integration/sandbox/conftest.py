from collections.abc import Iterator

import pytest

from tests.integration.sandbox.process import UNLIMITED, Running, running


@pytest.fixture(scope="session")
def correct() -> Iterator[Running]:
    """The correct sandbox, without a limit that any test would meet."""
    with running("--rate", UNLIMITED) as sandbox:
        yield sandbox
