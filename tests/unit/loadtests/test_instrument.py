import pytest

from loadtests import outcome
from loadtests.gates import CountGate
from loadtests.instrument import Instrument, watch
from loadtests.limiters import FixedWindow, SlidingLog
from loadtests.segments import Abreast, Listed, Paced, Part, Segment
from loadtests.trace import Call
from tests.unit.loadtests.simulating import Simulated

PACED = Segment("paced", (Part(Paced(100, 50.0)),), number=0)
MIXED = Segment("mixed", (Part(Abreast(3)), Part(Listed((0.0, 1.0)))), number=1)


def sent(index: int, asked: float, late: float, *, wire: int = 1) -> Call:
    return Call(index, 0, asked, asked + late, asked + late + 0.01, 200, wire=wire)


def paced(late: float, first: int = 0, last: int = 100) -> list[Call]:
    return [sent(i, i / 50, late if first <= i < last else 0.001) for i in range(100)]


def test_lateness_is_that_of_the_calls_on_the_clock() -> None:
    abreast = [sent(100 + i, 3.0, 0.5) for i in range(3)]
    listed = [sent(103, 3.0, 0.002), sent(104, 4.0, 0.004)]

    seen = watch([PACED, MIXED], [*paced(0.001), *abreast, *listed], shed=0)

    assert (seen.clocked, seen.late_p50, seen.late_most) == pytest.approx((102, 0.001, 0.004))


def test_calls_that_never_left_have_no_lateness() -> None:
    seen = watch([PACED], [sent(0, 0.0, 0.001), sent(1, 0.02, 9.0, wire=0)])

    assert (seen.clocked, seen.late_most) == pytest.approx((1, 0.001))


@pytest.mark.parametrize(
    ("calls", "behind"),
    [
        pytest.param(paced(0.05), False, id="a-little-late-all-the-time"),
        pytest.param(paced(0.18, 40, 50), False, id="one-pause"),
        pytest.param(paced(0.18, 20, 90), True, id="late-for-more-than-a-second"),
        pytest.param([], False, id="nothing-sent"),
    ],
)
def test_late_without_a_break_is_behind(calls: list[Call], behind: bool) -> None:
    assert watch([PACED], calls).fell_behind is behind


def test_calls_that_found_no_place_are_behind() -> None:
    assert watch([PACED], paced(0.001), shed=1).fell_behind


def test_words_say_what_was_asked_and_sent() -> None:
    seen = Instrument(198, 0.0003, 0.002, 0.0041, shed=2, clocks_within=0.0004)

    assert str(seen) == (
        "of 200 calls on the clock 198 were sent, 0.3 ms late at the median, 2 ms at p99, 4.1 ms "
        "at most; 2 found no place among those in flight; the workers' clocks agree within 0.4 ms"
    )


def test_a_sender_that_keeps_up_concludes() -> None:
    simulated = Simulated(CountGate(SlidingLog(10.0), 30), "30/10s")

    said = simulated.concluded

    assert said.status == "confirmed"
    assert "were sent, 0 ms late at the median" in said.detail


@pytest.mark.parametrize(
    ("gate", "declared"),
    [
        pytest.param(CountGate(SlidingLog(10.0), 30), "30/10s", id="true"),
        pytest.param(CountGate(SlidingLog(10.0), 60), "30/10s", id="untrue"),
        pytest.param(CountGate(FixedWindow(10.0), 10**6), "", id="none"),
    ],
)
def test_a_sender_that_fell_behind_concludes_nothing(gate: CountGate, declared: str) -> None:
    simulated = Simulated(gate, declared, cost=1.0)

    said = simulated.concluded

    assert said.status == "not_confirmed"
    assert said.detail.startswith("The sender fell behind: of ")
    (check,) = outcome.checks(said, simulated.trace, "GET /calls", "the full key", "")[:1]
    assert check.status.value == "inconclusive"
