"""Runs begun before their tests ask for them, a few at once.

A run mostly waits: for its pace, for a time limit, for a window of the limiter to end. Meanwhile
another has the processors. Only runs whose outcome no delay changes are begun ahead; ramps, which
measure, run alone.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import pytest

Result = TypeVar("Result")

_AT_ONCE: Final = 5
"""More than there are processors: most of them wait at any time."""


@contextmanager
def begun(
    request: pytest.FixtureRequest, run: Callable[..., Result], *parameters: str
) -> Iterator[Callable[..., Result]]:
    """Begin a run for each selected test of the module that uses the fixture.

    Args:
        request: Of a fixture of module scope.
        run: Given the values of a test's parameters, runs.
        parameters: Their names, in the order of `run`.

    Yields:
        Given those values, waits for that run and gives what it came to.
    """
    keys = dict.fromkeys(_selected(request, parameters))  # once each, in the tests' order
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures: dict[tuple[Any, ...], Future[Result]] = {
            key: pool.submit(run, *key) for key in keys
        }
        yield lambda *key: futures[key].result()
        pool.shutdown(cancel_futures=True)


def _selected(
    request: pytest.FixtureRequest, parameters: Iterable[str]
) -> Iterator[tuple[Any, ...]]:
    for item in request.session.items:
        if (
            isinstance(item, pytest.Function)
            and item.path == request.path
            and request.fixturename in item.fixturenames
        ):
            yield tuple(item.callspec.params[name] for name in parameters)


def at_once(run: Callable[[Any], Result], values: Iterable[object]) -> list[Result]:
    """Run with each of the values, and give what they came to, in that order."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(run, values))
