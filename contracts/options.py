"""Command-line options of the settings: one for each that is no secret."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from contracts.layers import SettingsError, lines
from contracts.settings import SECRET_SETTINGS, Settings

USAGE: Final = 2
"""Exit code of wrong settings or usage."""

INCONCLUSIVE: Final = 3
"""Exit code where nothing could be told."""

_DEST: Final = "setting_"


def add_setting_options(parser: argparse.ArgumentParser, *names: str) -> None:
    """Add an option for each named setting, or for every one that is no secret.

    Keys have none: other users of the machine can read a command line.
    """
    group = parser.add_argument_group("settings", "each is also a BUSYBOARD_ variable")
    for name, field in Settings.model_fields.items():
        if name not in SECRET_SETTINGS and (not names or name in names):
            group.add_argument(
                f"--{name.replace('_', '-')}",
                dest=_DEST + name,
                metavar="VALUE",
                help=(field.description or "").replace("%", "%%"),
            )


def given(arguments: argparse.Namespace) -> dict[str, str]:
    """The settings among the arguments, by field name."""
    return {
        name.removeprefix(_DEST): value
        for name, value in vars(arguments).items()
        if name.startswith(_DEST) and value is not None
    }


def say(texts: Iterable[str]) -> None:
    """Write lines for the user, apart from a command's own output."""
    for line in lines(texts):
        sys.stderr.write(f"{line}\n")


@contextmanager
def settings_errors() -> Iterator[None]:
    """Turn wrong settings into their lines and exit code 2."""
    try:
        yield
    except SettingsError as error:
        say(error.lines)
        sys.exit(USAGE)
