"""The list of checks is read from the code, and what is committed of it is up to date."""

import re

import pytest

from contracts.children import ROOT
from contracts.requirements import REQUIREMENTS, Level
from contracts.settings import Settings
from contracts.traceability import RAMP, checks, markdown


def test_committed_requirements_are_up_to_date() -> None:
    committed = (ROOT / "docs" / "requirements.md").read_text("utf-8")

    assert committed == markdown(checks()), "busyboard requirements --markdown writes it anew"


def test_every_judged_requirement_has_a_core_check() -> None:
    core = {check.id.partition(".")[0] for check in checks() if check.core}

    judged = {one.id for one in REQUIREMENTS if one.level is Level.JUDGED}
    assert judged <= core


def test_ramp_is_listed_as_it_is_recorded() -> None:
    assert [check.id for check in RAMP] == ["D4.ramp", "D6.rate-limited", "D12.rate-limited"]


@pytest.mark.parametrize("name", [name.upper() for name in Settings.model_fields])
def test_readme_knows_every_setting(name: str) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")

    assert re.search(rf"`{name}`", readme)
