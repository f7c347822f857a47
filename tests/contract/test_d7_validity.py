"""D7: a key that is active is never refused as invalid."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.asking import Send
from contracts.checks import expect
from contracts.judge import ADMITTED
from contracts.lifecycle import Lifecycle
from contracts.manners import AFTER_REFUSALS
from contracts.operations import Operation
from contracts.requirements import D7


@pytest.mark.core
@pytest.mark.requirement(D7)
def test_control(operation: Operation, send: Send) -> None:
    """A live key is not answered 401."""
    expect(send(operation, send.sufficient(operation)), ADMITTED)


@pytest.mark.depth(weight=4, family="a sufficient key, after refusals of the same URL")
@pytest.mark.requirement(D7)
def test_cached_refusal(operation: Operation, send: Send) -> None:
    """A live key gets no refusal that was given to a request without one."""
    expect(send(operation, send.sufficient(operation), AFTER_REFUSALS), ADMITTED)


@pytest.mark.once
@pytest.mark.depth(weight=24, family="a sufficient key, again and again")
@pytest.mark.requirement(D7)
@given(turn=st.integers(0, 10_000))
def test_again_and_again(operation: Operation, send: Send, turn: int) -> None:
    """A live key is not answered 401 now and then."""
    expect(send.anew(operation, send.sufficient(operation), turn), ADMITTED)


@pytest.mark.once
@pytest.mark.needs("KEY_PROVISIONER")
@pytest.mark.depth(weight=6, family="a key that was just created")
@pytest.mark.requirement(D7)
def test_new_key(operation: Operation, lifecycle: Lifecycle) -> None:
    """A key is admitted from the moment it was created."""
    expect(lifecycle.new_key(operation), ADMITTED)


@pytest.mark.once
@pytest.mark.needs("KEY_PROVISIONER")
@pytest.mark.depth(weight=8, family="live keys, once another one was ended")
@pytest.mark.requirement(D7)
def test_survivors(operation: Operation, lifecycle: Lifecycle) -> None:
    """A live key is admitted when another one was deactivated or deleted."""
    expect(lifecycle.survivors(operation), ADMITTED)
