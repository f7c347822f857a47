"""The life of keys that a run makes itself, through the operator's command.

Whatever was created is deleted at the end, after interrupts too. What the command prints holds a
key, so it is read and never shown.
"""

import contextlib
import itertools
import json
import subprocess
from collections.abc import Collection, Sequence
from typing import Final

from pydantic import SecretStr

from contracts.credentials import Role
from contracts.keyring import Keyring

_LONGEST_S: Final = 10.0
"""Seconds for one call of the command."""


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
        output = self._call("create", "--scopes", ",".join(sorted(scopes)))
        try:
            made = json.loads(output)
            identity, key = str(made["id"]), str(made["key"])
        except (ValueError, KeyError, TypeError):
            raise ProvisionerFailed('create printed no JSON object with "id" and "key"') from None
        role = Role(f'created {next(self._numbers)} "{" ".join(sorted(scopes))}"')
        self._ids[role] = identity
        self._keyring.add(role, SecretStr(key), scopes=frozenset(scopes))
        return role

    def deactivate(self, role: Role) -> None:
        """Deactivate a created key; it counts as revoked from the return on.

        Raises:
            ProvisionerFailed: The command failed.
        """
        self._call("deactivate", self._ids[role])
        self._keyring.bury(role)

    def delete(self, role: Role) -> None:
        """Delete a created key; it counts as revoked from the return on.

        Raises:
            ProvisionerFailed: The command failed.
        """
        self._call("delete", self._ids.pop(role))
        self._keyring.bury(role)

    def starting_to(self, action: str, role: Role) -> "subprocess.Popen[bytes]":
        """Start an action and return at once, so that the key can be used meanwhile.

        Args:
            action: `deactivate` or `delete`.
            role: A created key.
        """
        return subprocess.Popen(
            [*self._command, action, self._ids[role]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

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
        self._keyring.bury(role)

    def delete_all(self) -> int:
        """Delete whatever was created, all at once: after a signal there are few seconds.

        Returns:
            How many keys could not be deleted.
        """
        started = {role: self._started_or_none("delete", role) for role in self._ids}
        for role, process in started.items():
            with contextlib.suppress(ProvisionerFailed):
                if process:
                    self.finished("delete", role, process)
                    del self._ids[role]
        return len(self._ids)

    def _started_or_none(self, action: str, role: Role) -> "subprocess.Popen[bytes] | None":
        try:
            return self.starting_to(action, role)
        except OSError:
            return None

    def _call(self, *arguments: str) -> bytes:
        try:
            done = subprocess.run(
                [*self._command, *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_LONGEST_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ProvisionerFailed(f"{arguments[0]} took longer than {_LONGEST_S:g} s") from None
        except OSError as error:
            raise ProvisionerFailed(f"{arguments[0]}: {error.strerror}") from None
        if done.returncode:
            raise ProvisionerFailed(f"{arguments[0]} ended with status {done.returncode}")
        return done.stdout
