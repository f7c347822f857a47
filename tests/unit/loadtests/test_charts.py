from collections.abc import Callable, Mapping
from typing import Final
from xml.etree import ElementTree

import pytest

from contracts.declared import read_declared
from contracts.verdict import RateLimit
from loadtests.allowances import Allowance, admitted_by, allowance_for, allowed_by
from loadtests.charts import Rates, pictures
from loadtests.counters import FixedGrid
from loadtests.gates import CountGate
from loadtests.limiters import FixedWindow, Limiter, SlidingLog, TokenBucket
from loadtests.trace import Call, Trace
from tests.unit.loadtests.simulating import Simulated


def call(at: float, status: int = 200) -> Call:
    return Call(0, 0, at, at, at, status)


def admissions(*times: float) -> list[Call]:
    return [call(at) for at in times]


def test_a_window_opens_with_the_first_call_after_the_last_one() -> None:
    window = Allowance("", 2, window=10.0)

    allowed = allowed_by(window, [*admissions(1.0, 2.0), call(3.0, 429), *admissions(12.0)])

    assert allowed == [(0.0, 2.0), (11.0, 4.0), (12.0, 4.0)]


def test_a_grid_shows_its_edge_by_what_it_admits() -> None:
    calls = admissions(1.0, 2.0, 3.0, 4.0)

    loose = allowed_by(Allowance("", 2, window=10.0), calls)
    strict = allowed_by(Allowance("", 2, window=10.0, strict=True), calls)

    assert (loose[-1], strict[-1]) == ((4.0, 4.0), (4.0, 2.0))


def test_a_log_gives_each_call_back_a_window_later() -> None:
    allowed = allowed_by(Allowance("", 2, window=10.0, slides=True), admissions(1.0, 2.0, 11.5))

    assert allowed == [(0.0, 2.0), (11.0, 3.0), (11.5, 3.0)]


def test_a_bucket_gives_back_evenly_until_it_is_full() -> None:
    allowed = allowed_by(Allowance("", 2, rate=1.0), admissions(1.0, 1.0, 5.0))

    assert allowed == [(0.0, 2.0), (1.0, 2.0), (1.0, 2.0), (3.0, 4.0), (5.0, 4.0), (5.0, 4.0)]


LIMITERS: Final[Mapping[str, Callable[[], Limiter]]] = {
    "first-call": lambda: FixedWindow(10.0),
    "grid": lambda: FixedGrid(10.0, 3.0),
    "log": lambda: SlidingLog(10.0),
    "bucket": lambda: TokenBucket(3.0),
}


def _exceeded(run: Simulated, limit: RateLimit) -> bool:
    """Whether more was admitted at any time than was allowed."""
    calls = sorted(run.trace, key=lambda each: each.written)
    allowance = allowance_for(limit, run.declared)
    if allowance is None:
        return False
    allowed = allowed_by(allowance, calls)
    for at, count in admitted_by(calls):
        # Answers of one moment may be counted in either order, and the network took its time.
        most = max(high for when, high in allowed if when <= at + 0.05)
        if count > most + 1:
            return True
    return False


@pytest.mark.parametrize("limiter", LIMITERS.values(), ids=LIMITERS)
@pytest.mark.parametrize("declared", ["", "30/10s"])
def test_a_confirmed_limit_is_never_exceeded(limiter: Callable[[], Limiter], declared: str) -> None:
    run = Simulated(CountGate(limiter(), 30), declared)
    limit = run.concluded

    assert limit.status == "confirmed"
    assert not _exceeded(run, limit)


def test_a_contradicted_limit_is_exceeded_in_the_picture() -> None:
    run = Simulated(CountGate(SlidingLog(10.0), 40), "30/10s")
    limit = run.concluded

    assert limit.status == "contradicted"
    assert _exceeded(run, limit)


def test_every_picture_is_drawn_and_describes_itself() -> None:
    run = Simulated(declared="30/10s")
    limit = run.concluded

    drawn = {each.file_name: each.svg for each in pictures(run.trace, limit, run.declared)}

    words = {name: " ".join(ElementTree.fromstring(svg).itertext()) for name, svg in drawn.items()}  # noqa: S314 -- our own
    assert f"estimated limit {limit.rate_rps:.4g}/s" in words["rates.svg"]
    assert "declared limit 3/s" in words["rates.svg"]
    assert "allowance, declared 30/10s" in words["allowance.svg"]
    assert "Refused: " in words["latency.svg"]


def test_a_run_without_a_call_has_pictures_too() -> None:
    limit = RateLimit(status="not_confirmed")

    assert len(pictures(Trace(), limit, ())) == 3


def test_rates_kept_up_in_batches_are_those_of_the_whole() -> None:
    calls = list(Simulated(declared="30/10s").trace)
    whole, batches = Rates(), Rates()

    whole.add(calls)
    for at in range(0, len(calls), 7):
        batches.add(calls[at : at + 7])

    assert whole == batches


def test_the_first_estimate_is_what_the_first_drain_admitted() -> None:
    rates = Rates()
    rates.add([*admissions(0.0, 0.5), call(1.0, 429)])
    first = rates.estimate
    rates.add(admissions(11.0))

    assert first == "about 2 from rest, none since"
    assert rates.estimate == "about 2 from rest, 0.1 per second admitted since the first refusal"


def test_what_counts_in_an_unknown_way_has_no_allowance() -> None:
    limit = RateLimit(status="confirmed", algorithm="unknown", limit=48, window_s=11.8)

    assert allowance_for(limit, ()) is None


def test_a_declared_burst_is_drawn_as_a_bucket() -> None:
    limit = RateLimit(status="confirmed", algorithm="unknown")

    allowance = allowance_for(limit, read_declared("60/60s burst=5"))

    assert allowance == Allowance("declared 60/60s burst=5", 5, rate=1.0)
