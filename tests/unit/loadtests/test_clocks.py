from random import Random

import pytest

from loadtests.clocks import FEWEST, KEPT, Clocks

ANOTHER_MACHINE = 86_400.0


def ask(clocks: Clocks, worker: str, *, skew: float, times: int = FEWEST, seed: int = 0) -> None:
    """Ask a worker over a network whose ways take 0.2 ms and, at random, much more each."""
    random = Random(seed)
    for at in range(times):
        sent = 10.0 + at
        there = sent + 0.0002 + random.expovariate(1 / 0.003)
        back = there + 0.0002 + random.expovariate(1 / 0.003)
        clocks.take(worker, sent=sent, there=there + skew, back=back)


def test_a_worker_is_known_after_enough_round_trips() -> None:
    clocks = Clocks()

    ask(clocks, "a", skew=0.0, times=FEWEST - 1)
    before = clocks.knows("a")
    ask(clocks, "a", skew=0.0, times=1)

    assert (before, clocks.knows("a"), clocks.knows("b")) == (False, True, False)


@pytest.mark.parametrize("seed", range(20))
def test_workers_of_one_machine_share_its_clock(seed: int) -> None:
    clocks = Clocks()

    ask(clocks, "a", skew=0.0, seed=seed)

    assert (clocks.ahead("a"), clocks.within()) == (0.0, 0.0)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("skew", [ANOTHER_MACHINE, -ANOTHER_MACHINE, 0.5])
def test_another_clock_is_met_within_what_is_said(skew: float, seed: int) -> None:
    clocks = Clocks()

    ask(clocks, "a", skew=skew, seed=seed)

    assert clocks.ahead("a") == pytest.approx(skew, abs=clocks.within() + 1e-9)


def test_the_quickest_round_trip_counts() -> None:
    clocks = Clocks()
    ask(clocks, "a", skew=ANOTHER_MACHINE)

    clocks.take("a", sent=50.0, there=50.0001 + ANOTHER_MACHINE, back=50.0002)

    assert clocks.within() == pytest.approx(0.0001)


def test_a_clock_that_drifts_is_followed() -> None:
    clocks = Clocks()
    clocks.take("a", sent=1.0, there=1.0 + ANOTHER_MACHINE, back=1.0)

    for _ in range(KEPT):
        clocks.take("a", sent=2.0, there=2.05 + ANOTHER_MACHINE, back=2.002)

    assert clocks.ahead("a") == pytest.approx(ANOTHER_MACHINE + 0.049)
