"""Ask the question of a finding again, byte for byte, and say whether it is fixed.

CHECK is the id of a violated check of the last run, such as D2.near-miss. What was asked stands in
the findings under REPORT_DIR; keys and target come from the settings. The valid request is sent
too, since a server that refuses everything shows nothing.

exit codes:
  0  fixed: each answer was the expected one
  1  still wrong
  2  settings or usage are wrong, or there is no such finding; nothing was asked
  3  inconclusive: the valid request failed, no answer, status 429
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from contracts import layers
from contracts.algebra import INTERRUPTED
from contracts.credentials import DELETED, FULL, REVOKED, SECOND, Role
from contracts.findings import NoFindings, read_checks
from contracts.keyring import Keyring
from contracts.operations import SAFE_METHODS
from contracts.options import (
    INCONCLUSIVE,
    USAGE,
    add_setting_options,
    given,
    say,
    settings_errors,
)
from contracts.pace import Caps
from contracts.packing import NotPacked
from contracts.quoting import one_line
from contracts.records import CheckRecord, Replay
from contracts.redaction import MASK
from contracts.replaying import Replayed, Replaying
from contracts.session import configured
from contracts.settings import PREFIX, Settings
from contracts.target import wire_to
from contracts.verdict import Status, Target
from contracts.wording import replay_words


class Unusable(Exception):
    """There is no such finding, or the settings are not its; the lines say it."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("check", metavar="CHECK", help="id of a violated check")
    parser.add_argument(
        "--operation", metavar="LABEL", help='where several were violated: such as "GET /calls"'
    )
    parser.add_argument(
        "--credential", metavar="WORDS", help="the same, by the key in words as the report has it"
    )
    add_setting_options(parser, *_SETTINGS)


_SETTINGS: Final = (
    *("target", "base_url", "report_dir", "allow_writes", "envelope_extra", "declared_limit"),
    *("ca_bundle", "client_cert", "timeout_s", "max_rps", "max_requests", "max_seconds"),
)
"""Those that can make a difference to a few requests."""


def run(arguments: argparse.Namespace) -> int:
    """Replay one finding."""
    options = given(arguments)
    try:
        target, records = read_checks(layers.report_dir(options))
        record = chosen(records, arguments.check, arguments.operation, arguments.credential)
        _require_target(target)
    except NoFindings as error:
        say([f"{error}; run busyboard verify first"])
        return USAGE
    except Unusable as error:
        say(error.lines)
        return USAGE
    with settings_errors():
        loaded = configured(options)
    say(loaded.notices)
    return _replay(record, target, loaded.settings)


def _replay(record: CheckRecord, target: Target, settings: Settings) -> int:
    keyring = Keyring.of(settings)
    assert record.replay is not None
    caps = Caps(settings.requests_per_second, settings.max_requests, settings.max_seconds)
    wire = wire_to(settings, caps, keyring)
    try:
        _require_settings(record.replay, target, settings, keyring)
        replaying = Replaying(record, record.replay, wire, settings.envelope_extra)
    except Unusable as error:
        say(error.lines)
        return USAGE
    except NotPacked as error:
        say([str(error)])
        return INCONCLUSIVE
    try:
        replayed = replaying.run()
    except KeyboardInterrupt:
        return INTERRUPTED["SIGINT"]
    finally:
        wire.close()
    for line in lines(record, replayed, target):
        sys.stdout.write(f"{keyring.redactor.mask(one_line(line))}\n")
    return replayed.outcome.value


def chosen(
    records: Sequence[CheckRecord], id_: str, operation: str | None, credential: str | None
) -> CheckRecord:
    """Find the one violated check that is meant.

    Args:
        records: Of the last run.
        id_: Its id.
        operation: Its operation; None for whichever.
        credential: Its credential, or the class of it; None for whichever.

    Raises:
        Unusable: It is none, or several.
    """
    violated = [record for record in records if record.status is Status.VIOLATED]
    if not violated:
        raise Unusable("nothing to replay: the last run saw no promise broken")
    named = [record for record in violated if record.id == id_]
    if not named:
        known = ", ".join(dict.fromkeys(record.id for record in violated))
        raise Unusable(f"{id_} is not violated in the last run; {known} {_is_or_are(known)}")
    meant = [
        record
        for record in named
        if operation in {None, record.operation}
        and credential in {None, record.credential, record.credential_class}
    ]
    if len(meant) != 1:
        found = "none of these" if not meant else "more than one"
        raise Unusable(f"{id_}: {found} is meant:", *_listed(meant or named))
    if meant[0].replay is None:
        raise Unusable(f"{id_} is no single question; busyboard verify asks all of it again")
    return meant[0]


def _is_or_are(known: str) -> str:
    return "are" if "," in known else "is"


def _listed(records: Sequence[CheckRecord]) -> Iterator[str]:
    for record in records:
        operation, credential = record.operation or "", record.credential
        yield f"  {replay_words(record.id, operation, credential)}"


def _require_target(target: Target) -> None:
    if target.kind == "sandbox":
        raise Unusable(
            "the findings are of the embedded sandbox, which ended with its run; "
            "busyboard verify asks another"
        )


def _require_settings(replay: Replay, target: Target, settings: Settings, keyring: Keyring) -> None:
    """Refuse another target, keys that are not there, and writes that are not allowed.

    Raises:
        Unusable: With the setting that would have to change.
        NotPacked: The findings do not hold the request's bytes.
    """
    if (settings.base_url or "").rstrip("/") != target.base_url.rstrip("/"):
        raise Unusable(
            f"{PREFIX}BASE_URL: is {settings.base_url}, but the finding is of {target.base_url}"
        )
    for written in (replay.request, *replay.before, *([replay.control] if replay.control else [])):
        role = Role(str(written.credential.get("of", "")))
        if role and role not in keyring:
            raise Unusable(f"{PREFIX}{_setting_of(role)}: {_needed(role)}")
        if written.method not in SAFE_METHODS and not settings.allow_writes:
            raise Unusable(f"{PREFIX}ALLOW_WRITES: is false, and {written.method} may change data")
        if MASK in f"{written.target}{written.headers}":
            raise NotPacked("the request holds a secret, which is masked in the findings")


_SETTING_OF: Final = {
    FULL: "API_KEY",
    SECOND: "SECOND_API_KEY",
    REVOKED: "REVOKED_API_KEY",
    DELETED: "DELETED_API_KEY",
}


def _setting_of(role: Role) -> str:
    return _SETTING_OF.get(role, "SCOPED_KEYS" if role.startswith("scoped") else "KEY_PROVISIONER")


def _needed(role: Role) -> str:
    if role in _SETTING_OF or role.startswith("scoped"):
        return f"is not set, or not for it; the finding needs the {role} key"
    return f"the {role} key was deleted with its run; busyboard verify makes another"


def lines(record: CheckRecord, replayed: Replayed, target: Target) -> Iterator[str]:
    """Say what was asked, what was expected, what came then and now, and what that means.

    Args:
        record: The finding.
        replayed: What came of it.
        target: As it was when the finding was made.
    """
    replay = record.replay
    assert isinstance(replay, Replay)
    asked = " with ".join(text for text in (record.operation, record.credential) if text)
    yield f"{record.id} {asked}"
    yield f"{record.requirement}"
    yield f"expected: {record.expected}"
    yield f"got then: {record.got}, {replay.seen} of {replay.tried} times, {target.started}"
    if replayed.got:
        yield f"got now: {replayed.got}, asked {_times(replayed.tried)}"
    if replayed.beside:
        yield f"beside that, the answer breaks {replayed.beside}"
    verdict = replayed.outcome.name.replace("_", " ")
    yield f"{verdict}: {replayed.reason}" if replayed.reason else verdict


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
