"""D3: a live key without the operation's scopes is refused."""

import pytest

from contracts.checks import Send, expect
from contracts.judge import FORBIDDEN
from contracts.operations import Operation
from contracts.requirements import D3


@pytest.mark.core
@pytest.mark.requirement(D3)
def test_insufficient_key(operation: Operation, send: Send) -> None:
    """A live key that lacks the operation's scopes gets 403."""
    expect(send(operation, send.insufficient(operation)), FORBIDDEN)
