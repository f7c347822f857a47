"""D1: a request without the x-api-key header is refused."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.advice import ALIAS, UNKNOWN_CALL
from contracts.asking import Send
from contracts.checks import advise, expect
from contracts.circumstances import CIRCUMSTANCES
from contracts.credentials import NoKey
from contracts.judge import NO_ACCESS, NO_EFFECT, UNAUTHORIZED
from contracts.manners import (
    AFTER_GOOD_CALLS,
    ALL_INTERNAL,
    BROWSER,
    GUARDS,
    HEAD,
    INTERNAL,
    PRIVATE,
    REWRITES,
    UNKNOWN,
    WATCHED,
    Manner,
)
from contracts.operations import Operation
from contracts.places import ALIASES, PLACES, Elsewhere
from contracts.requirements import D1
from contracts.spellings import (
    DOUBLE_SLASH,
    ENCODED_LETTER,
    FIRST_UPPER,
    SLASH,
    SPELLINGS,
)


@pytest.mark.core
@pytest.mark.requirement(D1)
def test_missing_key(operation: Operation, send: Send) -> None:
    """A request without a key gets 401."""
    expect(send(operation, NoKey()), UNAUTHORIZED)


@pytest.mark.depth(weight=20, family="no key, asked in another way")
@pytest.mark.requirement(D1)
@example(manner=BROWSER)
@example(manner=HEAD)
@given(manner=st.sampled_from(GUARDS))
def test_guard(operation: Operation, send: Send, manner: Manner) -> None:
    """Without a key no other method, browser or invalid input is a way in."""
    expect(send(operation, NoKey(), manner), manner.refusal(UNAUTHORIZED))


@pytest.mark.depth(weight=12, family="no key, with a header for internal use")
@pytest.mark.requirement(D1)
@example(manner=ALL_INTERNAL)
@example(manner=PRIVATE)
@given(manner=st.sampled_from((*REWRITES, *INTERNAL)))
def test_internal_header(operation: Operation, send: Send, manner: Manner) -> None:
    """No header that belongs to proxies stands in for a key."""
    expect(send(operation, NoKey(), manner), manner.refusal(UNAUTHORIZED))


@pytest.mark.depth(weight=14, family="no key, at another spelling of the path")
@pytest.mark.requirement(D1)
@example(manner=FIRST_UPPER)
@example(manner=SLASH)
@example(manner=DOUBLE_SLASH)
@example(manner=ENCODED_LETTER)
@given(manner=st.sampled_from(SPELLINGS))
def test_spelling(operation: Operation, send: Send, manner: Manner) -> None:
    """No spelling of the path leads round the guard."""
    expect(send(operation, NoKey(), manner), manner.refusal(UNAUTHORIZED))


@pytest.mark.writes
@pytest.mark.depth(weight=8, least=6, family="no key, its effect looked for")
@pytest.mark.requirement(D1)
def test_effect(operation: Operation, send: Send) -> None:
    """A write without a key leaves nothing behind."""
    expect(send(operation, NoKey(), WATCHED), NO_EFFECT)


@pytest.mark.depth(weight=4, family="no key, after good calls of the same URL")
@pytest.mark.requirement(D1)
def test_cached_answer(operation: Operation, send: Send) -> None:
    """A request without a key gets no answer that was given to a key."""
    expect(send(operation, NoKey(), AFTER_GOOD_CALLS), UNAUTHORIZED)


@pytest.mark.needs("SECOND_API_KEY", "KEY_PROVISIONER")
@pytest.mark.depth(weight=10, family="a key in another place")
@pytest.mark.requirement(D1)
@given(credential=st.sampled_from(PLACES))
def test_key_elsewhere(operation: Operation, send: Send, credential: Elsewhere) -> None:
    """A key in the query, a cookie or another header does not stand in for the header."""
    expect(send.elsewhere(operation, credential), NO_ACCESS)


@pytest.mark.depth(weight=10, family="no key, in varied circumstances")
@pytest.mark.requirement(D1)
@given(manner=st.sampled_from(CIRCUMSTANCES))
def test_circumstances(operation: Operation, send: Send, manner: Manner) -> None:
    """A request without a key gets 401 whatever else it says, on whatever connection."""
    expect(send(operation, NoKey(), manner), UNAUTHORIZED)


@pytest.mark.once
@pytest.mark.needs("SECOND_API_KEY", "KEY_PROVISIONER")
@pytest.mark.depth(weight=2, family="a key in a header of a similar name")
@pytest.mark.requirement(D1)
@given(credential=st.sampled_from(ALIASES))
def test_alias(operation: Operation, send: Send, credential: Elsewhere) -> None:
    """A key in a header of a similar name is worth a warning where it is accepted."""
    advise(send.elsewhere(operation, credential), ALIAS)


@pytest.mark.once
@pytest.mark.depth(weight=1, family="no key, asked for what does not exist")
@pytest.mark.requirement(D1)
def test_unknown_call(operation: Operation, send: Send) -> None:
    """Without a key an answer that tells what exists is worth a warning."""
    advise(send(operation, NoKey(), UNKNOWN), UNKNOWN_CALL)
