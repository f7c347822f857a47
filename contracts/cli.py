"""`busyboard`: the commands, their options and what they say when something is wrong.

Commands are imported when they are asked for, so that `busyboard --help` answers at once.
"""

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

USAGE: Final = 2
"""Exit code of wrong settings or usage."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes:
        module: Has `add_options(parser)` and `run(arguments) -> int`.
        summary: Its line in the list of commands.
    """

    module: str
    summary: str


COMMANDS: Final[Mapping[str, Command]] = {
    "verify": Command(
        "contracts.verify", "run the contract checks and the rate ramp, and build the report"
    ),
    "report": Command(
        "contracts.reporting", "build verdict and report again from existing results"
    ),
    "replay": Command("contracts.replay", "ask the question of a finding again: is it fixed?"),
    "analyse": Command(
        "loadtests.analysing", "conclude again from a trace of the rate ramp; nothing is asked"
    ),
    "doctor": Command(
        "contracts.doctor", "say what is configured, reachable, and which checks will run"
    ),
    "sandbox": Command("contracts.sandbox", "serve the embedded API that keeps every promise"),
    "prove": Command(
        "contracts.prove",
        "run the suite over servers with known faults, and over odd but right ones",
    ),
    "requirements": Command(
        "contracts.traceability", "list each documented sentence with its checks"
    ),
}

_DESCRIPTION: Final = """\
Does an API keep the promises of its documentation about API keys, scopes, errors and rate limits?

With no target configured, `busyboard verify` starts a sandbox on loopback and verifies that.
Against a real API:

  BUSYBOARD_BASE_URL=https://staging.example/v1 BUSYBOARD_API_KEY=... busyboard verify

commands:
"""

_EPILOG: Final = """
exit codes:
  0  conformant: every required promise was held
  1  violated: at least one promise is broken
  2  settings or usage are wrong; nothing was asked
  3  inconclusive: neither could be shown
  130, 143  interrupted

`busyboard COMMAND --help` says more; settings are BUSYBOARD_ variables, see the README.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: Without the program's name; None for the process's own.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    name = words[0] if words else "--help"
    if name in {"-h", "--help"}:
        sys.stdout.write(_help())
        return 0 if words else USAGE
    if name == "--version":
        sys.stdout.write(f"{_version()}\n")
        return 0
    command = COMMANDS.get(name)
    if command is None:
        sys.stderr.write(
            f"busyboard: there is no command {name}; there are {', '.join(COMMANDS)}\n"
        )
        return USAGE
    module = importlib.import_module(command.module)
    parser = argparse.ArgumentParser(
        prog=f"busyboard {name}",
        description=module.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    module.add_options(parser)
    return int(module.run(parser.parse_args(words[1:])))


def _help() -> str:
    width = max(map(len, COMMANDS))
    rows = (f"  {name:{width}}  {command.summary}\n" for name, command in COMMANDS.items())
    return f"usage: busyboard COMMAND [OPTIONS]\n\n{_DESCRIPTION}{''.join(rows)}{_EPILOG}"


def _version() -> str:
    from contracts.client import USER_AGENT

    return USER_AGENT


def entry() -> None:
    """Run as the console script."""
    sys.exit(main())
