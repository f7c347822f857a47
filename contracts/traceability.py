"""List each documented sentence with the checks that hold the target to it, and what none can.

The checks are read from the code itself, so nothing here can name one that is not run.
"""

import argparse
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Final

from contracts.requirements import REQUIREMENTS, Level, Requirement

PACKAGE: Final = "tests.contract"


@dataclass(frozen=True, slots=True)
class Listed:
    """One check.

    Attributes:
        id: As in the verdict.
        sentence: What it says of the target.
        core: Whether it can decide that its requirement held.
    """

    id: str
    sentence: str
    core: bool


RAMP: Final = (
    Listed("D4.ramp", "Calls over the limit get 429, those under it do not, and it passes.", True),
    Listed("D6.rate-limited", "Every 429 has the documented body.", False),
    Listed("D12.rate-limited", "No answer under load shows the key.", False),
)
"""What the rate-limit part checks; it is no pytest check."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("--markdown", action="store_true", help="write it as docs/requirements.md")


def run(arguments: argparse.Namespace) -> int:
    """Print the list."""
    write = markdown if arguments.markdown else _plain
    sys.stdout.write(write(checks()))
    return 0


def checks() -> Sequence[Listed]:
    """Read every check from the code, in the order of the files."""
    package = importlib.import_module(PACKAGE)
    modules = [
        importlib.import_module(f"{PACKAGE}.{module.name}")
        for module in pkgutil.iter_modules(package.__path__)
        if module.name.startswith("test_")
    ]
    found = [check for module in modules for check in _in(module)]
    return sorted([*found, *RAMP], key=lambda check: int(check.id[1:].partition(".")[0]))


def _in(module: ModuleType) -> Iterator[Listed]:
    for name, function in vars(module).items():
        if name.startswith("test_") and isinstance(function, FunctionType):
            marks = {mark.name: mark for mark in getattr(function, "pytestmark", ())}
            requirement = marks["requirement"].args[0]
            slug = name.removeprefix("test_").replace("_", "-")
            yield Listed(
                f"{requirement.id}.{slug}", inspect.getdoc(function) or "", "core" in marks
            )


def _of(requirement: Requirement, every: Sequence[Listed]) -> list[Listed]:
    return [check for check in every if check.id.startswith(f"{requirement.id}.")]


def _plain(every: Sequence[Listed]) -> str:
    lines: list[str] = []
    for requirement in REQUIREMENTS:
        lines += [str(requirement), f"  {requirement.promise}"]
        for check in _of(requirement, every):
            lines.append(f"  {'core ' if check.core else 'depth'} {check.id}: {check.sentence}")
        lines += [f"  {_beyond(requirement)}", ""]
    return "\n".join(lines)


def _beyond(requirement: Requirement) -> str:
    if requirement.level is Level.ADVICE:
        return f"nobody can test it: {requirement.untestable}"
    return f"nobody can test {requirement.untestable}"


def markdown(every: Sequence[Listed]) -> str:
    """Write docs/requirements.md.

    Args:
        every: All checks.
    """
    lines = [
        "# Requirements",
        "",
        "Each documented sentence, the checks that hold a target to it, and what no test can show.",
        "Written by `busyboard requirements --markdown`; a test fails where it is out of date.",
        "",
    ]
    for requirement in REQUIREMENTS:
        lines += [
            f"## {requirement.id}: {requirement.promise}",
            "",
            f"> {requirement.sentence}",
            "",
        ]
        rows = _of(requirement, every)
        if rows:
            lines += ["| check | core | what it says |", "|---|---|---|"]
            lines += [
                f"| `{check.id}` | {'yes' if check.core else ''} | {check.sentence} |"
                for check in rows
            ]
            lines.append("")
        lines += [f"{_beyond(requirement)[:1].upper()}{_beyond(requirement)[1:]}.", ""]
    return "\n".join(lines)
