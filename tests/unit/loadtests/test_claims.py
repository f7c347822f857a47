"""What no reading of a claim allows, whatever else was sent between."""

import pytest

from contracts.declared import read_declared
from loadtests.claims import SOON_SHARE, far_beyond
from loadtests.trace import Call


def admitted(count: int, *, within: float, took: float = 0.01) -> list[Call]:
    """Calls that were admitted one after the other."""
    times = [within * at / count for at in range(count)]
    return [Call(at, 0, time, time, time + took, 200) for at, time in enumerate(times)]


@pytest.mark.parametrize(
    ("declared", "most"),
    [("30/4s", 60), ("100/60s", 200), ("5/1s burst=30", 31)],
)
def test_two_windows_or_a_bucket_and_its_rate_are_the_most(declared: str, most: int) -> None:
    (claim,) = read_declared(declared)
    soon = SOON_SHARE * claim.window

    assert far_beyond(claim, admitted(most, within=soon)) == 0
    assert far_beyond(claim, admitted(most + 10, within=soon)) > most


def test_slow_answers_tell_nothing_of_when_calls_arrived() -> None:
    (claim,) = read_declared("30/4s")

    assert far_beyond(claim, admitted(90, within=0.5, took=0.3)) == 0
