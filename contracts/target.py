"""From settings to a target that can be asked: its document, its operations, its keys, one wire."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from contracts import verdict
from contracts.client import HEADERS, SUITE_VERSION, address
from contracts.credentials import NoKey
from contracts.document import Document, DocumentError, read_document
from contracts.exchange import NoAnswer, Request
from contracts.findings import now
from contracts.handoff import Handoff
from contracts.keyring import Keyring
from contracts.operations import Catalogue, catalogue, documented_only
from contracts.pace import Caps, Pace
from contracts.redaction import Redactor
from contracts.settings import Settings
from contracts.wire import Wire, nobody


class DocumentUnreachable(Exception):
    """The document's URL did not give it; the message says what came instead."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A document as received.

    Attributes:
        data: Its bytes.
        sha256: Their digest.
        requests: How many requests that took.
    """

    data: bytes
    sha256: str
    requests: int


def fetch_document(settings: Settings) -> Fetched | None:
    """Read the document from its path or URL; one request at most.

    Returns:
        The document; None where none is configured.

    Raises:
        DocumentUnreachable: The URL did not give it.
        DocumentError: The path cannot be read.
    """
    if settings.openapi is None:
        return None
    if not settings.openapi.startswith(("http://", "https://")):
        try:
            data = Path(settings.openapi).read_bytes()
        except OSError as error:
            raise DocumentError(f"cannot be read: {error.strerror}") from None
        return Fetched(data, hashlib.sha256(data).hexdigest(), 0)
    data = _downloaded(settings, settings.openapi)
    return Fetched(data, hashlib.sha256(data).hexdigest(), 1)


_ONE: Final = Caps(rps=1000, requests=1, seconds=600)


def _downloaded(settings: Settings, url: str) -> bytes:
    where = address(url)
    wire = Wire.to(where, settings, Pace(_ONE), nobody, Keyring.of(settings).redactor)
    request = Request("GET", _exact_target(url), _ANY, b"", NoKey())
    try:
        exchange = wire.send(request)
    finally:
        wire.close()
    if isinstance(exchange.answer, NoAnswer):
        raise DocumentUnreachable(f"{url}: {exchange.answer}")
    if exchange.answer.status != 200:
        raise DocumentUnreachable(f"{url}: status {exchange.answer.status}")
    return exchange.answer.body


def _exact_target(url: str) -> str:
    """Path and query as they are written: a slash at the end may lead elsewhere."""
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


_ANY: Final = tuple((name, "*/*" if name == "Accept" else value) for name, value in HEADERS)


def read_catalogue(settings: Settings, data: bytes | None) -> tuple[Catalogue, Document | None]:
    """Find a target's operations.

    Args:
        settings: Which operations, methods and scopes.
        data: The document; None for the documented operation alone.

    Raises:
        DocumentError: It does not parse, or is no OpenAPI 3 document.
    """
    if data is None:
        return documented_only(settings), None
    from contracts.generation import drafts

    assert settings.base_url is not None
    document = read_document(data, base_path=address(settings.base_url).path)
    return catalogue(document, drafts(document), settings), document


def describe(
    settings: Settings, handoff: Handoff, keyring: Keyring, sha256: str | None
) -> verdict.Target:
    """Describe the target for headers and verdict."""
    started = now()
    return verdict.Target(
        kind=handoff.kind,
        name=handoff.name or settings.target,
        base_url=settings.base_url or "",
        openapi=settings.openapi,
        openapi_sha256=sha256,
        depth=settings.depth,
        seed=settings.seed,
        started=started,
        finished=started,
        suite_version=SUITE_VERSION,
        requests=0,
        key_roles=keyring.roles,
    )


def wire_to(settings: Settings, caps: Caps, keyring: Keyring) -> Wire:
    """Build the wire to the target: the one place through which every request goes."""
    assert settings.base_url is not None
    pace = Pace(caps, settings.declared_limit)
    redactor: Redactor = keyring.redactor
    return Wire.to(address(settings.base_url), settings, pace, keyring, redactor)
