"""`busyboard replay` after `busyboard verify`: still wrong, fixed, and undecided."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from contracts.embedded import as_settings
from tests.integration.sandbox.process import running
from tests.integration.suite.verification import BUSYBOARD, Outcome, environment, verify


def replay(
    outcome: Outcome, settings: Mapping[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """Replay a finding of a run."""
    return subprocess.run(
        [BUSYBOARD, "replay", *arguments, "--report-dir", outcome.report_dir],
        env=environment(settings),
        cwd=outcome.report_dir,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        ("A07=24", "any beginning of the key of 24 characters or more is taken"),
        ("A09=16", "only the last 16 characters are compared"),
    ],
)
def test_a_fault_is_told_in_words_and_found_again_until_it_is_mended(
    tmp_path: Path, fault: str, detail: str
) -> None:
    with running("--fault", fault) as wrong:
        settings = as_settings(wrong.line)
        outcome = verify(tmp_path, settings, "contract", "--include", "GET /calls")
        unmended = replay(outcome, settings, "D2.near-miss", "--operation", "GET /calls")
        port = str(wrong.address[1])
    dead = replay(outcome, settings, "D2.near-miss")
    with running("--port", port) as right:
        mended = replay(outcome, as_settings(right.line), "D2.near-miss")

    assert outcome.exit_code == 1
    assert detail in (tmp_path / "summary.md").read_text()
    assert "busyboard replay D2.near-miss" in (tmp_path / "summary.md").read_text()
    codes = unmended.returncode, dead.returncode, mended.returncode
    assert codes == (1, 3, 0), (unmended.stderr, dead.stderr, mended.stderr)
    assert unmended.stdout.splitlines()[-1] == "STILL WRONG"
    assert mended.stdout.splitlines()[-1] == "FIXED"
    printed = unmended.stdout + dead.stdout + mended.stdout
    assert wrong.line["api_key"][8:16] not in printed


def test_what_cannot_be_replayed_is_said_in_one_line(tmp_path: Path) -> None:
    with running("--fault", "A01") as wrong:
        settings = as_settings(wrong.line)
        outcome = verify(tmp_path, settings, "contract", "--include", "GET /calls")
        unknown = replay(outcome, settings, "D2.near-mist")
        elsewhere = replay(outcome, settings, "D1.missing-key", "--base-url", "http://127.0.0.1:1")

    for done in (unknown, elsewhere):
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert "D1.missing-key" in unknown.stderr
    assert "BUSYBOARD_BASE_URL: is http://127.0.0.1:1" in elsewhere.stderr
