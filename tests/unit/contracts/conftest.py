import os
from pathlib import Path

import pytest

from contracts.handoff import VARIABLE
from contracts.settings import PREFIX
from tests.unit.contracts.surroundings import Surroundings


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    """An empty working directory, and no setting in the environment."""
    for name in [*os.environ, VARIABLE]:
        if name.upper().startswith(PREFIX) or name == VARIABLE:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Surroundings(tmp_path, monkeypatch)
