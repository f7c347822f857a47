from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from loadtests import messages
from loadtests.director import AHEAD_S, Director, TraceFile
from loadtests.segments import Done, Paced, Part, Progress, Segment, Step
from loadtests.trace import Call, Trace

ANOTHER_MACHINE = 3600.0
SPREAD = Segment("spread", (Part(Paced(4, 10.0)),), number=0)


class OneSegment:
    """Asks for one segment, and is done when it has ended."""

    def next_step(self, trace: Trace, progress: Progress) -> Step:
        """See ``Planner``."""
        del trace
        return SPREAD if progress.finished < 0 else Done("done", "the segment ended")


class Workers:
    """Workers in this process, each with a clock of its own.

    Attributes:
        ahead: What each one's clock shows more.
        told: The segment as each was told it.
        shed: How many of its calls each finds no place for.
    """

    def __init__(self, ahead: Mapping[str, float], *, shed: int = 0) -> None:
        self.ahead, self.shed = ahead, shed
        self.told: dict[str, Any] = {}
        self.director: Director | None = None

    def send(self, kind: str, data: Any, worker: str) -> None:  # noqa: ANN401 -- as Locust's
        """Answer at once."""
        assert self.director is not None
        if kind == messages.ASK_CLOCK:
            there = data + self.ahead[worker]
            self.director.take_clock({"sent": data, "there": there}, worker)
        elif kind == messages.SEGMENT:
            self.told[worker] = data
            calls = [Call(i, 0, 1.0, 1.0, 1.1, 200) for i in range(data["k"], 4, data["n"])]
            packed = messages.pack_calls(calls)
            self.director.take_calls({"calls": packed, "examples": {}})
            ended = {"number": 0, "shed": self.shed, "failed": False}
            self.director.take_end(ended, worker)


def directed(workers: Workers, path: Path) -> Director:
    """Run the one segment."""
    director = workers.director = Director(
        OneSegment(),
        workers.send,
        lambda: list(workers.ahead),
        {"run_id": "1"},
        TraceFile(path / "trace.jsonl.gz", {}),
        AHEAD_S,
    )
    director.run(tell=lambda **_: None)
    return director


def test_each_worker_is_told_the_origin_by_its_own_clock(tmp_path: Path) -> None:
    workers = Workers({"here": 0.0, "there": ANOTHER_MACHINE})

    director = directed(workers, tmp_path)

    assert workers.told["here"]["origin"] == director.origin
    shifted = workers.told["there"]["origin"] - director.origin
    assert shifted == pytest.approx(ANOTHER_MACHINE, abs=director.clocks.within() + 1e-6)
    assert director.instrument.clocks_within == director.clocks.within() > 0


def test_workers_of_one_machine_are_told_the_same_origin(tmp_path: Path) -> None:
    workers = Workers({"a": 0.0, "b": 0.0})

    director = directed(workers, tmp_path)

    assert {told["origin"] for told in workers.told.values()} == {director.origin}
    assert director.instrument.clocks_within == 0


def test_calls_that_found_no_place_are_added_up(tmp_path: Path) -> None:
    director = directed(Workers({"a": 0.0, "b": 0.0}, shed=2), tmp_path)

    assert (director.instrument.clocked, director.instrument.shed) == (4, 4)
    assert director.instrument.fell_behind


def test_calls_are_counted_as_they_come(tmp_path: Path) -> None:
    director = directed(Workers({"a": 0.0}), tmp_path)

    assert director.rates.admitted.total() == len(director.trace) == 4
