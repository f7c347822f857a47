"""What is called: one valid, safe request with a sufficient key.

The request travels to workers without its key; each process adds it from its own settings.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts.client import address, secret_headers
from contracts.connection import Route
from contracts.credentials import NoKey, Role, RoleKey
from contracts.exchange import Request
from contracts.keyring import Keyring
from contracts.operations import DOCUMENTED, Catalogue, Operation
from contracts.preparation import Preparation
from contracts.settings import Settings
from contracts.wire import written
from loadtests.segments import KEPT_S
from loadtests.sending import Prepared


def steady_rps(settings: Settings) -> float:
    """The highest even rate at which no call has to wait for the governor."""
    return settings.requests_per_second / KEPT_S


class NothingToCall(Exception):
    """No operation can be called under load; the message says why."""


@dataclass(frozen=True, slots=True)
class Called:
    """What is called under load.

    Attributes:
        request: The valid request, its credential a role's key.
        operation: Of which operation.
    """

    request: Request
    operation: Operation

    @property
    def role(self) -> Role:
        """Whose key it carries."""
        credential = self.request.credential
        assert isinstance(credential, RoleKey)
        return credential.of

    def packed(self) -> dict[str, Any]:
        """Write it as plain values for a worker."""
        request = self.request
        return {
            "method": request.method,
            "target": request.target,
            "headers": request.headers,
            "body": request.body,
            "role": self.role,
            "successes": list(self.operation.successes),
        }


def chosen(catalogue: Catalogue, settings: Settings, keyring: Keyring) -> Called:
    """Choose what to call: the documented operation, else the first safe one without parameters.

    Raises:
        NothingToCall: There is none, or no key suffices for it.
    """
    usable = [one for one in catalogue.operations if one.is_safe and not one.draft.parameters]
    operation = min(usable, key=lambda one: one.label != DOCUMENTED, default=None)
    if operation is None:
        raise NothingToCall("no safe operation without path parameters is known")
    role = keyring.control(operation)
    if role is None:
        raise NothingToCall(f"no configured key suffices for {operation.label}")
    base_path = address(settings.base_url or "").path
    prepared = Preparation(settings, base_path).request(operation, _nothing, _nothing)
    assert isinstance(prepared, Request)
    return Called(
        Request(
            prepared.method,
            prepared.target,
            prepared.headers,
            prepared.body,
            RoleKey(role),
            operation.label,
        ),
        operation,
    )


def _nothing(_label: str) -> bytes | None:
    return None


def prepared(
    packed: Mapping[str, Any], route: Route, settings: Settings, keyring: Keyring
) -> Prepared:
    """Write a packed call as bytes, with the key of this process's own settings.

    Args:
        packed: From `Called.packed`.
        route: To the target.
        settings: HEADERS.
        keyring: The keys.
    """
    fields = tuple((name, value) for name, value in packed["headers"])
    credential = RoleKey(Role(packed["role"])) if packed["role"] else NoKey()
    request = Request(packed["method"], packed["target"], fields, packed["body"], credential)
    data, _ = written(request, route, keyring, secret_headers(settings))
    return Prepared(request.method, data)
