"""How an exchange is shown: one curl line that a shell can run, and never a key."""

import itertools
import re
import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.credentials import (
    CLASSICS,
    DELETED,
    FULL,
    REVOKED,
    SECOND,
    Credential,
    NoKey,
    RandomKey,
    RoleKey,
    Text,
    scoped,
)
from contracts.exchange import Exchange, NoAnswer, Request, Response, Trouble, curl, transcript
from contracts.near_misses import EDITS, NearMiss
from tests.unit.contracts.answers import KEY, answered, asked, exchanged
from tests.unit.contracts.drawing import SAME

BASE = "https://staging.example"

CREDENTIALS: list[Credential] = [
    NoKey(),
    *(RoleKey(role) for role in (FULL, SECOND, REVOKED, DELETED, scoped(frozenset({"a b"})))),
    RandomKey(1),
    *CLASSICS,
    *(NearMiss(edit, n) for edit in EDITS for n in range(edit.span(8))),
]

BODIES = [
    pytest.param(b'{"a":"b"}', id="json"),
    pytest.param(b"it's 'quoted' and \"quoted\"", id="quotes"),
    pytest.param(b"two\nlines\r\n\n", id="line-ends"),
    pytest.param(b"$HOME `id` $(id) \\n !x", id="shell"),
    pytest.param(b"100%s %% \\101", id="printf"),
    pytest.param(b"@/etc/hostname", id="curl-file"),
    pytest.param(b"-v --help\n", id="options"),
    pytest.param("Grüße 🔑".encode(), id="utf-8"),
    pytest.param("Grüße\n🔑".encode(), id="utf-8-lines"),
    pytest.param(bytes(range(256)), id="every-byte"),
    pytest.param(b"\x00\x00", id="nul"),
    pytest.param(b"\xff\xfe", id="no-text"),
    pytest.param("\u2028\u202e".encode(), id="hidden"),
    pytest.param(b" ", id="space"),
]


def words(request: Request) -> list[str]:
    """The words of the curl line after whatever is piped into it."""
    found = shlex.split(curl(BASE, request), comments=True)
    return found[found.index("curl") :]


def test_a_line_takes_brackets_as_they_are() -> None:
    request = asked(NoKey(), target="/v1/calls?x-api-key[$ne]=")

    assert "--globoff" in words(request)


def test_a_line_says_what_went_before() -> None:
    request = asked(NoKey(), manner="after three good calls of the same URL")

    assert curl(BASE, request).endswith("  # after three good calls of the same URL")


def test_a_line_can_be_run_as_it_stands() -> None:
    request = asked(RoleKey(FULL), headers=(("Accept", "application/json"),))

    assert curl(BASE, request) == (
        "curl -sS --path-as-is -i -X GET https://staging.example/v1/calls "
        "-H 'Accept: application/json' -H \"x-api-key: $BUSYBOARD_API_KEY\""
    )


@pytest.mark.parametrize(
    ("credential", "header"),
    [
        (NoKey(), None),
        (RoleKey(FULL), "x-api-key: $BUSYBOARD_API_KEY"),
        (RoleKey(SECOND), "x-api-key: $BUSYBOARD_SECOND_API_KEY"),
        (RoleKey(REVOKED), "x-api-key: $BUSYBOARD_REVOKED_API_KEY"),
        (RoleKey(DELETED), "x-api-key: $BUSYBOARD_DELETED_API_KEY"),
        (RoleKey(scoped(frozenset())), "x-api-key: ***"),
        (Text("", "an empty key"), "x-api-key;"),
        (Text("  ", "a blank key"), "x-api-key;"),
        (Text("it's", "a text"), "x-api-key: it's"),
        (RandomKey(3), "x-api-key: ***"),
        (NearMiss(EDITS[0], 0), "x-api-key: ***"),
    ],
    ids=str,
)
def test_the_key_stands_as_variable_mask_or_text(
    credential: Credential, header: str | None
) -> None:
    found = words(asked(credential))

    headers = [word for word in found if word.startswith("x-api-key")]
    assert headers == ([header] if header else [])


@pytest.mark.parametrize("credential", CREDENTIALS, ids=str)
def test_every_credential_makes_one_whole_line_without_a_key(credential: Credential) -> None:
    request = asked(credential, method="POST", body=b'{"a": "it\'s"}')
    line = curl(BASE, request)

    assert line.isprintable()
    assert words(request)[:5] == ["curl", "-sS", "--path-as-is", "-i", "-X"]
    assert KEY not in line
    assert re.search("[0-9A-Za-z]{16}", line.replace("BUSYBOARD", "")) is None


def test_a_recipe_stands_in_words_behind_the_line() -> None:
    line = curl(BASE, asked(NearMiss(EDITS[0], 2)))

    assert line.endswith("-H 'x-api-key: ***'  # ***: the full key cut by 3 characters")


def test_a_head_request_does_not_wait_for_a_body() -> None:
    assert words(asked(method="HEAD")) == [
        "curl",
        "-sS",
        "--path-as-is",
        "--head",
        "https://staging.example/v1/calls",
    ]


@pytest.mark.parametrize(
    "target", ["/v1/calls?a=1&b='x'", "/v1/./calls/%2e%2e", "/v1/calls;x=1", "/v1/a b", "/v1/$(id)"]
)
def test_a_target_is_kept_as_it_is(target: str) -> None:
    assert f"{BASE}{target}" in words(asked(target=target))


def test_headers_are_kept_in_order_empty_ones_too() -> None:
    headers = (("X-B", "it's"), ("X-A", ""), ("X-B", '"two"'))

    found = words(asked(headers=headers))
    assert [b for a, b in itertools.pairwise(found) if a == "-H"] == [
        "X-B: it's",
        "X-A;",
        'X-B: "two"',
    ]


SHELL = """curl() {
  while [ $# -gt 0 ]; do
    case $1 in
      --data-raw) printf %s "$2" ;;
      --data-binary) cat ;;
    esac
    shift
  done
}
"""


@pytest.mark.parametrize("body", BODIES)
def test_a_shell_hands_curl_the_exact_body(body: bytes) -> None:
    line = curl(BASE, asked(method="POST", body=body))

    done = subprocess.run(
        ["sh"],
        input=(SHELL + line).encode("utf-8", "surrogateescape"),
        capture_output=True,
        check=True,
    )
    assert line.isprintable()
    assert done.stdout == body


@SAME
@given(st.binary(), st.sampled_from(CREDENTIALS))
def test_any_body_makes_one_line_that_a_shell_can_take_apart(
    body: bytes, credential: Credential
) -> None:
    request = asked(credential, method="PUT", body=body)

    assert curl(BASE, request).isprintable()
    assert words(request)[0] == "curl"


# --- transcripts ------------------------------------------------------------------------------


def test_a_transcript_shows_both_sides_with_the_key_in_words() -> None:
    exchange = exchanged(answered(401), RoleKey(FULL))

    assert transcript(exchange).splitlines() == [
        "GET /v1/calls HTTP/1.1",
        "(the full key)",
        "",
        "→ 401 after 10 ms",
        "content-type: application/json",
        "",
        '{"success": false, "message": "Said no", "data": null, "statusCode": 401}',
    ]


def test_a_transcript_of_no_answer_says_why() -> None:
    exchange = exchanged(NoAnswer(Trouble.RESET, "by peer"))

    assert transcript(exchange).splitlines()[-1] == "→ the connection was reset (by peer)"


@pytest.mark.parametrize(
    ("body", "end"),
    [
        (b"", ""),
        (b"x" * 4096, "x"),
        (b"x" * 4097, "… and 1 bytes more"),
        (b"\xff", "\\xff"),
    ],
)
def test_long_and_unreadable_bodies_are_shown_in_part(body: bytes, end: str) -> None:
    text = transcript(exchanged(answered(200, body)))

    assert text.rstrip("\n").endswith(end)
    assert len(text) < 4_400


# --- answers ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "media_type"),
    [
        ("application/json", "application/json"),
        ("Application/JSON; charset=utf-8", "application/json"),
        (" text/html ", "text/html"),
        ("", None),
        (None, None),
        (";", ""),
    ],
)
def test_the_media_type_is_read_without_parameters(
    value: str | None, media_type: str | None
) -> None:
    headers = () if value is None else (("content-type", value),)

    assert Response(200, headers, b"").media_type == media_type


def test_the_first_of_repeated_fields_is_given() -> None:
    answer = Response(200, (("x-a", "1"), ("x-a", "2")), b"")

    assert (answer.header("x-a"), answer.header("x-b")) == ("1", None)


@pytest.mark.parametrize(
    ("answer", "status"), [(answered(403), 403), (NoAnswer(Trouble.TIMEOUT), None)]
)
def test_the_status_is_the_answers(answer: Response | NoAnswer, status: int | None) -> None:
    exchange: Exchange = exchanged(answer)

    assert exchange.status == status


def test_a_request_says_itself_in_words() -> None:
    unnamed = Request("GET", "/health", (), b"", NoKey())

    assert [asked(RoleKey(FULL)).words, unnamed.words] == [
        "GET /calls with the full key",
        "GET /health with no key",
    ]
