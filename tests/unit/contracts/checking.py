"""Checks of a target in memory, run as the plugin runs them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contracts.asking import Send
from contracts.checks import expect
from contracts.credentials import Credential
from contracts.findings import Findings
from contracts.judge import UNAUTHORIZED, Oracle
from contracts.operations import Operation
from contracts.recording import CheckId, Recorder
from contracts.records import RECORDS, AdvisoryRecord, CheckRecord, Record
from contracts.verdict import Status
from tests.unit.contracts.targets import LIST, World


class Checking:
    """A world with what checks are written with."""

    def __init__(self, asked: World, directory: Path) -> None:
        self.world, self._directory = asked, directory
        self._findings = Findings(directory, "contract", asked.keyring.redactor)
        self.send = Send(asked.probing, Recorder(self._findings, asked.wire.origin))

    def close(self) -> None:
        """Write the footer."""
        self._findings.finish(self.world.probing.requests)

    def run(
        self, check: CheckId, body: Callable[[Send], None], share: int | None = None
    ) -> BaseException | None:
        """Run a check as the plugin does, and give how it ended."""
        self.send.begin(check, share)
        try:
            body(self.send)
        except (Exception, pytest.skip.Exception) as outcome:
            return outcome
        finally:
            self.send.end()
        return None

    def ask(
        self,
        check: CheckId,
        credential: Credential,
        oracle: Oracle = UNAUTHORIZED,
        about: Operation = LIST,
    ) -> BaseException | None:
        """Run a check of one question."""
        return self.run(check, lambda send: expect(send(about, credential), oracle))

    @property
    def records(self) -> list[CheckRecord]:
        """What stands on record, the last of each key."""
        return list({r.key: r for r in self._written if isinstance(r, CheckRecord)}.values())

    @property
    def warnings(self) -> list[tuple[str, str | None]]:
        """Id and operation of every warning."""
        self.send.recorder.finish()
        found = (record for record in self._written if isinstance(record, AdvisoryRecord))
        return [(record.id, record.operation) for record in found]

    @property
    def _written(self) -> Iterator[Record]:
        (path,) = self._directory.glob("*.jsonl")
        lines = path.read_text("utf-8").splitlines()
        yield from (RECORDS.validate_json(line) for line in lines)

    def record(self, check_id: str) -> CheckRecord:
        """The one record of a check."""
        (found,) = (record for record in self.records if record.id == check_id)
        return found

    @property
    def outcomes(self) -> dict[str, Status]:
        """The outcome of each check."""
        return {record.id: record.status for record in self.records}


Build = Callable[..., Checking]
"""Builds checks of a server, of some operations, with these settings."""
