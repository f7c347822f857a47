"""What a part is told by the command that starts it, and what it does when nobody did."""

import json
import os
from pathlib import Path

import pytest

from contracts.handoff import VARIABLE, Handoff, clear_results
from contracts.verdict import Part
from tests.unit.contracts.answers import KEY
from tests.unit.contracts.surroundings import Surroundings


def handoff(**changes: object) -> Handoff:
    fields = {"run_id": "r1", "parts": (Part.CONTRACT,), "requests": 50, "seconds": 9.5}
    return Handoff.model_validate(fields | changes)


def test_a_part_takes_what_it_is_handed(surroundings: Surroundings) -> None:
    given = handoff(
        kind="sandbox",
        name="staging",
        parts=(Part.CONTRACT, Part.RATELIMIT),
        document=Path("/somewhere/openapi"),
        sha256="8" * 64,
        progress=7,
    )
    for name, value in given.environment().items():
        surroundings.patch.setenv(name, value)
    surroundings.file("reports/verdict.json")
    # It would bind this process to the one that started pytest.
    surroundings.patch.setattr("contracts.handoff._end_with_parent", lambda: None)

    taken = Handoff.received(surroundings.target(), Part.CONTRACT)
    assert taken == given
    assert (surroundings.directory / "reports" / "verdict.json").exists()


def test_a_part_alone_begins_a_run_of_its_own(surroundings: Surroundings) -> None:
    settings = surroundings.target(max_requests="70", max_seconds="8")
    for name in ("verdict.json", "report.html", "findings/old.jsonl", "allure-results/a.json"):
        surroundings.file(f"reports/{name}")
    kept = surroundings.file("reports/README.md")

    begun = Handoff.received(settings, Part.RATELIMIT)
    assert (begun.parts, begun.kind, begun.requests, begun.seconds) == (
        (Part.RATELIMIT,),
        "configured",
        70,
        8.0,
    )
    assert begun.run_id != Handoff.received(settings, Part.RATELIMIT).run_id
    assert list((surroundings.directory / "reports").iterdir()) == [kept]


def test_the_variable_is_no_setting_and_holds_no_secret(surroundings: Surroundings) -> None:
    surroundings.target()

    ((name, text),) = handoff().environment().items()
    assert name == VARIABLE
    assert not name.startswith("BUSYBOARD_")
    assert KEY not in text
    assert json.loads(text)["run_id"] == "r1"


def test_the_caps_are_the_share_and_the_rate_of_the_settings(surroundings: Surroundings) -> None:
    caps = handoff().caps(surroundings.target(max_rps="20", max_requests="10000"))

    assert (caps.rps, caps.requests, caps.seconds) == (20, 50, 9.5)


def test_progress_is_a_line_of_json() -> None:
    reading, writing = os.pipe()
    handoff(progress=writing).tell(done=1, total=2, requests=3)
    os.close(writing)

    with os.fdopen(reading) as file:
        assert [json.loads(line) for line in file] == [{"done": 1, "total": 2, "requests": 3}]


def test_nobody_listening_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    os.close(writing)

    handoff(progress=writing).tell(done=1)
    handoff().tell(done=1)


@pytest.mark.parametrize("there", [True, False])
def test_older_results_are_removed_and_nothing_else(tmp_path: Path, there: bool) -> None:
    report_dir = tmp_path / "deep" / "reports"
    names = ["verdict.json", "report.html", "summary.md", "junit.xml", "trace.jsonl.gz"]
    if there:
        for name in [*names, "README.md", ".gitignore", "findings/a", "allure-results/b"]:
            path = report_dir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("old")

    clear_results(report_dir)
    left = sorted(path.name for path in report_dir.iterdir())
    assert left == ([".gitignore", "README.md"] if there else [])
