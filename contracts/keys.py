"""The life of keys that a run makes itself, through the operator's command.

Whatever was created is deleted at the end, after interrupts too. What the command prints holds a
key, so it is read and never shown.
"""

import contextlib
import itertools
import json
import signal
import subprocess
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from typing import Any, Final

from pydantic import SecretStr

from contracts.credentials import Role
from contracts.keyring import Keyring

_LONGEST_S: Final = 10.0
"""Seconds for one call of the command."""

_AT_ONCE: Final = 8
"""Calls of the command side by side, at the end: after a signal there are few seconds left."""


class Ending(StrEnum):
    """How a key's life is ended, as the command knows it."""

    DEACTIVATE = "deactivate"
    DELETE = "delete"

    @property
    def past(self) -> str:
        """What happened to such a key."""
        return f"{self.value}d"


class ProvisionerFailed(Exception):
    """The command did not do what it was asked; the message never quotes its output."""


class Provisioner:
    """Calls the key provisioner."""

    def __init__(self, command: Sequence[str], keyring: Keyring) -> None:
        self._command, self._keyring = tuple(command), keyring
        self._ids: dict[Role, str] = {}
        self._numbers = itertools.count(1)

    def create(self, scopes: Collection[str]) -> Role:
        """Create a key and put it on the ring.

        Args:
            scopes: What it may do; empty for nothing.

        Raises:
            ProvisionerFailed: It gave no key.
        """
        with _undisturbed():
            output = self._call("create", "--scopes", ",".join(sorted(scopes)))
            try:
                made = json.loads(output)
                identity, key = str(made["id"]), str(made["key"])
            except (ValueError, KeyError, TypeError):
                reason = 'create printed no JSON object with "id" and "key"'
                raise ProvisionerFailed(reason) from None
            role = Role(f'created {next(self._numbers)} "{" ".join(sorted(scopes))}"')
            self._ids[role] = identity
        self._keyring.add(role, SecretStr(key), scopes=frozenset(scopes))
        return role

    def deactivate(self, role: Role) -> None:
        """Deactivate a created key; it counts as revoked from the return on.

        Raises:
            ProvisionerFailed: The command failed.
        """
        self._call(Ending.DEACTIVATE, self._ids[role])
        self._keyring.bury(role)

    def delete(self, role: Role) -> None:
        """Delete a created key; it counts as revoked from the return on.

        Raises:
            ProvisionerFailed: The command failed.
        """
        self._call(Ending.DELETE, self._ids[role])
        del self._ids[role]
        self._keyring.bury(role)

    def end(self, role: Role, ending: Ending) -> None:
        """Deactivate or delete a created key.

        Raises:
            ProvisionerFailed: The command failed.
        """
        if ending is Ending.DELETE:
            self.delete(role)
        else:
            self.deactivate(role)

    def starting_to(self, action: str, role: Role) -> "subprocess.Popen[bytes]":
        """Start an action and return at once, so that the key can be used meanwhile.

        Args:
            action: `deactivate` or `delete`.
            role: A created key.

        Raises:
            ProvisionerFailed: The command cannot be started.
        """
        try:
            return subprocess.Popen(
                [*self._command, action, self._ids[role]],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise ProvisionerFailed(f"{action}: {error.strerror}") from None

    def finished(self, action: str, role: Role, started: "subprocess.Popen[bytes]") -> None:
        """Note that a started action has ended.

        Raises:
            ProvisionerFailed: It took too long, or failed.
        """
        try:
            code = started.wait(timeout=_LONGEST_S)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()
            raise ProvisionerFailed(f"{action} took longer than {_LONGEST_S:g} s") from None
        if code:
            raise ProvisionerFailed(f"{action} ended with status {code}")
        if action == Ending.DELETE:
            del self._ids[role]
        self._keyring.bury(role)

    def delete_all(self) -> Sequence[Role]:
        """Delete whatever was created; one that resists is no reason to leave the others.

        Returns:
            Those that resisted.
        """
        with _undisturbed(), ThreadPoolExecutor(_AT_ONCE) as threads:
            list(threads.map(self._delete_if_possible, list(self._ids)))
        return tuple(self._ids)

    def _delete_if_possible(self, role: Role) -> None:
        with contextlib.suppress(ProvisionerFailed):
            self.delete(role)

    def _call(self, *arguments: str) -> bytes:
        try:
            done = subprocess.run(
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_LONGEST_S,
                check=False,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise ProvisionerFailed(f"{arguments[0]} took longer than {_LONGEST_S:g} s") from None
        except OSError as error:
            raise ProvisionerFailed(f"{arguments[0]}: {error.strerror}") from None
        if done.returncode:
            raise ProvisionerFailed(f"{arguments[0]} ended with status {done.returncode}")
        return done.stdout


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Put signals off: a key made while one comes must be known, or nobody would delete it.

    The command itself runs in a session of its own, out of reach of the terminal's Ctrl-C.
    """
    came: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    former: dict[int, Any] = {  # what signal.signal gives and takes
        number: signal.signal(number, lambda which, _frame: came.append(which))
        for number in numbers
    }
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
        for number in came[:1]:
            signal.raise_signal(number)
