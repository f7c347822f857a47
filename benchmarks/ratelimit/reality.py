"""How well real limiters are found, their simulation beside them.

``python -m benchmarks.ratelimit.reality`` starts each limiter three times with another limit on
loopback, has ``busyboard verify ratelimit`` find it without a declaration, and prints one table:
the truth, the estimate, its errors, requests and seconds as multiples of the theoretical minimum;
then the same limiter simulated, median of five networks. An hour; ``--only nginx`` takes
those whose name holds the word. Limiters whose program or packages are missing are named.

``--declared N`` truly declares each limit instead, N times, and counts how often it is confirmed: N
times half an hour.
"""

import argparse
import gzip
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.ratelimit.simulation import Run, errors, named
from benchmarks.ratelimit.simulator import Network
from benchmarks.ratelimit.worlds import World, least_cost
from contracts.verdict import RateLimit
from loadtests.estimator import estimate
from loadtests.plan import plan_for
from loadtests.segments import KEPT_S, Budget
from loadtests.trace import CONTROL, Trace, read_trace
from tests.integration.suite.verification import settings_of, verify
from tests.servers.limiters.libraries import (
    express_rate_limit,
    fastify_rate_limit,
    flask_limits,
    rate_limiter_flexible,
)
from tests.servers.limiters.proxies import haproxy, nginx
from tests.servers.limiters.truth import Limiter
from tests.servers.running import ServerUnavailableError

MAX_RPS: Final = 100.0
MAX_SECONDS: Final = 150.0
"""Of one run, in seconds: a window that every refusal extends is silent for long."""

WINDOWS: Final = ((17, 3), (29, 7), (53, 9))
"""N and W in seconds: odd, so that no round number of ours can meet them by chance."""

BUCKETS: Final = ((3, 13), (7, 23), (11, 31))
"""Rate per second and nginx's ``burst``; nginx admits one more at once."""

SEEDS: Final = range(5)

LOOPBACK: Final = Network(rtt=0.001, jitter=0.0003, loss=0.0, service=0.0005)


@dataclass(frozen=True, slots=True)
class Case:
    """One limiter with one limit, and how the simulation knows it.

    Attributes:
        name: The limiter's.
        limiter: Starts it, and says what is true of it.
        kind: Of ``benchmarks.ratelimit.worlds``.
        size: N; of a bucket what it admits at once.
        window: W in seconds; a bucket gives N back in it.
    """

    name: str
    limiter: Limiter
    kind: str
    size: int
    window: float

    @property
    def truth(self) -> str:
        """As the table has it."""
        if self.limiter.truth.burst is not None:
            return f"{self.limiter.truth.rate_rps:g}/s b={self.size}"
        return f"{self.size}/{self.window:g}s"

    def world(self, seed: int) -> World:
        """The same limiter, simulated."""
        return World(self.kind, self.size, self.window, LOOPBACK, 1, False, 0.0, seed)


def cases() -> Iterator[Case]:
    """Every limiter, three limits each."""
    for size, window in WINDOWS:
        windows = {
            ("limits fixed", "fixed window, first call"): flask_limits(
                "fixed-window", size, window
            ),
            ("limits moving", "sliding log"): flask_limits("moving-window", size, window),
            ("limits counter", "sliding counter"): flask_limits(
                "sliding-window-counter", size, window
            ),
            ("express-rate-limit", "fixed window, first call"): express_rate_limit(size, window),
            ("flexible", "fixed window, first call"): rate_limiter_flexible(size, window),
            ("flexible block", "penalty"): rate_limiter_flexible(size, window, block_s=window),
            ("fastify", "fixed window, first call"): fastify_rate_limit(size, window),
            ("haproxy gpc0", "counter, first call"): haproxy(size, window),
            ("haproxy req_rate", "counter, first call, counting refused"): haproxy(
                size, window, counter="http_req_rate"
            ),
        }
        for (name, kind), limiter in windows.items():
            yield Case(name, limiter, kind, size, float(window))
    for rate, burst in BUCKETS:
        yield Case("nginx no burst", nginx(rate), "token bucket", 1, 1 / rate)
        for name, kind, how in (
            ("nginx nodelay", "token bucket", nginx(rate, burst="nodelay", size=burst)),
            ("nginx queue", "queue", nginx(rate, burst="queue", size=burst)),
        ):
            yield Case(name, how, kind, burst + 1, (burst + 1) / rate)


def real(case: Case) -> RateLimit:
    """Find the limit of a running server; requests and seconds are those of the measurement.

    Raises:
        ServerUnavailableError: It cannot be started here.
    """
    return _measured(case, declare=False)


def declared(case: Case) -> RateLimit:
    """Hold a running server to the limit it is configured with.

    Raises:
        ServerUnavailableError: It cannot be started here.
    """
    return _measured(case, declare=True)


def _measured(case: Case, *, declare: bool) -> RateLimit:
    with case.limiter.start() as server, tempfile.TemporaryDirectory() as folder:
        settings = settings_of(
            server,
            DECLARED_LIMIT=(server.declared_limit or "") if declare else "",
            MAX_SECONDS=f"{MAX_SECONDS:g}",
            MAX_RPS=f"{MAX_RPS:g}",
        )
        outcome = verify(Path(folder), settings, "ratelimit")
        if outcome.verdict is None or outcome.verdict.rate_limit is None:
            raise RuntimeError(f"{case.name}: exit code {outcome.exit_code}: {outcome.err}")
        with gzip.open(Path(folder) / "trace.jsonl.gz") as lines:
            return _measuring_alone(outcome.verdict.rate_limit, read_trace(lines).trace)


def _measuring_alone(said: RateLimit, trace: Trace) -> RateLimit:
    """Without what was asked about who shares the counter, which the simulation does not ask."""
    calls = [call for call in trace if call.probe == CONTROL]
    seconds = max(call.answered for call in calls)
    return said.model_copy(update={"requests_sent": len(calls), "seconds": seconds})


def simulated(case: Case) -> list[Run]:
    """Find the limit of its simulation, once for each seed."""
    budget = Budget(MAX_RPS / KEPT_S, 10_000, MAX_SECONDS)
    runs = []
    for seed in SEEDS:
        world = case.world(seed)
        trace, done = world.simulator().run(plan_for((), budget, quiet=1e9), budget.max_rps)
        runs.append(Run(world, estimate(trace, (), done)))
    return runs


HEAD: Final = (
    "| limiter | truth | status | estimate | N off | W, r off % | algorithm | conf. "
    "| requests (× min) | s (× min) | simulated: N off | W, r off % | right | requests | s |"
)


def row(case: Case, said: RateLimit, runs: Sequence[Run]) -> str:
    """One line of the table."""
    found = Run(case.world(0), said)
    of_size, of_time = errors(found)
    least_requests, least_seconds = least_cost(found.world)
    sizes, times = zip(*(errors(run) for run in runs), strict=True)
    right = sum(named(run) == "right" for run in runs)
    cells = [
        case.name,
        case.truth,
        said.status,
        estimate_words(said),
        _number(of_size, 0),
        _percent(of_time),
        f"{said.algorithm} ({named(found)})",
        f"{said.confidence:.2f}",
        f"{said.requests_sent} ({said.requests_sent / least_requests:.1f})",
        f"{said.seconds:.0f} ({said.seconds / max(1.0, least_seconds):.1f})",
        _number(_median(sizes), 0),
        _percent(_median(times)),
        f"{right}/{len(runs)}",
        f"{median(run.said.requests_sent for run in runs):.0f}",
        f"{median(run.said.seconds for run in runs):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def estimate_words(said: RateLimit) -> str:
    """The estimate as the truth is written."""
    if said.limit is not None and said.window_s is not None:
        return f"{said.limit}/{said.window_s:.3g}s"
    rate = "?" if said.rate_rps is None else f"{said.rate_rps:.3g}"
    return f"{rate}/s b={said.burst}" if said.burst is not None else "none"


def _median(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return median(known) if known else None


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"


DECLARED_HEAD: Final = (
    "| limiter | limit | confirmed | not confirmed | contradicted | requests | s |"
)


def declared_row(case: Case, times: int) -> str:
    """One line of the table of declared limits; requests and seconds are medians."""
    found = [declared(case) for _ in range(times)]
    for said in found:
        if said.status != "confirmed":
            sys.stderr.write(f"{case.name} {case.truth}: {said.detail}\n")
    counts = Counter(said.status for said in found)
    cells = [
        case.name,
        case.truth,
        f"{counts['confirmed']}/{times}",
        f"{times - counts['confirmed'] - counts['contradicted']}",
        f"{counts['contradicted']}",
        f"{median(said.requests_sent for said in found):.0f}",
        f"{median(said.seconds for said in found):.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def _rows(only: str, row_of: Callable[[Case], str]) -> Iterator[str]:
    missing = set()
    for case in sorted(cases(), key=lambda case: case.name):
        if only not in case.name or case.name in missing:
            continue
        try:
            yield row_of(case)
        except ServerUnavailableError as error:
            missing.add(case.name)
            sys.stderr.write(f"{case.name}: skipped: {error}\n")


def main() -> None:
    """Print the table, a line as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", metavar="NAME", help="limiters whose name holds this")
    parser.add_argument("--declared", type=int, default=0, metavar="N", help="runs of each limit")
    options = parser.parse_args()
    head, row_of = HEAD, lambda case: row(case, real(case), simulated(case))
    if options.declared:
        head, row_of = DECLARED_HEAD, lambda case: declared_row(case, options.declared)
    out = sys.stdout
    out.write(f"{head}\n{'|---' * head.count(' | ')}|---|\n")
    for line in _rows(options.only, row_of):
        out.write(f"{line}\n")
        out.flush()


if __name__ == "__main__":
    main()
