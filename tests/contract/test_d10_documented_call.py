"""D10: the documented request works as documented."""

import pytest

from contracts.asking import Send
from contracts.checks import expect
from contracts.judge import ADMITTED
from contracts.operations import Operation
from contracts.requirements import D10


@pytest.mark.core
@pytest.mark.documented_call
@pytest.mark.requirement(D10)
def test_documented_call(operation: Operation, send: Send) -> None:
    """GET /calls answers 200 to a sufficient key."""
    expect(send(operation, send.sufficient(operation)), ADMITTED)
