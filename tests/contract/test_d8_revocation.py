"""D8: a deactivated or deleted key is refused."""

import pytest

from contracts.checks import Send, expect
from contracts.credentials import DELETED, REVOKED
from contracts.judge import UNAUTHORIZED
from contracts.operations import Operation
from contracts.requirements import D8


@pytest.mark.core
@pytest.mark.once
@pytest.mark.requirement(D8)
def test_revoked_key(operation: Operation, send: Send) -> None:
    """A deactivated key gets 401."""
    expect(send(operation, send.dead(operation, REVOKED)), UNAUTHORIZED)


@pytest.mark.core
@pytest.mark.once
@pytest.mark.requirement(D8)
def test_deleted_key(operation: Operation, send: Send) -> None:
    """A deleted key gets 401."""
    expect(send(operation, send.dead(operation, DELETED)), UNAUTHORIZED)
