"""Keys that the run makes for its checks, where the configured ones do not do.

A created key counts as alive from the moment it was created, and as ended from the moment the
command to end it returned; each is deleted when the run ends.
"""

from dataclasses import dataclass, field
from typing import Final

from contracts.controls import Controls
from contracts.credentials import DELETED, REVOKED, Role
from contracts.keys import Ending, Provisioner, ProvisionerFailed
from contracts.operations import Operation

_ENDINGS: Final = {REVOKED: Ending.DEACTIVATE, DELETED: Ending.DELETE}


@dataclass(slots=True)
class CreatedKeys:
    """Makes keys that suffice for an operation.

    Attributes:
        provisioner: Calls the operator's command.
        controls: Learns which keys are alive.
    """

    provisioner: Provisioner
    controls: Controls
    _spare: dict[frozenset[str], Role] = field(default_factory=dict)
    _dead: dict[Role, Role] = field(default_factory=dict)

    def new(self, operation: Operation) -> Role:
        """Create a key with the scopes that an operation needs, all known ones where nobody says.

        Raises:
            ProvisionerFailed: It gave no key.
        """
        role = self.provisioner.create(self._scopes(operation))
        self.controls.live.add(role)
        return role

    def spare(self, operation: Operation) -> Role:
        """Give a sufficient key that is not the run's only one, the same for the same scopes.

        Raises:
            ProvisionerFailed: It gave no key.
        """
        scopes = self._scopes(operation)
        if scopes not in self._spare:
            self._spare[scopes] = self.new(operation)
        return self._spare[scopes]

    def dead(self, operation: Operation, role: Role) -> Role:
        """Give a key that worked once and was ended since, in the place of a configured one.

        Args:
            operation: Safe, and asked once with the key while it lives.
            role: Revoked or deleted, the role in whose place it stands.

        Raises:
            ProvisionerFailed: It gave no key, or one that is not admitted.
        """
        if role not in self._dead:
            made = self.new(operation)
            if self.controls.admitted(operation, made, fresh=True) is None:
                raise ProvisionerFailed("create gave a key that is not admitted")
            self.provisioner.end(made, _ENDINGS[role])
            self._dead[role] = made
        return self._dead[role]

    def has_dead(self, role: Role) -> bool:
        """Whether a key that stands in for this role was made already."""
        return role in self._dead

    def _scopes(self, operation: Operation) -> frozenset[str]:
        return operation.scopes[0] if operation.scopes else self.controls.scopes
