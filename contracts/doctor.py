"""Say what is configured, what is reachable, which checks will run, which not and why.

Sends at most five harmless requests: the document's, the control of one operation, and the same
without a key. Also says what the fewest further keys would unlock.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import contracts
from contracts.children import ROOT
from contracts.client import may_be_loaded
from contracts.controls import Controls
from contracts.credentials import DELETED, REVOKED, SECOND, NoKey
from contracts.document import DocumentError
from contracts.exchange import Exchange, NoAnswer
from contracts.keyring import Keyring
from contracts.operations import DOCUMENTED, Catalogue, Operation
from contracts.options import INCONCLUSIVE, add_setting_options, given, say, settings_errors
from contracts.pace import Caps
from contracts.preparation import Preparation
from contracts.session import configured
from contracts.settings import SECRET_SETTINGS, Settings
from contracts.target import DocumentUnreachable, fetch_document, read_catalogue, wire_to

_MOST_REQUESTS: Final = 5


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    add_setting_options(parser)


def run(arguments: argparse.Namespace) -> int:
    """Look at everything, and exit 0 where the target answers as a run needs it."""
    with settings_errors():
        loaded = configured(given(arguments))
    settings = loaded.settings
    say(loaded.notices)
    _write("configured", _configured(settings))
    _write("worth knowing", _remarks())
    try:
        fetched = fetch_document(settings)
        catalogue, _ = read_catalogue(settings, fetched.data if fetched else None)
    except (DocumentUnreachable, DocumentError) as error:
        say([f"BUSYBOARD_OPENAPI: {error}"])
        return INCONCLUSIVE
    keyring = Keyring.of(settings)
    _write("operations", _operations(catalogue))
    reached, lines = _reached(settings, catalogue, keyring, fetched.requests if fetched else 0)
    _write("reachable", lines)
    _write("checks", _checks(settings, catalogue, keyring))
    _write("further keys", _unlocked(settings, catalogue, keyring))
    return 0 if reached else INCONCLUSIVE


def _write(title: str, lines: Iterator[str] | Sequence[str]) -> None:
    rows = list(lines)
    if rows:
        sys.stdout.write("".join((f"{title}\n", *(f"  {row}\n" for row in rows), "\n")))


def _configured(settings: Settings) -> Iterator[str]:
    """Every setting that was given; of a secret only that it is there."""
    for name in Settings.model_fields:
        if name not in settings.model_fields_set:
            continue
        value = getattr(settings, name)
        if name == "scoped_keys":
            shown = ", ".join(f'"{" ".join(sorted(scopes))}"' for scopes in value) + " (secret)"
        elif name in SECRET_SETTINGS:
            shown = "is set (secret)"
        elif name == "declared_limit":
            shown = "; ".join(map(str, value))
        else:
            shown = str(value)
        yield f"{name.upper()}: {shown}"


def _remarks() -> Iterator[str]:
    place = Path(contracts.__file__).parent
    if place != ROOT / "contracts":
        yield f"the package contracts is imported from {place}, which is not this project"
    if any(os.environ.get(name) for name in _PROXIES):
        yield "a proxy of the environment is ignored; BUSYBOARD_PROXY is used"
    if (Path.home() / ".netrc").exists():
        yield "~/.netrc is ignored"


_PROXIES: Final = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY")


def _operations(catalogue: Catalogue) -> Iterator[str]:
    yield f"{len(catalogue.operations)} can be checked"
    if catalogue.public:
        yield f"{len(catalogue.public)} are public: {', '.join(catalogue.public)}"
    for one in (*catalogue.unchecked, *catalogue.forbidden):
        hint = f" (BUSYBOARD_{one.setting})" if one.setting else ""
        yield f"not {one.label}: {one.reason}{hint}"


def _reached(
    settings: Settings, catalogue: Catalogue, keyring: Keyring, spent: int
) -> tuple[bool, list[str]]:
    """Ask one operation's control, and the same without a key."""
    usable = [one for one in catalogue.operations if one.is_safe and not one.draft.parameters]
    operation = min(usable, key=lambda one: one.label != DOCUMENTED, default=None)
    if operation is None:
        return False, ["no safe operation without path parameters can be asked"]
    caps = Caps(settings.requests_per_second, _MOST_REQUESTS - spent, settings.max_seconds)
    wire = wire_to(settings, caps, keyring)
    alone = replace(catalogue, operations=(operation,))
    try:
        control = Controls(alone, wire, keyring, Preparation(settings, wire.base_path)).of(
            operation
        )
        lines = [
            f"{operation.label} with {control.role or 'no'} key: {_answered(control.exchange)}"
        ]
        if control.answer and control.request:
            missing = wire.send(replace(control.request, credential=NoKey()))
            lines.append(f"{operation.label} without a key: {_answered(missing)}")
    finally:
        wire.close()
    return control.answer is not None, lines


def _answered(exchange: Exchange | None) -> str:
    if exchange is None:
        return "not asked: no key suffices"
    if isinstance(exchange.answer, NoAnswer):
        return str(exchange.answer)
    kind = exchange.answer.media_type or "no media type"
    return f"status {exchange.answer.status}, {kind}, {exchange.seconds * 1000:.0f} ms"


def _checks(settings: Settings, catalogue: Catalogue, keyring: Keyring) -> Iterator[str]:
    """Which requirements a run will test, and on how many operations."""
    every = len(catalogue.operations)
    yield f"D1, D2, D5, D6, D7 and D12: on {every} operations"
    lacking = [one for one in catalogue.operations if next(keyring.insufficient(one), None)]
    yield _line("D3", len(lacking), every, _missing_for_d3(catalogue, keyring))
    dead: list[str] = [role for role in (REVOKED, DELETED) if role in keyring]
    if settings.key_provisioner:
        dead.append("created")
    if dead:
        yield f"D8: with the {' and the '.join(dead)} key"
    else:
        names = "BUSYBOARD_REVOKED_API_KEY, DELETED_API_KEY or KEY_PROVISIONER"
        yield f"D8: not tested; {names} would change that"
    documented = DOCUMENTED in catalogue.labels
    yield "D10: tested" if documented else f"D10: not tested; there is no {DOCUMENTED}"
    if may_be_loaded(settings):
        yield "D4: by the ramp"
    else:
        yield "D4: not tested; BUSYBOARD_LOAD_ALLOWED_HOSTS would change that"
    yield "D9 and D11: no request can test them"


def _line(requirement: str, tested: int, every: int, hint: str) -> str:
    return f"{requirement}: on {tested} of {every} operations{hint if tested < every else ''}"


def _missing_for_d3(catalogue: Catalogue, keyring: Keyring) -> str:
    unknown = sum(one.scopes is None for one in catalogue.operations)
    hints = [f"; {unknown} have unknown scopes: BUSYBOARD_SCOPE_MAP"] if unknown else []
    if not any(next(keyring.insufficient(one), None) for one in catalogue.operations):
        hints.append("; no key lacks a scope: BUSYBOARD_SCOPED_KEYS")
    return "".join(hints)


def _unlocked(settings: Settings, catalogue: Catalogue, keyring: Keyring) -> Iterator[str]:
    """What the fewest further keys would unlock."""
    open_ = [
        one
        for one in catalogue.operations
        if one.scopes is not None and next(keyring.insufficient(one), None) is None
    ]
    for scope in _fewest_scopes(open_):
        gained = sum(one.admits(frozenset({scope})) is False for one in open_)
        yield f'a key with only the scope "{scope}": D3 on {gained} more operations'
    makes_keys = settings.key_provisioner is not None
    if REVOKED not in keyring and DELETED not in keyring and not makes_keys:
        yield "a revoked key: D8"
    if SECOND not in keyring:
        places = "" if makes_keys else "the key in other places (D1), and "
        yield f"a second full key: {places}whose limit it is (D4)"
    if not makes_keys:
        yield "a key provisioner: the moment of revocation (D8), and new keys (D7)"


def _fewest_scopes(operations: Sequence[Operation]) -> Iterator[str]:
    """Choose scopes, greedily, so that each operation lacks one of the chosen."""
    left = list(operations)
    known = {s for one in operations for scopes in one.scopes or () for s in scopes}
    while left:
        best = max(
            sorted(known),
            key=lambda s: sum(one.admits(frozenset({s})) is False for one in left),
            default=None,
        )
        remaining = [one for one in left if best and one.admits(frozenset({best}))]
        if best is None or len(remaining) == len(left):
            return
        yield best
        left = remaining
