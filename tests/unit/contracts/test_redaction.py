"""No key, and no telling part of one, gets past the redactor; ordinary words do."""

import base64
import hashlib
import html
import json
import re
import string
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from contracts.exchange import Disclosure, Form
from contracts.redaction import MASK, Redactor
from tests.unit.contracts.answers import KEY, OTHER_KEY
from tests.unit.contracts.drawing import SAME

KEYS: Final = [
    pytest.param(KEY, id="documented-form"),
    pytest.param("sk_live_Zk3nQ9xA7Lp2_Bc8fGh1jK", id="underscore-in-the-random-part"),
    pytest.param("sk_live_Zk3n-9xA7Lp2-Bc8f_h1jK", id="dashes-in-the-random-part"),
    pytest.param("sk-proj-T3BlbkFJ0aB2cD4eF6gH8", id="dashes"),
    pytest.param("SG.ngeVfQFYQlKU0ufo8x5d1A", id="dot"),
    pytest.param("ghp_16C7e42F292c6912E7710c838347Ae178B4a", id="github"),
    pytest.param("9f86d081884c7d659a2feaa0c55ad015", id="hexadecimal"),
    pytest.param("1c6f2a0e-9b3d-4e5f-8a7b-2d9c0e1f3a4b", id="uuid"),
    pytest.param("qwmznxbrtvlkpysdfghjcwzx", id="lower-case-letters"),
    pytest.param("aB3+xY/9zQ7wE5rT2yU8iO1pA==", id="base64"),
    pytest.param("aB3\"xY<9zQ7&wE5'rT2>yU8\\iO1", id="punctuation"),
    pytest.param("40317765029183746501", id="digits"),
]

ENCODINGS: Final[Mapping[str, Callable[[str], str]]] = {
    "url": lambda key: quote(key, safe=""),
    "url-keeping-slashes": quote,
    "url-in-lower-case": lambda key: re.sub("%..", lambda m: m[0].lower(), quote(key, safe="")),
    "form": quote_plus,
    "json": lambda key: json.dumps(key)[1:-1],
    "json-of-php": lambda key: json.dumps(key)[1:-1].replace("/", r"\/"),
    "html": html.escape,
    "html-text": lambda key: html.escape(key, quote=False),
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal-in-upper-case": lambda key: key.encode().hex().upper(),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "base64-for-urls": lambda key: base64.urlsafe_b64encode(key.encode()).decode(),
    "base64-with-a-user": lambda key: base64.b64encode(f"user:{key}:x".encode()).decode(),
    "base64-one-before": lambda key: base64.b64encode(f".{key}".encode()).decode(),
    "base64-two-before": lambda key: base64.b64encode(f"..{key}..".encode()).decode(),
}


def knowing(*keys: str) -> Redactor:
    redactor = Redactor()
    for number, key in enumerate(keys):
        redactor.add("full" if not number else f"key {number}", key)
    return redactor


@pytest.mark.parametrize("key", KEYS)
def test_a_key_as_it_is_is_masked_and_found(key: str) -> None:
    redactor = knowing(key)
    text = f'{{"echo": "{key}"}} and ?key={key}&x'

    assert key not in redactor.mask(text)
    assert redactor.mask(f"x={key}.") == f"x={MASK}."
    assert redactor.mask_bytes(f"x={key}.".encode()) == f"x={MASK}.".encode()
    assert Disclosure("full", Form.RAW) in redactor.disclosures([b"a", text.encode()])


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("key", KEYS)
def test_an_encoded_key_is_masked_and_found(key: str, name: str) -> None:
    redactor = knowing(key)
    encoded = ENCODINGS[name](key)

    assert MASK in redactor.mask(f"<{encoded}>")
    assert MASK.encode() in redactor.mask_bytes(f"<{encoded}>".encode())
    forms = {one.form for one in redactor.disclosures([f"<{encoded}>".encode()])}
    assert forms == ({Form.RAW} if encoded == key else {Form.ENCODED})


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha256", "sha512"])
def test_a_digest_is_masked_and_told_from_the_key(digest: str) -> None:
    text = hashlib.new(digest, KEY.encode(), usedforsecurity=False).hexdigest()

    assert knowing(KEY).mask(text) == MASK
    assert knowing(KEY).disclosures([text.encode()]) == (Disclosure("full", Form.HASHED),)


def random_part(key: str) -> str:
    """What was drawn, as the canary search sees it: all after a head of plain words."""
    return re.sub("^(?:(?:[a-z]+|SG)[_.-])*", "", key)


@pytest.mark.parametrize("width", [8, 9, 12])
@pytest.mark.parametrize("key", KEYS)
def test_no_window_of_the_random_part_is_left(key: str, width: int) -> None:
    redactor, part = knowing(key), random_part(key)
    windows = [part[at : at + width] for at in range(len(part) - width + 1)]

    left = [window for window in windows if window in redactor.mask(f"near: {window}!")]
    assert left == []


@pytest.mark.parametrize("key", KEYS)
def test_what_a_near_miss_shows_of_a_key_is_masked(key: str) -> None:
    redactor = knowing(key)
    misses = [
        key[:-1],
        key[1:],
        f"{key}x",
        key.swapcase(),
        f"Bearer {key}",
        key[:9] + "~" + key[10:],
    ]

    part = random_part(key)
    windows = {part[at : at + 8] for at in range(len(part) - 7)}
    windows |= {window.swapcase() for window in windows}
    shown = [redactor.mask(f"sent {miss} there") for miss in misses]
    assert not any(window in text for window in windows for text in shown)


ORDINARY: Final = (Path(contracts.__file__).parent / "documentation.txt").read_text("utf-8") + (
    'GET /v1/calls with the key cut by one character: expected status 401, got 200 {"kind":"check",'
    '"id":"D2.near-miss","status":"held","core":true,"credential":"a random well-formed key"} curl '
    "-sS -i --path-as-is -H 'x-api-key: ***' sk_live_ sk_live_... application/json "
    "2026-01-02T03:04:05"
)


@pytest.mark.parametrize("key", KEYS)
def test_ordinary_text_is_left_alone(key: str) -> None:
    assert knowing(key).mask(ORDINARY) == ORDINARY


@pytest.mark.parametrize(
    "key",
    [
        "my-api-key-for-staging",
        "test_key_full_2024",
        "staging1key",
        "sk_live_abc",
        "x-api-key",
        "application",
        "documentation-key",
        "Requests-Without",
    ],
)
def test_a_key_of_words_is_masked_whole_and_its_words_are_not(key: str) -> None:
    redactor = knowing(key)

    assert redactor.mask(f"({key})") == f"({MASK})"
    text = ORDINARY.replace(key, "")
    assert redactor.mask(text) == text


@pytest.mark.parametrize(
    "secret", ["", "1", "true", "GET", "v1", "check", "status", "calls", "1234567"]
)
def test_a_secret_too_short_to_be_told_from_text_garbles_nothing(secret: str) -> None:
    redactor = knowing(secret, KEY)

    assert redactor.mask(ORDINARY) == ORDINARY
    assert redactor.mask_bytes(ORDINARY.encode()) == ORDINARY.encode()
    assert redactor.disclosures([ORDINARY.encode()]) == ()
    assert redactor.mask(KEY) == MASK


def test_eight_characters_are_enough() -> None:
    assert knowing("aB3dE5fG").mask("=aB3dE5fG=") == f"={MASK}="


def test_several_keys_are_told_apart() -> None:
    redactor = knowing(KEY, OTHER_KEY)

    found = redactor.disclosures([KEY.encode(), OTHER_KEY.encode()])
    assert set(found) == {Disclosure("full", Form.RAW), Disclosure("key 1", Form.RAW)}
    assert redactor.mask(f"{KEY} {OTHER_KEY}") == f"{MASK} {MASK}"


def test_a_key_that_holds_another_is_masked_whole() -> None:
    redactor = knowing(KEY, KEY + "Zz9")

    assert redactor.mask(KEY + "Zz9") == MASK


def test_what_is_not_there_is_not_found() -> None:
    assert knowing(KEY).disclosures([b"", b"sk_live_...", OTHER_KEY.encode()]) == ()


def test_each_secret_and_form_is_found_once() -> None:
    assert knowing(KEY).disclosures([KEY.encode()] * 3) == (Disclosure("full", Form.RAW),)


def test_two_parts_of_an_answer_make_no_key_together() -> None:
    assert knowing(KEY).disclosures([KEY[:10].encode(), KEY[10:].encode()]) == ()


def test_bytes_that_are_no_text_pass() -> None:
    noise = bytes(range(256))

    assert knowing(KEY).mask_bytes(noise + KEY.encode() + noise) == noise + MASK.encode() + noise


def test_a_value_that_was_sent_is_masked_with_the_keys() -> None:
    sent = f"{KEY[:-1]}é"

    masked = knowing(KEY).mask_bytes(f"got {sent}.".encode("latin-1"), also=[sent, "x"])
    assert masked == f"got {MASK}.".encode()


ALPHABET: Final = string.ascii_letters + string.digits + "_-"

TOKENS = st.builds(
    lambda head, tail: head + tail,
    st.sampled_from(["sk_live_", "sk-proj-", "", "key_"]),
    st.text(st.sampled_from(ALPHABET), min_size=20, max_size=48),
).filter(lambda key: sum(map(str.isdigit, key)) >= 3 and not re.search("[a-zA-Z]{13}", key))


@SAME
@given(TOKENS, st.sampled_from(sorted(ENCODINGS)), st.text(max_size=20), st.text(max_size=20))
def test_masking_is_complete_and_done_once(key: str, name: str, before: str, after: str) -> None:
    redactor = knowing(key)
    text = f"{before}{ENCODINGS[name](key)}{after}{key[2:-2]}{before}"

    masked = redactor.mask(text)
    assert key not in masked
    assert ENCODINGS[name](key).rstrip("=") not in masked
    assert redactor.mask(masked) == masked


@SAME
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_text_without_any_secret_is_unchanged(text: str) -> None:
    assert knowing(KEY).mask(text) == text
    assert knowing(KEY).mask_bytes(text.encode()) == text.encode()


def test_masking_takes_time_in_proportion_to_the_text() -> None:
    redactor = knowing(KEY, OTHER_KEY)

    def seconds(times: int) -> float:
        text = ORDINARY * times
        begun = time.thread_time()
        redactor.mask(text)
        return time.thread_time() - begun

    short = min(seconds(10) for _ in range(5))
    long = min(seconds(80) for _ in range(3))
    assert long < 24 * short
