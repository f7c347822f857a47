"""D6: every documented error carries exactly the documented body."""

import pytest

from contracts.asking import Send
from contracts.checks import expect, expect_no_other_violation
from contracts.credentials import NoKey, RandomKey
from contracts.judge import FORBIDDEN, LIMITED, UNAUTHORIZED
from contracts.operations import Operation
from contracts.requirements import D6


@pytest.mark.core
@pytest.mark.requirement(D6)
def test_missing_key(operation: Operation, send: Send) -> None:
    """The 401 to a missing key has the documented body."""
    expect(send(operation, NoKey()), UNAUTHORIZED)


@pytest.mark.core
@pytest.mark.requirement(D6)
def test_random_key(operation: Operation, send: Send, random_key: RandomKey) -> None:
    """The 401 to a well-formed wrong key has the documented body."""
    expect(send(operation, random_key), UNAUTHORIZED)


@pytest.mark.core
@pytest.mark.requirement(D6)
def test_insufficient_key(operation: Operation, send: Send) -> None:
    """The 403 to a key without scopes has the documented body."""
    expect(send(operation, send.insufficient(operation)), FORBIDDEN)


@pytest.mark.whole_run
@pytest.mark.requirement(D6)
def test_waited_out(send: Send) -> None:
    """Every 429 that the run waited out has the documented body."""
    expect(send.limited(), LIMITED)


@pytest.mark.whole_run
@pytest.mark.requirement(D6)
def test_every_error(send: Send) -> None:
    """Every other documented error of the run has the documented body."""
    expect_no_other_violation(send)
