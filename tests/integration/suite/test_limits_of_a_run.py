"""A run keeps its caps, counts what it sends, and asks the same under the same seed."""

import json
from bisect import bisect_left
from pathlib import Path
from urllib.request import urlopen

from contracts.embedded import as_settings, serving
from tests.integration.suite.verification import settings_of, verify
from tests.servers.degenerate.record import read_record
from tests.servers.stacks import degenerate


def most_in_a_second(times: list[float]) -> int:
    """Most of the ascending times in any half-open second."""
    return max((bisect_left(times, at + 1.0) - i for i, at in enumerate(times)), default=0)


def test_server_counts_as_many_requests_as_the_verdict(tmp_path: Path) -> None:
    with serving() as said:
        outcome = verify(tmp_path, as_settings(said), "all")
        with urlopen(f"{said['management']}/count") as answer:  # noqa: S310 -- loopback
            counted = json.load(answer)["requests"]

    assert outcome.verdict is not None
    assert outcome.verdict.target.requests == counted


def test_no_second_holds_more_than_max_rps(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with degenerate("correct", record=record) as server:
        outcome = verify(
            tmp_path / "reports", settings_of(server, MAX_RPS="20", MAX_SECONDS="40"), "all"
        )
    times = sorted(request.arrived_s for request in read_record(record))

    assert outcome.verdict is not None
    assert outcome.verdict.target.requests == len(times) > 100
    assert most_in_a_second(times) <= 20


def test_max_requests_is_a_hard_cap(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with degenerate("correct", record=record) as server:
        outcome = verify(tmp_path / "reports", settings_of(server, MAX_REQUESTS="50"), "all")

    assert outcome.exit_code in {0, 3}
    assert len(read_record(record)) <= 50


def test_without_allow_writes_only_safe_methods_leave(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with degenerate("correct", record=record) as server:
        verify(tmp_path / "reports", settings_of(server, ALLOW_WRITES="false"), "contract")
    methods = {request.head.partition(" ")[0] for request in read_record(record)}

    assert methods <= {"GET", "HEAD", "OPTIONS"}


def asked(tmp_path: Path, seed: int) -> list[tuple[str, int]]:
    """Which targets a run asked, in order, and how long each key was."""
    record = tmp_path / f"{len(list(tmp_path.iterdir()))}.jsonl"
    with degenerate("correct", record=record) as server:
        verify(tmp_path / "reports", settings_of(server), "contract", "--seed", str(seed))
    heads = [request.head.split("\r\n") for request in read_record(record)]
    return [(lines[0], _key_length(lines)) for lines in heads]


def _key_length(lines: list[str]) -> int:
    values = [line.partition(": ")[2] for line in lines if line.startswith("x-api-key:")]
    return len(values[0]) if values else -1


def test_same_seed_asks_the_same_and_another_another(tmp_path: Path) -> None:
    first, again, other = asked(tmp_path, 1), asked(tmp_path, 1), asked(tmp_path, 2)

    assert first == again
    assert first != other
