"""API keys: created, deactivated and deleted, in memory only.

Promises: D7 (a key stays valid while it is active), D8 (revocation is instant), D9 (scopes are
chosen at creation).
"""

import itertools
import secrets
import string
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

PREFIX: Final = "sk_live_"
RANDOM_LENGTH: Final = 32  # 32 characters of 62 are 190 bits: no probe guesses one
_ALPHABET: Final = string.ascii_letters + string.digits


class UnknownKeyError(LookupError):
    """No key has this id."""


class Status(StrEnum):
    """Where a key stands in its life."""

    ACTIVE = "active"
    DEACTIVATED = "deactivated"
    DELETED = "deleted"


@dataclass(slots=True, eq=False)
class StoredKey:
    """One API key and what it may do.

    Attributes:
        id: Its name in the management interface; no secret.
        secret: The key itself, as a client sends it.
        scopes: What was chosen at creation.
        role: What the sandbox made it for: ``full``, ``second``, ``scoped``, ``revoked``,
            ``deleted``, or ``created`` for keys made while it runs.
        owner: Role of the person it belongs to, ``member`` or ``admin``. The correct server
            never asks; fault S08 does.
        status: Active, deactivated or deleted.
        created_at: Monotonic seconds; None for keys there from the start.
    """

    id: str
    secret: str
    scopes: frozenset[str]
    role: str = "created"
    owner: str = "member"
    status: Status = Status.ACTIVE
    created_at: float | None = None


@dataclass(slots=True)
class KeyStore:
    """All keys, dead ones included: some faults remember what a correct server forgets.

    Attributes:
        revocations: How many keys were revoked since the server started.
    """

    revocations: int = 0
    _by_id: dict[str, StoredKey] = field(default_factory=dict)
    _by_secret: dict[str, StoredKey] = field(default_factory=dict)
    _serials: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def __iter__(self) -> Iterator[StoredKey]:
        """Give the active keys, oldest first."""
        return (key for key in self._by_id.values() if key.status is Status.ACTIVE)

    def find(self, secret: str) -> StoredKey | None:
        """Find the active key with this secret."""
        key = self._by_secret.get(secret)
        return key if key is not None and key.status is Status.ACTIVE else None

    def recall(self, secret: str) -> StoredKey | None:
        """Find the key that has or once had this secret, whatever became of it."""
        return self._by_secret.get(secret)

    def issue(self, scopes: Iterable[str], *, role: str, owner: str = "member") -> StoredKey:
        """Make a key the server starts with; drawn freshly, from no seed."""
        return self._add(
            StoredKey(
                id=f"key_{next(self._serials):04d}",
                secret=new_secret(),
                scopes=frozenset(scopes),
                role=role,
                owner=owner,
            )
        )

    def create(self, scopes: Iterable[str]) -> StoredKey:
        """Make a key while the server runs, for an administrator of the portal."""
        key = self.issue(scopes, role="created", owner="admin")
        key.created_at = time.monotonic()
        return key

    def deactivate(self, key_id: str) -> None:
        """Stop a key; in force when this returns.

        Raises:
            UnknownKeyError: There is no such key.
        """
        self._revoke(key_id, Status.DEACTIVATED)

    def delete(self, key_id: str) -> None:
        """Delete a key for good; in force when this returns.

        Raises:
            UnknownKeyError: There is no such key.
        """
        self._revoke(key_id, Status.DELETED)

    def activate(self, key_id: str) -> None:
        """Wake a deactivated key.

        Raises:
            UnknownKeyError: There is no such key, or it was deleted.
        """
        self._get(key_id).status = Status.ACTIVE

    def _add(self, key: StoredKey) -> StoredKey:
        self._by_id[key.id] = key
        self._by_secret[key.secret] = key
        return key

    def _revoke(self, key_id: str, status: Status) -> None:
        self._get(key_id).status = status
        self.revocations += 1

    def _get(self, key_id: str) -> StoredKey:
        key = self._by_id.get(key_id)
        if key is None or key.status is Status.DELETED:
            raise UnknownKeyError(key_id)
        return key


def new_secret() -> str:
    """Draw a key: the documented prefix and 32 random characters."""
    return PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(RANDOM_LENGTH))
