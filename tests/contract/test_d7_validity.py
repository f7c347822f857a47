"""D7: a key that is active is never refused as invalid."""

import pytest

from contracts.checks import Send, expect
from contracts.judge import ADMITTED
from contracts.manners import AFTER_REFUSALS, FRESH
from contracts.operations import Operation
from contracts.requirements import D7


@pytest.mark.core
@pytest.mark.requirement(D7)
def test_control(operation: Operation, send: Send) -> None:
    """A live key is not answered 401."""
    expect(send(operation, send.sufficient(operation)), ADMITTED)


@pytest.mark.depth(weight=1, family="a sufficient key after refusals")
@pytest.mark.requirement(D7)
def test_after_refusals(operation: Operation, send: Send) -> None:
    """A live key is not answered with a refusal that was given to somebody else."""
    for manner in (AFTER_REFUSALS, FRESH):
        expect(send(operation, send.sufficient(operation), manner), ADMITTED)


@pytest.mark.once
@pytest.mark.depth(weight=3, family="a sufficient key, again and again")
@pytest.mark.requirement(D7)
def test_again_and_again(operation: Operation, send: Send) -> None:
    """A live key is not answered 401 now and then."""
    while operation.is_safe and not send.exhausted:
        expect(send(operation, send.sufficient(operation), FRESH, anew=True), ADMITTED)
