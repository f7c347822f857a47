import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.handoff import VARIABLE
from contracts.layers import load
from contracts.operations import Operation
from contracts.pace import Caps
from contracts.settings import PREFIX
from tests.unit.contracts.answers import KEY, OTHER_KEY
from tests.unit.contracts.checking import Build, Checking
from tests.unit.contracts.surroundings import URL, Surroundings
from tests.unit.contracts.targets import LIST, MANY, Answerer, world


@pytest.fixture
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Surroundings:
    """An empty working directory, and no setting in the environment."""
    for name in [*os.environ, VARIABLE]:
        if name.upper().startswith(PREFIX) or name == VARIABLE:
            monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return Surroundings(tmp_path, monkeypatch)


@pytest.fixture
def checking(surroundings: Surroundings, tmp_path: Path) -> Iterator[Build]:
    """Builds checks of a server; `alone` leaves the full keys out."""
    built: list[Checking] = []

    def build(
        server: Answerer,
        *operations: Operation,
        caps: Caps = MANY,
        alone: bool = False,
        **given: str,
    ) -> Checking:
        known = {} if alone else {"api_key": KEY, "second_api_key": OTHER_KEY}
        surroundings.environ(base_url=URL, **(known | given))
        asked = world(server, load().settings, *(operations or (LIST,)), caps=caps)
        built.append(Checking(asked, tmp_path / "findings"))
        return built[-1]

    yield build
    for one in built:
        one.close()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket that nobody may connect to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server
