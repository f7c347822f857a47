"""D7: a key that is active is never refused as invalid."""

import pytest

from contracts.checks import Send, expect
from contracts.judge import ADMITTED
from contracts.operations import Operation
from contracts.requirements import D7


@pytest.mark.core
@pytest.mark.requirement(D7)
def test_control(operation: Operation, send: Send) -> None:
    """A live key is not answered 401."""
    expect(send(operation, send.sufficient(operation)), ADMITTED)
