"""After how many requests a run had its first violation."""

from pathlib import Path
from typing import Any

import pytest

from contracts.findings import requests_until_violated
from contracts.records import CheckRecord, Record
from contracts.verdict import Severity, Status
from tests.unit.contracts.leftovers import checked, header, left


def _violated(requests: int | None, **changes: Any) -> CheckRecord:  # noqa: ANN401 -- any field
    fields = {"status": Status.VIOLATED, "severity": Severity.S1, "requests": requests}
    return checked(**fields | changes)


def test_the_first_violation_is_the_first_that_was_counted(tmp_path: Path) -> None:
    left(
        tmp_path,
        [
            header(),
            checked(),
            _violated(12),
            _violated(9, check_id="D2.near-miss"),
            _violated(None),
        ],
    )

    assert requests_until_violated(tmp_path) == 12


@pytest.mark.parametrize(
    "record", [checked(requests=3), _violated(None)], ids=["held", "uncounted"]
)
def test_without_a_counted_violation_there_is_no_first(tmp_path: Path, record: Record) -> None:
    left(tmp_path, [header(), record])

    assert requests_until_violated(tmp_path) is None
