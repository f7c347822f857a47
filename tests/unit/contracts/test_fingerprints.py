"""Access is recognised by the data of the authorised answer, and by nothing that is public."""

import json

import pytest

from contracts.credentials import NoKey
from contracts.exchange import Response
from contracts.fingerprints import fingerprint, shows
from contracts.judge import NO_ACCESS
from contracts.manners import OPTIONS
from contracts.requirements import D1
from contracts.verdict import Severity, Status
from tests.unit.contracts.answers import HTML_TYPE, JSON_TYPE, answered
from tests.unit.contracts.judging import judged, statuses

CALLS = [{"id": f"call_{n:03}", "from": "+49301234567", "status": "ended"} for n in range(5)]

AUTHORISED = answered(
    200, json.dumps({"success": True, "message": "Welcome", "data": CALLS}).encode()
)

EMPTY = answered(200, b'{"success": true, "message": "Welcome", "data": []}')


def page(value: object, status: int = 200) -> Response:
    return answered(status, json.dumps(value).encode())


@pytest.mark.parametrize(
    "answer",
    [
        AUTHORISED,
        page({"calls": CALLS}),
        page(CALLS),
        page({"data": CALLS[:3]}),
        page({"data": CALLS}, 203),
    ],
)
def test_data_is_recognised_in_any_shape(answer: Response) -> None:
    assert shows(answer, AUTHORISED)


@pytest.mark.parametrize(
    "answer",
    [
        page({"success": True, "message": "Welcome", "data": None, "statusCode": 200}),
        page({"status": "healthy", "from": "+49301234567"}),
        page({"data": CALLS}, 401),
        answered(204, b""),
        answered(200, b"<html>Welcome</html>", HTML_TYPE),
        answered(200, b""),
    ],
)
def test_public_answers_are_none(answer: Response) -> None:
    assert not shows(answer, AUTHORISED)


def test_what_is_public_anyway_proves_nothing() -> None:
    known = fingerprint(page({"id": CALLS[0]["id"], "from": CALLS[0]["from"]}))

    assert not shows(page({"data": CALLS[:1]}), AUTHORISED, known)


def test_an_empty_list_is_recognised_by_the_whole_body() -> None:
    assert shows(EMPTY, EMPTY)
    assert not shows(page({"success": True, "message": "Welcome", "data": None}), EMPTY)


def test_a_body_that_is_no_json_is_one_value() -> None:
    text = answered(200, b"a,b,c\n1,2,3", (("content-type", "text/csv"),))

    assert fingerprint(text) == {"a,b,c\n1,2,3"}
    assert shows(text, text)


def test_success_of_the_plain_request_is_access_whatever_it_shows() -> None:
    (first, *_) = judged(page({"x": 1}), NoKey(), oracle=NO_ACCESS)

    assert (first.requirement, first.status) == (D1, Status.VIOLATED)


def test_success_in_an_odd_manner_is_not() -> None:
    judgements = judged(page({"x": 1}), NoKey(), oracle=NO_ACCESS, manner=OPTIONS.words)

    assert statuses(judgements)[D1] is Status.HELD


@pytest.mark.parametrize("status", [204, 301, 400, 401, 403, 404, 405, 414, 429, 431, 501, 505])
def test_whatever_gives_no_access_is_right(status: int) -> None:
    answer = answered(status, b"", HTML_TYPE)
    judgements = judged(answer, NoKey(), oracle=NO_ACCESS, manner=OPTIONS.words)

    assert statuses(judgements)[D1] is Status.HELD


def test_a_server_error_is_a_fault() -> None:
    (first, *_) = judged(answered(500, b"", HTML_TYPE), NoKey(), oracle=NO_ACCESS)

    assert (first.status, first.severity) == (Status.VIOLATED, Severity.S3)


def test_without_a_control_nothing_is_recognised() -> None:
    (first, *_) = judged(page({"x": 1}), NoKey(), oracle=NO_ACCESS, control=False)

    assert first.status is Status.INCONCLUSIVE


def test_json_is_compared_with_its_type() -> None:
    assert not shows(answered(200, EMPTY.body, HTML_TYPE), answered(200, EMPTY.body, JSON_TYPE))
