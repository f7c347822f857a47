import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from contracts.cli import main
from tests.unit.loadtests.simulating import Simulated


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace file of a run that confirmed 30/10s."""
    path = tmp_path_factory.mktemp("trace") / "trace.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(Simulated(declared="30/10s").written())))
    return path


@pytest.mark.parametrize(
    ("options", "exit_code", "said"),
    [
        pytest.param([], 0, "rate limit: confirmed, declared 30/10s", id="as-declared"),
        pytest.param(["--declared", "15/10s"], 1, "rate limit: contradicted", id="untrue"),
        pytest.param(["--declared", "9000/600s"], 3, "rate limit: not confirmed", id="not-reached"),
    ],
)
def test_analysis_says_the_limit_and_exits_like_the_run(
    trace: Path,
    options: Sequence[str],
    exit_code: int,
    said: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["analyse", str(trace), *options])

    out, err = capsys.readouterr()
    assert (code, err) == (exit_code, "")
    assert out.startswith(said)


def test_json_is_the_rate_limit_of_the_verdict(
    trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["analyse", str(trace), "--json"])

    said = json.loads(capsys.readouterr().out)
    assert (said["status"], said["limit"], said["algorithm"]) == ("confirmed", 30, "fixed_window")


def test_nothing_is_written_unless_asked(trace: Path, tmp_path: Path) -> None:
    before = list(trace.parent.iterdir())
    main(["analyse", str(trace)])
    after = list(trace.parent.iterdir())

    code = main(["analyse", str(trace), "--pictures", str(tmp_path / "new")])

    assert before == after
    assert code == 0
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "allowance.svg",
        "latency.svg",
        "rates.svg",
    ]


@pytest.mark.parametrize(
    ("content", "options", "line"),
    [
        pytest.param(None, [], "no such file or directory", id="missing"),
        pytest.param(b"{}", [], "is no gzip file; name a trace.jsonl.gz of verify", id="no-gzip"),
        pytest.param(gzip.compress(b"{}\n"), [], "line 1 of the trace", id="no-trace"),
        pytest.param(gzip.compress(b""), [], "no trace of version 1", id="empty"),
        pytest.param(
            b"",
            ["--declared", "100/min"],
            '--declared: "100/min" is not a limit; write requests/seconds, such as 100/60s',
            id="no-limit",
        ),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_2(
    content: bytes | None,
    options: Sequence[str],
    line: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "trace.jsonl.gz"
    if content is not None:
        path.write_bytes(content)

    code = main(["analyse", str(path), *options])

    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert line in err


def test_pictures_that_cannot_be_written_are_said(
    trace: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")

    code = main(["analyse", str(trace), "--pictures", str(tmp_path / "file")])

    assert code == 2
    assert "--pictures" in capsys.readouterr().err
