"""The contract checks beside Schemathesis's own command, on the same servers in one run.

Asked are the sandbox, the sandbox with each fault and each harmless oddity of a seeded sample (with
--all: with each of the gallery), and foreign servers that keep every promise. No server limits the
rate. Faults that only a ramp can see are left out: no contender asks that fast.

All are told the document, the base URL and a key with all scopes. The suite is told the other
keys, too: it has a use for them. A fault counts as caught by Schemathesis where it says something
that it does not say of the unvaried sandbox, with the same seed. What Schemathesis fails a right
server for is listed by its check: it holds a server to its whole document, not to our promises.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from itertools import chain
from random import Random

from benchmarks.contract.comparison import Result, differences, table
from benchmarks.contract.contenders import Contender, Run, Schemathesis, Suite
from benchmarks.contract.servers import Server, answer_time, foreign, sandbox
from contracts.gallery import Case, Variation, asked_for, sample
from contracts.prove import gallery
from contracts.verdict import Part
from tests.servers.running import ServerUnavailableError
from tests.servers.stacks import STACKS

Served = Callable[[], AbstractContextManager[Server]]


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print the table, and exit 0."""
    options = _parser().parse_args(arguments)
    contenders: list[Contender] = [
        Suite("quick", options.seed),
        Suite("default", options.seed),
        Schemathesis(options.examples, options.seed),
    ]
    with sandbox(None) as server:
        answers_in = answer_time(server)
    results = list(_results(contenders, _cases(options), options.jobs))
    _write(table(results))
    _write("\n".join(("", *differences(results))))
    _write("\n".join(("", *_prices(results, answers_in))))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.contract",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("ids", nargs="*", metavar="ID[=VALUE]", help="these instead of a sample")
    add("--all", action="store_true", help="the whole gallery, one mechanism of each: an hour")
    add("--seed", type=int, default=0, help="of the sample and of all contenders")
    add("--examples", type=int, default=100, help="Schemathesis's bound; 100 is its own default")
    add("--jobs", type=int, default=1, help="servers asked side by side: times are longer then")
    return parser


def _cases(options: argparse.Namespace) -> list[Case]:
    random = Random(options.seed)
    known = gallery()
    if options.ids:
        cases = asked_for(known, options.ids, 0, random)
    elif options.all:
        cases = [random.choice(one.cases) for one in known.values()]
    else:
        cases = sample(known, random)
    return [case for case in cases if Part.CONTRACT in case.variation.parts]


def _results(contenders: Sequence[Contender], cases: Sequence[Case], jobs: int) -> Iterator[Result]:
    with sandbox(None) as server:
        twins = {contender.name: contender.ask(server) for contender in contenders}
        yield from (_result(one, server, twins[one.name], twins[one.name]) for one in contenders)

    def against(served: Served) -> list[Result]:
        return list(_against(served, contenders, twins))

    with ThreadPoolExecutor(jobs) as pool:
        servers = [partial(sandbox, case) for case in cases]
        servers += [partial(foreign, name) for name in STACKS]
        yield from chain.from_iterable(pool.map(against, servers))


def _against(
    served: Served, contenders: Sequence[Contender], twins: dict[str, Run]
) -> Iterator[Result]:
    """Ask it of a fresh server each: what one has set off, the next does not meet."""
    try:
        for contender in contenders:
            with served() as server:
                result = _result(contender, server, contender.ask(server), twins[contender.name])
            sys.stderr.write(f"{_words(result)}\n")
            yield result
    except ServerUnavailableError as error:
        sys.stderr.write(f"left out: {error}\n")


def _words(result: Result) -> str:
    said = "caught" if result.caught else "alarm" if result.alarm else "nothing"
    return (
        f"{result.server}: {result.contender}: {said}, "
        f"{result.requests} requests, {result.seconds:.1f} s"
    )


def _result(contender: Contender, server: Server, run: Run, twin: Run) -> Result:
    fault = _fault(server)
    caught, named_right = contender.catches(fault, run, twin) if fault else (False, None)
    return Result(
        contender.name,
        server.name,
        fault is not None,
        caught,
        named_right,
        fault is None and run.exit_code != 0,
        run.requests,
        run.seconds,
        tuple(sorted({failure.partition(" ")[0] for failure in run.failures})),
    )


def _fault(server: Server) -> Variation | None:
    is_fault = server.variation is not None and server.variation.kind == "fault"
    return server.variation if is_fault else None


def _prices(results: Sequence[Result], answers_in: float) -> Iterator[str]:
    """What each costs on the unvaried sandbox, which limits nobody."""
    yield f"- the unvaried sandbox answers in {1000 * answers_in:.1f} ms, the median of 100 calls"
    for result in results:
        if result.server == "sandbox":
            rate = result.requests / result.seconds
            yield (
                f"- {result.contender} on the unvaried sandbox: {result.requests} requests in "
                f"{result.seconds:.1f} s, {rate:.0f} per second, start-up included"
            )


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
