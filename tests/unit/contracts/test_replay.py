"""`busyboard replay`: which finding is meant, what its settings need, what it says."""

import argparse
from collections.abc import Callable
from typing import Any

import pytest

from contracts.credentials import FULL, SECOND, NoKey, RandomKey, Role, RoleKey
from contracts.packing import pack
from contracts.places import PLACES
from contracts.records import CheckRecord, Record, Replay
from contracts.replay import Unusable, add_options, chosen, lines, run
from contracts.replaying import Outcome, Replayed
from contracts.requirements import D2
from contracts.verdict import Severity, Status
from tests.unit.contracts.answers import KEY, asked
from tests.unit.contracts.leftovers import footer, header, left
from tests.unit.contracts.surroundings import URL, Surroundings
from tests.unit.contracts.verdicts import target


def replay_of(**changes: Any) -> Replay:  # noqa: ANN401 -- any field
    fields = {
        "request": pack(asked(RandomKey(1))),
        "control": pack(asked(RoleKey(FULL))),
        "oracle": "UNAUTHORIZED",
        "standing": "NONE",
        "seen": 2,
        "tried": 3,
    }
    return Replay.model_validate(fields | changes)


def violated(check_id: str = "D2.random-key", **changes: Any) -> CheckRecord:  # noqa: ANN401
    fields = {
        "id": check_id,
        "operation": "GET /calls",
        "credential": "a random well-formed key",
        "status": Status.VIOLATED,
        "severity": Severity.S1,
        "expected": "status 401",
        "got": "status 200",
        "replay": replay_of(),
    }
    return CheckRecord.model_validate(fields | changes)


RANDOM = violated()
ITEM = violated(operation="GET /calls/{callId}")
NEAR = violated("D2.near-miss", credential="the full key cut by one character")
NEAR_TOO = NEAR.model_copy(update={"credential": "the full key", "credential_class": "near misses"})
HELD = CheckRecord(id="D1.missing-key", operation="GET /calls", status=Status.HELD)

ALL = (HELD, RANDOM, ITEM, NEAR)


@pytest.mark.parametrize(
    ("id_", "operation", "credential", "record"),
    [
        ("D2.near-miss", None, None, NEAR),
        ("D2.random-key", "GET /calls", None, RANDOM),
        ("D2.random-key", "GET /calls/{callId}", "a random well-formed key", ITEM),
    ],
)
def test_the_one_that_is_meant_is_found(
    id_: str, operation: str | None, credential: str | None, record: CheckRecord
) -> None:
    assert chosen(ALL, id_, operation, credential) is record


def test_a_class_of_credentials_can_be_named_too() -> None:
    assert chosen((NEAR, NEAR_TOO), "D2.near-miss", None, "near misses") is NEAR_TOO


REFUSED = [
    pytest.param((HELD,), "D1.missing-key", None, ("nothing to replay: ",), id="nothing-violated"),
    pytest.param(ALL, "D1.missing-key", None, ("D2.random-key, D2.near-miss are",), id="held"),
    pytest.param((NEAR,), "D9.x", None, ("D9.x is not violated in the last run; ",), id="unknown"),
    pytest.param(
        ALL,
        "D2.random-key",
        None,
        (
            "more than one is meant:",
            "--operation 'GET /calls' --credential 'a random well-formed key'",
            "--operation 'GET /calls/{callId}'",
        ),
        id="ambiguous",
    ),
    pytest.param(
        ALL,
        "D2.near-miss",
        "GET /numbers",
        ("none of these", "--operation 'GET /calls'"),
        id="none",
    ),
    pytest.param(
        (violated("D4.ramp", replay=None),), "D4.ramp", None, ("no single question",), id="ramp"
    ),
]


@pytest.mark.parametrize(("records", "id_", "operation", "said"), REFUSED)
def test_what_is_not_one_finding_is_refused_with_those_there_are(
    records: tuple[CheckRecord, ...], id_: str, operation: str | None, said: tuple[str, ...]
) -> None:
    with pytest.raises(Unusable) as refused:
        chosen(records, id_, operation, None)

    assert len(refused.value.lines) == len(said)
    for line, wanted in zip(refused.value.lines, said, strict=True):
        assert wanted in line


# --- settings ---------------------------------------------------------------------------------

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(surroundings: Surroundings, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs the command on these records, with these settings; gives exit code and lines."""

    def ask(*records: Record, words: str = "D2.random-key", **settings: str) -> tuple[int, str]:
        reports = surroundings.directory / "reports"
        reports.mkdir(exist_ok=True)
        left(reports, records)
        surroundings.environ(**({"base_url": URL, "api_key": KEY} | settings))
        parser = argparse.ArgumentParser()
        add_options(parser)
        try:
            code = run(parser.parse_args(words.split()))
        except SystemExit as end:
            code = int(str(end.code))
        return code, capsys.readouterr().err

    return ask


def begun(**changes: Any) -> Record:  # noqa: ANN401 -- any field
    return header(target=target(kind="configured", base_url=URL, **changes))


def written(**changes: Any) -> CheckRecord:  # noqa: ANN401 -- any field
    return violated(replay=replay_of(**changes))


SETTINGS = [
    pytest.param(
        written(request=pack(asked(RoleKey(Role(role))))),
        f"BUSYBOARD_{setting}: ",
        id=setting,
    )
    for role, setting in {
        "second": "SECOND_API_KEY",
        "revoked": "REVOKED_API_KEY",
        "deleted": "DELETED_API_KEY",
        'scoped "calls:read"': "SCOPED_KEYS",
        "created 1": "KEY_PROVISIONER",
    }.items()
]


@pytest.mark.parametrize(
    ("record", "said"),
    [
        *SETTINGS,
        pytest.param(
            written(request=pack(asked(PLACES[0]))), "BUSYBOARD_SECOND_API_KEY: ", id="elsewhere"
        ),
        pytest.param(
            written(before=[pack(asked(RoleKey(SECOND)))]),
            "BUSYBOARD_SECOND_API_KEY: ",
            id="before",
        ),
        pytest.param(
            written(request=pack(asked(NoKey(), method="DELETE"))),
            "BUSYBOARD_ALLOW_WRITES: ",
            id="writes",
        ),
    ],
)
def test_a_setting_that_is_missing_is_named_and_nothing_is_asked(
    command: Command, record: CheckRecord, said: str
) -> None:
    code, err = command(begun(), record, footer())

    assert (code, err.count("\n")) == (2, 1)
    assert err.startswith(said)


def test_the_finding_of_another_target_is_refused(command: Command) -> None:
    code, err = command(begun(), RANDOM, footer(), base_url="https://other.example/v1")

    assert code == 2
    assert err == (
        f"BUSYBOARD_BASE_URL: is https://other.example/v1, but the finding is of {URL}\n"
    )


def test_the_embedded_sandbox_is_gone(command: Command) -> None:
    code, err = command(header(target=target(kind="sandbox")), RANDOM, footer())

    assert code == 2
    assert "embedded sandbox, which ended" in err


def test_without_a_run_there_is_nothing_to_replay(command: Command) -> None:
    code, err = command()

    assert code == 2
    assert "run busyboard verify first" in err


def test_without_a_target_the_setting_is_named(command: Command) -> None:
    code, err = command(begun(), RANDOM, footer(), base_url="")

    assert code == 2
    assert err.startswith("BUSYBOARD_BASE_URL: ")


def test_bytes_that_were_masked_cannot_be_sent(command: Command) -> None:
    masked = written(request=pack(asked(NoKey(), target="/v1/calls?token=***")))
    code, err = command(begun(), masked, footer())

    assert code == 3
    assert "masked in the findings" in err


# --- words ------------------------------------------------------------------------------------


def test_it_says_what_was_asked_what_came_then_and_what_comes_now() -> None:
    replayed = Replayed(Outcome.STILL_WRONG, "status 200", 4)

    assert list(lines(RANDOM, replayed, target())) == [
        "D2.random-key GET /calls with a random well-formed key",
        str(D2),
        "expected: status 401",
        f"got then: status 200, 2 of 3 times, {target().started}",
        "got now: status 200, asked 4 times",
        "STILL WRONG",
    ]


def test_it_says_why_nothing_can_be_said() -> None:
    *_, last = lines(RANDOM, Replayed(Outcome.INCONCLUSIVE, reason="no answer"), target())

    assert last == "INCONCLUSIVE: no answer"


def test_it_says_what_else_is_wrong() -> None:
    replayed = Replayed(Outcome.FIXED, "status 401", 1, beside="D6: media type text/html")

    *_, now, beside, last = lines(RANDOM, replayed, target())
    assert now == "got now: status 401, asked once"
    assert beside == "beside that, the answer breaks D6: media type text/html"
    assert last == "FIXED"
