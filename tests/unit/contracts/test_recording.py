"""What entries say of many exchanges: counts, the simplest violation, the outcome."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.credentials import FULL, Credential, NoKey, RandomKey
from contracts.findings import Findings
from contracts.judge import Judgement
from contracts.near_misses import CUT, EXTENDED, NearMiss
from contracts.probing import Answer, Confirmed
from contracts.recording import CheckId, Recorder
from contracts.records import RECORDS, CheckRecord
from contracts.redaction import Redactor
from contracts.requirements import D2, D6, D12, Requirement
from contracts.verdict import Severity, Status
from tests.unit.contracts.answers import KEY, answered, exchanged, operation

CORE = CheckId(D2, "random-key", core=True)
DEPTH = CheckId(D2, "near-miss", core=False, family="near misses of the full key")


@pytest.fixture
def recorder(tmp_path: Path) -> Iterator[Recorder]:
    """A recorder of a run about nothing."""
    findings = Findings(tmp_path, "contract", Redactor())
    yield Recorder(findings, "https://staging.example")
    findings.finish(0)


def written(recorder: Recorder, directory: Path) -> list[CheckRecord]:
    """End the check and read what it left."""
    recorder.end()
    (path,) = directory.glob("*.jsonl")
    records = [RECORDS.validate_json(line) for line in path.read_text("utf-8").splitlines()]
    return [record for record in records if isinstance(record, CheckRecord)]


def held(requirement: Requirement = D2) -> Confirmed:
    return Confirmed(Judgement(requirement, Status.HELD), 0, 1)


def violated(requirement: Requirement = D2, *, seen: int = 2, tried: int = 2) -> Confirmed:
    judgement = Judgement(requirement, Status.VIOLATED, Severity.S1, "status 401", "status 200")
    return Confirmed(judgement, seen, tried)


def undecided(reason: str = "no answer", setting: str | None = None) -> Confirmed:
    return Confirmed(Judgement(D2, Status.INCONCLUSIVE, reason=reason, setting=setting), 0, 1)


def note(
    recorder: Recorder,
    check: CheckId,
    confirmed: Confirmed,
    credential: Credential | None = None,
    **more: Any,  # noqa: ANN401 -- its own options
) -> None:
    exchange = exchanged(answered(200), credential or RandomKey(1))
    recorder.note(check, confirmed, Answer(operation(), exchange), **more)


def test_an_entry_of_a_core_check_is_whole(recorder: Recorder, tmp_path: Path) -> None:
    note(recorder, CORE, held())

    assert written(recorder, tmp_path) == [
        CheckRecord(
            id="D2.random-key",
            operation="GET /calls",
            credential="a random well-formed key",
            core=True,
            status=Status.HELD,
            tried=1,
        )
    ]


def test_a_violation_shows_what_it_takes_to_see_it(recorder: Recorder, tmp_path: Path) -> None:
    note(recorder, CORE, violated(seen=2, tried=5), NearMiss(CUT, 2, FULL))

    first, last = written(recorder, tmp_path)
    assert first == last
    assert last == CheckRecord(
        id="D2.random-key",
        operation="GET /calls",
        credential="the full key cut by 3 characters",
        core=True,
        status=Status.VIOLATED,
        severity=Severity.S1,
        seen=2,
        tried=5,
        expected="status 401",
        got="status 200",
        detail="seen 2 of 5",
        curl=last.curl,
    )
    assert (last.curl or "").endswith("# ***: the full key cut by 3 characters")
    assert KEY not in last.model_dump_json()


def test_a_violation_is_on_record_at_once(recorder: Recorder, tmp_path: Path) -> None:
    note(recorder, DEPTH, violated())

    (path,) = tmp_path.glob("*.jsonl")
    assert '"status":"violated"' in path.read_text("utf-8")
    assert recorder.violated == []
    recorder.end()
    assert [one.id for one in recorder.violated] == ["D2.near-miss"]


def test_a_violation_says_after_how_many_requests(tmp_path: Path) -> None:
    counts = iter((7, 9))
    recorder = Recorder(
        Findings(tmp_path, "contract", Redactor()), "https://staging.example", lambda: next(counts)
    )
    note(recorder, DEPTH, held())
    note(recorder, DEPTH, violated(), NearMiss(EXTENDED, 9))
    note(recorder, DEPTH, violated(), NearMiss(CUT, 0))

    records = written(recorder, tmp_path)
    recorder.findings.finish(0)
    assert [(one.status.value, one.requests) for one in records] == [
        ("violated", 7),
        ("violated", 9),
        ("violated", None),
    ]
    assert "requests" not in type(records[0].published()).model_fields


def test_a_family_is_one_entry_and_its_tries_are_added(recorder: Recorder, tmp_path: Path) -> None:
    for n in range(5):
        note(recorder, DEPTH, held(), NearMiss(CUT, n))

    (entry,) = written(recorder, tmp_path)
    assert (entry.credential, entry.tried, entry.seen) == ("near misses of the full key", 5, 0)
    assert entry.status is Status.HELD
    assert entry.key == ("D2.near-miss", "GET /calls", "near misses of the full key")


def test_the_last_violation_is_the_one_to_show(recorder: Recorder, tmp_path: Path) -> None:
    note(recorder, DEPTH, violated(), NearMiss(EXTENDED, 9))
    note(recorder, DEPTH, held(), NearMiss(EXTENDED, 1))
    note(recorder, DEPTH, violated(), NearMiss(CUT, 0))

    *_, entry = written(recorder, tmp_path)
    assert entry.credential == "the full key cut by one character"
    assert (entry.status, entry.seen, entry.tried) == (Status.VIOLATED, 4, 5)
    assert entry.key[2] == "near misses of the full key"


def test_what_is_shown_again_is_not_counted_again(recorder: Recorder, tmp_path: Path) -> None:
    note(recorder, DEPTH, violated(), NearMiss(EXTENDED, 9))
    note(recorder, DEPTH, violated(), NearMiss(CUT, 0))
    note(recorder, DEPTH, violated(), NearMiss(EXTENDED, 9), again=True)
    note(recorder, DEPTH, violated(), NearMiss(CUT, 0), again=True)

    *_, entry = written(recorder, tmp_path)
    assert (entry.seen, entry.tried) == (4, 4)
    assert entry.credential == "the full key cut by one character"


def test_requirements_have_entries_of_their_own(recorder: Recorder, tmp_path: Path) -> None:
    note(recorder, DEPTH, held(D2))
    note(recorder, DEPTH, violated(D6))
    note(recorder, DEPTH, held(D12))

    entries = {entry.id: entry.status for entry in written(recorder, tmp_path)}
    assert entries == {
        "D2.near-miss": Status.HELD,
        "D6.near-miss": Status.VIOLATED,
        "D12.near-miss": Status.HELD,
    }


def test_only_the_checks_own_requirement_is_core(recorder: Recorder, tmp_path: Path) -> None:
    note(recorder, CORE, held(D2))
    note(recorder, CORE, held(D6))

    cores = {entry.id: entry.core for entry in written(recorder, tmp_path)}
    assert cores == {"D2.random-key": True, "D6.random-key": False}


def test_an_implied_promise_is_called_implied(recorder: Recorder, tmp_path: Path) -> None:
    note(recorder, DEPTH, held(D12))
    note(recorder, DEPTH, held(D2))

    bases = {entry.id: entry.basis for entry in written(recorder, tmp_path)}
    assert bases == {"D12.near-miss": "implied", "D2.near-miss": "documented"}


@pytest.mark.parametrize(
    ("check", "noted", "status"),
    [
        pytest.param(CORE, [undecided()], Status.INCONCLUSIVE, id="core-undecided"),
        pytest.param(CORE, [held(), undecided()], Status.INCONCLUSIVE, id="core-clouded"),
        pytest.param(CORE, [undecided(), violated()], Status.VIOLATED, id="core-violated"),
        pytest.param(DEPTH, [undecided()], Status.INCONCLUSIVE, id="depth-undecided"),
        pytest.param(DEPTH, [held(), undecided()], Status.HELD, id="depth-not-clouded"),
        pytest.param(DEPTH, [undecided(), held()], Status.HELD, id="depth-in-any-order"),
        pytest.param(DEPTH, [held(), violated(), held()], Status.VIOLATED, id="depth-violated"),
    ],
)
def test_the_outcome_of_an_entry(
    recorder: Recorder, tmp_path: Path, check: CheckId, noted: list[Confirmed], status: Status
) -> None:
    for confirmed in noted:
        note(recorder, check, confirmed, NoKey())

    *_, entry = written(recorder, tmp_path)
    assert entry.status is status
    assert entry.tried == sum(confirmed.tried for confirmed in noted)


def test_what_is_undecided_says_why(recorder: Recorder, tmp_path: Path) -> None:
    note(recorder, CORE, undecided("status 429", "MAX_RPS"))

    (entry,) = written(recorder, tmp_path)
    assert (entry.reason, entry.setting, entry.severity) == ("status 429", "MAX_RPS", None)


def test_the_next_check_begins_anew(recorder: Recorder, tmp_path: Path) -> None:
    note(recorder, CORE, violated())
    had_begun = recorder.has_begun
    recorder.end()
    note(recorder, CORE, held())

    *_, entry = written(recorder, tmp_path)
    assert had_begun
    assert not recorder.has_begun
    assert (entry.status, entry.tried) == (Status.HELD, 1)
