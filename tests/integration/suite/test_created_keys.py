"""However a run ends, the keys that it made are gone from the target."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from contracts.embedded import as_settings
from tests.integration.sandbox.process import Running
from tests.integration.sandbox.process import running as serving
from tests.integration.suite.test_interruption import running, until
from tests.integration.suite.verification import verify


def settings_of(server: Running) -> dict[str, str]:
    """The sandbox's own settings, narrowed to the documented operation."""
    narrowed = {"BUSYBOARD_INCLUDE": "GET /calls", "BUSYBOARD_MAX_RPS": "1000"}
    return as_settings(server.line) | narrowed


def serial(server: Running) -> int:
    """Create a key and delete it, and give the number in its id: ids are counted."""
    made: dict[str, Any] = json.loads(server.provision("create").stdout)
    server.provision("delete", made["id"])
    return int(made["id"].removeprefix("key_"))


@contextmanager
def nothing_left(server: Running) -> Iterator[None]:
    """See that keys are made meanwhile, and that all are gone afterwards."""
    first = serial(server)
    yield
    made = [f"key_{number:04}" for number in range(first + 1, serial(server))]
    assert made
    assert [id_ for id_ in made if server.provision("delete", id_).returncode == 0] == []


@pytest.mark.parametrize(
    ("fault", "exit_code"),
    [pytest.param((), 0, id="success"), pytest.param(("--fault", "E03"), 1, id="violation")],
)
def test_created_keys_are_gone_at_the_end(
    tmp_path: Path, fault: tuple[str, ...], exit_code: int
) -> None:
    with serving("--rate", "20000/2s", *fault) as server, nothing_left(server):
        outcome = verify(tmp_path, settings_of(server), "contract")

    assert outcome.exit_code == exit_code


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_created_keys_are_gone_after_a_signal(tmp_path: Path, number: signal.Signals) -> None:
    with serving("--rate", "20000/2s") as server, nothing_left(server):
        with running(tmp_path, settings_of(server), "contract") as process:
            until(lambda: says(tmp_path, '"D7.new-key"'))
            process.send_signal(number)
            process.wait(timeout=60)

        assert process.returncode == 128 + number


def says(report_dir: Path, text: str) -> bool:
    """Whether the contract part has written this."""
    files = list((report_dir / "findings").glob("contract-*.jsonl"))
    return any(text in path.read_text("utf-8") for path in files)
