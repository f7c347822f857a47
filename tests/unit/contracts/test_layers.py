"""Where settings come from, which source outranks which, and what is said of wrong ones."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from contracts.handoff import VARIABLE
from contracts.layers import SettingsError, load
from contracts.settings import Depth, Settings
from tests.unit.contracts.surroundings import KEY, TARGET_TOML, URL, Surroundings

# --- precedence -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("places", "seed"),
    [
        pytest.param({"option", "environ", "dotenv", "toml"}, 1, id="option"),
        pytest.param({"environ", "dotenv", "toml"}, 2, id="environment"),
        pytest.param({"dotenv", "toml"}, 3, id="dotenv"),
        pytest.param({"toml"}, 4, id="toml"),
        pytest.param(set(), 0, id="default"),
        pytest.param({"option", "toml"}, 1, id="option-over-toml"),
        pytest.param({"environ", "toml"}, 2, id="environment-over-toml"),
    ],
)
def test_the_nearest_source_wins(surroundings: Surroundings, places: set[str], seed: int) -> None:
    surroundings.toml(TARGET_TOML if "toml" in places else TARGET_TOML.replace("seed = 4", ""))
    if "dotenv" in places:
        surroundings.dotenv(seed="3")
    if "environ" in places:
        surroundings.environ(seed="2")
    options = {"seed": "1"} if "option" in places else {}

    assert surroundings.loaded(target="staging", **options).settings.seed == seed


@pytest.mark.parametrize("empty", ["option", "environ", "dotenv", "toml"])
def test_an_empty_value_lets_the_next_source_speak(
    surroundings: Surroundings, empty: str, tmp_path: Path
) -> None:
    places = ["option", "environ", "dotenv", "toml"]
    lower = {"option": "2", "environ": "3", "dotenv": "4", "toml": "0"}[empty]
    values = dict(zip(places, ["1", "2", "3", "4"], strict=True)) | {empty: ""}
    values |= dict.fromkeys(places[: places.index(empty)], "")
    seed = values["toml"] or '""'
    surroundings.toml(TARGET_TOML.replace("seed = 4", f"seed = {seed}"))
    surroundings.dotenv(seed=values["dotenv"])
    surroundings.environ(seed=values["environ"])

    loaded = surroundings.loaded(target="staging", seed=values["option"])
    assert str(loaded.settings.seed) == lower
    assert loaded.notices == ("BUSYBOARD_SEED is empty and counts as unset",)
    assert surroundings.as_child(loaded, tmp_path / "child").settings.seed == loaded.settings.seed


def test_the_target_may_be_named_by_option_environment_or_dotenv(
    surroundings: Surroundings,
) -> None:
    tables = "".join(
        f'[targets.{name}]\nbase_url = "https://{name}.example"\napi_key = "{KEY}"\n'
        for name in ("one", "two", "three")
    )
    surroundings.toml(tables)

    found = []
    surroundings.dotenv(target="three")
    found.append(load().settings.base_url)
    surroundings.environ(target="two")
    found.append(load().settings.base_url)
    found.append(load({"target": "one"}).settings.base_url)
    assert found == [f"https://{name}.example" for name in ("three", "two", "one")]


def test_a_table_that_is_not_chosen_says_nothing(surroundings: Surroundings) -> None:
    surroundings.toml(TARGET_TOML)

    assert load().settings.base_url is None


def test_toml_may_use_its_own_types(surroundings: Surroundings, tmp_path: Path) -> None:
    surroundings.toml(f"""
[targets.staging]
base_url = "{URL}"
api_key = "{KEY}"
allow_writes = true
seed = 7
timeout_s = 2.5
include = ["GET /calls*", "POST *"]
required = ["D1", "D2"]
envelope_extra = ["requestId"]
key_places = ["query:key"]
key_provisioner = ["sh", "-c", "echo 'a b'"]
depth = "quick"
declared_limit = "100/60s burst=20; 5/1s"
[targets.staging.scoped_keys]
"calls:read calls:write" = "another key"
"" = "a third"
[targets.staging.scope_map]
"GET /calls" = "calls:read"
[targets.staging.path_parameters]
callId = "call_001"
number = 5
[targets.staging.headers]
X-Allow = "me"
""")

    loaded = surroundings.loaded(target="staging")
    child = surroundings.as_child(loaded, tmp_path / "child")
    assert _fields(child.settings) == _fields(loaded.settings)
    assert loaded.settings.allow_writes is True
    assert loaded.settings.path_parameters == {"callId": "call_001", "number": 5}
    assert loaded.settings.key_provisioner == ("sh", "-c", "echo 'a b'")


def _fields(settings: Settings) -> dict[str, Any]:
    """What a child must see alike: all but the name of the table, and where its program lies."""
    fields = settings.model_dump(exclude={"target"})
    if fields["key_provisioner"]:
        fields["key_provisioner"] = (
            Path(fields["key_provisioner"][0]).name,
            *fields["key_provisioner"][1:],
        )
    paths = ("openapi", "ca_bundle", "client_cert", "report_dir")
    return fields | {name: Path(fields[name]).name for name in paths if fields[name]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("seed = 2024-01-01", "BUSYBOARD_SEED", id="date"),
        pytest.param("seed = true", "BUSYBOARD_SEED", id="boolean-for-number"),
        pytest.param('allow_writes = "yes"', "BUSYBOARD_ALLOW_WRITES", id="text-for-boolean"),
        pytest.param("allow_writes = 1", "BUSYBOARD_ALLOW_WRITES", id="number-for-boolean"),
        pytest.param("openapi = 5", "BUSYBOARD_OPENAPI", id="number-for-text"),
        pytest.param("include = 5", "BUSYBOARD_INCLUDE", id="number-for-list"),
        pytest.param("declared_limit = 5", "BUSYBOARD_DECLARED_LIMIT", id="number-for-limit"),
        pytest.param("timeout_s = inf", "BUSYBOARD_TIMEOUT_S", id="infinite"),
        pytest.param("sede = 5", "BUSYBOARD_SEDE: is not a setting; BUSYBOARD_SEED is", id="name"),
    ],
)
def test_toml_of_a_wrong_type_is_refused(surroundings: Surroundings, text: str, words: str) -> None:
    surroundings.toml(TARGET_TOML.replace("seed = 4", text))

    found = surroundings.refused(target="staging")
    assert all(line.startswith(words) for line in found)
    assert found


# --- the sandbox, or a target -----------------------------------------------------------------


@pytest.mark.parametrize(
    "harmless",
    [
        {},
        {"seed": "5", "depth": "quick", "allow_writes": "true", "max_rps": "5"},
        {"required": "D1", "include": "GET *", "load_allowed_hosts": "a.example"},
        {"openapi": "", "second_api_key": ""},
    ],
    ids=["nothing", "run", "choice", "empty"],
)
def test_without_a_target_setting_there_is_no_target(
    surroundings: Surroundings, harmless: Mapping[str, str]
) -> None:
    surroundings.environ(**harmless)

    assert load().settings.base_url is None


ALONE = {
    "openapi": "https://staging.example/openapi.json",
    "api_key": KEY,
    "second_api_key": KEY,
    "scoped_keys": '{"a": "b"}',
    "revoked_api_key": KEY,
    "deleted_api_key": KEY,
    "key_provisioner": "sh",
    "scope_map": '{"GET /calls": "a"}',
    "envelope_extra": "requestId",
    "key_places": "query:key",
    "path_parameters": '{"callId": 1}',
    "headers": '{"X-A": "b"}',
    "declared_limit": "100/60s",
}


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("place", ["environ", "dotenv"])
def test_a_target_setting_needs_a_base_url(
    surroundings: Surroundings, name: str, place: str
) -> None:
    getattr(surroundings, place)(**{name: ALONE[name]})

    (line,) = surroundings.refused()
    assert line.startswith(
        f"BUSYBOARD_BASE_URL: is not set, but BUSYBOARD_{name.upper()} is; write"
    )


def test_a_target_without_base_url_is_refused(surroundings: Surroundings) -> None:
    surroundings.toml("[targets.staging]\nseed = 4\n")

    (line,) = surroundings.refused(target="staging")
    assert line.startswith("BUSYBOARD_BASE_URL: is not set, but BUSYBOARD_TARGET is")


@pytest.mark.parametrize(
    "toml", ["", "[targets.other]\n", "[targets]\nstaging = 5\n", "targets = 5\n"]
)
def test_an_unknown_target_is_refused(surroundings: Surroundings, toml: str) -> None:
    if toml:
        surroundings.toml(toml)

    (line,) = surroundings.refused(target="staging")
    assert line.startswith('BUSYBOARD_TARGET: "staging" is not in busyboard.toml; ')


@pytest.mark.parametrize("place", ["environ", "dotenv"])
@pytest.mark.parametrize(
    ("here", "is_refused"),
    [
        (URL, False),
        (f"{URL}/", False),
        ("https://production.example/v1", True),
        ("https://staging.example/v2", True),
        ("http://staging.example/v1", True),
    ],
)
def test_a_target_beside_another_base_url_is_an_error(
    surroundings: Surroundings, here: str, is_refused: bool, place: str
) -> None:
    surroundings.toml(TARGET_TOML)
    getattr(surroundings, place)(base_url=here)

    if not is_refused:
        assert surroundings.loaded(target="staging").settings.base_url == URL
        return
    (line,) = surroundings.refused(target="staging")
    assert line.startswith("BUSYBOARD_BASE_URL: ")
    assert "staging" in line


def test_a_password_in_another_base_url_is_not_shown(surroundings: Surroundings) -> None:
    surroundings.toml(TARGET_TOML)
    surroundings.environ(base_url="https://me:hunter2hunter2@production.example")

    assert not any("hunter2" in line for line in surroundings.refused(target="staging"))


# --- what children are given ------------------------------------------------------------------


def test_a_child_elsewhere_sees_the_same_settings(
    surroundings: Surroundings, tmp_path: Path
) -> None:
    surroundings.file("api/openapi.yaml")
    surroundings.file("tools/keys.sh", "#!/bin/sh\n").chmod(0o755)
    surroundings.toml(TARGET_TOML + 'exclude = ["DELETE *"]\nreport_dir = "out"\n')
    surroundings.dotenv(
        openapi="api/openapi.yaml",
        scoped_keys=json.dumps({"": "none at all", "calls:read": "reader"}),
        declared_limit="100/60s burst=5 per=ip",
    )
    surroundings.environ(
        key_provisioner="tools/keys.sh --quiet 'two words'",
        headers=json.dumps({"X-Allow": "ja"}),
        proxy="http://user:p%40ss@127.0.0.1:3128",
    )

    loaded = surroundings.loaded(target="staging", max_rps="20", include="GET *,POST *")
    child = surroundings.as_child(loaded, tmp_path / "elsewhere")
    assert _fields(child.settings) == _fields(loaded.settings)
    assert child.settings.openapi == str(tmp_path / "api" / "openapi.yaml")
    assert child.settings.report_dir == tmp_path / "out"
    assert child.settings.key_provisioner == (
        str(tmp_path / "tools" / "keys.sh"),
        "--quiet",
        "two words",
    )


def test_a_child_reads_no_file_of_its_own(surroundings: Surroundings, tmp_path: Path) -> None:
    surroundings.environ(base_url=URL, api_key=KEY)
    loaded = load()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / ".env").write_text("BUSYBOARD_SEED=99\nBUSYBOARD_DEPTH=nonsense\n")
    (elsewhere / "busyboard.toml").write_text("not toml")

    child = surroundings.as_child(loaded, elsewhere)
    assert (child.settings.seed, child.settings.depth) == (0, Depth.DEFAULT)


def test_the_environment_holds_settings_only(surroundings: Surroundings) -> None:
    surroundings.toml(TARGET_TOML + "flavour = 5\n")
    surroundings.environ(openapi="")

    environment = surroundings.loaded(target="staging").environment
    assert sorted(environment) == [
        "BUSYBOARD_API_KEY",
        "BUSYBOARD_BASE_URL",
        "BUSYBOARD_DEPTH",
        "BUSYBOARD_SEED",
    ]
    assert VARIABLE not in environment


def test_an_error_is_its_lines() -> None:
    error = SettingsError("one", "two")

    assert (error.lines, str(error)) == (("one", "two"), "one\ntwo")
