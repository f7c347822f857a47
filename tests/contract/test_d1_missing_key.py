"""D1: a request without the x-api-key header is refused."""

from collections.abc import Collection
from functools import partial

import pytest

from contracts.checks import Send, expect, expect_in
from contracts.credentials import NoKey
from contracts.judge import UNAUTHORIZED
from contracts.manners import (
    AFTER_GOOD_CALLS,
    BROWSER,
    FALLBACKS,
    HEAD,
    INTERNAL,
    INVALID,
    METHODS,
    OPTIONS,
    OVERRIDES,
    REWRITES,
    SPELLINGS,
    contexts,
    invalid_queries,
)
from contracts.operations import Operation
from contracts.places import elsewhere
from contracts.requirements import D1


@pytest.mark.core
@pytest.mark.requirement(D1)
def test_missing_key(operation: Operation, send: Send) -> None:
    """A request without a key gets 401."""
    expect(send(operation, NoKey()), UNAUTHORIZED)


@pytest.mark.depth(weight=2, family="no key, asked in another way")
@pytest.mark.requirement(D1)
def test_guard(operation: Operation, send: Send) -> None:
    """Without a key there is no other way in: another method, a browser, invalid input."""
    ways = (BROWSER, HEAD, OPTIONS, *INVALID, *invalid_queries(operation.draft), *FALLBACKS)
    for manner in (*ways, *send.some_of((*OVERRIDES, *METHODS))):
        expect_in(partial(send, operation, NoKey()), manner, UNAUTHORIZED)


@pytest.mark.depth(weight=2, family="no key, with a header for internal use")
@pytest.mark.requirement(D1)
def test_internal_header(operation: Operation, send: Send) -> None:
    """No header that only a proxy should set stands in for a key."""
    for manner in send.some_of((*INTERNAL, *REWRITES)):
        expect_in(partial(send, operation, NoKey()), manner, UNAUTHORIZED)


@pytest.mark.depth(weight=2, family="no key, at another spelling of the path")
@pytest.mark.requirement(D1)
def test_spelling(operation: Operation, send: Send) -> None:
    """No spelling of the path leads round the guard."""
    for manner in send.some_of(SPELLINGS):
        expect_in(partial(send, operation, NoKey()), manner, UNAUTHORIZED)


@pytest.mark.depth(weight=1, family="no key, where an answer may be cached")
@pytest.mark.requirement(D1)
def test_cached_answer(operation: Operation, send: Send) -> None:
    """A request without a key gets no answer that was given to a key."""
    expect_in(partial(send, operation, NoKey()), AFTER_GOOD_CALLS, UNAUTHORIZED)


@pytest.mark.depth(weight=1, family="a key in another place")
@pytest.mark.requirement(D1)
def test_key_elsewhere(operation: Operation, send: Send, key_places: Collection[str]) -> None:
    """A key in the query, a cookie or another header does not stand in for the header."""
    places = elsewhere(send.spare(operation))
    for credential in send.some_of([one for one in places if one.setting not in key_places]):
        expect(send(operation, credential), UNAUTHORIZED)


@pytest.mark.depth(weight=2, family="no key, in varied circumstances")
@pytest.mark.requirement(D1)
def test_circumstances(operation: Operation, send: Send) -> None:
    """A request without a key gets 401 whatever else it says, on whatever connection."""
    for manner in contexts(operation.draft, send.draw):
        expect_in(partial(send, operation, NoKey()), manner, UNAUTHORIZED)
