"""Serve the embedded API that keeps every promise, until it is interrupted.

Prints base URL and keys as shell exports: eval "$(busyboard sandbox --port 8080)" does not return,
so copy the lines, or write them to a file, into the shell that asks.
"""

import argparse
import shlex
import subprocess
import sys

from contracts.children import ROOT, Interrupt, environment
from contracts.embedded import COMMAND, SandboxFailed, as_settings, started
from contracts.options import say


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--port", default="0", help="TCP port on loopback; 0 for a free one")
    parser.add_argument(
        "--fault", action="append", default=[], metavar="ID[=VALUE]", help="be wrong in this way"
    )
    parser.add_argument(
        "--where", action="append", default=[], metavar="KEY=VALUE", help="only in this context"
    )
    parser.add_argument(
        "--benign", action="append", default=[], metavar="ID", help="be odd in this harmless way"
    )
    parser.add_argument("--rate", help="its rate limit, such as 200/2s")
    parser.add_argument("--list", action="store_true", help="list faults and variations, and end")


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal."""
    if arguments.list:
        return subprocess.call([*COMMAND, "--list"], cwd=ROOT, env=environment({}))
    options = ["--port", arguments.port]
    for name in ("fault", "where", "benign"):
        for value in getattr(arguments, name):
            options += [f"--{name}", value]
    options += ["--rate", arguments.rate] if arguments.rate else []
    interrupt = Interrupt()
    interrupt.watch()
    try:
        with started(options) as (said, process):
            for name, value in as_settings(said).items():
                sys.stdout.write(f"export {name}={shlex.quote(value)}\n")
            sys.stdout.flush()
            with interrupt.passed_to(process):
                process.wait()
            if interrupt.name is None:
                raise SandboxFailed(f"the sandbox ended by itself, with {process.returncode}")
    except SandboxFailed as error:
        say([str(error)])
        return 2
    return 0
