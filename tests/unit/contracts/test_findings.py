"""What processes leave behind is read whole, however they ended, and no key is in it."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.algebra import decide
from contracts.findings import (
    Findings,
    NoFindings,
    new_run_id,
    note_interruption,
    now,
    read_run,
)
from contracts.records import (
    AdvisoryRecord,
    RateLimitRecord,
    Reason,
    Record,
    Scope,
    Started,
    ramp_not_run,
)
from contracts.redaction import Redactor
from contracts.verdict import Part, Severity, Status
from tests.unit.contracts.answers import KEY, OTHER_KEY
from tests.unit.contracts.drawing import SAME
from tests.unit.contracts.leftovers import checked, footer, header, left, read
from tests.unit.contracts.verdicts import target

# --- round trip -------------------------------------------------------------------------------


def test_a_run_is_read_as_it_was_written(tmp_path: Path) -> None:
    findings = Findings.begin(tmp_path, header(), Redactor())
    findings.append(Scope(operations=("GET /calls",), narrowed=True, required=("D1", "D2")))
    findings.append(checked())
    findings.append(Reason(text="Something was odd."))
    findings.finish(7)

    run = read_run(tmp_path)
    assert run.operations == ("GET /calls",)
    assert (run.narrowed, run.required, run.parts) == (True, ("D1", "D2"), (Part.CONTRACT,))
    assert run.checks == (checked().published(),)
    assert (run.reasons, run.unfinished, run.interrupted) == (("Something was odd.",), (), None)
    assert run.target.requests == 7
    assert run.rate_limit is None


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    [
        "a\u2028b",
        "a\u2029b",
        "a\x85b",
        "a\x0bb\x0cc",
        "a\x1cb\x1dc\x1ed",
        "a\r\nb",
        "\ufeff",
        "\x00",
    ]
)


@SAME
@given(TEXTS, TEXTS)
def test_whatever_a_server_wrote_no_record_is_lost(
    tmp_path_factory: pytest.TempPathFactory, got: str, reason: str
) -> None:
    directory = tmp_path_factory.mktemp("findings")
    written = checked(status=Status.VIOLATED, severity=Severity.S2, got=got, reason=reason)
    findings = Findings.begin(directory, header(), Redactor())
    findings.append(written)
    findings.append(checked("D2.random-key"))
    findings.finish(1)

    run = read_run(directory)
    assert run.checks == (written.published(), checked("D2.random-key").published())
    assert run.unfinished == ()


def test_no_key_reaches_the_file(tmp_path: Path) -> None:
    redactor = Redactor()
    redactor.add("full", KEY)
    for value in ("true", "1", "", "https"):
        redactor.add("header", value)

    findings = Findings.begin(tmp_path, header(), redactor)
    findings.append(checked(got=f"an answer with {KEY}", reason=KEY[9:20]))
    findings.append(Reason(text=f"Saw {OTHER_KEY}."))
    findings.finish(1)
    (path,) = (tmp_path / "findings").iterdir()
    text = path.read_text("utf-8")
    assert KEY not in text
    assert KEY[9:20] not in text
    assert OTHER_KEY in text
    run = read_run(tmp_path)
    assert (run.checks[0].got, run.checks[0].reason) == ("an answer with ***", "***")
    assert run.target == target(requests=1, finished=run.target.finished)


def test_every_record_is_a_line_of_its_own_at_once(tmp_path: Path) -> None:
    findings = Findings.begin(tmp_path, header(), Redactor())
    (path,) = (tmp_path / "findings").iterdir()

    counts = [path.read_text("utf-8").count("\n")]
    for number in range(3):
        findings.append(checked(detail=f"line\nend {number}"))
        counts.append(path.read_text("utf-8").count("\n"))
    findings.finish(0)
    assert counts == [1, 2, 3, 4]


# --- how processes end ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("records", "tail", "unfinished"),
    [
        pytest.param([header(), footer()], "", (), id="whole"),
        pytest.param([header(), checked()], "", ("contract",), id="no-footer"),
        pytest.param([header()], "", ("contract",), id="header-alone"),
        pytest.param([header(), checked()], '{"kind":"foot', ("contract",), id="half-a-footer"),
        pytest.param([header(), checked()], '{"kind":"chec', ("contract",), id="half-a-line"),
        pytest.param([header(), footer()], "x", (), id="noise-after-the-footer"),
        pytest.param([header(), footer(), checked()], "", ("contract",), id="more-after-a-footer"),
    ],
)
def test_a_missing_footer_is_seen(
    tmp_path: Path, records: list[Record], tail: str, unfinished: tuple[str, ...]
) -> None:
    assert read(tmp_path, *records, tail=tail).unfinished == unfinished


def test_half_a_line_loses_nothing_before_it(tmp_path: Path) -> None:
    run = read(tmp_path, header(), checked(), checked("D2.random-key"), tail='{"kind":"ch')

    assert [check.id for check in run.checks] == ["D1.missing-key", "D2.random-key"]


def test_a_part_that_was_started_and_left_nothing_is_unfinished(tmp_path: Path) -> None:
    left(tmp_path, [header("verify"), Started(process="contract"), footer()], "verify-1")

    assert read_run(tmp_path).unfinished == ("contract",)


def test_a_part_that_left_a_whole_file_is_finished(tmp_path: Path) -> None:
    left(tmp_path, [header("verify"), Started(process="contract"), footer(1)], "verify-1")
    left(tmp_path, [header("contract"), footer(20)], "contract-2")

    run = read_run(tmp_path)
    assert (run.unfinished, run.target.requests) == ((), 21)


def test_one_worker_without_a_footer_is_enough(tmp_path: Path) -> None:
    left(tmp_path, [header("ratelimit"), footer()], "ratelimit-1")
    left(tmp_path, [header("ratelimit"), checked()], "ratelimit-2")

    assert read_run(tmp_path).unfinished == ("ratelimit",)


def test_a_file_without_header_counts_for_nothing(tmp_path: Path) -> None:
    left(tmp_path, [checked(), footer(5)], "contract-1")
    left(tmp_path, [header("verify"), Started(process="contract"), footer()], "verify-1")

    run = read_run(tmp_path)
    assert (run.checks, run.unfinished, run.target.requests) == ((), ("contract",), 0)


@pytest.mark.parametrize("content", [None, "", "\n", "x", '{"kind":"footer"}', "\xff"])
def test_without_any_header_there_are_no_findings(tmp_path: Path, content: str | None) -> None:
    (tmp_path / "findings").mkdir()
    if content is not None:
        (tmp_path / "findings" / "contract-1.jsonl").write_bytes(content.encode("latin-1"))

    with pytest.raises(NoFindings):
        read_run(tmp_path)


def test_without_a_directory_there_are_no_findings(tmp_path: Path) -> None:
    with pytest.raises(NoFindings):
        read_run(tmp_path)


@SAME
@given(st.integers(0, 2_000))
def test_a_process_killed_at_any_byte_is_never_conformant(
    tmp_path_factory: pytest.TempPathFactory, size: int
) -> None:
    directory = tmp_path_factory.mktemp("killed")
    records: list[Record] = [
        header(),
        Scope(operations=("GET /calls",), required=("D1", "D2", "D5", "D6")),
        *(checked(f"{id_}.a") for id_ in ("D1", "D2", "D5", "D6")),
        footer(),
    ]
    left(directory, records)
    (path,) = (directory / "findings").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:size])

    try:
        verdict = decide(read_run(directory))
    except NoFindings:
        return
    assert (verdict.exit_code == 0) is (len(whole[:size].rstrip()) == len(whole.rstrip()))


# --- signals ----------------------------------------------------------------------------------


def test_the_signal_of_any_process_is_the_runs(tmp_path: Path) -> None:
    left(tmp_path, [header("verify"), footer()], "verify-1")
    left(tmp_path, [header("contract"), footer(interrupted="SIGTERM")], "contract-2")

    assert read_run(tmp_path).interrupted == "SIGTERM"


@pytest.mark.parametrize("tail", ["", '{"kind":"chec'])
def test_an_interruption_after_the_end_is_noted(tmp_path: Path, tail: str) -> None:
    left(tmp_path, [header("contract"), checked()], "contract-1", tail=tail)
    left(tmp_path, [header("verify"), Started(process="contract"), footer()], "verify-2")
    note_interruption(tmp_path, "SIGINT")

    run = read_run(tmp_path)
    assert (run.interrupted, run.unfinished) == ("SIGINT", ("contract",))


def test_an_interruption_without_findings_is_noted_nowhere(tmp_path: Path) -> None:
    note_interruption(tmp_path, "SIGINT")

    assert list(tmp_path.iterdir()) == []


# --- what is merged ---------------------------------------------------------------------------


def test_a_later_record_of_one_key_replaces_the_earlier(tmp_path: Path) -> None:
    first = checked("D2.near-miss", credential="the full key cut by 3", credential_class="family")
    last = first.model_copy(update={"credential": "the full key cut by one", "tried": 9})

    run = read(tmp_path, header(), first, checked(), last, footer())
    assert run.checks == (last.published(), checked().published())


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "D1.another"},
        {"operation": "POST /calls"},
        {"operation": None},
        {"credential": "an empty key"},
        {"credential_class": "another"},
    ],
    ids=str,
)
def test_records_of_other_keys_stand_beside_it(tmp_path: Path, changes: dict[str, Any]) -> None:
    other = checked().model_copy(update=changes)

    assert len(read(tmp_path, header(), checked(), other, footer()).checks) == 2


def test_what_is_published_has_no_class() -> None:
    record = checked(credential_class="family")

    assert "credential_class" not in type(record.published()).model_fields
    assert record.published().credential == "no key"


def warned(operation: str | None = "GET /calls", count: int = 1) -> AdvisoryRecord:
    return AdvisoryRecord(
        id="no-store",
        basis="advice",
        severity=Severity.S5,
        operation=operation,
        detail="said",
        count=count,
    )


def test_warnings_of_one_id_and_operation_are_counted_together(tmp_path: Path) -> None:
    run = read(tmp_path, header(), warned(), warned(count=3), warned("POST /calls"), footer())

    counts = [(one.operation, one.count) for one in run.warnings]
    assert counts == [("GET /calls", 4), ("POST /calls", 1)]


def test_the_last_result_of_the_ramp_counts(tmp_path: Path) -> None:
    records = [
        RateLimitRecord(status="not_confirmed"),
        RateLimitRecord(status="confirmed", limit=5),
    ]

    run = read(tmp_path, header("ratelimit"), *records, footer())
    assert run.rate_limit is not None
    assert (run.rate_limit.status, run.rate_limit.limit) == ("confirmed", 5)


def test_reasons_and_requirements_stand_once(tmp_path: Path) -> None:
    left(
        tmp_path,
        [header("verify"), Scope(required=("D1", "D2")), Reason(text="Odd."), footer()],
        "verify-1",
    )
    left(
        tmp_path,
        [header("ratelimit"), Scope(required=("D2", "D4")), Reason(text="Odd."), footer()],
        "ratelimit-2",
    )

    run = read_run(tmp_path)
    assert (sorted(run.required), run.reasons) == (["D1", "D2", "D4"], ("Odd.",))


def test_the_command_speaks_for_the_run(tmp_path: Path) -> None:
    both = (Part.CONTRACT, Part.RATELIMIT)
    left(tmp_path, [header("contract", target=target(seed=1)), footer()], "contract-1")
    left(tmp_path, [header("verify", target=target(seed=2), parts=both), footer()], "verify-2")

    run = read_run(tmp_path)
    assert (run.target.seed, run.parts) == (2, both)


def test_the_run_ends_with_its_last_process(tmp_path: Path) -> None:
    stamps = ["2026-01-02T03:04:08.000Z", "2026-01-02T03:04:09.500Z"]
    left(tmp_path, [header("verify"), footer(1, finished=stamps[1])], "verify-1")
    left(tmp_path, [header("contract"), footer(2, finished=stamps[0])], "contract-1")

    assert read_run(tmp_path).target.finished == stamps[1]


def test_a_ramp_that_was_not_run_says_so_about_d4() -> None:
    record = ramp_not_run(Status.SKIPPED, "not permitted", "LOAD_ALLOWED_HOSTS")

    assert (record.id, record.core, record.setting) == ("D4.ramp", True, "LOAD_ALLOWED_HOSTS")


# --- stamps -----------------------------------------------------------------------------------


def test_stamps_are_rfc_3339_in_utc() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", now())


def test_run_ids_are_unique_and_sort_by_time() -> None:
    ids = [new_run_id() for _ in range(50)]

    assert len(set(ids)) == 50
    assert [one[:15] for one in ids] == sorted(one[:15] for one in ids)
