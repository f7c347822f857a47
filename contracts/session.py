"""One process of contract checks: its settings, target, keys, wire and findings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contracts.controls import controls
from contracts.credentials import RandomKey
from contracts.document import Document, DocumentError, key_places
from contracts.findings import Findings
from contracts.handoff import Handoff
from contracts.keyring import Keyring
from contracts.keys import Provisioner
from contracts.layers import Loaded, SettingsError, load
from contracts.operations import DOCUMENTED, Catalogue, Operation
from contracts.probing import Probing
from contracts.recording import Recorder
from contracts.records import CheckRecord, Header, Scope
from contracts.settings import Settings
from contracts.target import (
    DocumentUnreachable,
    describe,
    fetch_document,
    read_catalogue,
    wire_to,
)
from contracts.verdict import Part, Status
from contracts.wire import Wire


class NoTarget(Exception):
    """There is nothing to check; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Session:
    """Everything that the checks of one process share.

    Attributes:
        settings: As configured.
        handoff: This part's share of the run.
        catalogue: The operations.
        keyring: The keys.
        wire: The one way to the target.
        findings: This process's file.
        document: The target's; None where there is none.
        provisioner: Makes keys, from the first that is asked for; None where no command does.
    """

    settings: Settings
    handoff: Handoff
    catalogue: Catalogue
    keyring: Keyring
    wire: Wire
    findings: Findings
    document: Document | None
    provisioner: Provisioner | None = None

    def probing(self) -> Probing:
        """Build what asks."""
        from contracts.conformance import Conformance

        tolerated = self.settings.envelope_extra
        return Probing(
            controls(self.catalogue, self.wire, self.keyring, self.settings),
            self.wire,
            self.keyring,
            tolerated,
            objection=Conformance(self.document, self.catalogue.labels, tolerated).objection,
            may_write=self.settings.allow_writes,
            key_places=(
                *self.settings.key_places,
                *(key_places(self.document) if self.document else ()),
            ),
            provisioner=self.provisioner,
        )

    def recorder(self, origin: str) -> Recorder:
        """Build what records."""
        return Recorder(self.findings, origin, lambda: self.wire.pace.requests)

    @property
    def primary(self) -> Operation | None:
        """The operation that stands for all: the documented one, or the first."""
        by_value = sorted(self.catalogue.operations, key=lambda one: one.label != DOCUMENTED)
        return by_value[0] if by_value else None

    @property
    def random_key(self) -> RandomKey:
        """The well-formed key that never existed, the same for the same seed."""
        return RandomKey(self.settings.seed)


def configured(options: Mapping[str, str] | None = None) -> Loaded:
    """Load settings that name a target.

    Raises:
        SettingsError: They are wrong, or name none.
    """
    loaded = load(options)
    if loaded.settings.base_url is None:
        raise SettingsError(
            "BUSYBOARD_BASE_URL: is not set; write the target's URL, such as "
            "https://staging.example/v1"
        )
    return loaded


def open_session(
    settings: Settings, handoff: Handoff, keyring: Keyring, part: Part = Part.CONTRACT
) -> Session:
    """Fetch the document, read the operations, and begin the findings.

    Args:
        settings: With a target.
        handoff: This part's share of the run.
        keyring: The keys.
        part: The part that this process runs.

    Raises:
        NoTarget: The document cannot be had or read, or leaves nothing to check.
    """
    try:
        fetched = None if handoff.document else fetch_document(settings)
        data = handoff.document.read_bytes() if handoff.document else fetched and fetched.data
        catalogue, document = read_catalogue(settings, data or None)
    except (DocumentUnreachable, DocumentError) as error:
        raise NoTarget(f"BUSYBOARD_OPENAPI: {error}") from None
    if not catalogue.operations and not catalogue.unchecked and not catalogue.forbidden:
        raise NoTarget(nothing_to_check(catalogue, settings))
    wire = wire_to(settings, handoff.caps(settings), keyring)
    wire.pace.requests = fetched.requests if fetched else 0
    target = describe(settings, handoff, keyring, fetched.sha256 if fetched else handoff.sha256)
    header = Header(process=part.value, run_id=handoff.run_id, target=target, parts=handoff.parts)
    findings = Findings.begin(settings.report_dir, header, keyring.redactor)
    findings.append(
        Scope(
            operations=(*catalogue.labels, *(one.label for one in catalogue.unchecked)),
            narrowed=catalogue.narrowed,
            required=required(settings, part),
        )
    )
    for one in (*catalogue.unchecked, *catalogue.forbidden) if part is Part.CONTRACT else ():
        findings.append(
            CheckRecord(
                id="D5.control",
                operation=one.label,
                core=True,
                status=Status.SKIPPED,
                reason=one.reason,
                setting=one.setting,
            )
        )
    command = settings.key_provisioner
    provisioner = Provisioner(command, keyring) if command else None
    return Session(settings, handoff, catalogue, keyring, wire, findings, document, provisioner)


def nothing_to_check(catalogue: Catalogue, settings: Settings) -> str:
    """Say why no operation is left."""
    if catalogue.public and not (settings.include or settings.exclude):
        return "every operation of the document is public, so no answer can depend on a key"
    return "BUSYBOARD_INCLUDE and BUSYBOARD_EXCLUDE leave no protected operation"


_CONTRACT: Final = ("D1", "D2", "D5", "D6")


def required(settings: Settings, part: Part) -> tuple[str, ...]:
    """Which requirements must be held for a run to be conformant.

    Args:
        settings: REQUIRED, and which keys are configured.
        part: The part that runs.
    """
    if settings.required:
        return settings.required
    if part is Part.RATELIMIT:
        return ("D4",)
    serving = 0 if settings.api_key or settings.second_api_key else 1
    ids = [*_CONTRACT]
    if len(settings.scoped_keys) > serving:
        ids.append("D3")
    if settings.revoked_api_key or settings.deleted_api_key:
        ids.append("D8")
    return tuple(sorted(ids))
