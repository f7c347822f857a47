"""A run keeps its caps, counts what it sends, and asks the same under the same seed."""

import json
from bisect import bisect_left
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

from contracts.embedded import as_settings, serving
from tests.integration.suite.ahead import at_once, begun
from tests.integration.suite.verification import Outcome, settings_of, verify
from tests.servers.degenerate.record import read_record
from tests.servers.running import ServerKeys
from tests.servers.stacks import degenerate


def most_in_a_second(times: list[float]) -> int:
    """Most of the ascending times in any half-open second."""
    return max((bisect_left(times, at + 1.0) - i for i, at in enumerate(times)), default=0)


HELD = {"D1", "D2", "D3", "D5", "D6", "D7", "D8", "D10", "D12"}


def sandbox(report_dir: Path, part: str, seed: int) -> tuple[Outcome, int]:
    """Verify the sandbox, and say how many requests it has counted."""
    with serving() as said:
        outcome = verify(report_dir, as_settings(said), part, "--seed", str(seed))
        with urlopen(f"{said['management']}/count") as answer:  # noqa: S310 -- loopback
            return outcome, json.load(answer)["requests"]


@pytest.fixture(scope="module")
def sandbox_under(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[int], tuple[Outcome, int]]]:
    """What its contract part came to under a seed."""

    def asked(seed: int) -> tuple[Outcome, int]:
        return sandbox(tmp_path_factory.mktemp("sandbox"), "contract", seed)

    with begun(request, asked, "seed") as sandbox_under:
        yield sandbox_under


@pytest.mark.parametrize("seed", [1, 2])
def test_sandbox_is_conformant_under_further_seeds(
    sandbox_under: Callable[[int], tuple[Outcome, int]], seed: int
) -> None:
    outcome, counted = sandbox_under(seed)

    assert outcome.exit_code == 0, outcome.out
    assert {id_ for id_, status in outcome.statuses().items() if status == "held"} == HELD
    assert outcome.verdict is not None
    assert outcome.verdict.target.requests == counted


def test_sandbox_is_conformant_and_counts_as_many_requests_as_the_verdict(tmp_path: Path) -> None:
    outcome, counted = sandbox(tmp_path, "all", 0)

    assert outcome.exit_code == 0, outcome.out
    assert {id_ for id_, status in outcome.statuses().items() if status == "held"} == {*HELD, "D4"}
    assert outcome.verdict is not None
    assert outcome.verdict.target.requests == counted


def test_no_second_holds_more_than_max_rps(tmp_path: Path) -> None:
    record = tmp_path / "record.jsonl"
    with degenerate("correct", record=record) as server:
        settings = settings_of(server, MAX_RPS="20", MAX_SECONDS="24")
        outcome = verify(tmp_path / "reports", settings, "all")
    times = sorted(request.arrived_s for request in read_record(record))

    assert outcome.verdict is not None
    assert outcome.verdict.rate_limit is not None
    assert 0 < outcome.verdict.rate_limit.requests_sent < len(times)
    assert outcome.verdict.target.requests == len(times)
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


def asked(report_dir: Path, seed: int) -> list[tuple[str, int]]:
    """Which targets a run asked, in order, and how long each key was."""
    record = report_dir / "record.jsonl"
    with degenerate("correct", record=record) as server:
        verify(report_dir, settings_of(server), "contract", "--seed", str(seed))
    heads = [request.head.split("\r\n") for request in read_record(record)]
    return [(_masked(lines[0], server.keys), _key_length(lines)) for lines in heads]


def _masked(line: str, keys: ServerKeys) -> str:
    """The line without keys, which each server draws afresh."""
    for key in (keys.full, keys.second, *keys.scoped.values(), keys.revoked, keys.deleted):
        line = line.replace(key.removeprefix("sk_live_"), "***")
    return line


def _key_length(lines: list[str]) -> int:
    values = [line.partition(": ")[2] for line in lines if line.startswith("x-api-key:")]
    return len(values[0]) if values else -1


def test_same_seed_asks_the_same_and_another_another(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    first, again, other = at_once(
        lambda seed: asked(tmp_path_factory.mktemp("seed"), seed), (1, 1, 2)
    )

    assert first == again
    assert first != other
