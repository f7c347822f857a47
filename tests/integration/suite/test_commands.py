"""The commands beside `verify`, and pytest and Locust started alone."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
import pytest

from contracts.children import ROOT
from tests.integration.suite.verification import (
    BUSYBOARD,
    Outcome,
    environment,
    read_verdict,
    settings_of,
    verify,
)
from tests.servers.degenerate.record import read_record
from tests.servers.stacks import FLASK, degenerate, faulty_flask

LOCUST = [sys.executable, "-m", "locust"]
PYTEST = [sys.executable, "-m", "pytest"]


def run(command: Sequence[object], settings: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command in the project's folder."""
    return subprocess.run(
        [str(word) for word in command],
        env=environment(settings),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.mark.parametrize(
    ("command", "exit_code"),
    [pytest.param(PYTEST, 4, id="pytest"), pytest.param(LOCUST, 2, id="locust")],
)
def test_without_target_each_stops_with_one_line(command: Sequence[str], exit_code: int) -> None:
    done = run(command, {})

    lines = [line for line in done.stderr.splitlines() if "BUSYBOARD_BASE_URL: is not set" in line]
    assert (done.returncode, len(lines)) == (exit_code, 1)
    assert "Traceback" not in done.stdout + done.stderr


def test_pytest_alone_leaves_findings_and_results_and_report_concludes(tmp_path: Path) -> None:
    (tmp_path / "verdict.json").write_text("{}")
    with FLASK.start() as server:
        settings = settings_of(server, REPORT_DIR=str(tmp_path), DEPTH="quick")
        alone = run(PYTEST, settings)
        left = {path.name for path in tmp_path.iterdir()}
        concluded = run([BUSYBOARD, "report"], settings)

    assert (alone.returncode, left) == (0, {"findings", "allure-results"})
    assert concluded.returncode == 0
    assert json.loads((tmp_path / "verdict.json").read_text())["verdict"] == "conformant"


def test_pytest_alone_is_never_0_after_a_violation(tmp_path: Path) -> None:
    with faulty_flask("missing-403") as server:
        done = run(PYTEST, settings_of(server, REPORT_DIR=str(tmp_path), DEPTH="quick"))

    assert done.returncode == 1


def test_pytest_in_several_processes_asks_nothing() -> None:
    done = run([*PYTEST, "-n", "2"], {"BUSYBOARD_BASE_URL": "http://127.0.0.1:9/v1"})

    assert done.returncode == 4
    assert "-n: the checks keep one rate and one budget" in done.stderr


@pytest.fixture(scope="module")
def ramp(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What Locust alone left, concluded by `report`."""
    folder = tmp_path_factory.mktemp("ramp")
    with FLASK.start(limit=100, window_s=1) as server:
        settings = settings_of(server, REPORT_DIR=str(folder))
        return alone_and_reported(settings)


def alone_and_reported(settings: Mapping[str, str]) -> Outcome:
    """Locust's own exit code and output, and what `report` made of it."""
    alone = run(LOCUST, settings)
    run([BUSYBOARD, "report"], settings)
    folder = Path(settings["BUSYBOARD_REPORT_DIR"])
    return Outcome(alone.returncode, read_verdict(folder), alone.stdout, alone.stderr, folder)


def test_locust_alone_confirms_the_limit(ramp: Outcome) -> None:
    assert ramp.verdict is not None
    assert (ramp.exit_code, ramp.verdict.exit_code) == (0, 0), ramp.err[-2000:]


def test_locust_alone_is_1_after_a_violation_and_report_names_it(tmp_path: Path) -> None:
    with faulty_flask("429-html", limit=100, window_s=1) as server:
        outcome = alone_and_reported(settings_of(server, REPORT_DIR=str(tmp_path)))

    assert outcome.exit_code == 1
    assert outcome.violated() == {"D6"}


@pytest.mark.parametrize(
    ("variables", "options", "taken"),
    [
        pytest.param({}, [], "from the file", id="file"),
        pytest.param({"BUSYBOARD_DECLARED_LIMIT": "variable"}, [], "variable", id="variable"),
        pytest.param(
            {"BUSYBOARD_DECLARED_LIMIT": "variable"},
            ["--declared-limit", "option"],
            "option",
            id="option",
        ),
    ],
)
def test_locust_takes_settings_from_its_file_variables_and_options(
    tmp_path: Path, variables: Mapping[str, str], options: Sequence[str], taken: str
) -> None:
    scenario = ROOT / "loadtests" / "locustfile.py"
    (tmp_path / "locust.conf").write_text(
        f"locustfile = {scenario}\nheadless = true\nseed = 7\ndeclared-limit = from the file\n"
    )
    settings = {"BUSYBOARD_BASE_URL": "http://127.0.0.1:1", "BUSYBOARD_API_KEY": "k" * 20}

    done = subprocess.run(
        [*LOCUST, *options],
        env=environment({**settings, **variables}),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 2
    assert f'BUSYBOARD_DECLARED_LIMIT: "{taken}" is not a limit' in done.stderr


def test_analyse_reaches_what_the_run_reached(ramp: Outcome) -> None:
    before = {path: path.stat().st_mtime_ns for path in ramp.files()}

    trace = ramp.report_dir / "trace.jsonl.gz"
    analysed = run([BUSYBOARD, "analyse", trace, "--json"], {})

    assert ramp.verdict is not None
    assert ramp.verdict.rate_limit is not None
    assert json.loads(analysed.stdout) == ramp.verdict.rate_limit.model_dump(mode="json")
    assert analysed.returncode == ramp.exit_code
    assert {path: path.stat().st_mtime_ns for path in ramp.files()} == before


def test_analyse_of_an_interrupted_run_concludes_from_what_is_there(
    ramp: Outcome, tmp_path: Path
) -> None:
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes((ramp.report_dir / "trace.jsonl.gz").read_bytes()[:-200])

    analysed = run([BUSYBOARD, "analyse", cut, "--json"], {})

    said = json.loads(analysed.stdout)
    assert (analysed.returncode, said["status"], said["stopped_by"]) == (
        3,
        "not_confirmed",
        "signal",
    )


def test_locust_refuses_another_host_than_the_target(tmp_path: Path) -> None:
    with degenerate("correct") as server:
        settings = settings_of(server, REPORT_DIR=str(tmp_path))
        done = run([*LOCUST, "--host", "http://127.0.0.1:1"], settings)

    assert done.returncode == 2
    assert "BUSYBOARD_BASE_URL: is" in done.stderr


def test_load_goes_to_allowed_hosts_only(tmp_path: Path) -> None:
    settings = {
        "BUSYBOARD_BASE_URL": "http://api.invalid/v1",
        "BUSYBOARD_API_KEY": "k" * 20,
        "BUSYBOARD_REPORT_DIR": str(tmp_path),
    }

    alone = run(LOCUST, settings)
    verified = verify(tmp_path, settings, "ratelimit")

    assert (alone.returncode, verified.exit_code) == (2, 3)
    assert "BUSYBOARD_LOAD_ALLOWED_HOSTS" in alone.stderr
    assert verified.verdict is not None
    (check,) = verified.verdict.requirements[3].checks
    assert (check.status.value, check.setting) == ("skipped", "LOAD_ALLOWED_HOSTS")


def test_locust_master_and_workers_confirm_the_limit(tmp_path: Path) -> None:
    """Two workers of Locust's own, and what the server counted is what was asked."""
    with FLASK.start(limit=100, window_s=1) as server:
        settings = settings_of(server, REPORT_DIR=str(tmp_path))
        done = run([*LOCUST, "--processes", "2"], settings)
        concluded = run([BUSYBOARD, "report"], settings)

    assert (done.returncode, concluded.returncode) == (0, 0), done.stderr[-2000:]


def test_doctor_sends_at_most_five_harmless_requests(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with degenerate("correct", record=record) as server:
        done = run([BUSYBOARD, "doctor"], settings_of(server))
    heads = [request.head for request in read_record(record)]

    assert done.returncode == 0
    assert len(heads) <= 5
    assert all(head.startswith("GET ") for head in heads)
    assert server.keys.full not in done.stdout + done.stderr


def test_plan_sends_nothing_but_the_request_for_the_document(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with degenerate("correct", record=record) as server:
        done = run([BUSYBOARD, "verify", "--plan"], settings_of(server))
    heads = [request.head.partition("\r\n")[0] for request in read_record(record)]

    assert done.returncode == 0
    assert heads == ["GET /openapi.json HTTP/1.1"]
    assert re.search(
        r"all: at most \d+ requests, peak [\d.]+ per second, at worst \d+ s", done.stdout
    )


def test_sandbox_prints_exports_that_a_shell_takes() -> None:
    process = subprocess.Popen(
        [BUSYBOARD, "sandbox"], env=environment({}), stdout=subprocess.PIPE, text=True, cwd="/"
    )
    assert process.stdout is not None
    with process, process.stdout as out:
        lines = [out.readline() for _ in range(10)]
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    shell = subprocess.run(
        ["sh", "-c", "".join(lines) + 'echo "$BUSYBOARD_BASE_URL"'],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.environ["PATH"]},
    )

    assert process.returncode == 0
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/v1\n", shell.stdout)


def test_sandbox_that_dies_is_not_waited_for() -> None:
    process = subprocess.Popen(
        [BUSYBOARD, "sandbox"],
        env=environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stdout as out, process.stderr as errors:
        out.readline()
        for child in psutil.Process(process.pid).children():
            child.kill()
        said = errors.read()
        process.wait(timeout=30)

    assert (process.returncode, said) == (2, "the sandbox ended by itself, with -9\n")


def test_unknown_command_names_the_known_ones() -> None:
    done = run([BUSYBOARD, "verfy"], {})

    assert done.returncode == 2
    assert "verify" in done.stderr
