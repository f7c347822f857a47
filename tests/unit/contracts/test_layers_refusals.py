"""Settings that are empty, misspelt, or in files that cannot be read; and waivers."""

from pathlib import Path

import pytest

from contracts.algebra import Waiver
from contracts.layers import lines, load, report_dir
from contracts.settings import Settings
from tests.unit.contracts.surroundings import KEY, URL, Surroundings


@pytest.mark.parametrize("value", ["", "  "])
@pytest.mark.parametrize("name", ["base_url", "api_key"])
@pytest.mark.parametrize("place", ["environ", "dotenv"])
def test_an_empty_base_url_or_api_key_is_an_error(
    surroundings: Surroundings, name: str, value: str, place: str
) -> None:
    right = {"base_url": URL, "api_key": KEY}
    getattr(surroundings, place)(**(right | {name: value}))

    (line,) = surroundings.refused()
    assert line.startswith(f"BUSYBOARD_{name.upper()}: is set but empty; write ")


def test_an_empty_secret_is_an_error_even_over_one_in_a_file(surroundings: Surroundings) -> None:
    surroundings.dotenv(base_url=URL, api_key=KEY)
    surroundings.environ(api_key="")

    assert len(surroundings.refused()) == 1


def test_an_empty_base_url_option_is_an_error(surroundings: Surroundings) -> None:
    surroundings.environ(api_key=KEY)

    (line,) = surroundings.refused(base_url="")
    assert line.startswith("BUSYBOARD_BASE_URL: is set but empty")


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - {"base_url", "api_key"}))
def test_any_other_empty_value_counts_as_unset_and_is_named(
    surroundings: Surroundings, name: str
) -> None:
    surroundings.environ(base_url=URL, api_key=KEY, **{name: ""})

    loaded = load()
    assert name not in loaded.settings.model_fields_set
    assert loaded.notices == (f"BUSYBOARD_{name.upper()} is empty and counts as unset",)


@pytest.mark.parametrize(
    ("written", "known"),
    [
        ("BASE_URI", "BASE_URL"),
        ("BASEURL", "BASE_URL"),
        ("API_KEYS", "API_KEY"),
        ("APIKEY", "API_KEY"),
        ("AIP_KEY", "API_KEY"),
        ("MAX_REQUEST", "MAX_REQUESTS"),
        ("MAXRPS", "MAX_RPS"),
        ("SCOPE_KEYS", "SCOPED_KEYS"),
        ("SED", "SEED"),
        ("TIMEOUT", "TIMEOUT_S"),
        ("HEADER", "HEADERS"),
    ],
)
@pytest.mark.parametrize("place", ["environ", "dotenv"])
def test_a_name_within_two_edits_is_misspelt(
    surroundings: Surroundings, written: str, known: str, place: str
) -> None:
    surroundings.environ(base_url=URL, api_key=KEY)
    getattr(surroundings, place)(**{written: "value"})

    assert surroundings.refused() == (
        f"BUSYBOARD_{written}: is not a setting; BUSYBOARD_{known} is",
    )


@pytest.mark.parametrize("written", ["FLAVOUR", "API_KEY_OF_THE_OTHER_TEAM", "X", "BASE_URL_OLD"])
def test_any_other_unknown_name_is_a_line(surroundings: Surroundings, written: str) -> None:
    surroundings.environ(base_url=URL, api_key=KEY, **{written: "value"})

    loaded = load()
    assert loaded.notices == (
        f"BUSYBOARD_{written} is not a setting of this suite and was ignored",
    )
    assert f"BUSYBOARD_{written}" not in loaded.environment


def test_a_name_in_lower_case_is_no_setting(surroundings: Surroundings) -> None:
    surroundings.environ(base_url=URL, api_key=KEY)
    surroundings.patch.setenv("busyboard_seed", "5")

    assert surroundings.refused() == ("busyboard_seed: is not a setting; BUSYBOARD_SEED is",)


def test_other_programs_variables_are_nobodys_business(surroundings: Surroundings) -> None:
    surroundings.environ(base_url=URL, api_key=KEY)
    surroundings.patch.setenv("MY_BUSYBOARD_SEED", "5")
    surroundings.patch.setenv("BUSYBOARDS", "5")

    assert load().notices == ()


# --- files that cannot be read ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("busyboard.toml", b"[targets", id="toml-cut-off"),
        pytest.param("busyboard.toml", b"a = 1\na = 2\n", id="toml-repeated"),
        pytest.param("busyboard.toml", b"a = '\xff'\n", id="toml-not-utf-8"),
        pytest.param(".env", b"BUSYBOARD_SEED=\xff\n", id="dotenv-not-utf-8"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_line(
    surroundings: Surroundings, name: str, content: bytes
) -> None:
    surroundings.file(name, content)

    (line,) = surroundings.refused()
    assert line.startswith(f"{name}: is not ")
    assert report_dir({}) == Path("reports")


def test_lines_are_lines_whatever_a_value_held() -> None:
    assert list(lines(["a\nb", "c\r\n\td", " e "])) == ["a b", "c d", "e"]


def test_a_refusal_of_a_value_with_line_ends_is_one_line(surroundings: Surroundings) -> None:
    texts = surroundings.refusal(depth="a\nb\u2028c\r")

    assert len(list(lines(texts))) == 1
    assert all(line.isprintable() for line in lines(texts))


# --- waivers ----------------------------------------------------------------------------------


def test_waivers_stand_in_the_file(surroundings: Surroundings) -> None:
    surroundings.toml("""
[[waivers]]
check = "D3.*"
reason = "hidden as 404"
[[waivers]]
check = "D6.*"
operation = "GET /calls"
reason = "the gateway's"
""")

    assert load().waivers == (
        Waiver("D3.*", "*", "hidden as 404"),
        Waiver("D6.*", "GET /calls", "the gateway's"),
    )


@pytest.mark.parametrize(
    "toml",
    [
        pytest.param('[[waivers]]\ncheck = "D3.*"', id="no-reason"),
        pytest.param('[[waivers]]\nreason = "why"', id="no-check"),
        pytest.param('[[waivers]]\ncheck = "D3.*"\nreason = ""', id="empty-reason"),
        pytest.param('[[waivers]]\ncheck = "D3.*"\nreason = 5', id="reason-of-another-type"),
        pytest.param('[[waivers]]\ncheck = 3\nreason = "why"', id="check-of-another-type"),
        pytest.param(
            '[[waivers]]\ncheck = "D3.*"\noparation = "GET /calls"\nreason = "why"',
            id="misspelt-member",
        ),
        pytest.param('waivers = "D3.*"', id="no-table"),
        pytest.param('[waivers]\ncheck = "D3.*"\nreason = "why"', id="one-table"),
        pytest.param('waivers = ["D3.*"]', id="texts"),
    ],
)
def test_a_waiver_that_is_not_whole_is_refused(surroundings: Surroundings, toml: str) -> None:
    surroundings.toml(toml)

    (line,) = surroundings.refused()
    assert line.startswith("busyboard.toml: a waiver is [[waivers]] with check")
