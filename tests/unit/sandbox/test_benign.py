"""Every benign variation keeps the promises: statuses as ever, errors with the envelope."""

import json
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import SimpleNamespace

import pytest

from tests.sandbox.benign import behaviour
from tests.sandbox.gallery import BENIGN
from tests.sandbox.limiter import Rate
from tests.unit.sandbox.asking import Answer, Ask, ask, sandbox
from tests.unit.sandbox.battery import ASTRAY, BATTERY, answers

VARIATIONS = [written for _, each in sorted(BENIGN.items()) for written in each.written]
LIST = Ask("/v1/calls", "{full}")

# Where a variation answers with another status than the correct server: only where nothing is
# promised, or the promise is kept by either
OTHER_STATUSES: Mapping[str, Mapping[str, int]] = {
    "V10=401": {name: 401 for name, request in ASTRAY.items() if request.key is None},
    "V11=405": {"head": 405, "no key, head": 405, "head, agents:read": 405},
    "V11=405-after-key": {"head": 405},
    "V12": {"preflight": 204},
    "V13=kept": {"list, blank after the key": 401},
    "V14=first": {"good, bad": 200},
    "V14=last": {"bad, good": 200},
    "V14=400": {"good, bad": 400, "bad, good": 400},
    "V15": {"9 KiB": 431, "control byte": 400},
    "V16=slash": {"slash": 401},
    "V16=double-slash": {"slashes": 401},
    "V16=case": {"upper case": 401},
    "V16=redirect": {"slash": 308},
    "V20=reset": dict.fromkeys([*BATTERY][49::50], 0),
}
# Where the body is another one: undocumented statuses, for which none is promised
OTHER_BODIES: Mapping[str, set[str]] = {"V09=plain": {*ASTRAY, "unknown item"}}


def content(answer: Answer) -> object:
    """The body without what is free in it: the message, and how JSON is written."""
    body = json.loads(answer.body)
    assert isinstance(body.pop("message"), str)
    return body


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long V20 would have waited, in seconds; it does not."""
    waited: list[float] = []

    async def at_once(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr(behaviour, "asyncio", SimpleNamespace(sleep=at_once))
    return waited


@pytest.mark.parametrize("variation", VARIATIONS)
def test_a_variation_keeps_the_promises(variation: str, correct: Mapping[str, Answer]) -> None:
    varied = answers(sandbox(benign=(variation,)))

    others = OTHER_STATUSES.get(variation, {})
    assert {
        name: varied[name].status for name in BATTERY if varied[name].status != correct[name].status
    } == others
    same = set(BATTERY) - set(others) - OTHER_BODIES.get(variation, set())
    assert {name: content(varied[name]) for name in same} == {
        name: content(correct[name]) for name in same
    }
    media_types = {varied[name].headers["content-type"] for name in same}
    assert {media_type.partition(";")[0].lower() for media_type in media_types} == {
        "application/json"
    }


def test_nothing_else_is_excused() -> None:
    assert {*OTHER_STATUSES, *OTHER_BODIES} <= set(VARIATIONS)


@pytest.mark.parametrize(
    ("form", "written"),
    [("date", r"\w{3}, \d\d \w{3} 20\d\d \d\d:\d\d:\d\d GMT"), ("down", "5[0-9]"), ("absent", "")],
)
def test_retry_after_is_true_in_every_form(form: str, written: str) -> None:
    server = sandbox(benign=(f"V08={form}",), rate=Rate(1, 60))
    ask(server, LIST)

    refused = ask(server, LIST)

    assert refused.status == 429
    text = refused.headers.get("retry-after", "")
    assert re.fullmatch(written, text)
    if form == "date":
        wait = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        assert 58 < wait < 62


@pytest.mark.parametrize("limit", [name for name in VARIATIONS if "V19" in name])
def test_every_limit_admits_what_it_declares(limit: str) -> None:
    server = sandbox(benign=(limit,), rate=Rate(10, 600))

    statuses = Counter(ask(server, LIST).status for _ in range(15))

    assert statuses == {200: 10, 429: 5}
    declared = "10/600s per=key;20/600s per=ip" if limit == "V19=per-address" else "10/600s"
    assert server.parts.declared_limit == declared


def test_an_address_has_a_coarse_limit_too() -> None:
    server = sandbox(benign=("V19=per-address",), rate=Rate(10, 600))
    keys = ["{full}", "{second}", "{calls:read}"]

    statuses = [
        Counter(ask(server, Ask("/v1/calls", key)).status for _ in range(10)) for key in keys
    ]

    assert statuses == [{200: 10}, {200: 10}, {429: 10}]


@pytest.mark.parametrize(
    ("dialect", "told"),
    [
        ("x-ratelimit", {"x-ratelimit-limit": "10", "x-ratelimit-remaining": "8"}),
        ("draft-6", {"ratelimit-policy": "10;w=600", "ratelimit-remaining": "8"}),
        ("draft-8", {"ratelimit-policy": '"default";q=10;w=600'}),
    ],
)
def test_headers_tell_the_rest(dialect: str, told: Mapping[str, str]) -> None:
    server = sandbox(benign=(f"V19={dialect}",), rate=Rate(10, 600))
    ask(server, LIST)

    headers = ask(server, LIST).headers

    assert headers.items() >= told.items()


def test_answers_are_slow_or_vary(waits: list[float]) -> None:
    for mood in ("slow", "jitter"):
        server = sandbox(benign=(f"V20={mood}",))
        for _ in range(3):
            ask(server, LIST)

    assert waits[:3] == [0.5] * 3
    assert len(set(waits[3:])) == 3
    assert all(0 <= wait < 0.1 for wait in waits[3:])


def test_only_who_knows_the_etag_gets_304() -> None:
    server = sandbox(benign=("V20=etag",))
    etag = ask(server, LIST).headers["etag"]
    known = (("if-none-match", etag),)

    answers = [ask(server, Ask("/v1/calls", key, headers=known)) for key in ("{full}", "x", None)]

    assert [answer.status for answer in answers] == [304, 401, 401]
    assert answers[0].body == b""
