"""Remarks: what fits an answer, what does not, and that none of it changes a verdict."""

import pytest

from contracts.advice import ALIAS, TRIMMED, UNKNOWN_CALL, advice
from contracts.credentials import FULL, Credential, NoKey
from contracts.exchange import Disclosure, Fields, Form, NoAnswer, Trouble
from contracts.verdict import Severity
from tests.unit.contracts.answers import FULL_KEY, JSON_TYPE, answered, exchanged

TRACE = b'Traceback (most recent call last)\n  File "/srv/app/main.py", line 3'
PROSE = b'{"message": "An error occurred while reading the path of the file."}'


def ids(
    status: int,
    headers: Fields = (),
    body: bytes | None = None,
    credential: Credential | None = None,
) -> set[str]:
    answer = answered(status, body, (*JSON_TYPE, *headers))
    return {record.id for record in advice(exchanged(answer, credential or NoKey()))}


@pytest.mark.parametrize(
    ("status", "headers", "wanted"),
    [
        (401, (), {"D1.www-authenticate"}),
        (401, (("www-authenticate", "ApiKey"),), set()),
        (405, (), {"D5.allow"}),
        (405, (("allow", "GET"),), set()),
        (403, (("cache-control", "public, max-age=60"),), {"D6.cacheable-error"}),
        (403, (("cache-control", "max-age=0"),), set()),
        (403, (("cache-control", "private, max-age=60"),), set()),
        (429, (("cache-control", "s-maxage=5"),), {"D6.cacheable-error"}),
        (403, (), set()),
    ],
)
def test_headers_of_refusals(status: int, headers: Fields, wanted: set[str]) -> None:
    assert ids(status, headers) == wanted


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ((), {"D1.shared-cache"}),
        ((("cache-control", "no-store"),), set()),
        ((("cache-control", "private"),), set()),
        ((("vary", "Accept, X-Api-Key"),), set()),
        ((("vary", "Accept"),), {"D1.shared-cache"}),
    ],
)
def test_authorised_answers_and_shared_caches(headers: Fields, wanted: set[str]) -> None:
    assert ids(200, headers, credential=FULL_KEY) == wanted
    assert ids(200, headers) == set()


def test_internals_are_told_from_prose() -> None:
    assert ids(403, body=TRACE) == {"D6.internals"}
    assert ids(403, body=PROSE) == set()
    assert ids(200, body=TRACE) == set()


def test_a_hash_of_a_key_is_worth_a_word() -> None:
    disclosed = (Disclosure(FULL, Form.HASHED),)
    exchange = exchanged(answered(403), NoKey(), disclosed=disclosed)

    assert [record.id for record in advice(exchange)] == ["D12.hashed-key"]


def test_no_answer_is_worth_no_word() -> None:
    assert list(advice(exchanged(NoAnswer(Trouble.RESET), NoKey()))) == []


def test_every_remark_is_a_warning() -> None:
    severities = {remark.severity for remark in (ALIAS, TRIMMED, UNKNOWN_CALL)}

    assert severities <= {Severity.S4, Severity.S5}


@pytest.mark.parametrize(("status", "fits"), [(200, True), (401, False), (404, False)])
def test_a_taken_alias(status: int, *, fits: bool) -> None:
    assert ALIAS.fits(answered(status)) is fits


@pytest.mark.parametrize(("status", "fits"), [(401, False), (404, True), (405, True)])
def test_an_unknown_call(status: int, *, fits: bool) -> None:
    assert UNKNOWN_CALL.fits(answered(status)) is fits
