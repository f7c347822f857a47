"""Servers that answer everything alike, or nothing: never conformant, never a traceback."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.suite.ahead import begun
from tests.integration.suite.verification import Outcome, settings_of, verify
from tests.servers.stacks import degenerate

SILENT = {"hanging", "dripping", "dripping-head", "document-hanging"}
"""What is given a second only: everywhere else a loaded machine may take longer than that."""

EVERYTHING_ALIKE = [
    pytest.param("all-200", 1, id="200-with-json"),
    pytest.param("all-401", 3, id="401"),
    pytest.param("all-403", 3, id="403"),
    pytest.param("all-500", 3, id="500"),
    pytest.param("html", 3, id="html"),
    pytest.param("hanging", 3, id="hanging"),
    pytest.param("dripping", 3, id="dripping"),
    pytest.param("dripping-head", 3, id="dripping-head"),
    pytest.param("resetting", 3, id="resetting"),
    pytest.param("closing", 3, id="closing"),
    pytest.param("garbage", 3, id="garbage"),
    pytest.param("huge", 3, id="endless-body"),
    pytest.param("endless-head", 3, id="endless-head"),
    pytest.param("redirecting", 3, id="redirecting"),
    pytest.param("refusing", 3, id="unreachable"),
    pytest.param("challenge", 3, id="firewall"),
    pytest.param("plaintext-https", 3, id="no-tls"),
    pytest.param("document-500", 3, id="document-500"),
    pytest.param("document-401", 3, id="document-401"),
    pytest.param("document-hanging", 3, id="document-hanging"),
    pytest.param("unparsable-document", 2, id="document-unparsable"),
    pytest.param("document-html", 2, id="document-html"),
    pytest.param("document-swagger2", 2, id="document-openapi-2"),
    pytest.param("document-yaml-bomb", 2, id="document-bomb"),
    pytest.param("document-cyclic", 2, id="document-circle"),
    pytest.param("stale", 0, id="right-but-closing-kept-connections"),
    pytest.param("early-hints", 0, id="right-with-103-first"),
]


@pytest.fixture(scope="module")
def outcome_of(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Outcome]]:
    """The outcome of asking a server in a mode."""

    def asked(mode: str) -> Outcome:
        further = {"TIMEOUT_S": "1"} if mode in SILENT else {}
        with degenerate(mode) as server:
            return verify(tmp_path_factory.mktemp(mode), settings_of(server, **further), "contract")

    with begun(request, asked, "mode") as outcome_of:
        yield outcome_of


@pytest.mark.parametrize(("mode", "exit_code"), EVERYTHING_ALIKE)
def test_degenerate_server_gets_its_exit_code(
    outcome_of: Callable[[str], Outcome], mode: str, exit_code: int
) -> None:
    outcome = outcome_of(mode)

    assert outcome.exit_code == exit_code
    assert "Traceback" not in outcome.out + outcome.err
    assert (outcome.verdict is None) == (exit_code == 2)


def test_server_that_always_refuses_for_the_rate_is_inconclusive(tmp_path: Path) -> None:
    with degenerate("all-429", options=("--retry-after", "1")) as server:
        outcome = verify(tmp_path, settings_of(server), "all")

    assert outcome.exit_code == 3
    assert outcome.statuses()["D4"] == "inconclusive"


def test_ramp_is_not_run_where_no_control_succeeded(tmp_path: Path) -> None:
    with degenerate("all-401") as server:
        outcome = verify(tmp_path, settings_of(server), "all")

    assert outcome.verdict is not None
    assert outcome.verdict.rate_limit is None
    assert outcome.exit_code == 3


SETTINGS = [
    pytest.param({"API_KEY": ""}, "BUSYBOARD_API_KEY: is set but empty", id="empty-key"),
    pytest.param({"BASE_URL": ""}, "BUSYBOARD_BASE_URL: is set but empty", id="empty-url"),
    pytest.param({"API_KEY": "k" * 20}, "BUSYBOARD_BASE_URL: is not set", id="key-without-url"),
    pytest.param(
        {"BASE_URL": "http://127.0.0.1:1/v1"}, "BUSYBOARD_API_KEY: is not set", id="no-key"
    ),
    pytest.param(
        {"BASE_URL": "http://127.0.0.1:1/v1", "API_KEY": "k" * 20, "OPENAPI": "missing.yaml"},
        "BUSYBOARD_OPENAPI: names a file that does not exist",
        id="document-missing-on-disk",
    ),
]


@pytest.mark.parametrize(("settings", "line"), SETTINGS)
def test_wrong_settings_are_one_line_and_leave_no_verdict(
    tmp_path: Path, settings: dict[str, str], line: str
) -> None:
    (tmp_path / "verdict.json").write_text("{}")

    outcome = verify(tmp_path, {f"BUSYBOARD_{name}": value for name, value in settings.items()})

    assert outcome.exit_code == 2
    assert outcome.err.startswith(line)
    assert outcome.err.count("\n") == 1
    assert outcome.verdict is None
