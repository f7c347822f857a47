"""Where results are written is known before anything is judged."""

from pathlib import Path

import pytest

from contracts.layers import load, report_dir
from tests.unit.contracts.surroundings import TARGET_TOML, Surroundings


@pytest.mark.parametrize(
    ("places", "directory"),
    [
        ({"option", "environ", "dotenv", "toml"}, "from-option"),
        ({"environ", "dotenv", "toml"}, "from-environ"),
        ({"dotenv", "toml"}, "from-dotenv"),
        ({"toml"}, "from-toml"),
        (set(), "reports"),
    ],
)
def test_the_report_directory_is_known_before_anything_is_judged(
    surroundings: Surroundings, places: set[str], directory: str
) -> None:
    surroundings.environ(depth="nonsense", base_uri="misspelt")
    if "toml" in places:
        surroundings.toml('[targets.staging]\nreport_dir = "from-toml"\n')
    if "dotenv" in places:
        surroundings.dotenv(report_dir="from-dotenv")
    if "environ" in places:
        surroundings.environ(report_dir="from-environ")
    options = {"report_dir": "from-option"} if "option" in places else {}

    assert report_dir({"target": "staging", **options}) == Path(directory)


@pytest.mark.parametrize("places", [{"toml"}, {"dotenv", "toml"}, {"environ", "dotenv", "toml"}])
def test_the_report_directory_is_the_one_of_the_settings(
    surroundings: Surroundings, places: set[str]
) -> None:
    surroundings.toml(TARGET_TOML + 'report_dir = "from-toml"\n')
    if "dotenv" in places:
        surroundings.dotenv(report_dir="from-dotenv")
    if "environ" in places:
        surroundings.environ(report_dir="")

    options = {"target": "staging", "report_dir": ""}
    assert report_dir(options) == load(options).settings.report_dir


def test_an_unknown_target_leaves_the_default_directory(surroundings: Surroundings) -> None:
    surroundings.environ(target="nowhere")

    assert report_dir({}) == Path("reports")
