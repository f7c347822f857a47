"""Every setting: what it takes, what it refuses, and that no line tells a secret."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from contracts.client import may_be_loaded
from contracts.declared import DeclaredLimit, Scope
from contracts.settings import (
    DEPTH_REQUESTS,
    PREFIX,
    SECRET_SETTINGS,
    TARGET_SETTINGS,
    Depth,
    Settings,
)
from tests.unit.contracts.certifying import certify
from tests.unit.contracts.surroundings import KEY, URL, Surroundings

GOOD = [
    ("base_url", "https://staging.example/v1", "https://staging.example/v1"),
    ("base_url", "https://staging.example/v1/", "https://staging.example/v1"),
    ("base_url", "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
    ("base_url", "http://[::1]:8000/v1", "http://[::1]:8000/v1"),
    ("base_url", "https://xn--mller-kva.example", "https://xn--mller-kva.example"),
    ("openapi", "document.yaml", "document.yaml"),
    ("openapi", "https://h.example/openapi/?format=json", "https://h.example/openapi/?format=json"),
    ("api_key", "k", SecretStr("k")),
    ("api_key", "with space/and+=~!", SecretStr("with space/and+=~!")),
    ("second_api_key", "another", SecretStr("another")),
    (
        "scoped_keys",
        '{"calls:read  calls:write": "one", "": "two"}',
        {
            frozenset({"calls:read", "calls:write"}): SecretStr("one"),
            frozenset(): SecretStr("two"),
        },
    ),
    ("scoped_keys", "{}", {}),
    ("revoked_api_key", "old", SecretStr("old")),
    ("deleted_api_key", "older", SecretStr("older")),
    ("key_provisioner", "sh -c 'echo a b'", ("sh", "-c", "echo a b")),
    (
        "scope_map",
        '{"GET /calls": "calls:read", "GET /status": ""}',
        {"GET /calls": frozenset({"calls:read"}), "GET /status": frozenset()},
    ),
    ("envelope_extra", "requestId, timestamp,", ("requestId", "timestamp")),
    ("key_places", "query:key, header:authorization", ("query:key", "header:authorization")),
    ("key_places", "cookie:session", ("cookie:session",)),
    ("path_parameters", '{"callId": "call_001", "n": 5}', {"callId": "call_001", "n": 5}),
    ("headers", '{"X-Allow": "me"}', {"X-Allow": SecretStr("me")}),
    ("headers", '{"X-Empty": ""}', {"X-Empty": SecretStr("")}),
    ("declared_limit", "100/60s", (DeclaredLimit(100, 60.0),)),
    (
        "declared_limit",
        "100/60s burst=20 per=key; 5/1s",
        (DeclaredLimit(100, 60.0, 20, Scope.KEY), DeclaredLimit(5, 1.0)),
    ),
    ("allow_writes", "true", True),
    ("allow_writes", "false", False),
    ("load_allowed_hosts", "a.example, b.example", ("a.example", "b.example")),
    (
        "proxy",
        "http://user:pass@proxy.example:3128",
        SecretStr("http://user:pass@proxy.example:3128"),
    ),
    ("timeout_s", "2.5", 2.5),
    ("max_rps", "0.5", 0.5),
    ("max_requests", "1", 1),
    ("max_seconds", "30", 30.0),
    ("include", "GET /calls*, POST *", ("GET /calls*", "POST *")),
    ("exclude", "DELETE *", ("DELETE *",)),
    ("depth", "quick", Depth.QUICK),
    ("depth", "thorough", Depth.THOROUGH),
    ("required", "D1,D4", ("D1", "D4")),
    ("seed", "0", 0),
    ("seed", "18446744073709551616", 2**64),
    ("report_dir", "out/here", Path("out/here")),
]

BAD = [
    ("base_url", "staging.example/v1", "is not a URL; write one such as"),
    ("base_url", "ftp://staging.example", "is not a URL; write one such as"),
    ("base_url", "https://", "is not a URL; write one such as"),
    ("base_url", "https:///v1", "is not a URL; write one such as"),
    ("base_url", "https://h.example:port/v1", "is not a URL; write one such as"),
    ("base_url", "https://h.example:99999/v1", "is not a URL; write one such as"),
    ("base_url", "https://[::1/v1", "is not a URL; write one such as"),
    ("base_url", "https://h.example/v1 beta", "is not a URL; write one such as"),
    ("base_url", "https://h.exa\nmple/v1", "is not a URL; write one such as"),
    ("base_url", "https://müller.example/v1", "is not a URL; write one such as"),
    ("base_url", "https://h.example/v1?x=1", "has a query or fragment; write the URL up to"),
    ("base_url", "https://h.example/v1#top", "has a query or fragment; write the URL up to"),
    ("base_url", "https://user:pass@h.example/v1", "holds a user name or password; write"),
    ("base_url", "https://user@h.example/v1", "holds a user name or password; write"),
    ("openapi", "nowhere.json", "names a file that does not exist; write"),
    ("openapi", "file:///etc/hosts", "is neither a path nor an http or https URL"),
    ("openapi", "https://u:p@h.example/openapi.json", "holds a user name or password; write"),
    ("openapi", "https://h.example:x/openapi.json", "is not a URL; write one such as"),
    ("api_key", " padded", "begins or ends with white space; write"),
    ("api_key", "line\nend", "holds a character that no header value may hold; write"),
    ("api_key", "schlüssel", "holds a character that no header value may hold; write"),
    ("second_api_key", KEY, "is the same key as BUSYBOARD_API_KEY; each is another key"),
    ("revoked_api_key", "tab\tbed", "holds a character that no header value may hold; write"),
    ("deleted_api_key", KEY, "is the same key as BUSYBOARD_API_KEY; each is another key"),
    ("scoped_keys", "calls:read=key", "is not a JSON object; write"),
    ("scoped_keys", '["a"]', "is not a JSON object; write"),
    ("scoped_keys", '{"a": 5}', "its value should be a valid string"),
    ("scoped_keys", '{"a": ""}', "is empty; write the key, or leave it out"),
    (
        "key_provisioner",
        "no-such-program-here create",
        "names a program that cannot be found; write",
    ),
    ("key_provisioner", "sh 'unclosed", "has an open quotation mark; write"),
    ("scope_map", "{", "is not a JSON object; write"),
    ("scope_map", '{"/calls": "calls:read"}', 'is no operation; write one such as "GET /calls"'),
    ("scope_map", '{"get /calls": "a"}', 'is no operation; write one such as "GET /calls"'),
    ("scope_map", '{"GET calls": "a"}', 'is no operation; write one such as "GET /calls"'),
    ("key_places", "query", '"query" is no place for a key; write one such as query:key'),
    ("key_places", "query:", '"query:" is no place for a key; write one such as query:key'),
    ("key_places", "body:key", '"body:key" is no place for a key; write one such as query:key'),
    ("path_parameters", "callId=1", "is not a JSON object; write"),
    ("headers", "X-Allow: me", "is not a JSON object; write"),
    ("headers", '{"x-api-key": "v"}', '"x-api-key" is set by the suite itself; leave it out'),
    ("headers", '{"Host": "v"}', '"Host" is set by the suite itself; leave it out'),
    ("headers", '{"X Allow": "v"}', "holds a name that no header field has; write"),
    ("headers", '{"": "v"}', "holds a name that no header field has; write"),
    ("headers", '{"X-A": "v\\r\\nX-B: w"}', "holds a value that no header field has; write"),
    ("headers", '{"X-A": "ключ"}', "holds a value that no header field has; write"),
    ("declared_limit", "100/min", '"100/min" is not a limit; write requests/seconds, such as'),
    ("allow_writes", "yes", "must be true or false"),
    ("allow_writes", "True", "must be true or false"),
    ("allow_writes", "1", "must be true or false"),
    ("proxy", "gateway.example:3128", "is not a proxy; write one such as"),
    ("proxy", "socks5://gateway.example", "is not a proxy; write one such as"),
    ("proxy", "http://user:tops3cret/@proxy.example", "is not a proxy; write one such as"),
    ("proxy", "http://user:pass@[proxy", "is not a proxy; write one such as"),
    ("ca_bundle", "nowhere.pem", "names a file that does not exist"),
    ("ca_bundle", "document.yaml", "is no PEM file of certificates; write the path of one"),
    ("client_cert", "nowhere.pem", "names a file that does not exist"),
    ("client_cert", "document.yaml", "is no PEM file of a certificate and its open key"),
    ("timeout_s", "0", '"0" should be greater than 0'),
    ("timeout_s", "soon", "should be a valid number"),
    ("timeout_s", "inf", "should be less than or equal to 3600"),
    ("timeout_s", "nan", "should be less than or equal to 3600"),
    ("max_rps", "-1", '"-1" should be greater than 0'),
    ("max_rps", "inf", "should be less than or equal to"),
    ("max_requests", "0", '"0" should be greater than or equal to 1'),
    ("max_requests", "many", "should be a valid integer"),
    ("max_requests", "1.5", "should be a valid integer"),
    ("max_seconds", "0", '"0" should be greater than 0'),
    ("depth", "deep", '"deep" is not one of quick, default or thorough'),
    ("depth", "Quick", '"Quick" is not one of quick, default or thorough'),
    ("required", "D1,D13", '"D13" is no requirement; write ids such as D1,D2'),
    ("required", "d1", '"d1" is no requirement; write ids such as D1,D2'),
    ("required", "D11", "D11 is advice that no API can hold; leave it out"),
    ("seed", "-1", '"-1" should be greater than or equal to 0'),
    ("seed", "random", "should be a valid integer"),
]


def _ids(table: list[Any]) -> list[str]:
    return [f"{name}-{text[:24]!r}" for name, text, _ in table]


@pytest.mark.parametrize(("name", "text", "value"), GOOD, ids=_ids(GOOD))
def test_right_forms_are_read(
    surroundings: Surroundings, name: str, text: str, value: object
) -> None:
    surroundings.file("document.yaml")

    assert getattr(surroundings.target(**{name: text}), name) == value


@pytest.mark.parametrize(("name", "text", "words"), BAD, ids=_ids(BAD))
def test_a_wrong_form_is_one_line_that_says_what_would_be_right(
    surroundings: Surroundings, name: str, text: str, words: str
) -> None:
    surroundings.file("document.yaml")

    (line,) = surroundings.refusal(**{name: text})
    assert line.startswith(f"{PREFIX}{name.upper()}")
    assert words in line
    assert "Value error" not in line
    if name in SECRET_SETTINGS:
        assert not any(part in line for part in _pieces(text))


def _pieces(secret: str) -> set[str]:
    """The values within a secret setting; names and words of the message are none."""
    parts = set(json.loads(secret).values()) if secret.startswith("{") else {secret}
    parts |= {"tops3cret", "user:pass"}
    return {part for part in map(str, parts) if len(part) > 3}


def test_every_setting_has_its_good_and_bad_forms_here() -> None:
    free_text = {
        "target",
        "envelope_extra",
        "load_allowed_hosts",
        "include",
        "exclude",
        "report_dir",
    }

    assert {name for name, *_ in GOOD} | {"target", "ca_bundle", "client_cert"} == set(
        Settings.model_fields
    )
    assert {name for name, *_ in BAD} | free_text == set(Settings.model_fields)


def test_many_errors_are_a_line_each(surroundings: Surroundings) -> None:
    lines = surroundings.refusal(seed="x", depth="y", allow_writes="z")

    assert sorted(line.partition(":")[0] for line in lines) == [
        "BUSYBOARD_ALLOW_WRITES",
        "BUSYBOARD_DEPTH",
        "BUSYBOARD_SEED",
    ]


@pytest.mark.parametrize("name", sorted(SECRET_SETTINGS))
def test_no_secret_is_shown_in_a_representation(surroundings: Surroundings, name: str) -> None:
    hidden = "hid-9f8A7cQ2-den"
    forms = {
        "scoped_keys": json.dumps({"a": hidden}),
        "headers": json.dumps({"X-A": hidden}),
        "key_provisioner": f"sh -c {hidden}",
        "proxy": f"http://u:{hidden}@proxy.example",
    }

    loaded = surroundings.target(**{name: forms.get(name, hidden)})
    assert hidden not in f"{loaded!r} {loaded}"


def test_the_target_settings_are_the_rows_up_to_the_declared_limit() -> None:
    assert [name.upper() for name in TARGET_SETTINGS] == [
        "TARGET",
        "BASE_URL",
        "OPENAPI",
        "API_KEY",
        "SECOND_API_KEY",
        "SCOPED_KEYS",
        "REVOKED_API_KEY",
        "DELETED_API_KEY",
        "KEY_PROVISIONER",
        "SCOPE_MAP",
        "ENVELOPE_EXTRA",
        "KEY_PLACES",
        "PATH_PARAMETERS",
        "HEADERS",
        "DECLARED_LIMIT",
    ]


def test_defaults_are_the_documented_ones(surroundings: Surroundings) -> None:
    settings = surroundings.target()

    shown = {
        name: getattr(settings, name)
        for name in ("timeout_s", "max_requests", "max_seconds", "allow_writes", "depth", "seed")
    }
    assert shown == {
        "timeout_s": 10,
        "max_requests": 10_000,
        "max_seconds": 600,
        "allow_writes": False,
        "depth": Depth.DEFAULT,
        "seed": 0,
    }
    assert settings.report_dir == Path("reports")
    assert (DEPTH_REQUESTS[Depth.QUICK], DEPTH_REQUESTS[Depth.DEFAULT]) == (200, 1_500)


@pytest.mark.parametrize(
    ("given", "cap"),
    [
        pytest.param({}, 100, id="default"),
        pytest.param({"declared_limit": "100/60s"}, 100, id="slow-limit"),
        pytest.param({"declared_limit": "200/2s"}, 400, id="fast-limit"),
        pytest.param({"declared_limit": "200/2s; 600/1s"}, 2400, id="fastest-of-several"),
        pytest.param({"declared_limit": "200/2s", "max_rps": "20"}, 20, id="set"),
    ],
)
def test_the_rate_cap_is_100_or_four_times_the_declared_rate(
    surroundings: Surroundings, given: dict[str, str], cap: float
) -> None:
    assert surroundings.target(**given).requests_per_second == cap


def test_a_key_is_needed_and_API_KEY_named(surroundings: Surroundings) -> None:  # noqa: N802 -- the setting
    surroundings.environ(base_url=URL)

    (line,) = surroundings.refused()
    assert line.startswith("BUSYBOARD_API_KEY: is not set")


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({"scoped_keys": '{"calls:read": "one"}'}, id="scoped"),
        pytest.param({"second_api_key": "another"}, id="second"),
    ],
)
def test_another_sufficient_key_will_do(surroundings: Surroundings, keys: dict[str, str]) -> None:
    surroundings.environ(base_url=URL, **keys)

    assert surroundings.loaded().settings.api_key is None


@pytest.mark.parametrize("name", ["revoked_api_key", "deleted_api_key"])
def test_a_key_that_was_valid_once_will_not_do(surroundings: Surroundings, name: str) -> None:
    surroundings.environ(base_url=URL, **{name: "old"})

    (line,) = surroundings.refused()
    assert line.startswith("BUSYBOARD_API_KEY: is not set")


@pytest.mark.parametrize(
    ("label", "given", "is_permitted"),
    [
        ("GET /calls", {}, True),
        ("GET /calls", {"include": "GET *"}, True),
        ("POST /calls", {"include": "GET *"}, False),
        ("GET /calls", {"exclude": "GET /calls"}, False),
        ("GET /calls/{callId}", {"include": "GET /calls*", "exclude": "*{callId}"}, False),
        ("GET /calls", {"include": "get /calls"}, False),
        ("GET /calls", {"include": "POST *, GET /calls"}, True),
    ],
)
def test_globs_choose_operations(
    surroundings: Surroundings, label: str, given: dict[str, str], is_permitted: bool
) -> None:
    assert surroundings.target(**given).permits(label) is is_permitted


@pytest.mark.parametrize(
    ("url", "allowed", "may"),
    [
        ("http://127.0.0.1:8000", "", True),
        ("http://127.8.9.1", "", True),
        ("http://localhost/v1", "", True),
        ("http://[::1]:8000", "", True),
        ("https://staging.example", "", False),
        ("https://staging.example", "staging.example", True),
        ("https://Staging.Example", "STAGING.example", True),
        ("https://staging.example", "example, other.example", False),
        ("https://127.0.0.1.evil.example", "", False),
        ("https://localhost.evil.example", "", False),
        ("http://10.0.0.1", "", False),
        ("http://0.0.0.0", "", False),
    ],
)
def test_load_is_put_on_loopback_and_named_hosts_only(
    surroundings: Surroundings, url: str, allowed: str, may: bool
) -> None:
    given = {"base_url": url} | ({"load_allowed_hosts": allowed} if allowed else {})

    assert may_be_loaded(surroundings.target(**given)) is may


def test_certificates_are_taken_from_pem_files(surroundings: Surroundings) -> None:
    pem = surroundings.directory / "pair.pem"
    cert = surroundings.directory / "cert.pem"
    if not certify(key=pem, certificate=cert):
        pytest.skip("the openssl command is missing")
    pem.write_bytes(pem.read_bytes() + cert.read_bytes())

    settings = surroundings.target(ca_bundle="cert.pem", client_cert="pair.pem")
    assert (settings.ca_bundle, settings.client_cert) == (Path("cert.pem"), Path("pair.pem"))
