"""What is called: one valid, safe request with a sufficient key.

The request travels to workers without its key; each process adds it from its own settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from contracts.client import address, secret_headers
from contracts.connection import Route
from contracts.credentials import Inapplicable, Role, RoleKey
from contracts.declared import Scope
from contracts.exchange import Request
from contracts.keyring import Keyring
from contracts.operations import DOCUMENTED, Catalogue, Operation
from contracts.preparation import Preparation
from contracts.settings import Settings
from contracts.wire import written
from loadtests.segments import KEPT_S
from loadtests.sending import Prepared
from loadtests.sustaining import in_order, label
from loadtests.trace import BELIEVING, CONTROL, LASTING, LISTED, PLAIN, WRITTEN
from loadtests.variations import Plain, Varied, failing, marked, varied


def steady_rps(settings: Settings) -> float:
    """The highest even rate at which no call has to wait for the governor."""
    return settings.requests_per_second / KEPT_S


MOST_OTHERS: Final = 3
"""Further operations that are asked whose counter they meet; each takes 12 calls and more."""


class NothingToCall(Exception):
    """No operation can be called under load; the message says why."""


def chosen(catalogue: Catalogue, settings: Settings, keyring: Keyring, *, seed: int = 0) -> Plain:
    """Choose what to call: the documented operation, else the first safe one without parameters.

    Args:
        catalogue: The operations.
        settings: The target.
        keyring: The keys.
        seed: Of the marks of writes.

    Raises:
        NothingToCall: There is none, or no key suffices for it.
    """
    usable = [one for one in catalogue.operations if one.is_safe and not one.draft.parameters]
    usable.sort(key=lambda one: one.label != DOCUMENTED)
    if not usable:
        raise NothingToCall("no safe operation without path parameters is known")
    operation = usable[0]
    role = keyring.control(operation)
    if role is None:
        raise NothingToCall(f"no configured key suffices for {operation.label}")
    others = [one for one in usable[1:] if keyring.admits(role, one)]
    adding = f"POST {operation.path}"
    writes = [one for one in catalogue.operations if one.label == adding]
    declared = in_order(settings.declared_limit)
    return Plain(
        _request(operation, role, settings),
        tuple(operation.successes),
        tuple(_request(other, role, settings) for other in others[:MOST_OTHERS]),
        _request(writes[0], role, settings) if writes and keyring.admits(role, writes[0]) else None,
        keyring.roles,
        next(keyring.insufficient(operation), None),
        declared[0].per if declared else None,
        seed,
    )


def _request(operation: Operation, role: Role, settings: Settings) -> Request:
    base_path = address(settings.base_url or "").path
    prepared = Preparation(settings, base_path).request(operation, _nothing, _nothing)
    assert isinstance(prepared, Request)
    return replace(prepared, credential=RoleKey(role))


def _nothing(_label: str) -> bytes | None:
    return None


def packed(plain: Plain) -> dict[str, Any]:
    """Write what is called as plain values for a worker; it has the keys itself."""
    return {
        "request": _packed_request(plain.request),
        "successes": list(plain.successes),
        "others": [_packed_request(other) for other in plain.others],
        "write": plain.write and _packed_request(plain.write),
        "seed": plain.seed,
        "role": plain.role,
        "roles": list(plain.roles),
        "insufficient": plain.insufficient,
        "per": plain.per,
    }


def _packed_request(request: Request) -> dict[str, Any]:
    return {
        "method": request.method,
        "target": request.target,
        "headers": request.headers,
        "body": request.body,
        "operation": request.operation,
    }


def unpacked(data: Mapping[str, Any]) -> Plain:
    """Read it back; lists become tuples again."""
    role = Role(data["role"])
    insufficient = data["insufficient"]
    return Plain(
        _unpacked_request(data["request"], role),
        tuple(data["successes"]),
        tuple(_unpacked_request(other, role) for other in data["others"]),
        data["write"] and _unpacked_request(data["write"], role),
        tuple(map(Role, data["roles"])),
        None if insufficient is None else Role(insufficient),
        None if data["per"] is None else Scope(data["per"]),
        data["seed"],
    )


def _unpacked_request(data: Mapping[str, Any], role: Role) -> Request:
    fields = tuple((name, value) for name, value in data["headers"])
    return Request(
        data["method"], data["target"], fields, data["body"], RoleKey(role), data["operation"]
    )


def plain_labels(settings: Settings) -> frozenset[str]:
    """The probe labels under which the plain call is sent."""
    return frozenset({CONTROL, PLAIN, BELIEVING, LASTING, *map(label, settings.declared_limit)})


def prepared(
    plain: Plain, route: Route, settings: Settings, keyring: Keyring
) -> dict[str, Sequence[Prepared]]:
    """Write every call as bytes, with the keys of this process's own settings.

    Args:
        plain: What is called.
        route: To the target.
        settings: HEADERS, and the declared limits.
        keyring: The keys.

    Returns:
        For each probe label the forms that are sent for it, in turn.
    """
    secret = secret_headers(settings)

    def bytes_of(request: Request) -> Prepared:
        return Prepared(request.method, written(request, route, keyring, secret)[0])

    same = [bytes_of(plain.request)]
    found: dict[str, Sequence[Prepared]] = dict.fromkeys(plain_labels(settings), same)
    if writes := marked(plain):
        found[LISTED] = same
        found[WRITTEN] = [bytes_of(request) for request, _ in writes]
    for one in askable(plain, keyring):
        found[one.variation.probe] = [bytes_of(request) for request in one.requests]
    return found


def askable(plain: Plain, keyring: Keyring) -> list[Varied]:
    """The variations and failing calls that can be written with these keys.

    Args:
        plain: What is called.
        keyring: The keys.
    """
    found = []
    for one in (*varied(plain), *failing(plain)):
        try:
            for request in one.requests:
                request.credential.fields(keyring)
        except Inapplicable:
            continue
        found.append(one)
    return found
