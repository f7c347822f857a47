"""Foreign servers: silent where they keep the promises, caught where they do not."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.suite.ahead import begun
from tests.integration.suite.verification import Outcome, settings_of, verify
from tests.servers.running import ServerUnavailableError
from tests.servers.stacks import FLASK, STACKS, faulty_flask

HELD = {"D1", "D2", "D3", "D5", "D6", "D7", "D8", "D10", "D12"}


SEEDS = [
    ("flask", 0),
    ("flask", 1),
    ("flask", 2),
    *((name, 0) for name in STACKS if name != "flask"),
]


@pytest.fixture(scope="module")
def outcome_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str, int], Outcome]]:
    """The outcome of asking a stack with a seed."""

    def asked(name: str, seed: int) -> Outcome:
        with STACKS[name].start() as server:
            reports = tmp_path_factory.mktemp(name)
            return verify(reports, settings_of(server), "contract", "--seed", str(seed))

    with begun(request, asked, "name", "seed") as outcome_of:
        yield outcome_of


@pytest.mark.parametrize(("name", "seed"), SEEDS)
def test_stack_that_keeps_the_promises_is_conformant(
    outcome_of: Callable[[str, int], Outcome], name: str, seed: int
) -> None:
    try:
        outcome = outcome_of(name, seed)
    except ServerUnavailableError as error:
        pytest.skip(str(error))

    assert outcome.exit_code == 0, outcome.out
    assert {id_ for id_, status in outcome.statuses().items() if status == "held"} == HELD


def test_one_single_key_is_enough(tmp_path: Path) -> None:
    with FLASK.start() as server:
        settings = settings_of(
            server, SECOND_API_KEY="", SCOPED_KEYS="", REVOKED_API_KEY="", DELETED_API_KEY=""
        )
        outcome = verify(tmp_path, settings, "contract")

    assert outcome.exit_code == 0, outcome.out
    assert outcome.statuses()["D3"] == outcome.statuses()["D8"] == "skipped"


FAULTS = [
    pytest.param("missing-403", {"D1"}, id="missing-key-403"),
    # Its revoked key is an invalid one too, and was a key: D8.
    pytest.param("invalid-422", {"D2", "D8"}, id="invalid-key-422"),
    pytest.param(f"prefix:{random.SystemRandom().randint(12, 39)}", {"D2"}, id="prefix-accepted"),
    pytest.param("no-data", {"D6"}, id="envelope-without-data"),
]


@pytest.fixture(scope="module")
def outcome_with(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Outcome]]:
    """The outcome of asking the Flask API with a fault."""

    def asked(fault: str) -> Outcome:
        with faulty_flask(fault) as server:
            reports = tmp_path_factory.mktemp("fault")
            return verify(reports, settings_of(server), "contract")

    with begun(request, asked, "fault") as outcome_with:
        yield outcome_with


@pytest.mark.parametrize(("fault", "violated"), FAULTS)
def test_fault_is_caught_and_named(
    outcome_with: Callable[[str], Outcome], fault: str, violated: set[str]
) -> None:
    outcome = outcome_with(fault)

    assert outcome.exit_code == 1, fault
    assert outcome.violated() == violated, fault
