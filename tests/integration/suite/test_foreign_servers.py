"""The Flask API behind gunicorn: silent where it keeps the promises, caught where it does not."""

import random
from pathlib import Path

import pytest

from tests.integration.suite.verification import settings_of, verify
from tests.servers.running import ServerUnavailableError
from tests.servers.stacks import FLASK, STACKS, faulty_flask

HELD = {"D1", "D2", "D3", "D5", "D6", "D7", "D8", "D10", "D12"}


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_flask_that_keeps_the_promises_is_conformant(tmp_path: Path, seed: int) -> None:
    with FLASK.start() as server:
        outcome = verify(tmp_path, settings_of(server), "contract", "--seed", str(seed))

    assert outcome.exit_code == 0, outcome.out
    assert {id_ for id_, status in outcome.statuses().items() if status == "held"} == HELD


@pytest.mark.parametrize("name", sorted(set(STACKS) - {"flask"}))
def test_every_other_stack_is_conformant(tmp_path: Path, name: str) -> None:
    try:
        with STACKS[name].start() as server:
            outcome = verify(tmp_path, settings_of(server), "contract")
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


@pytest.mark.parametrize(("fault", "violated"), FAULTS)
def test_fault_is_caught_and_named(tmp_path: Path, fault: str, violated: set[str]) -> None:
    with faulty_flask(fault) as server:
        outcome = verify(tmp_path, settings_of(server), "contract")

    assert outcome.exit_code == 1, fault
    assert outcome.violated() == violated, fault


def test_html_429_is_caught_by_the_ramp(tmp_path: Path) -> None:
    with faulty_flask("429-html") as server:
        outcome = verify(tmp_path, settings_of(server), "ratelimit")

    assert outcome.exit_code == 1
    assert outcome.violated() == {"D6"}
