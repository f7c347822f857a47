import pytest

from loadtests.promises import judge_promises, untrue_limits
from loadtests.trace import Call


def call(index: int, at: float, status: int = 200, **fields: str) -> Call:
    named = tuple((name.replace("_", "-"), value) for name, value in fields.items())
    return Call(index, 0, at, at, at + 0.02, status, fields=named)


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        pytest.param([(13.1, 200)], "kept", id="admitted-after"),
        pytest.param([(12.5, 429), (13.1, 200)], "tight", id="refused-just-before"),
        pytest.param([(14.2, 429)], "broken", id="refused-after"),
        pytest.param([(13.5, 429), (14.5, 200)], "kept", id="within-the-rounding-second"),
        pytest.param([(11.0, 200), (14.2, 429)], "untested", id="place-taken"),
        pytest.param([], "untested", id="no-call"),
    ],
)
def test_a_promise_is_held_against_the_calls_after_it(
    after: list[tuple[float, int]], outcome: str
) -> None:
    calls = [call(0, 10.0, 429, Retry_After="3")]
    calls += [call(at, time, status) for at, (time, status) in enumerate(after, start=1)]

    assert judge_promises(calls).promises[0].outcome == outcome


def test_a_refused_call_renews_the_promise() -> None:
    calls = [call(at, 10.0 + 2 * at, 429, Retry_After="5") for at in range(6)]

    assert judge_promises(calls).broken == ()


def test_remaining_that_falls_by_more_than_one_is_foreign_traffic() -> None:
    left = [90, 88, 87, 84, 83, 80, 79]
    calls = [call(at, at / 10, X_RateLimit_Remaining=str(count)) for at, count in enumerate(left)]

    truth = judge_promises(calls)

    assert (truth.serial_steps, truth.foreign) == ((3, 3), True)


def test_several_series_are_replicas() -> None:
    left = [90, 50, 89, 49, 88, 48, 87, 47, 86, 46, 85, 45]
    calls = [call(at, at / 10, X_RateLimit_Remaining=str(count)) for at, count in enumerate(left)]

    truth = judge_promises(calls)

    assert (truth.series, truth.foreign) == (2, False)


def test_a_limit_outside_the_measured_interval_is_untrue() -> None:
    truth = judge_promises([call(0, 0.0, RateLimit_Policy="30;w=10")])

    assert untrue_limits(truth, (30, 30), (9.9, 10.1)) == []
    assert untrue_limits(truth, (40, 42), (58.0, 61.0)) == [
        "headers name a limit of 30, measured 40 to 42",
        "headers name a window of 10 s, measured 58 to 61 s",
    ]
