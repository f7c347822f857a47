import re

import pytest

from contracts.declared import DeclaredLimit, Scope, read_declared


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


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("100/min", '"100/min" is not a limit; write requests/seconds, such as 100/60s'),
        ("", '"" is not a limit; write requests/seconds, such as 100/60s'),
        ("100/60s;", '"" is not a limit; write requests/seconds, such as 100/60s'),
        ("0/60s", '"0/60s" admits nothing; write at least 1 request and a positive time'),
        ("5/0s", '"5/0s" admits nothing; write at least 1 request and a positive time'),
        ("5/1s burst=x", '"burst=x" is no burst; write a whole number, such as burst=20'),
        ("5/1s fast", '"fast" is no part of a limit; burst=20 and per=key are'),
        ("5/1s per=key per=ip", '"per" stands twice in one limit; write it once'),
        ("5/1s per=you", '"per=you" names no counter; write one of key, ip, account, operation'),
    ],
)
def test_what_is_no_limit_is_refused_with_what_would_be(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(reason)}$"):
        read_declared(text)


def test_a_limit_is_written_as_it_is_read() -> None:
    text = "100/0.5s burst=20 per=account"

    assert str(read_declared(text)[0]) == text
