"""D5: a valid request with a sufficient key succeeds."""

import pytest

from contracts.asking import Send
from contracts.checks import expect
from contracts.judge import ADMITTED
from contracts.operations import Operation
from contracts.requirements import D5


@pytest.mark.core
@pytest.mark.requirement(D5)
def test_control(operation: Operation, send: Send) -> None:
    """A valid request with a sufficient key gets 200, 201 or a declared 2xx."""
    expect(send(operation, send.sufficient(operation)), ADMITTED)
