"""Plain facts of a trace: drains that agree, and what comes back to a bucket."""

from collections.abc import Iterator, Sequence

import pytest

from loadtests.sightings import (
    REFILLS,
    agreed,
    drains_from_rest,
    refills,
    refills_agree,
    sustained,
)
from loadtests.trace import Call

REST, RATE = 60.0, 100 / 60


def drain(
    segment: int, start: float, admitted: int, lost: int = 0, each: float = 0.01
) -> list[Call]:
    """Calls one after the other, the last one refused."""
    statuses = [200] * admitted + [0] * lost + [429]
    return [
        Call(at, segment, time, time, time + each / 2, status, lost=status == 0)
        for at, status in enumerate(statuses)
        for time in [start + each * at]
    ]


def drains(counts: Sequence[tuple[int, int]], each: float = 0.01) -> list[Call]:
    """One drain after the other, each from rest."""
    return [
        call
        for number, (admitted, lost) in enumerate(counts)
        for call in drain(number, 100.0 * number, admitted, lost, each)
    ]


@pytest.mark.parametrize(
    ("counts", "limit"),
    [
        ([(90, 0), (90, 0), (90, 0)], (90, 90)),
        ([(90, 0), (90, 0), (91, 0)], (90, 91)),
        ([(90, 0), (88, 0), (91, 0)], None),
        ([(90, 0), (89, 2), (87, 4)], (90, 90)),
        ([(88, 3), (87, 5), (89, 4)], (89, 91)),
        ([(90, 0), (87, 0), (87, 5)], None),
        ([(90, 0)], None),
    ],
)
def test_drains_agree_where_one_limit_explains_them_and_what_was_lost(
    counts: Sequence[tuple[int, int]], limit: tuple[int, int] | None
) -> None:
    calls = drains(counts)

    assert [(seen.admitted, seen.lost) for seen in drains_from_rest(calls, REST)] == counts
    assert agreed(calls, rest=REST) == limit


def test_of_a_bucket_a_drain_that_took_longer_admits_more() -> None:
    calls = [*drain(0, 0.0, 90), *drain(1, 100.0, 90), *drain(2, 200.0, 104, each=0.1)]

    assert agreed(calls, rest=REST) is None
    assert agreed(calls, rest=REST, gives_back=1.5) is not None


def test_what_comes_back_right_after_a_drain_is_none_of_it() -> None:
    late = [Call(91, 0, 0.9, 0.9, 0.94, 200)]
    back = [Call(at, 1, at / 100, at / 100, at / 100 + 0.005, 200) for at in range(95, 110)]

    (seen,) = drains_from_rest([*drain(0, 0.0, 90), *late, *back], REST)

    assert seen.admitted == 91


def test_what_was_admitted_in_an_earlier_segment_may_be_forgotten() -> None:
    control = [Call(at, 0, at / 2, at / 2, at / 2 + 0.01, 200) for at in range(2)]
    first = [*control, *drain(1, 1.5, 90)]

    (seen,) = drains_from_rest(first, REST)

    assert (seen.admitted, seen.before) == (92, 2)
    assert agreed([*first, *drain(2, 100.0, 90)], rest=REST) == (90, 90)
    assert agreed([*first, *drain(2, 100.0, 92)], rest=REST) == (92, 92)
    assert agreed([*first, *drain(2, 100.0, 88)], rest=REST) is None


@pytest.mark.parametrize(
    ("refused", "each", "above", "enough"),
    [
        pytest.param(20, 0.2, 0.0, True, id="just-enough"),
        pytest.param(19, 0.2, 0.0, False, id="too-few"),
        pytest.param(60, 0.04, 0.0, False, id="too-soon-over"),
        pytest.param(90, 0.04, 20.0, True, id="many-in-three-seconds"),
        pytest.param(40, 3.0, 0.0, True, id="polls"),
        pytest.param(40, 3.0, 1.0, False, id="polls-below-the-limit"),
        pytest.param(40, 0.5, 1.0, True, id="calls-above-the-limit"),
    ],
)
def test_refusals_are_sustained_while_more_than_the_limit_is_asked(
    refused: int, each: float, above: float, *, enough: bool
) -> None:
    calls = [
        Call(at, 0, each * at, each * at, each * at + 0.01, 429 if at >= 5 else 200)
        for at in range(refused + 5)
    ]

    assert sustained(calls, above=above) is enough


def refilled(tokens: Sequence[int], gap: float = 36.0) -> Iterator[Call]:
    """A drain, then what came back each time after the same while."""
    yield from drain(0, 0.0, 100)
    for number, count in enumerate(tokens, start=1):
        yield from drain(number, gap * number, count)


def test_a_refill_is_what_is_admitted_from_one_refusal_to_the_next() -> None:
    (seen,) = refills(list(refilled([55])), REST)

    assert (seen.admitted, seen.lost) == (55, 0)
    assert seen.least == pytest.approx(35.545)
    assert seen.most == pytest.approx(35.555)


def test_a_bucket_that_may_have_been_full_tells_no_rate() -> None:
    assert refills(list(refilled([90], gap=70.0)), REST) == []


@pytest.mark.parametrize(
    ("tokens", "agree"),
    [
        pytest.param([54, 55, 54, 54, 55], True, id="slower"),
        pytest.param([66, 66, 65, 66, 66], True, id="faster"),
        pytest.param([60, 60, 59, 60, 60], False, id="as-declared"),
        pytest.param([54, 57, 54, 53, 55], False, id="another-each-time"),
        pytest.param([54] * (REFILLS - 1), False, id="too-few"),
    ],
)
def test_a_bucket_shows_another_rate_where_as_much_comes_back_each_time(
    tokens: Sequence[int], agree: bool
) -> None:
    assert refills_agree(list(refilled(tokens)), span=REST, rate=RATE) == agree
