"""D2: a request with an invalid key is refused."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.checks import Send, expect
from contracts.credentials import CLASSICS, RandomKey, Text
from contracts.judge import UNAUTHORIZED
from contracts.near_misses import CASE, CUT, EXTENDED, NearMiss, near_misses
from contracts.operations import Operation
from contracts.requirements import D2


@pytest.mark.core
@pytest.mark.requirement(D2)
def test_random_key(operation: Operation, send: Send, random_key: RandomKey) -> None:
    """A well-formed key that never existed gets 401."""
    expect(send(operation, random_key), UNAUTHORIZED)


@pytest.mark.depth(weight=1, family="values that are nobody's key")
@pytest.mark.requirement(D2)
@given(value=st.sampled_from(CLASSICS))
def test_classic(operation: Operation, send: Send, value: Text) -> None:
    """A value that clients send by mistake gets 401."""
    expect(send(operation, value), UNAUTHORIZED)


@pytest.mark.depth(weight=4, family="near misses of the full key")
@pytest.mark.requirement(D2)
@example(near_miss=NearMiss(CUT, 0))
@example(near_miss=NearMiss(EXTENDED, 0))
@example(near_miss=NearMiss(CASE, 0))
@given(near_miss=near_misses())
def test_near_miss(operation: Operation, send: Send, near_miss: NearMiss) -> None:
    """A key that is almost the real one gets 401."""
    expect(send(operation, near_miss), UNAUTHORIZED)
