"""D2: a request with an invalid key is refused."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.advice import TRIMMED
from contracts.asking import Send
from contracts.checks import advise, expect
from contracts.circumstances import CIRCUMSTANCES
from contracts.credentials import CLASSICS, RandomKey, Text, quoted
from contracts.hostile import BEYOND_ASCII, INJECTIONS, TRIMMABLE, Octets
from contracts.judge import NO_ACCESS, NO_EFFECT, UNAUTHORIZED
from contracts.manners import (
    AFTER_GOOD,
    AFTER_GOOD_CALLS,
    FALLBACKS,
    FRESH,
    HEAD,
    PLAIN,
    WATCHED,
    Manner,
)
from contracts.near_misses import (
    CASE,
    CASE_TO,
    CUT,
    EXTENDED,
    LONG,
    PADDED,
    NearMiss,
    near_misses,
)
from contracts.operations import Operation
from contracts.places import Several
from contracts.requirements import D2


@pytest.mark.core
@pytest.mark.requirement(D2)
def test_random_key(operation: Operation, send: Send, random_key: RandomKey) -> None:
    """A well-formed key that never existed gets 401."""
    expect(send(operation, random_key), UNAUTHORIZED)


@pytest.mark.depth(weight=22, family="values that are nobody's key")
@pytest.mark.requirement(D2)
@example(value=quoted("undefined"))
@example(value=quoted("null"))
@example(value=quoted("None"))
@example(value=quoted("true"))
@example(value=quoted("NaN"))
@example(value=quoted("0"))
@given(value=st.sampled_from(CLASSICS))
def test_classic(operation: Operation, send: Send, value: Text) -> None:
    """A value that clients send by mistake gets 401."""
    expect(send(operation, value), UNAUTHORIZED)


@pytest.mark.depth(weight=6, family="values that attack the look-up")
@pytest.mark.requirement(D2)
@given(value=st.sampled_from(INJECTIONS))
def test_injection(operation: Operation, send: Send, value: Text) -> None:
    """A value that a careless look-up carries out gets 401."""
    expect(send(operation, value), UNAUTHORIZED)


@pytest.mark.depth(weight=5, family="the key with bytes beyond ASCII")
@pytest.mark.requirement(D2)
@given(value=st.sampled_from(BEYOND_ASCII))
def test_beyond_ascii(operation: Operation, send: Send, value: Octets) -> None:
    """Bytes beyond ASCII in a key give no access and break nothing."""
    expect(send(operation, value), NO_ACCESS)


@pytest.mark.depth(weight=4, family="the key and a worthless value, in two headers")
@pytest.mark.requirement(D2)
def test_repeated_header(operation: Operation, send: Send) -> None:
    """Of two x-api-key headers the right one does not count wherever it stands."""
    key_first, key_last = Several(key_first=True), Several(key_first=False)
    expect(send.either(operation, key_first, key_last), NO_ACCESS)


@pytest.mark.depth(weight=3, family="a wrong key and another worthless credential")
@pytest.mark.requirement(D2)
@given(manner=st.sampled_from(FALLBACKS))
def test_second_credential(
    operation: Operation, send: Send, random_key: RandomKey, manner: Manner
) -> None:
    """A second, worthless credential does not switch the first one off."""
    expect(send(operation, random_key, manner), UNAUTHORIZED)


@pytest.mark.writes
@pytest.mark.depth(weight=6, family="a wrong key, its effect looked for")
@pytest.mark.requirement(D2)
def test_effect(operation: Operation, send: Send, random_key: RandomKey) -> None:
    """A write with a wrong key leaves nothing behind."""
    expect(send(operation, random_key, WATCHED), NO_EFFECT)


@pytest.mark.depth(weight=4, family="a wrong key, after good calls of the same URL")
@pytest.mark.requirement(D2)
def test_cached_answer(operation: Operation, send: Send, random_key: RandomKey) -> None:
    """A wrong key gets no answer that was given to a right one."""
    expect(send(operation, random_key, AFTER_GOOD_CALLS), UNAUTHORIZED)


@pytest.mark.depth(weight=6, family="a wrong key, in varied circumstances")
@pytest.mark.requirement(D2)
@example(manner=HEAD)
@given(manner=st.sampled_from(CIRCUMSTANCES))
def test_circumstances(
    operation: Operation, send: Send, random_key: RandomKey, manner: Manner
) -> None:
    """A wrong key gets 401 whatever else the request says, on whatever connection."""
    expect(send(operation, random_key, manner), UNAUTHORIZED)


@pytest.mark.depth(weight=30, family="near misses of the full key")
@pytest.mark.requirement(D2)
@example(near_miss=NearMiss(CUT, 0), manner=PLAIN)
@example(near_miss=NearMiss(EXTENDED, 0), manner=PLAIN)
@example(near_miss=NearMiss(CASE, 0), manner=PLAIN)
@example(near_miss=NearMiss(CASE_TO, 0), manner=PLAIN)
@example(near_miss=NearMiss(LONG, len(PADDED) - 1), manner=PLAIN)
@given(near_miss=near_misses(), manner=st.sampled_from((*[PLAIN] * 6, FRESH, AFTER_GOOD)))
def test_near_miss(operation: Operation, send: Send, near_miss: NearMiss, manner: Manner) -> None:
    """A key that is almost the real one gets 401."""
    expect(send(operation, near_miss, manner), UNAUTHORIZED)


@pytest.mark.once
@pytest.mark.depth(weight=2, family="the key and white space that HTTP does not know")
@pytest.mark.requirement(D2)
@given(value=st.sampled_from(TRIMMABLE))
def test_trimmed(operation: Operation, send: Send, value: Octets) -> None:
    """White space of Unicode round a key is worth a warning where it is trimmed."""
    advise(send(operation, value), TRIMMED)
