"""A portal in memory: creates and ends the keys of an API in memory, as the command would."""

import subprocess
from collections.abc import Collection, Mapping
from typing import cast

from pydantic import SecretStr

from contracts.created import CreatedKeys
from contracts.credentials import Role
from contracts.exchange import NoAnswer, Response
from contracts.keys import Ending, Provisioner
from contracts.lifecycle import Lifecycle
from contracts.settings import Depth
from tests.unit.contracts.answers import KEY, OTHER_KEY, answered
from tests.unit.contracts.checking import Checking
from tests.unit.contracts.clocks import Clock
from tests.unit.contracts.targets import Api, Asked


class Portal:
    """An API that keeps every promise, and the keys that it has and had.

    Attributes:
        keys: Scopes of the living, by key.
        born: When each created key was made.
        died: When each ended key was ended.
        is_ending: Whether a key is being ended right now.
    """

    def __init__(self) -> None:
        self.keys: dict[str, frozenset[str] | None] = {KEY: None, OTHER_KEY: None}
        self.born: dict[str, float] = {}
        self.died: dict[str, float] = {}
        self.is_ending = False
        self.clock: Clock = Clock()
        self._api = Api(cast("Mapping[str, frozenset[str] | None]", self.keys))

    def __call__(self, asked: Asked) -> Response | NoAnswer:
        """Answer as documented."""
        return self._api(asked)

    def admits(self) -> Response | NoAnswer:
        """Answer what a living key is answered."""
        return self._api(Asked("GET", "/calls", KEY, True, 1))

    def age(self, key: str | None, since: Mapping[str, float]) -> float | None:
        """How long ago something happened to a key."""
        return self.clock() - since[key] if key and key in since else None


class Command(Provisioner):
    """What the operator's command is to a run."""

    def __init__(self, portal: Portal, checks: Checking) -> None:
        super().__init__((), checks.world.keyring)
        self.portal, self.ring = portal, checks.world.keyring
        self.calls: list[str] = []

    def create(self, scopes: Collection[str]) -> Role:
        """Make a key."""
        number = len(self.portal.born) + 1
        key, role = f"sk_live_{number:03}cR3aT5eD7kE9yX", Role(f"created {number}")
        self.calls.append("create")
        self.portal.keys[key] = frozenset(scopes)
        self.portal.born[key] = self.portal.clock()
        self.ring.add(role, SecretStr(key), scopes=frozenset(scopes))
        return role

    def deactivate(self, role: Role) -> None:
        """End a key."""
        self._end(role, Ending.DEACTIVATE)

    def delete(self, role: Role) -> None:
        """End a key."""
        self._end(role, Ending.DELETE)

    def _end(self, role: Role, ending: str) -> None:
        self.calls.append(ending)
        self.portal.keys.pop(self.ring(role), None)
        self.portal.died[self.ring(role)] = self.portal.clock()
        self.ring.bury(role)

    def starting_to(self, _action: str, _role: Role) -> "subprocess.Popen[bytes]":
        """Begin to end a key; it is over when it was asked for thrice."""
        self.portal.is_ending = True
        return cast("subprocess.Popen[bytes]", _Running())

    def finished(self, action: str, role: Role, _started: "subprocess.Popen[bytes]") -> None:
        """The key is ended."""
        self.portal.is_ending = False
        self._end(role, action)


class _Running:
    def __init__(self) -> None:
        self.polls = 0

    def poll(self) -> int | None:
        self.polls += 1
        return 0 if self.polls > 3 else None


def living(checks: Checking, portal: Portal, depth: Depth = Depth.DEFAULT) -> Lifecycle:
    """Build the life of keys of a portal, for these checks."""
    portal.clock = checks.world.wire.clock
    checks.send.created = CreatedKeys(Command(portal, checks), checks.world.controls)
    return Lifecycle(checks.send, checks.world.wire, depth)


REFUSED = answered(401)
