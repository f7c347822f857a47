"""One generator in a process of its own: ours, a bare FastHttpUser, or a timer that sends nothing.

``python -m benchmarks.generator.sides ours|fasthttp|even|timer URL RATE SECONDS`` prints one line
of JSON; the CPU is that of this process while it sends. At rate 0 as many are sent as can be.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Final

import gevent
from gevent.event import Event
from locust import (
    FastHttpUser,
    constant,
    constant_throughput,
    task,
)  # first: it patches the process
from locust.env import Environment
from pydantic import SecretStr

from benchmarks.generator.measured import KEY, Measured
from contracts.credentials import FULL, RoleKey
from contracts.exchange import Request
from contracts.settings import Settings
from loadtests import messages
from loadtests.calls import packed
from loadtests.schedule import Timer
from loadtests.segments import Abreast, Paced, Part, Segment
from loadtests.trace import Call
from loadtests.variations import Plain
from loadtests.worker import Worker

EACH_RPS: Final = 10
"""Of one FastHttpUser, in requests per second."""

ABREAST: Final = 16
"""Connections where as many are sent as can be."""

FULL_RPS: Final = 4000
"""About how many one core sends then; so many a second are asked for."""


def ours(url: str, rate: float, seconds: float) -> Measured:
    """Send as a worker of the suite does: paced, every answer read, told in batches and counted."""
    calls: list[Call] = []
    ended = Event()
    environment = Environment()
    environment.create_local_runner()

    def tell(kind: str, data: Any) -> None:  # noqa: ANN401 -- as Locust's messages have it
        if kind == messages.CALLS:
            calls.extend(messages.unpack_calls(data["calls"]))
        elif kind == messages.ENDED:
            ended.set()

    def fire(call: Call) -> None:
        environment.events.request.fire(  # type: ignore[no-untyped-call] # Locust's
            request_type="GET",
            name="control",
            response_time=1000 * (call.answered - call.asked),
            response_length=0,
            exception=None,
            context={},
        )

    worker = Worker(Settings(base_url=url, api_key=SecretStr(KEY)), tell, fire)
    origin = time.monotonic()

    def run(count: int) -> float:
        start = time.monotonic() - origin + 0.3
        arrivals = Paced(count, rate) if rate else Abreast(count, ABREAST)
        segment = Segment("benchmark", (Part(arrivals),), start)
        calls.clear()
        ended.clear()
        cpu = time.process_time()
        worker.take_segment(
            {
                "run_id": "benchmark",
                "call": _CALL,
                "base_url": url,
                "max_rps": 10 * (rate or FULL_RPS),
                "segment": messages.pack_segment(segment),
                "base": 0,
                "k": 0,
                "n": 1,
                "origin": origin,
            }
        )
        ended.wait()
        return time.process_time() - cpu

    run(int(rate or FULL_RPS))
    warm, count = len(calls), int((rate or FULL_RPS) * seconds)
    cpu = run(count)
    numbers = {call.index for call in calls if not call.lost}
    written = [call.written for call in calls]
    return Measured(
        count,
        len(numbers) if len(numbers) == len(calls) else -1,
        max(written) - min(written),
        cpu,
        warm,
        sorted(call.written - call.asked for call in calls),
        sorted(call.answered - call.asked for call in calls)[len(calls) // 2],
    )


_CALL: Final = packed(
    Plain(Request("GET", "/v1/calls", (), b"", RoleKey(FULL), operation="GET /calls"))
)


class Bare(FastHttpUser):
    """Locust's quicker user, with nothing to do but the request."""

    abstract = True

    @task
    def get(self) -> None:
        """Send one."""
        self.client.get("/calls", headers={"x-api-key": KEY})


def fasthttp(url: str, rate: float, seconds: float) -> Measured:
    """Send as Locust does it: users who wait. They fall into step, and one wake serves many."""

    class Waiting(Bare):
        host = url
        wait_time = constant_throughput(EACH_RPS) if rate else constant(0)

    environment = Environment(user_classes=[Waiting])
    runner = environment.create_local_runner()
    users = max(1, round(rate / EACH_RPS)) if rate else ABREAST
    runner.start(users, spawn_rate=users)
    gevent.sleep(1.5)
    before, cpu, begun = environment.stats.num_requests, time.process_time(), time.monotonic()
    gevent.sleep(seconds)
    sent = environment.stats.num_requests - before
    cpu, took = time.process_time() - cpu, time.monotonic() - begun
    runner.quit()
    return Measured(int(rate * seconds), sent, took, cpu, before, [])


def even(url: str, rate: float, seconds: float) -> Measured:
    """Call the same user evenly, by our timer: its client's cost where each call is a wake."""

    class Called(Bare):
        host = url

    environment = Environment(user_classes=[Called])
    environment.create_local_runner()
    users = [Called(environment) for _ in range(ABREAST)]
    waker = Timer()

    def run(count: int) -> float:
        begun, cpu = time.monotonic() + 0.1, time.process_time()
        sent = []
        for number in range(count):
            waker.wait_until(begun + number / rate)
            sent.append(gevent.spawn(users[number % ABREAST].get))
        gevent.joinall(sent)
        return time.process_time() - cpu

    run(int(rate))
    before, count = environment.stats.num_requests, int(rate * seconds)
    cpu = run(count)
    return Measured(count, environment.stats.num_requests - before, seconds, cpu, before, [])


def timer(_url: str, rate: float, seconds: float) -> Measured:
    """Only wake up: what the machine itself adds."""
    waker, begun, count = Timer(), time.monotonic() + 0.1, int(rate * seconds)
    late = []
    cpu = time.process_time()
    for number in range(count):
        due = begun + number / rate
        waker.wait_until(due)
        late.append(time.monotonic() - due)
    cpu = time.process_time() - cpu
    return Measured(count, count, seconds, cpu, 0, sorted(late))


SIDES: Final[dict[str, Callable[[str, float, float], Measured]]] = {
    "ours": ours,
    "fasthttp": fasthttp,
    "even": even,
    "timer": timer,
}


def main() -> None:
    """Run one and print what it measured."""
    name, url, rate, seconds = sys.argv[1:]
    measured = SIDES[name](url, float(rate), float(seconds))
    sys.stdout.write(json.dumps(asdict(measured)) + "\n")


if __name__ == "__main__":
    main()
