"""D12: a full key stands in no answer."""

import pytest

from contracts.asking import Send
from contracts.checks import expect, expect_no_other_violation
from contracts.credentials import NoKey, RandomKey
from contracts.judge import ADMITTED, FORBIDDEN, UNAUTHORIZED
from contracts.operations import Operation
from contracts.requirements import D12


@pytest.mark.core
@pytest.mark.requirement(D12)
def test_control(operation: Operation, send: Send) -> None:
    """The answer to a sufficient key does not show it."""
    expect(send(operation, send.sufficient(operation)), ADMITTED)


@pytest.mark.core
@pytest.mark.requirement(D12)
def test_missing_key(operation: Operation, send: Send) -> None:
    """The answer to a missing key shows none."""
    expect(send(operation, NoKey()), UNAUTHORIZED)


@pytest.mark.core
@pytest.mark.requirement(D12)
def test_random_key(operation: Operation, send: Send, random_key: RandomKey) -> None:
    """The answer to a wrong key shows none."""
    expect(send(operation, random_key), UNAUTHORIZED)


@pytest.mark.core
@pytest.mark.requirement(D12)
def test_insufficient_key(operation: Operation, send: Send) -> None:
    """The answer to an insufficient key does not show it."""
    expect(send(operation, send.insufficient(operation)), FORBIDDEN)


@pytest.mark.whole_run
@pytest.mark.requirement(D12)
def test_every_answer(send: Send) -> None:
    """No other answer of the run shows a full key."""
    expect_no_other_violation(send)
