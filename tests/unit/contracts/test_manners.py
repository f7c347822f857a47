"""Manners change everything of a request but its key, and say truly how."""

from dataclasses import replace
from itertools import combinations
from random import Random

import pytest

from contracts.circumstances import CIRCUMSTANCES, pairwise
from contracts.credentials import Inapplicable
from contracts.exchange import Request
from contracts.judge import NO_ACCESS, UNAUTHORIZED
from contracts.manners import (
    AFTER_GOOD,
    ALL_INTERNAL,
    BROWSER,
    FRESH,
    GUARDS,
    HEAD,
    INTERNAL,
    METHODS,
    OPTIONS,
    PLAIN,
    REWRITES,
    UNKNOWN,
    Manner,
)
from contracts.operations import Draft
from contracts.spellings import SPELLINGS
from tests.unit.contracts.answers import asked

GET = asked(target="/v1/calls?tenant=1")
NAMES = ("limit", "page", "days")
DRAFT = Draft(
    "/calls", optional=tuple((name, "1") for name in NAMES), typed=NAMES, required=("tenant",)
)
POST = replace(
    GET,
    method="POST",
    headers=(("Accept", "application/json"), ("Content-Type", "application/json")),
    body=b'{"name": "x"}',
)

EVERY: tuple[Manner, ...] = (*GUARDS, *INTERNAL, *REWRITES, *SPELLINGS, *CIRCUMSTANCES, UNKNOWN)


def changed(manner: Manner, request: Request = GET) -> Request | None:
    try:
        return manner.fitted(request, DRAFT).change(request, DRAFT)
    except Inapplicable:
        return None


@pytest.mark.parametrize("manner", EVERY, ids=repr)
def test_a_manner_changes_something_or_says_what_goes_before(manner: Manner) -> None:
    results = [changed(manner, request) for request in (GET, POST)]
    differs = any(
        result is not None and result != request
        for result, request in zip(results, (GET, POST), strict=True)
    )

    assert differs or manner.after or manner.fresh


def test_an_empty_object_takes_the_place_of_an_object_alone() -> None:
    (empty,) = (manner for manner in GUARDS if "empty object" in manner.words)
    sent = changed(empty, POST)

    assert sent is not None
    assert sent.body == b"{}"
    assert changed(empty) is None


@pytest.mark.parametrize("manner", EVERY, ids=repr)
def test_no_manner_touches_the_key(manner: Manner) -> None:
    for request in (GET, POST):
        result = changed(manner, request)

        if result is not None:
            assert result.credential == request.credential
            assert "x-api-key" not in {name.lower() for name, _ in result.headers}


def test_no_two_manners_are_said_alike() -> None:
    assert len({manner.words for manner in EVERY}) == len(set(EVERY))


@pytest.mark.parametrize("manner", [OPTIONS, *METHODS, *REWRITES, *SPELLINGS], ids=repr)
def test_what_correct_servers_answer_in_many_ways_is_judged_by_access_alone(manner: Manner) -> None:
    assert manner.refusal(UNAUTHORIZED) is NO_ACCESS
    assert not manner.valid


@pytest.mark.parametrize("manner", [PLAIN, BROWSER, HEAD, *INTERNAL, *CIRCUMSTANCES], ids=repr)
def test_ordinary_requests_get_exactly_the_documented_refusal(manner: Manner) -> None:
    assert manner.refusal(UNAUTHORIZED) is UNAUTHORIZED
    assert manner.valid


def test_all_internal_headers_at_once() -> None:
    result = changed(ALL_INTERNAL)

    assert result is not None
    assert {name for name, _ in result.headers} >= {m.words.split()[1][:-1] for m in INTERNAL}
    assert ALL_INTERNAL.parts == INTERNAL


def test_manners_add_up() -> None:
    both = FRESH & BROWSER & AFTER_GOOD

    assert both.words == f"{FRESH.words}, {BROWSER.words}, {AFTER_GOOD.words}"
    assert both.parts == (FRESH, BROWSER, AFTER_GOOD)
    assert both.after == AFTER_GOOD.after
    assert changed(both) == changed(BROWSER)
    assert (PLAIN & BROWSER, BROWSER & PLAIN) == (BROWSER, BROWSER)


def test_a_header_is_replaced_not_repeated() -> None:
    result = changed(BROWSER)

    assert result is not None
    names = [name.lower() for name, _ in result.headers]
    assert len(names) == len(set(names))


def test_circumstances_begin_with_each_variation_alone() -> None:
    alone = [manner for manner in CIRCUMSTANCES if not manner.parts]

    assert list(CIRCUMSTANCES[: len(alone)]) == alone
    assert {part for manner in CIRCUMSTANCES for part in manner.parts} == set(alone) - {HEAD}


def test_a_combination_leaves_out_what_does_not_apply() -> None:
    both = FRESH & next(m for m in CIRCUMSTANCES if m.words == "with Content-Type: text/plain")

    assert both.fitted(GET, DRAFT) == FRESH
    assert both.fitted(POST, DRAFT) == both


@pytest.mark.parametrize("levels", [(2, 2), (3, 7, 5, 4, 5), (1, 3, 3), (6,)])
def test_pairwise_covers_every_pair_with_far_fewer_rows_than_all(levels: tuple[int, ...]) -> None:
    rows = list(pairwise(levels, Random(1)))
    seen = {pair for row in rows for pair in combinations(enumerate(row), 2)}
    wanted = {
        ((i, a), (j, b))
        for i, j in combinations(range(len(levels)), 2)
        for a in range(levels[i])
        for b in range(levels[j])
    }

    assert seen == wanted
    assert all(0 <= level < count for row in rows for level, count in zip(row, levels, strict=True))
    two_largest = sorted(levels)[-2:]
    assert len(rows) <= 2 * two_largest[0] * two_largest[-1]


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("with a slash at its end", "/v1/calls/?page=1"),
        ("with its first slash doubled", "//v1/calls?page=1"),
        ("in upper case", "/V1/CALLS?page=1"),
        ("with its first segment in upper case", "/V1/calls?page=1"),
        ("with a letter of its last segment encoded", "/v1/%63alls?page=1"),
        ("with a matrix parameter in its first segment", "/v1;x=1/calls?page=1"),
        ("with a backslash for its last slash", "/v1\\calls?page=1"),
        ("under /api/v1", "/api/v1/calls?page=1"),
    ],
)
def test_spellings_leave_the_query_as_it_is(words: str, target: str) -> None:
    (manner,) = (one for one in SPELLINGS if one.words == f"asked at its path {words}")
    result = changed(manner, replace(GET, target="/v1/calls?page=1"))

    assert result is not None
    assert result.target == target
