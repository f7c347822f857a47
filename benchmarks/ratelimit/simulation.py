"""How well limits are found and confirmed, simulated.

``python -m benchmarks.ratelimit.simulation`` prints two tables, some hours on two cores.
Unknown limits: per kind, the error of N, W and r, the algorithm right, unknown or
wrong, requests and seconds against the theoretical minimum. Declared limits: "100/60s" held
against true and untrue limiters of five kinds, and against true ones that others use as well.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from statistics import median
from typing import Final

from benchmarks.ratelimit.simulator import Network
from benchmarks.ratelimit.worlds import KINDS, World, draw, kinds, least_cost
from contracts import verdict
from contracts.declared import DeclaredLimit, read_declared
from loadtests.estimator import RateLimit, estimate
from loadtests.plan import plan_for
from loadtests.segments import Budget

QUIET_S: Final = 1e9

SHARES: Final = (0.05, 0.1, 0.2)
"""What others use of a true limit, as shares of it."""

DECLARED: Final = read_declared("100/60s")
TRUTHS: Final = ((90, 60.0), (95, 60.0), (99, 60.0), (100, 60.0), (101, 60.0), (105, 60.0))
MORE_TRUTHS: Final = ((110, 60.0), (100, 54.0), (100, 66.0))
FIVE: Final = (
    "fixed window, first call",
    "fixed window, grid",
    "sliding log",
    "sliding counter",
    "token bucket",
)


@dataclass(frozen=True, slots=True)
class Run:
    """One world and what was said of it: by the estimator, or in a verdict."""

    world: World
    said: RateLimit | verdict.RateLimit


def find(world: World) -> Run:
    """Find an unknown limit."""
    budget = Budget(max_rps=100, max_requests=6000, max_seconds=4000)
    return Run(world, _run(world, (), budget))


def confirm(world: World) -> Run:
    """Hold "100/60s" against a world."""
    return Run(world, _run(world, DECLARED, Budget(max_rps=100)))


def _run(world: World, declared: Sequence[DeclaredLimit], budget: Budget) -> RateLimit:
    plan = plan_for(declared, budget, quiet=QUIET_S)
    trace, done = world.simulator().run(plan, budget.max_rps)
    return estimate(trace, declared, done)


def named(run: Run) -> str:
    """Whether the algorithm was right, unknown or wrong; "sure" if wrong beyond 0.9."""
    wanted = KINDS[run.world.kind].algorithm
    said = run.said.algorithm
    if said == wanted:
        return "right"
    if said == "unknown":
        return "unknown"
    return "sure" if run.said.confidence > 0.9 else "wrong"


def errors(run: Run) -> tuple[float | None, float | None]:
    """Error of N in requests and of W or r as a share; ``None`` where nothing was named."""
    said, world = run.said, run.world
    size = said.limit if said.limit is not None else said.burst
    of_size = None if size is None else abs(size - world.size)
    if world.kind in ("penalty", "calls in flight"):
        return of_size, None
    if said.window_s is not None:
        return of_size, abs(said.window_s / world.window - 1)
    if said.rate_rps is not None:
        return of_size, abs(said.rate_rps * world.window / world.size - 1)
    return of_size, None


def accurate(run: Run) -> bool:
    """Within one request or 1 % for N, and 3 % for W or r."""
    of_size, of_time = errors(run)
    near = of_size is not None and of_size <= max(1, 0.01 * run.world.size)
    return near and (of_time is None or of_time <= 0.03)


def unknown_table(runs: Iterable[Run]) -> list[str]:
    """One row per kind."""
    head = (
        f"{'kind':26} runs right unkn wrong sure | N off med/p95/max | "
        "W, r off % med/p95/max | accurate of right | req x min | s x min"
    )
    rows = [head]
    by_kind: dict[str, list[Run]] = {}
    for run in runs:
        by_kind.setdefault(run.world.kind, []).append(run)
    everything = [run for each in by_kind.values() for run in each]
    groups = {
        "all": everything,
        "one counter, alone": [run for run in everything if _alone(run)],
        "with 5 % foreign traffic": [run for run in everything if run.world.foreign],
        "private counters": [run for run in everything if run.world.private],
    }
    for kind, each in [*by_kind.items(), *groups.items()]:
        if each:
            rows.append(_unknown_row(kind, each))
    return rows


def _alone(run: Run) -> bool:
    return not run.world.private and not run.world.foreign


def _unknown_row(kind: str, runs: Sequence[Run]) -> str:
    names = Counter(named(run) for run in runs)
    counted = [names[name] for name in ("right", "unknown", "wrong", "sure")]
    of_size = [error for run in runs if (error := errors(run)[0]) is not None]
    of_time = [100 * error for run in runs if (error := errors(run)[1]) is not None]
    confirmed = [run for run in runs if named(run) == "right"]
    good = sum(accurate(run) for run in confirmed)
    requests = [run.said.requests_sent / least_cost(run.world)[0] for run in runs]
    seconds = [run.said.seconds / max(1.0, least_cost(run.world)[1]) for run in runs]
    figures = " ".join(f"{count:5}" for count in (len(runs), *counted))
    spreads = f"{_spread(of_size)} | {_spread(of_time)}"
    near = f"{good:4}/{len(confirmed):<4}"
    costs = f"{median(requests):.1f} | {median(seconds):.1f}"
    return f"{kind:26}{figures} | {spreads} | {near} | {costs}"


def _spread(values: Sequence[float]) -> str:
    if not values:
        return "     -     "
    ordered = sorted(values)
    return f"{median(ordered):.2g}/{ordered[int(0.95 * (len(ordered) - 1))]:.2g}/{ordered[-1]:.2g}"


def declared_worlds(count: int, *, loss: bool) -> list[World]:
    """``count`` worlds for every truth and kind, "100/60s" declared."""
    worlds = []
    for size, window in (*TRUTHS, *MORE_TRUTHS):
        for kind in FIVE:
            for seed in range(count):
                world = replace(draw(kind, seed, plain=True), size=size, window=window)
                network = world.network
                lossless = Network(network.rtt, network.jitter, 0.0, network.service)
                worlds.append(world if loss else replace(world, network=lossless))
    return worlds


def shared_worlds(count: int) -> list[World]:
    """``count`` worlds for every share and kind: "100/60s" is true, and others use it as well."""
    return [
        replace(draw(kind, seed, plain=True), size=100, window=60.0, foreign=share)
        for share in SHARES
        for kind in FIVE
        for seed in range(count)
    ]


def declared_table(runs: Iterable[Run]) -> list[str]:
    """One row per truth, share of others and kind."""
    head = "confirmed contradicted open | requests med/max | seconds"
    rows = [f"{'truth':10} {'others':6} {'kind':26} {head}"]
    groups: dict[tuple[int, float, float, str], list[Run]] = {}
    for run in runs:
        world = run.world
        key = (world.size, world.window, world.foreign, world.kind)
        groups.setdefault(key, []).append(run)
    for (size, window, share, kind), each in groups.items():
        verdicts = Counter(run.said.status for run in each)
        requests = [run.said.requests_sent for run in each]
        seconds = [run.said.seconds for run in each]
        rows.append(
            f"{size:4}/{window:g}s {share:7.0%} {kind:27} {verdicts['confirmed']:8} "
            f"{verdicts['contradicted']:12} {verdicts['not_confirmed']:4} | "
            f"{median(requests):5.0f}/{max(requests)} | {median(seconds):.0f}/{max(seconds):.0f}"
        )
    return rows


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=26, help="random limiters of each kind")
    parser.add_argument("--declared", type=int, default=20, help="runs of each declared truth")
    parser.add_argument("--shared", type=int, default=12, help="runs of each share of others")
    parser.add_argument("--kinds", nargs="*", default=[], help="words of the kinds wanted")
    parser.add_argument("--plain", action="store_true", help="one server, no foreign traffic")
    parser.add_argument("--no-loss", action="store_true", help="declared limits without lost calls")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    options = parser.parse_args()
    out = sys.stdout
    with ProcessPoolExecutor(options.workers) as pool:
        worlds = [
            draw(kind, seed, plain=options.plain)
            for kind in kinds(options.kinds)
            for seed in range(options.each)
        ]
        if worlds:
            found = list(pool.map(find, worlds, chunksize=4))
            out.write("\n".join(unknown_table(found)) + "\n")
        chosen = declared_worlds(options.declared, loss=not options.no_loss)
        chosen += shared_worlds(options.shared)
        if chosen:
            held = pool.map(confirm, chosen, chunksize=4)
            out.write("\n" + "\n".join(declared_table(held)) + "\n")


if __name__ == "__main__":
    main()
