"""The run's keys by role: the only place that can turn a role into a key.

Keys go from here straight to the wire that writes them; everything else handles roles.
"""

from collections.abc import Iterator, Mapping
from typing import Self
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from contracts.alterations import Outline
from contracts.credentials import DELETED, FULL, REVOKED, SECOND, Credential, Role, scoped
from contracts.operations import Operation
from contracts.redaction import Redactor
from contracts.settings import Settings


class Keyring:
    """Keys by role, and what each role may do."""

    def __init__(self, redactor: Redactor) -> None:
        self.redactor = redactor
        self._keys: dict[Role, SecretStr] = {}
        self._scopes: dict[Role, frozenset[str]] = {}
        self._dead: set[Role] = {REVOKED, DELETED}

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Take the keys out of the settings, and every other secret into the redactor."""
        redactor = Redactor()
        keyring = cls(redactor)
        named: Mapping[Role, SecretStr | None] = {
            FULL: settings.api_key,
            SECOND: settings.second_api_key,
            REVOKED: settings.revoked_api_key,
            DELETED: settings.deleted_api_key,
        }
        for role, key in named.items():
            if key:
                keyring.add(role, key)
        for scopes, key in settings.scoped_keys.items():
            keyring.add(scoped(scopes), key, scopes=scopes)
        for name, value in settings.headers.items():
            redactor.add(f"{name} header", value.get_secret_value())
        if settings.proxy:
            for secret in _secrets_of(settings.proxy.get_secret_value()):
                redactor.add("proxy", secret)
        return keyring

    def add(self, role: Role, key: SecretStr, *, scopes: frozenset[str] | None = None) -> None:
        """Add a key.

        Args:
            role: Whose it is.
            key: The key.
            scopes: What it may do; None for everything.
        """
        self._keys[role] = key
        if scopes is not None:
            self._scopes[role] = scopes
        self.redactor.add(role, key.get_secret_value())

    def scopes(self, role: Role) -> frozenset[str] | None:
        """What a role's key may do; None for everything."""
        return self._scopes.get(role)

    def bury(self, role: Role) -> None:
        """Note that a role's key is no longer active."""
        self._dead.add(role)

    def is_dead(self, role: Role) -> bool:
        """Whether a role's key was valid once and is no longer."""
        return role in self._dead

    def __call__(self, role: Role) -> str:
        """Give the key itself; called only while a request is written.

        Raises:
            KeyError: There is no such role in this run.
        """
        return self._keys[role].get_secret_value()

    def distinguishes(self, credential: Credential) -> bool:
        """Whether a wrong value is nobody's: an edit of one key may give another of the run."""
        values = [
            value.strip(" \t") for _, value in credential.fields(self)
        ]  # RFC 9110 section 5.5
        if len(values) > 1:
            return True
        return not any(key.get_secret_value() in values for key in self._keys.values())

    def __contains__(self, role: Role | None) -> bool:
        return role in self._keys

    @property
    def roles(self) -> tuple[Role, ...]:
        """Every role that has a key."""
        return tuple(self._keys)

    def length(self, role: Role | None) -> int:
        """How many characters a role's key has; 1 for no role."""
        return len(self(role)) if role is not None and role in self else 1

    def outline(self, role: Role) -> Outline:
        """Where a role's key can be altered; nothing of the key itself."""
        return Outline.of(self(role))

    def admits(self, role: Role, operation: Operation) -> bool | None:
        """Whether a live key of this role suffices for an operation; None where nobody says."""
        if role in self._dead:
            return False
        scopes = self._scopes.get(role)
        return True if scopes is None else operation.admits(scopes)

    def control(self, operation: Operation) -> Role | None:
        """Choose the key for an operation's control: the full one, else one that suffices."""
        if FULL in self:
            return FULL
        candidates = [role for role in (*self._scopes, SECOND) if role in self]
        for wanted in (True, None):
            for role in candidates:
                named = self._scopes.get(role) != frozenset()
                if self.admits(role, operation) is wanted and named:
                    return role
        return None

    def insufficient(self, operation: Operation) -> Iterator[Role]:
        """Give the live scoped keys that lack what an operation needs, keys with scopes first."""
        alive = [role for role in self._scopes if role not in self._dead]
        lacking = [role for role in alive if self.admits(role, operation) is False]
        yield from sorted(lacking, key=lambda role: (not self._scopes[role], role))


def _secrets_of(proxy: str) -> Iterator[str]:
    """The URL, and its password as it may be shown without it."""
    parts = urlsplit(proxy)
    yield proxy
    if parts.password:
        yield unquote(parts.password)
        yield f"{unquote(parts.username or '')}:{unquote(parts.password)}"
