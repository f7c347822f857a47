"""Declared limits are read as written, and what is none is refused with what would be right."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.declared import DeclaredLimit, Scope, read_declared
from tests.unit.contracts.drawing import SAME


@pytest.mark.parametrize(
    ("text", "limits"),
    [
        pytest.param("100/60s", (DeclaredLimit(100, 60.0),), id="plain"),
        pytest.param("200/2s", (DeclaredLimit(200, 2.0),), id="short"),
        pytest.param("7/0.5s per=ip", (DeclaredLimit(7, 0.5, per=Scope.IP),), id="fraction"),
        pytest.param(
            "100/60s burst=20 per=key; 1000/3600s",
            (DeclaredLimit(100, 60.0, 20, Scope.KEY), DeclaredLimit(1000, 3600.0)),
            id="two",
        ),
    ],
)
def test_limits_are_read(text: str, limits: tuple[DeclaredLimit, ...]) -> None:
    assert read_declared(text) == limits


NO_LIMIT = "is not a limit; write requests/seconds, such as 100/60s"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("100/min", f'"100/min" {NO_LIMIT}', id="minute"),
        pytest.param("", f'"" {NO_LIMIT}', id="empty"),
        pytest.param("100/60s;", f'"" {NO_LIMIT}', id="empty-second"),
        pytest.param("100/60", f'"100/60" {NO_LIMIT}', id="no-unit"),
        pytest.param("100/60 s", f'"100/60 s" {NO_LIMIT}', id="unit-apart"),
        pytest.param("100 /60s", f'"100 /60s" {NO_LIMIT}', id="spaced"),
        pytest.param("100/1m", f'"100/1m" {NO_LIMIT}', id="other-unit"),
        pytest.param("1e3/60s", f'"1e3/60s" {NO_LIMIT}', id="exponent"),
        pytest.param("1.5/60s", f'"1.5/60s" {NO_LIMIT}', id="half-a-request"),
        pytest.param("-5/60s", f'"-5/60s" {NO_LIMIT}', id="negative"),
        pytest.param("5/-60s", f'"5/-60s" {NO_LIMIT}', id="negative-time"),
        pytest.param("5/infs", f'"5/infs" {NO_LIMIT}', id="infinite"),
        pytest.param("٥/60s", f'"٥/60s" {NO_LIMIT}', id="other-digits"),
        pytest.param("burst=5 100/60s", f'"burst=5 100/60s" {NO_LIMIT}', id="option-first"),
        pytest.param(
            "0/60s",
            '"0/60s" admits nothing; write at least 1 request and a positive time',
            id="no-request",
        ),
        pytest.param(
            "5/0s",
            '"5/0s" admits nothing; write at least 1 request and a positive time',
            id="no-time",
        ),
        pytest.param(
            "5/1s burst=x",
            '"burst=x" is no burst; write a whole number, such as burst=20',
            id="burst-letter",
        ),
        pytest.param(
            "5/1s burst=",
            '"burst=" is no burst; write a whole number, such as burst=20',
            id="burst-empty",
        ),
        pytest.param(
            "5/1s burst=2.5",
            '"burst=2.5" is no burst; write a whole number, such as burst=20',
            id="burst-fraction",
        ),
        pytest.param(
            "5/1s fast", '"fast" is no part of a limit; burst=20 and per=key are', id="unknown"
        ),
        pytest.param(
            "5/1s per=key per=ip", '"per" stands twice in one limit; write it once', id="twice"
        ),
        pytest.param(
            "5/1s per=you",
            '"per=you" names no counter; write one of key, ip, account, operation',
            id="no-counter",
        ),
        pytest.param(
            "5/1s per=KEY",
            '"per=KEY" names no counter; write one of key, ip, account, operation',
            id="other-case",
        ),
    ],
)
def test_what_is_no_limit_is_refused_with_what_would_be(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        read_declared(text)


WINDOWS = st.integers(1, 999_999_999_000_000).map(lambda microseconds: microseconds / 1_000_000)

LIMITS = st.builds(
    DeclaredLimit,
    st.integers(1, 999_999_999),
    WINDOWS,
    st.none() | st.integers(1, 999_999_999),
    st.none() | st.sampled_from(Scope),
)


@SAME
@given(st.lists(LIMITS, min_size=1, max_size=3).map(tuple))
def test_limits_are_written_as_they_are_read(limits: tuple[DeclaredLimit, ...]) -> None:
    text = "; ".join(map(str, limits))

    assert read_declared(text) == limits


def test_a_limit_is_written_as_an_operator_would() -> None:
    limits = ["100/0.5s burst=20 per=account", "200/2s", "100000/2592000s"]

    assert [str(read_declared(text)[0]) for text in limits] == limits


def test_the_rate_is_that_of_the_long_run() -> None:
    assert [limit.rate for limit in read_declared("100/60s burst=20; 7/0.5s")] == [100 / 60, 14]
