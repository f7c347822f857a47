"""The limiter counts exactly, in bounded memory, and without a thread."""

import threading

import pytest
from limits.strategies import MovingWindowRateLimiter

from tests.sandbox import limiter
from tests.sandbox.limiter import ExactStorage, Limiter, Rate, whole_seconds


def test_counting_starts_no_thread() -> None:
    before = set(threading.enumerate())

    hits = Limiter(Rate(2, 60))
    waits = [hits.hit("a") for _ in range(3)]

    assert set(threading.enumerate()) <= before
    assert [wait is None for wait in waits] == [True, True, False]


def test_a_moving_window_remembers_no_more_than_it_admits() -> None:
    storage = ExactStorage()
    strategy = MovingWindowRateLimiter(storage)
    item = Rate(3, 60).item

    admitted = [strategy.hit(item, "a") for _ in range(9)]

    assert admitted == [True] * 3 + [False] * 6
    assert [len(entries) for entries in storage.events.values()] == [3]


def test_invented_identities_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limiter, "_MOST_BUCKETS", 10)
    storage = ExactStorage()

    for number in range(100):
        storage.incr(f"address:{number}", 0)  # a window that is over at once

    assert len(storage.storage) <= 11


@pytest.mark.parametrize("text", ["200/2s", "1/1s", "100000/3600s"])
def test_a_rate_is_written_as_it_is_read(text: str) -> None:
    assert str(Rate.parse(text)) == text


@pytest.mark.parametrize(
    "text", ["", "200", "200/2", "200/min", "0/2s", "200/0s", "2.5/1s", "-1/1s"]
)
def test_what_is_no_rate_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a rate; write requests/seconds"):
        Rate.parse(text)


@pytest.mark.parametrize(("wait", "text"), [(0.0, "1"), (0.2, "1"), (1.0, "1"), (1.01, "2")])
def test_retry_after_is_rounded_up(wait: float, text: str) -> None:
    assert whole_seconds(wait) == text
