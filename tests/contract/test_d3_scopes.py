"""D3: a live key without the operation's scopes is refused, and one with them is not."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.asking import Send
from contracts.checks import expect
from contracts.circumstances import CIRCUMSTANCES
from contracts.judge import ADMITTED, FORBIDDEN, NO_EFFECT
from contracts.manners import BESIDES, OVERRIDES, WATCHED, Manner
from contracts.operations import Operation
from contracts.requirements import D3

pytestmark = pytest.mark.needs("SCOPED_KEYS", "KEY_PROVISIONER")

KEYS = st.integers(0, 31)
"""Which of the keys that fit, counted round all there are."""

WITHOUT_SCOPES = -1
"""It comes last, for no operation shows that it is alive."""


@pytest.mark.core
@pytest.mark.requirement(D3)
def test_insufficient_key(operation: Operation, send: Send) -> None:
    """A live key that lacks the operation's scopes gets 403."""
    expect(send(operation, send.insufficient(operation)), FORBIDDEN)


@pytest.mark.depth(weight=6, least=1, family="keys that lack its scopes")
@pytest.mark.requirement(D3)
@example(which=WITHOUT_SCOPES)
@given(which=KEYS)
def test_any_insufficient_key(operation: Operation, send: Send, which: int) -> None:
    """A live key gets 403 whatever other scopes it has, or none."""
    expect(send(operation, send.insufficient(operation, which)), FORBIDDEN)


@pytest.mark.depth(weight=5, family="keys of its scopes alone")
@pytest.mark.requirement(D3)
@given(which=KEYS)
def test_sufficient_key(operation: Operation, send: Send, which: int) -> None:
    """A key with the operation's scopes needs no others."""
    expect(send(operation, send.minimal(operation, which)), ADMITTED)


@pytest.mark.depth(weight=8, family="an insufficient key, asked in another way")
@pytest.mark.requirement(D3)
@given(manner=st.sampled_from(BESIDES))
def test_asked_in_another_way(operation: Operation, send: Send, manner: Manner) -> None:
    """No other method, header or input makes up for a scope."""
    expect(send(operation, send.insufficient(operation), manner), manner.refusal(FORBIDDEN))


@pytest.mark.writes
@pytest.mark.depth(weight=8, family="an insufficient key, its effect looked for")
@pytest.mark.requirement(D3)
def test_effect(operation: Operation, send: Send) -> None:
    """A write with a key that lacks its scopes leaves nothing behind."""
    expect(send(operation, send.insufficient(operation), WATCHED), NO_EFFECT)


@pytest.mark.writes
@pytest.mark.depth(weight=8, family="a key that may only read, under another method")
@pytest.mark.requirement(D3)
@given(override=st.sampled_from(OVERRIDES))
def test_method_override(operation: Operation, send: Send, override: Manner) -> None:
    """A key that may only read writes nothing, whatever method it names."""
    expect(send(operation, send.reader(operation), override & WATCHED), NO_EFFECT)


@pytest.mark.depth(weight=5, family="an insufficient key, in varied circumstances")
@pytest.mark.requirement(D3)
@given(manner=st.sampled_from(CIRCUMSTANCES))
def test_circumstances(operation: Operation, send: Send, manner: Manner) -> None:
    """A key that lacks scopes gets 403 whatever else it says, on whatever connection."""
    expect(send(operation, send.insufficient(operation), manner), FORBIDDEN)
