"""Keys by what they may do: those that are configured, and those that a run creates for a question.

A server may compare scopes by prefix, forget an empty list, or want more than it says; each shows
only on a key made for it. Created keys are live from the exit of `create`.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from contracts.controls import Controls
from contracts.credentials import Role
from contracts.keyring import Keyring
from contracts.keys import Provisioner, ProvisionerFailed
from contracts.operations import Operation

ScopeSet = frozenset[str]

_MOST: Final = 12
"""Keys created in one run: each is a call of the operator's command, and one more at the end."""

_MOST_IN_VAIN: Final = 3
"""Calls until one gives a key: a command that hangs takes 10 s each time."""


class ScopedKeys:
    """Chooses keys by what they may do."""

    def __init__(
        self, controls: Controls, keyring: Keyring, provisioner: Provisioner | None
    ) -> None:
        self._controls, self._keyring, self._provisioner = controls, keyring, provisioner
        self._configured = tuple(role for role in keyring.roles if keyring.scopes(role) is not None)
        self._created: dict[ScopeSet, Role | None] = {}

    def insufficient(self, operation: Operation, which: int = 0) -> Role | None:
        """Choose a key that lacks what an operation needs, live ones first.

        Args:
            operation: Whose scopes it lacks.
            which: Counted round all there are.

        Returns:
            None where there is none.
        """
        roles = self._insufficient(operation)
        live = [role for role in roles if self._controls.is_live(role)]
        others = [role for role in roles if role not in live]
        live = self._readers_first(operation, live)
        return self._chosen(live, [*self._lacking(operation)], others, which=which)

    def minimal(self, operation: Operation, which: int = 0) -> Role | None:
        """Choose a key that has what an operation needs and was given no more than some scopes.

        Args:
            operation: Whose scopes it has.
            which: Counted round all there are.

        Returns:
            None where there is none.
        """
        roles = [role for role in self._configured if self._keyring.admits(role, operation)]
        live = [role for role in roles if self._controls.is_live(role)]
        return self._chosen(live, list(operation.scopes or ()), which=which)

    def reader(self, operation: Operation) -> Role | None:
        """Choose a live key that may read what an operation writes, and not write it."""
        reader = self._controls.reader(operation)
        if reader is None:
            return None
        needed = [
            scopes for scopes in reader.operation.scopes or () if operation.admits(scopes) is False
        ]
        reading = [
            role
            for role in self._insufficient(operation)
            if self._keyring.admits(role, reader.operation) and self._controls.is_live(role)
        ]
        return self._chosen(reading, needed)

    def _readers_first(self, operation: Operation, live: Sequence[Role]) -> list[Role]:
        """What may read is the likeliest to be let write."""
        reader = self._controls.reader(operation)
        reading = [r for r in live if reader and self._keyring.admits(r, reader.operation)]
        return list(dict.fromkeys((*reading, *live)))

    def _insufficient(self, operation: Operation) -> list[Role]:
        return [r for r in self._keyring.insufficient(operation) if r in self._configured]

    def _chosen(
        self,
        live: Sequence[Role],
        wanted: Sequence[ScopeSet],
        others: Sequence[Role] = (),
        *,
        which: int = 0,
    ) -> Role | None:
        """Count round the roles there are and the keys that could be created."""
        choices: list[Role | ScopeSet] = [*live, *self._new(wanted), *others]
        if not choices:
            return None
        choice = choices[which % len(choices)]
        if not isinstance(choice, frozenset):
            return choice
        # A key that was not given stays counted: the others keep their places.
        return self.created(choice) or next(iter((*live, *others)), None)

    def _new(self, wanted: Sequence[ScopeSet]) -> list[ScopeSet]:
        if self._provisioner is None:
            return []
        known = {self._keyring.scopes(role) for role in self._configured}
        return [scopes for scopes in wanted if scopes not in known]

    def created(self, scopes: ScopeSet) -> Role | None:
        """Create a key, or give the one that was created with these scopes.

        Args:
            scopes: What it may do.

        Returns:
            None where keys cannot be created, or not with these scopes.
        """
        if self._provisioner and self._may_try and scopes not in self._created:
            try:
                self._created[scopes] = role = self._provisioner.create(scopes)
                if self._controls.arrives(role):
                    self._controls.live.add(role)
            except ProvisionerFailed:
                self._created[scopes] = None
        return self._created.get(scopes)

    @property
    def _may_try(self) -> bool:
        tried = len(self._created)
        return tried < (_MOST if any(self._created.values()) else _MOST_IN_VAIN)

    def _lacking(self, operation: Operation) -> Iterator[ScopeSet]:
        """Scopes that lack what an operation needs, the likeliest to be taken for it first."""
        if operation.scopes is None:
            return
        needed = sorted(frozenset().union(*operation.scopes))
        known = sorted(self._vocabulary())
        alike = [
            s for s in known for n in needed if s != n and (s.startswith(n) or n.startswith(s))
        ]
        spelled = [
            spelling for n in needed for spelling in (n[:-1], f"{n}x") if spelling[-1:].isalnum()
        ]
        wanted = [
            *(frozenset({scope}) for scope in (*alike, *known)),
            frozenset[str](),
            *(frozenset({scope}) for scope in spelled),
        ]
        yield from (s for s in dict.fromkeys(wanted) if operation.admits(s) is False)

    def _vocabulary(self) -> ScopeSet:
        """Every scope that the document or the settings name."""
        needed = [
            scopes for operation in self._controls.operations for scopes in operation.scopes or ()
        ]
        held = [self._keyring.scopes(role) or frozenset[str]() for role in self._keyring.roles]
        return frozenset[str]().union(*needed, *held)
