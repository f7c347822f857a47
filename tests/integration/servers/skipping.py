"""A server that cannot run here is a skip that says why, and is counted."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

import pytest

from tests.servers.running import Server, ServerUnavailableError


@contextmanager
def started_or_skipped(starting: AbstractContextManager[Server]) -> Iterator[Server]:
    """Start a server; skip the test where what it needs cannot be had."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(starting)
        except ServerUnavailableError as error:
            pytest.skip(str(error))
        yield server
