"""The servers that are asked: the sandbox with or without a fault, and foreign ones without."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import urlopen

import yaml

from contracts.embedded import as_settings, serving
from contracts.gallery import Case, Variation
from contracts.trials import NO_LIMIT
from tests.integration.suite.verification import settings_of
from tests.servers.stacks import STACKS

_OUT_OF_REACH: Final = 1_000_000
"""Requests in a minute: no limit that anybody here would meet."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that listens.

    Attributes:
        name: How it is called.
        variation: What it does otherwise than the unvaried sandbox; None for foreign servers.
        settings: Everything that the suite is told of it, as variables.
        root: The URL that the paths of its document begin at.
        count: Tells how many requests it received; None where it does not count.
    """

    name: str
    variation: Variation | None
    settings: dict[str, str]
    root: str
    count: Callable[[], int] | None = None

    @property
    def document(self) -> str:
        """Where its document is."""
        return self.settings["BUSYBOARD_OPENAPI"]

    @property
    def key(self) -> str:
        """A key with all scopes."""
        return self.settings["BUSYBOARD_API_KEY"]


@contextmanager
def sandbox(case: Case | None) -> Iterator[Server]:
    """Serve the sandbox, varied or not, as long as the block runs."""
    options = (*case.options, *NO_LIMIT) if case else NO_LIMIT
    with serving(options) as said:
        yield Server(
            case.written if case else "sandbox",
            case.variation if case else None,
            as_settings(said),
            said["base_url"],
            lambda: _received(said),
        )


def _received(said: Any) -> int:  # noqa: ANN401 -- as read from JSON
    with urlopen(f"{said['management']}/count") as answer:  # noqa: S310 -- the sandbox's own
        return int(json.load(answer)["requests"])


@contextmanager
def foreign(name: str) -> Iterator[Server]:
    """Serve one of the foreign stacks, all of which keep every promise.

    Raises:
        ServerUnavailableError: What it is made of cannot be installed here.
    """
    with STACKS[name].start(limit=_OUT_OF_REACH, window_s=60) as server:
        settings = settings_of(server)
        yield Server(name, None, settings, _root(server.base_url, server.openapi))


def _root(base_url: str, document: str) -> str:
    """The base URL, without its path where the document's paths have that already."""
    base = urlsplit(base_url)
    with urlopen(document) as answer:  # noqa: S310 -- a server of our own
        paths = yaml.safe_load(answer.read())["paths"]
    has_base = all(path.startswith(f"{base.path}/") for path in paths)
    return f"{base.scheme}://{base.netloc}" if has_base else base_url
