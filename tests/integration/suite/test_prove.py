"""`busyboard prove`: the suite against servers whose fault is known."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from contracts import prove
from contracts.children import ROOT, environment
from contracts.gallery import Case
from contracts.scoring import Outcome, Result, Row, Score
from contracts.trials import Trials


def proved(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    program = "import sys; from contracts.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", program, "prove", *arguments],
        cwd=ROOT,
        env=environment({}),
        capture_output=True,
        text=True,
        check=False,
    )


def test_three_faults_are_caught_and_a_harmless_oddity_is_not(tmp_path: Path) -> None:
    table = tmp_path / "proof.md"
    ids = ("A04", "A07=16", "C01=403", "V18")
    done = proved(*ids, "--part", "contract", "--output", str(table))

    assert done.returncode == 0, done.stdout + done.stderr
    cells = [
        [cell.strip() for cell in line.split("|")]
        for line in table.read_text("utf-8").splitlines()
        if line.startswith("| ")
    ]
    rows = {row[1]: row for row in cells}
    assert {id_: rows[id_][5:7] for id_ in ids[:3]} == {
        "A04": ["yes", "right"],
        "A07=16": ["yes", "right"],
        "C01=403": ["yes", "right"],
    }
    assert [rows[name][3] for name in ("V18", "unvaried (contract)")] == ["silent", "silent"]
    assert 0 < int(rows["A04"][8]) < int(rows["A07=16"][8]) <= int(rows["A07=16"][9])
    assert "must be caught: caught 3 of 3 faults whole" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        pytest.param(
            ["V19x"], "there is no fault or variation V19x; the nearest is V19", id="unknown"
        ),
        pytest.param(
            ["H01", "--part", "contract"],
            "nothing of it shows in the contract part",
            id="another-part",
        ),
        pytest.param(["E01 where foo=1"], "foo=1 is no context; write one like", id="context"),
        pytest.param(["A01", "--all"], "--all leaves nothing to choose", id="all-and-some"),
        pytest.param(
            ["A01", "--output", "no/such/folder.md"], "there is no such folder", id="output"
        ),
    ],
)
def test_what_cannot_be_proved_is_one_line(arguments: Sequence[str], line: str) -> None:
    done = proved(*arguments)

    assert done.returncode == 2
    assert line in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)


def test_a_miss_is_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(_: Trials, cases: Sequence[Case]) -> list[Row]:
        score = Score(Result.MISSED, named_right=False)
        return [Row(case.written, case, (score,), (Outcome(0, 0.0),)) for case in cases]

    monkeypatch.setattr(Trials, "run", missing)
    monkeypatch.setattr(Trials, "watch", lambda _: None)
    parser = argparse.ArgumentParser()
    prove.add_options(parser)

    assert prove.run(parser.parse_args(["A01"])) == 1
    assert "caught 0 of 1 faults whole" in capsys.readouterr().out
