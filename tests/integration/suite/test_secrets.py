"""No key in any file or output, on failures and errors too, while masked curl lines are there."""

import base64
import gzip
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from contracts.children import ROOT
from tests.integration.suite.ahead import begun
from tests.integration.suite.verification import Outcome, environment, settings_of, verify
from tests.servers.running import Server
from tests.servers.stacks import degenerate, faulty_flask

_WINDOW = 8


def canaries(server: Server) -> set[str]:
    """Every eight characters in a row of every key's random part, in the forms they may take."""
    keys = server.keys
    found: set[str] = set()
    for key in (keys.full, keys.second, *keys.scoped.values(), keys.revoked, keys.deleted):
        part = key.removeprefix("sk_live_")
        texts = [part, quote(part, safe=""), base64.b64encode(part.encode()).decode().rstrip("=")]
        texts.append(base64.b64encode(key.encode()).decode().rstrip("=")[12:])
        for text in texts:
            found |= {text[at : at + _WINDOW] for at in range(len(text) - _WINDOW + 1)}
    return found


def readable(path: Path) -> Iterator[str]:
    """A file's text, unpacked; then whatever base64 it embeds."""
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8", "replace")
    yield text
    for block in re.findall(r"[A-Za-z0-9+/]{40,}={0,2}", text):
        try:
            yield base64.b64decode(block + "=" * (-len(block) % 4)).decode("utf-8", "replace")
        except ValueError:
            continue


def found_in(texts: Iterator[str], wanted: set[str]) -> set[str]:
    """The canaries that stand in any of the texts."""
    seen: set[str] = set()
    for text in texts:
        windows = (text[at : at + _WINDOW] for at in range(len(text) - _WINDOW + 1))
        seen |= {window for window in windows if window in wanted}
    return seen


def leaks(outcome: Outcome, server: Server) -> dict[str, set[str]]:
    """Where canaries stand: in a file, by its name, or in what was printed."""
    wanted = canaries(server)
    places = {str(path): found_in(readable(path), wanted) for path in outcome.files()}
    places["output"] = found_in(iter((outcome.out, outcome.err)), wanted)
    return {place: seen for place, seen in places.items() if seen}


@pytest.fixture(scope="module")
def asked_with(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], tuple[Outcome, Server]]]:
    """The outcome of asking the Flask API with a fault, and its server, by then ended."""

    def asked(fault: str) -> tuple[Outcome, Server]:
        with faulty_flask(fault) as server:
            reports = tmp_path_factory.mktemp("fault")
            return verify(reports, settings_of(server), "contract"), server

    with begun(request, asked, "fault") as asked_with:
        yield asked_with


@pytest.mark.parametrize("fault", ["prefix:20", "A10", "A08"])
def test_violations_show_a_masked_curl_line_and_no_key(
    asked_with: Callable[[str], tuple[Outcome, Server]], fault: str
) -> None:
    outcome, server = asked_with(fault)

    assert outcome.exit_code == 1
    assert "x-api-key: ***" in (outcome.report_dir / "summary.md").read_text()
    assert leaks(outcome, server) == {}


def test_key_that_a_server_echoes_stays_out_of_the_report(tmp_path: Path) -> None:
    with degenerate("echoing") as server:
        outcome = verify(tmp_path, settings_of(server, MAX_SECONDS="20"), "all")

    assert outcome.violated() >= {"D12"}
    assert leaks(outcome, server) == {}


def test_pytest_with_show_locals_prints_no_key(tmp_path: Path) -> None:
    """Locals of every frame are printed, on failures and where the suite itself fails."""
    with faulty_flask("prefix:20") as server:
        settings = settings_of(server, REPORT_DIR=str(tmp_path), DEPTH="quick")
        home = tmp_path / "hypothesis"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--showlocals", "-vv", "--tb=long", "-rA"],
            env={**environment(settings), "HYPOTHESIS_STORAGE_DIRECTORY": str(home)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        outcome = Outcome(done.returncode, None, done.stdout, done.stderr, tmp_path)

    assert done.returncode == 1
    assert "cut by" in done.stdout
    assert leaks(outcome, server) == {}


DEFECTS = [
    pytest.param("b'x-api-key' in data", "RuntimeError", id="in-a-check"),
    pytest.param("b'/openapi' in data", "INTERNALERROR", id="outside-any-check"),
]


@pytest.mark.parametrize(("condition", "seen"), DEFECTS)
def test_defect_of_the_suite_prints_no_key(tmp_path: Path, condition: str, seen: str) -> None:
    """A wire that fails with the key in locals and message is masked, and no check is held."""
    broken = tmp_path / "plugin"
    broken.mkdir()
    (broken / "breaking.py").write_text(
        "import os\n"
        "import contracts.wire as wire\n"
        "whole = wire.Connection.exchange\n"
        "def exchange(self, method, data):\n"
        "    key = os.environ['BUSYBOARD_API_KEY']\n"
        f"    if {condition}:\n"
        "        raise RuntimeError(f'cannot send {key} in {data!r}')\n"
        "    return whole(self, method, data)\n"
        "wire.Connection.exchange = exchange\n"
    )
    report_dir = tmp_path / "reports"
    with degenerate("correct") as server:
        settings = settings_of(server, REPORT_DIR=str(report_dir), DEPTH="quick")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "breaking", "--showlocals", "--tb=long"],
            env={
                **environment(settings),
                "PYTHONPATH": os.pathsep.join((str(broken), str(ROOT))),
            },
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        outcome = Outcome(done.returncode, None, done.stdout, done.stderr, report_dir)

    assert seen in done.stdout + done.stderr
    assert done.returncode != 0
    assert leaks(outcome, server) == {}
