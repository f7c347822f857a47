"""The servers that are asked: the sandbox with or without a fault, and foreign ones without."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from statistics import median
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
        header: The key's header as its document spells it: Schemathesis takes another spelling for
            another header, and then says that a request without a key was accepted.
        count: Tells how many requests it received; None where it does not count.
    """

    name: str
    variation: Variation | None
    settings: dict[str, str]
    root: str
    header: str = "x-api-key"
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
            count=lambda: _received(said),
        )


def answer_time(server: Server) -> float:
    """Measure how long one call takes on a kept connection: the median of 100, in seconds."""
    base = urlsplit(server.root)
    connection = HTTPConnection(base.netloc, timeout=10)
    times = []
    with closing(connection):
        for _ in range(100):
            started = time.perf_counter()
            connection.request("GET", f"{base.path}/calls", headers={"x-api-key": server.key})
            connection.getresponse().read()
            times.append(time.perf_counter() - started)
    return median(times)


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
        with urlopen(server.openapi) as answer:  # noqa: S310 -- a server of our own
            document = yaml.safe_load(answer.read())
        schemes = document["components"]["securitySchemes"].values()
        header = next(scheme["name"] for scheme in schemes if scheme.get("in") == "header")
        yield Server(name, None, settings, _root(server.base_url, document["paths"]), header)


def _root(base_url: str, paths: Iterable[str]) -> str:
    """The base URL, without its path where the document's paths have that already."""
    base = urlsplit(base_url)
    has_base = all(path.startswith(f"{base.path}/") for path in paths)
    return f"{base.scheme}://{base.netloc}" if has_base else base_url
