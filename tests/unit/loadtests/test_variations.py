import json

import pytest

from contracts.credentials import FULL, SECOND, RoleKey, Sent, scoped
from contracts.declared import Scope
from contracts.exchange import Request, curl
from contracts.redaction import SHORTEST_SEARCHED
from loadtests.variations import (
    IN_TURN,
    SECOND_KEY,
    UNDER_SCOPED,
    WRONG_KEYS,
    Plain,
    failing,
    marked,
    varied,
)

KEYS = {FULL: "sk_live_0123456789abcdefghij", SECOND: "sk_live_zyxwvutsrqponmlkjihg"}


def request(method: str = "GET", path: str = "/v1/calls", body: bytes = b"") -> Request:
    return Request(method, path, (), body, RoleKey(FULL), f"{method} {path[3:]}")


def plain(**changes: object) -> Plain:
    return Plain(request(), roles=(FULL, SECOND), **changes)  # type: ignore[arg-type] # its fields


def expected(of: Plain) -> dict[str, str | None]:
    return {one.variation.probe: one.variation.expected for one in varied(of)}


def test_every_variation_is_one_thing_apart_from_the_plain_call() -> None:
    forms = {one.variation.probe: one.requests[0] for one in varied(plain())}

    targets = {probe: form.target for probe, form in forms.items() if form.target != "/v1/calls"}
    assert targets == {
        "with another query parameter": "/v1/calls?x=0",
        "with a slash at the end in the path": "/v1/calls/",
        "with a doubled slash in the path": "/v1//calls",
        "with a percent-encoded letter in the path": "/v1/%63alls",
        "with the other case in the path": "/v1/CALLS",
    }
    assert forms["by HEAD"].method == "HEAD"
    assert forms["with a forged Forwarded"].headers == (("Forwarded", "for=192.0.2.1"),)


def test_values_change_from_one_call_to_the_next() -> None:
    forged = next(one for one in varied(plain()) if "X-Real-IP" in one.variation.probe)

    assert len({form.headers for form in forged.requests}) == IN_TURN


@pytest.mark.parametrize(
    ("per", "key", "operation"),
    [
        (None, None, None),
        (Scope.KEY, "other", "same"),
        (Scope.IP, "same", "same"),
        (Scope.ACCOUNT, None, "same"),
        (Scope.OPERATION, None, "other"),
    ],
)
def test_only_a_declaration_says_whether_keys_and_operations_share(
    per: Scope | None, key: str | None, operation: str | None
) -> None:
    said = expected(plain(others=(request(path="/v1/agents"),), per=per))

    assert (said[SECOND_KEY], said["of GET /agents"]) == (key, operation)


def test_no_key_stands_in_words_or_curl_lines() -> None:
    for one in (*varied(plain()), *failing(plain(insufficient=scoped(frozenset())))):
        shown = one.variation.probe + curl("http://127.0.0.1", one.requests[0])
        for key in KEYS.values():
            parts = {key[at : at + SHORTEST_SEARCHED] for at in range(8, len(key) - 7)}
            assert not any(part in shown for part in parts), one.variation.probe


def test_wrong_keys_differ_from_the_right_one_at_the_end_only() -> None:
    kinds = {one.variation: one.requests for one in failing(plain())}

    values = {form.credential.fields(KEYS.__getitem__)[0][1] for form in kinds[WRONG_KEYS]}
    assert UNDER_SCOPED not in kinds
    assert len(values) == IN_TURN
    assert KEYS[FULL] not in values
    assert {value[:-6] for value in values} == {KEYS[FULL][:-6]}


def test_spellings_of_the_header_carry_the_key_itself() -> None:
    forms = [one.requests[0] for one in varied(plain())]

    spelled = [form.credential for form in forms if not isinstance(form.credential, RoleKey)]
    values = {field for each in spelled for field in each.fields(KEYS.__getitem__)}
    assert {each.sent for each in spelled} == {Sent.KEY}
    assert {value.strip() for _, value in values} == {KEYS[FULL]}


def test_every_write_has_a_mark_of_its_own_in_place_of_digits() -> None:
    write = request("POST", body=b'{"from": "+1000000", "note": "none"}')

    forms = marked(plain(write=write, seed=7))

    bodies = [json.loads(form.body) for form, _ in forms]
    assert len({mark for _, mark in forms}) == len(forms) > 3
    assert [body["from"] for body in bodies] == [mark for _, mark in forms]
    assert all(len(mark) == 8 and mark.startswith("+1") for _, mark in forms)


@pytest.mark.parametrize("body", [b"", b"[]", b'{"name": "x"}', b'{"size": 1234567}'])
def test_a_body_without_room_for_a_mark_is_not_written(body: bytes) -> None:
    assert marked(plain(write=request("POST", body=body))) == ()
