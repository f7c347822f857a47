"""Run the suite over servers with one known fault each, and over odd ones that keep every promise.

For each, a sandbox is started on loopback and `busyboard verify` run against it, with all keys, the
key provisioner and ALLOW_WRITES=true. The table says what was caught, by which checks, whether it
was named right, and after how many requests.

  busyboard prove                      a sample of every family: about a minute
  busyboard prove A07 V18              these; A07=23 for one value, A07 for all its mechanisms
  busyboard prove --all --jobs 1 --output docs/proof.md
  busyboard prove A07 A08 --constants 5
  busyboard prove "E01 where nth=9"         wrong in this context alone

A fault that breaks the limit is shown to the ramp, every other one to the contract checks, on a
sandbox whose limit is out of their way; a harmless variation to both, but for a sample.

exit codes:
  0  every fault is caught and named right, nothing else raised an alarm
  1  a miss, a wrong name, or an alarm
  2  settings or usage are wrong
  130, 143  interrupted
"""

import argparse
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from random import Random

from contracts.children import ROOT, environment
from contracts.client import USER_AGENT
from contracts.embedded import COMMAND
from contracts.gallery import (
    BOTH,
    Case,
    NotInGallery,
    Variation,
    asked_for,
    contexts,
    narrowed,
    read_gallery,
    sample,
)
from contracts.options import USAGE, say
from contracts.proof import Circumstances, proof, totals
from contracts.scoring import exit_code
from contracts.settings import Depth
from contracts.trials import Order, Trials
from contracts.verdict import Part


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add = parser.add_argument
    add("ids", nargs="*", metavar="ID[=VALUE]", help="faults and variations; see sandbox --list")
    add("--all", action="store_true", help="every fault and variation, each mechanism of it")
    add("--part", choices=[part.value for part in Part], help="only what shows in this part")
    add(
        "--depth",
        choices=[depth.value for depth in Depth],
        default=Depth.QUICK.value,
        help="of the checks; default: quick",
    )
    add("--seed", type=int, default=0, help="the first seed; also draws sample and constants")
    add("--seeds", type=_positive, default=1, metavar="N", help="run each with N seeds")
    add(
        "--constants",
        type=int,
        default=0,
        metavar="N",
        help="draw N random constants for each fault that has one, instead of its default",
    )
    add("--jobs", type=_positive, default=2, metavar="N", help="at once; ramps always run alone")
    add("--output", type=Path, metavar="FILE", help="write the table there, not to stdout")


def _positive(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Prove, write the table, and say whether all is right."""
    try:
        cases = _cases(arguments)
    except NotInGallery as error:
        say([f"prove: {error}"])
        return USAGE
    if arguments.output and not arguments.output.absolute().parent.is_dir():
        say([f"prove: --output {arguments.output}: there is no such folder"])
        return USAGE
    seeds = range(arguments.seed, arguments.seed + arguments.seeds)
    with tempfile.TemporaryDirectory(prefix="busyboard-prove-") as scratch:
        order = Order(arguments.depth, seeds, _conformant(arguments), arguments.jobs, Path(scratch))
        trials = Trials(order, lambda line: say([line]))
        trials.watch()
        rows = trials.run(cases)
    if trials.interrupted:
        say([f"prove: interrupted after {trials.ended} runs; no table is written"])
        return 128 + trials.interrupted
    under = Circumstances(_command(), arguments.depth, seeds, USER_AGENT)
    page = proof(rows, under, _checks() if arguments.all else ())
    if arguments.output:
        arguments.output.write_text(page, "utf-8")
        page = "".join(f"{line}\n" for line in totals(rows))
    sys.stdout.write(page)
    return exit_code(rows)


def _parts(arguments: argparse.Namespace) -> tuple[Part, ...]:
    return (Part(arguments.part),) if arguments.part else BOTH


def _conformant(arguments: argparse.Namespace) -> tuple[Part, ...]:
    """The parts that see a harmless variation; ramps would take most of a sample's time."""
    is_sample = not arguments.all and not arguments.ids and not arguments.part
    return (Part.CONTRACT,) if is_sample else _parts(arguments)


def _cases(arguments: argparse.Namespace) -> list[Case]:
    known = gallery(contexts(arguments.ids))
    random = Random(arguments.seed)  # noqa: S311 -- which fault is tried is no secret
    if arguments.all and arguments.ids:
        raise NotInGallery("--all leaves nothing to choose; give it or ids")
    if arguments.all or arguments.ids:
        chosen = asked_for(known, arguments.ids or known, arguments.constants, random)
        chosen += narrowed(known) if arguments.all else []
    else:
        chosen = sample(known, random)
    parts = _parts(arguments)
    cases = [case for case in chosen if _shows(case.variation, parts)]
    if not cases:
        raise NotInGallery(f"nothing of it shows in the {arguments.part} part")
    return cases


def _shows(variation: Variation, parts: Sequence[Part]) -> bool:
    return variation.kind == "benign" or set(variation.parts) <= set(parts)


def gallery(where: Iterable[str] = ()) -> dict[str, Variation]:
    """Ask the sandbox which faults and variations it has.

    Args:
        where: Contexts that it must know.

    Raises:
        NotInGallery: It does not know one.
    """
    command = [*COMMAND, "--list", "--json", *(f"--where={context}" for context in where)]
    listed = subprocess.run(
        command, cwd=ROOT, env=environment({}), capture_output=True, text=True, check=False
    )
    if listed.returncode == USAGE:
        raise NotInGallery(listed.stderr.strip())
    listed.check_returncode()
    return read_gallery(listed.stdout)


def _checks() -> list[str]:
    from contracts.traceability import checks

    return [check.id for check in checks()]


def _command() -> str:
    return shlex.join(["busyboard", *sys.argv[1:]])
