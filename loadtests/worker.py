"""One process that sends: takes segments from the master, gives back calls.

It needs the settings for route and keys, and nothing else of the run.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gevent

from contracts.client import address
from contracts.connection import Route
from contracts.keyring import Keyring
from contracts.settings import Settings
from loadtests import messages
from loadtests.calls import plain_labels, prepared, unpacked
from loadtests.observing import Observer
from loadtests.schedule import Dispatcher, Share
from loadtests.segments import Governor
from loadtests.sending import Sender
from loadtests.trace import Call
from loadtests.variations import marked

Tell = Callable[[str, Any], None]
"""Sends a message of a type with data to the master."""


class OtherTargetError(Exception):
    """This process and the master were set up for different targets; the message says which."""


@dataclass(slots=True)
class Worker:
    """Runs segments as the master asks.

    Attributes:
        settings: Of this process.
        tell: Sends a message to the master.
        fire: Tells Locust of a call, for its statistics.
    """

    settings: Settings
    tell: Tell
    fire: Callable[[Call], None]
    _dispatcher: Dispatcher | None = None
    _run_id: str = ""
    _observer: Observer | None = None

    def take_segment(self, data: Mapping[str, Any]) -> None:
        """Begin a segment; the receive loop must not wait for it."""
        gevent.spawn(self._run, data)

    def take_cut(self, number: int) -> None:
        """End a segment early."""
        if self._dispatcher:
            self._dispatcher.cut(number)

    def _run(self, data: Mapping[str, Any]) -> None:
        """Run a segment and say that it ended, also where this process failed."""
        segment = messages.unpack_segment(data["segment"])
        ended: dict[str, Any] = {"number": segment.number, "shed": 0, "failed": True}
        try:
            self._check_target(data["base_url"])
            dispatcher = self._dispatcher_for(data)
            shed = dispatcher.shed
            dispatcher.run(segment, Share(data["base"], data["k"], data["n"]), data["origin"])
            ended |= {"shed": dispatcher.shed - shed, "failed": False}
        finally:
            self.tell(messages.ENDED, ended)

    def _check_target(self, base_url: str) -> None:
        """Send only where this process's own settings say that load may be put."""
        if base_url != self.settings.base_url:
            raise OtherTargetError(
                f"BUSYBOARD_BASE_URL: is {self.settings.base_url} here and {base_url} for the "
                "master; set the same for both"
            )

    def take_question(self, sent: float) -> None:
        """Say what this process's clock shows."""
        self.tell(messages.CLOCK, {"sent": sent, "there": time.monotonic()})

    def _dispatcher_for(self, data: Mapping[str, Any]) -> Dispatcher:
        """Keep connections and what was seen within one run, and begin anew with the next.

        The master's first segment may come before Locust tells this worker of the test's start.
        """
        if self._dispatcher is None or self._run_id != data["run_id"]:
            if self._dispatcher:
                self._dispatcher.sender.close()
            self._dispatcher, self._run_id = self._built(data), data["run_id"]
        return self._dispatcher

    def _built(self, data: Mapping[str, Any]) -> Dispatcher:
        settings, plain = self.settings, unpacked(data["call"])
        keyring = Keyring.of(settings)
        route = Route.to(address(settings.base_url or ""), settings)
        observer = self._observer = Observer(
            keyring(plain.role),
            keyring.redactor,
            plain_labels(settings),
            tuple(mark for _, mark in marked(plain)),
            settings.envelope_extra,
            frozenset(plain.successes),
        )
        sender = Sender(route, prepared(plain, route, settings, keyring))
        return Dispatcher(sender, observer, Governor(data["max_rps"]), self._report)

    def _report(self, calls: list[Call]) -> None:
        assert self._observer is not None
        examples = self._observer.examples
        self.tell(messages.CALLS, {"calls": messages.pack_calls(calls), "examples": dict(examples)})
        for call in calls:
            self.fire(call)
