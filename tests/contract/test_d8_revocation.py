"""D8: a deactivated or deleted key is refused."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.asking import Send
from contracts.checks import expect
from contracts.circumstances import CIRCUMSTANCES
from contracts.credentials import DELETED, REVOKED, RandomKey
from contracts.judge import UNAUTHORIZED
from contracts.keys import Ending
from contracts.lifecycle import Lifecycle
from contracts.manners import HEAD, Manner
from contracts.operations import Operation
from contracts.orders import drawn_orders
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


@pytest.mark.needs("REVOKED_API_KEY", "KEY_PROVISIONER")
@pytest.mark.depth(weight=1, least=1, family="the deactivated key, whatever it asks")
@pytest.mark.requirement(D8)
def test_revoked_anywhere(operation: Operation, send: Send) -> None:
    """A deactivated key gets 401 on operations of every kind."""
    expect(send(operation, send.dead(operation, REVOKED)), UNAUTHORIZED)


@pytest.mark.needs("DELETED_API_KEY", "KEY_PROVISIONER")
@pytest.mark.depth(weight=1, least=1, family="the deleted key, whatever it asks")
@pytest.mark.requirement(D8)
def test_deleted_anywhere(operation: Operation, send: Send) -> None:
    """A deleted key gets 401 on operations of every kind."""
    expect(send(operation, send.dead(operation, DELETED)), UNAUTHORIZED)


@pytest.mark.once
@pytest.mark.needs("KEY_PROVISIONER")
@pytest.mark.depth(weight=10, family="keys in a drawn order of lives")
@pytest.mark.requirement(D8)
def test_drawn_orders(operation: Operation, lifecycle: Lifecycle, random_key: RandomKey) -> None:
    """In whatever order keys are created, used and ended, the ended ones get 401."""
    expect(drawn_orders(lifecycle, operation, random_key.seed), UNAUTHORIZED)


@pytest.mark.once
@pytest.mark.needs("KEY_PROVISIONER")
@pytest.mark.depth(weight=10, family="a key that was just deactivated")
@pytest.mark.requirement(D8)
def test_just_deactivated(operation: Operation, lifecycle: Lifecycle) -> None:
    """A key that was in use gets 401 from the moment it is deactivated."""
    expect(lifecycle.at_once(operation, Ending.DEACTIVATE), UNAUTHORIZED)


@pytest.mark.once
@pytest.mark.needs("KEY_PROVISIONER")
@pytest.mark.depth(weight=10, family="a key that was just deleted")
@pytest.mark.requirement(D8)
def test_just_deleted(operation: Operation, lifecycle: Lifecycle) -> None:
    """A key that was in use gets 401 from the moment it is deleted."""
    expect(lifecycle.at_once(operation, Ending.DELETE), UNAUTHORIZED)


@pytest.mark.once
@pytest.mark.needs("KEY_PROVISIONER")
@pytest.mark.depth(weight=8, family="a key that was just deactivated, on its connection")
@pytest.mark.requirement(D8)
def test_kept_connection(operation: Operation, lifecycle: Lifecycle) -> None:
    """A deactivated key gets 401 on the connection on which it was admitted before."""
    expect(lifecycle.kept_connection(operation, Ending.DEACTIVATE), UNAUTHORIZED)


@pytest.mark.once
@pytest.mark.needs("KEY_PROVISIONER")
@pytest.mark.depth(weight=8, family="a key that was deactivated while in use")
@pytest.mark.requirement(D8)
def test_call_under_way(operation: Operation, lifecycle: Lifecycle) -> None:
    """A call that is under way while its key is deactivated does not revive the key."""
    expect(lifecycle.raced(operation, Ending.DEACTIVATE), UNAUTHORIZED)


@pytest.mark.once
@pytest.mark.needs("REVOKED_API_KEY", "KEY_PROVISIONER")
@pytest.mark.depth(weight=11, family="the deactivated key, in varied circumstances")
@pytest.mark.requirement(D8)
@example(manner=HEAD)
@given(manner=st.sampled_from(CIRCUMSTANCES))
def test_revoked_circumstances(operation: Operation, send: Send, manner: Manner) -> None:
    """A deactivated key gets 401 whatever else the request says, on whatever connection."""
    expect(send(operation, send.dead(operation, REVOKED), manner), UNAUTHORIZED)


@pytest.mark.once
@pytest.mark.needs("DELETED_API_KEY", "KEY_PROVISIONER")
@pytest.mark.depth(weight=11, family="the deleted key, in varied circumstances")
@pytest.mark.requirement(D8)
@example(manner=HEAD)
@given(manner=st.sampled_from(CIRCUMSTANCES))
def test_deleted_circumstances(operation: Operation, send: Send, manner: Manner) -> None:
    """A deleted key gets 401 whatever else the request says, on whatever connection."""
    expect(send(operation, send.dead(operation, DELETED), manner), UNAUTHORIZED)


@pytest.mark.once
@pytest.mark.needs("KEY_PROVISIONER")
@pytest.mark.depth(weight=6, family="keys that were ended some time before")
@pytest.mark.requirement(D8)
def test_some_time_later(operation: Operation, lifecycle: Lifecycle) -> None:
    """A deactivated or deleted key gets 401 some seconds later as well."""
    expect(lifecycle.later(operation), UNAUTHORIZED)
