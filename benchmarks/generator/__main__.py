"""Asked against sent, and the cost of a request, beside a bare FastHttpUser and wrk.

``python -m benchmarks.generator`` sends to one nginx on loopback in one run, a minute and a half,
and prints one table, then each ratio beside its target. Lateness is judged only while a bare timer
beside wakes in time: else the machine is busy, and says nothing about the generator.
"""

import argparse
import json
import math
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

from benchmarks.generator.measured import KEY, Measured
from benchmarks.generator.servers import SLOW_S, counted, quick, slow
from contracts.children import ROOT
from tests.integration.suite.verification import BUSYBOARD, environment

RATES: Final = (50, 200, 500, 1000, 2000)

FULL: Final = 0
"""As many as can be: nothing is waited for, so that a call's own cost shows."""

DEAR: Final = 1.1
"""What a call may cost whose answer is read and judged, in those of a bare FastHttpUser."""

BUSY_S: Final = 0.0005
"""A bare timer's p99 beyond this means a busy machine."""


def side(name: str, url: str, rate: float, seconds: float) -> subprocess.Popen[str]:
    """Start one generator in a process of its own."""
    module = [sys.executable, "-m", "benchmarks.generator.sides"]
    return subprocess.Popen(
        [*module, name, url, str(rate), str(seconds)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


def result(process: subprocess.Popen[str]) -> Measured:
    """Wait for it."""
    out, _ = process.communicate()
    return Measured(**json.loads(out.splitlines()[-1]))


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that so many are not above."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def table(url: str, rates: Sequence[int], seconds: float) -> Iterator[tuple[str, list[str]]]:
    """Every generator at every rate: a row, and what our ratios are."""
    for rate in rates:
        beside = side("timer", url, rate, seconds)
        before = counted(url)
        mine = result(side("ours", url, rate, seconds))
        wire = counted(url) - before - 1
        bare = result(beside)
        other = result(side("even", url, rate, seconds))
        yield _row(rate, "ours", mine), []
        yield _row(rate, "FastHttpUser", result(side("fasthttp", url, rate, seconds))), []
        yield _row(rate, "... evenly", other), []
        yield _row(rate, "timer alone", bare), []
        yield "", [*_ratios(rate, mine, bare, wire), _cost(f"{rate}/s", mine, other)]


def full(url: str, seconds: float) -> Iterator[tuple[str, list[str]]]:
    """The same without a pace, and wrk."""
    mine = result(side("ours", url, FULL, seconds))
    other = result(side("fasthttp", url, FULL, seconds))
    yield _row(FULL, "ours", mine), []
    yield _row(FULL, "FastHttpUser", other), []
    yield wrk(url, seconds), [_cost("16 abreast", mine, other)]


def _row(rate: int, name: str, one: Measured) -> str:
    late = [f"{1000 * quantile(one.late, share):9.2f}" for share in (0.5, 0.99)]
    late = [cell if one.late and rate else f"{'-':>9}" for cell in late]
    per_call = f"{1e6 * one.cpu_s / one.sent:9,.0f}"
    pace, asked = (rate, one.asked) if rate else ("max", "-")
    return f"{pace:>6} {name:14} {one.sent:7}/{asked:<7} {' '.join(late)} {per_call}"


def _ratios(rate: int, mine: Measured, bare: Measured, wire: int) -> Iterator[str]:
    wire -= mine.warm
    busy = quantile(bare.late, 0.99) >= BUSY_S
    yield _judged(f"{rate}/s wire requests", wire, "=", mine.sent, wire == mine.sent)
    whole = mine.sent == mine.asked
    yield _judged(f"{rate}/s every call once", mine.sent, "=", mine.asked, whole, busy=busy)
    achieved = (mine.sent - 1) / mine.seconds / rate
    exact = 0.995 <= achieved <= 1.005
    yield _judged(f"{rate}/s achieved/asked", achieved, "in", "0.995-1.005", exact, busy=busy)
    limit = {500: 0.001, 1000: 0.002}.get(rate)
    for share, most in ((0.5, 0.0005), (0.99, limit)):
        if most is not None:
            late = quantile(mine.late, share)
            words = f"{rate}/s late p{100 * share:.0f} (ms)"
            yield _judged(words, 1000 * late, "<=", 1000 * most, late <= most, busy=busy)


def _cost(words: str, mine: Measured, other: Measured) -> str:
    cost = (mine.cpu_s / mine.sent) / (other.cpu_s / max(1, other.sent))
    return _judged(f"{words}: CPU per request / FastHttpUser", cost, "<=", DEAR, cost <= DEAR)


def _judged(
    name: str, seen: float, relation: str, target: object, held: bool, *, busy: bool = False
) -> str:
    word = "met" if held else "machine busy" if busy else "MISSED"
    return f"{name:56} {seen:10.4g}  {relation:2} {target!s:11} {word}"


def wrk(url: str, seconds: float) -> str:
    """What a request costs the smallest generator."""
    if shutil.which("wrk") is None:
        return "wrk: skipped, it is not installed (Debian: apt install wrk)"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = ["wrk", "-t1", "-c16", f"-d{seconds:.0f}s", "-H", f"x-api-key: {KEY}"]
    done = subprocess.run([*command, f"{url}/calls"], capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    requests = int(done.stdout.split(" requests in")[0].split()[-1])
    return (
        f"   max wrk            {requests:7}/{'-':7} {'-':>9} {'-':>9} {1e6 * cpu / requests:9,.0f}"
    )


def slow_server(seconds: float) -> str:
    """A server that takes its time must not change the rate."""
    with slow() as url:
        mine = result(side("ours", url, 200, seconds))
    achieved = (mine.sent - 1) / mine.seconds / 200
    waited = f"median answer after {1000 * mine.response_p50:.0f} ms"
    name = f"200/s on a {1000 * SLOW_S:.0f} ms server, {waited}"
    return _judged(name, achieved, "in", "0.99-1.01", 0.99 <= achieved <= 1.01)


def _await(file: Path, process: subprocess.Popen[bytes]) -> None:
    """Return when a running process has written a file.

    Raises:
        RuntimeError: It ended without it, or it took too long to say anything of.
    """
    deadline = time.monotonic() + LONGEST_S
    while not file.exists():
        if _ended_within(POLL_S, process) and not file.exists():
            raise RuntimeError(f"ended with {process.returncode} and without {file.name}")
        if time.monotonic() > deadline:
            raise RuntimeError(f"no {file.name} within {LONGEST_S} s")


def _ended_within(seconds: float, process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


POLL_S: Final = 0.01
LONGEST_S: Final = 60

IN_ITS_MIDST_S: Final = 2
"""So long a ramp has run when it is ended."""


def end_to_verdict(url: str) -> str:
    """From SIGTERM to verdict.json, in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "BUSYBOARD_BASE_URL": url,
            "BUSYBOARD_API_KEY": KEY,
            "BUSYBOARD_REPORT_DIR": folder,
        }
        with subprocess.Popen(
            [BUSYBOARD, "verify", "ratelimit"],
            env=environment(settings),
            cwd=folder,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            try:
                _await(Path(folder) / "trace.jsonl.gz", process)
                if _ended_within(IN_ITS_MIDST_S, process):
                    raise RuntimeError(f"ended with {process.returncode} before it was told to")
                sent = time.monotonic()
                process.send_signal(signal.SIGTERM)
                _await(Path(folder) / "verdict.json", process)
                took = time.monotonic() - sent
            finally:
                if not _ended_within(LONGEST_S, process):
                    process.kill()
    return _judged("SIGTERM to verdict (s)", took, "<", 2, took < 2)


def main() -> None:
    """Print table and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--rates", type=int, nargs="*", default=RATES, help="calls per second")
    options = parser.parse_args()
    out = sys.stdout
    out.write(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n\n")
    out.write("  rate generator         sent/asked    late p50  p99 (ms)  CPU µs/call\n")
    ratios: list[str] = []
    with quick() as url:
        for row, found in chain(
            table(url, options.rates, options.seconds), full(url, options.seconds)
        ):
            ratios += found
            out.write(f"{row}\n" if row else "")
            out.flush()
        ratios += [slow_server(options.seconds), end_to_verdict(url)]
    out.write("\n" + "\n".join(ratios) + "\n")


if __name__ == "__main__":
    main()
