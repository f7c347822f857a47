"""D1: a request without the x-api-key header is refused."""

import pytest

from contracts.checks import Send, expect
from contracts.credentials import NoKey
from contracts.judge import UNAUTHORIZED
from contracts.operations import Operation
from contracts.requirements import D1


@pytest.mark.core
@pytest.mark.requirement(D1)
def test_missing_key(operation: Operation, send: Send) -> None:
    """A request without a key gets 401."""
    expect(send(operation, NoKey()), UNAUTHORIZED)
