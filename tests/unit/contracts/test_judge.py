"""What an exchange says of the promises: the oracles and the attribution, sentence by sentence."""

import pytest

from contracts.credentials import CLASSICS, Credential
from contracts.exchange import NoAnswer, Response, Trouble
from contracts.hostile import BEYOND_ASCII
from contracts.judge import (
    ADMITTED,
    NO_ACCESS,
    UNAUTHORIZED,
    body_difference,
)
from contracts.near_misses import CASE, CUT, EXTENDED, LONG, WILDCARD, WRAPPED, NearMiss
from contracts.requirements import D1, D2, D3, D5, D6, D7, D8, D10, D12, Requirement
from contracts.verdict import Severity, Status
from tests.unit.contracts.answers import (
    FULL_KEY,
    JSON_TYPE,
    RANDOM_KEY,
    answered,
    enveloped,
)
from tests.unit.contracts.judging import (
    DELETED_KEY,
    GOOD,
    HTML,
    LACKING,
    MISSING,
    NONE,
    REVOKED_KEY,
    UNKNOWN,
    WAF,
    WRONG,
    Probe,
    judged,
    statuses,
    violated,
)

REFUSALS = [
    pytest.param(MISSING, D1, id="no-key"),
    pytest.param(WRONG, D2, id="random-key"),
    *(pytest.param((text, NONE, UNAUTHORIZED), D2, id=text.words) for text in CLASSICS),
    pytest.param((NearMiss(CUT, 0), NONE, UNAUTHORIZED), D2, id="near-miss"),
    pytest.param(LACKING, D3, id="insufficient"),
    pytest.param(REVOKED_KEY, D8, id="revoked"),
    pytest.param(DELETED_KEY, D8, id="deleted"),
]

WRONG_STATUSES = [200, 201, 202, 204, 206, 301, 302, 307, 400, 402, 404, 405, 422, 500, 502, 503]


@pytest.mark.parametrize("status", WRONG_STATUSES)
@pytest.mark.parametrize(("probe", "requirement"), REFUSALS)
def test_a_wrong_status_counts_by_what_was_sent(
    probe: Probe, requirement: Requirement, status: int
) -> None:
    judgements = judged(answered(status), *probe)

    assert violated(judgements) == [requirement]
    assert judgements[0].expected == f"status {403 if requirement is D3 else 401}"
    assert judgements[0].got == f"status {status}"


def test_unauthorized_and_forbidden_are_not_mixed_up() -> None:
    found = [
        violated(judged(answered(403), *MISSING)),
        violated(judged(answered(403), *WRONG)),
        violated(judged(answered(403), *REVOKED_KEY)),
        violated(judged(answered(401), *LACKING)),
    ]

    assert found == [[D1], [D2], [D8], [D3]]


@pytest.mark.parametrize(("probe", "requirement"), REFUSALS)
def test_the_right_status_and_body_hold(probe: Probe, requirement: Requirement) -> None:
    judgements = judged(answered(probe[2].value), *probe)

    held = {requirement: Status.HELD, D6: Status.HELD, D12: Status.HELD}
    assert statuses(judgements) == held


@pytest.mark.parametrize(
    ("answer", "got"),
    [
        pytest.param(answered(401, headers=HTML), "media type text/html", id="media-type"),
        pytest.param(answered(401, headers=()), "media type missing", id="no-media-type"),
        pytest.param(
            answered(401, headers=(("content-type", "application/problem+json"),)),
            "media type application/problem+json",
            id="problem",
        ),
        pytest.param(answered(401, b""), "the body is empty", id="empty"),
        pytest.param(answered(401, enveloped(403)), "statusCode is 403", id="other-status-code"),
        pytest.param(answered(401, enveloped(401, data={})), '"data"', id="data"),
        pytest.param(
            answered(401, b"<p>", HTML), "media type text/html; the body is not JSON", id="both"
        ),
    ],
)
@pytest.mark.parametrize(
    "probe", [MISSING, WRONG, REVOKED_KEY], ids=["no-key", "random-key", "revoked"]
)
def test_the_right_status_with_a_wrong_body_counts_for_the_body(
    probe: Probe, answer: Response, got: str
) -> None:
    judgements = judged(answer, *probe)

    assert violated(judgements) == [D6]
    assert got in judgements[1].got
    assert judgements[1].severity is Severity.S3


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json; charset=utf-8",
        "application/json;charset=UTF-8 ; x=y",
        " application/json ",
    ],
)
def test_a_media_type_is_read_without_case_and_parameters(content_type: str) -> None:
    answer = answered(401, headers=(("content-type", content_type),))

    assert statuses(judged(answer))[D6] is Status.HELD


@pytest.mark.parametrize(
    ("credential", "status", "severity"),
    [
        pytest.param(RANDOM_KEY, 200, Severity.S1, id="admitted"),
        pytest.param(NearMiss(EXTENDED, 0), 200, Severity.S3, id="admitted-knowing-the-key"),
        pytest.param(NearMiss(CASE, 0), 200, Severity.S2, id="admitted-knowing-its-letters"),
        pytest.param(RANDOM_KEY, 403, Severity.S2, id="another-refusal"),
        pytest.param(NearMiss(EXTENDED, 0), 500, Severity.S2, id="server-error"),
        pytest.param(RANDOM_KEY, 302, Severity.S2, id="redirect"),
    ],
)
def test_admission_is_worse_than_another_refusal(
    credential: Credential, status: int, severity: Severity
) -> None:
    assert judged(answered(status), credential)[0].severity is severity


# --- a sufficient key -------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_success_holds_success_validity_and_the_documented_call(status: int) -> None:
    held = {D5: Status.HELD, D7: Status.HELD, D10: Status.HELD, D12: Status.HELD}

    assert statuses(judged(answered(status), *GOOD)) == held


def test_only_the_documented_operation_is_the_documented_call() -> None:
    assert D10 not in statuses(judged(answered(200), *GOOD, label="GET /calls/{callId}"))


@pytest.mark.parametrize(
    ("status", "requirement"),
    [
        pytest.param(401, D7, id="refused-as-invalid"),
        pytest.param(403, D3, id="refused-as-insufficient"),
        pytest.param(203, D5, id="undeclared-success"),
        pytest.param(204, D5, id="undeclared-no-content"),
        pytest.param(206, D5, id="partial"),
        pytest.param(207, D5, id="multi-status"),
    ],
)
def test_a_live_sufficient_key_that_is_not_admitted_counts_once(
    status: int, requirement: Requirement
) -> None:
    judgements = judged(answered(status), *GOOD, control=False)

    assert violated(judgements) == [requirement]
    assert judgements[0].severity is Severity.S2
    others = {one.status for one in judgements if one.requirement not in {requirement, D12}}
    assert others == {Status.SKIPPED}


@pytest.mark.parametrize("status", [401, 403, 204])
def test_a_key_that_was_never_admitted_breaks_no_promise(status: int) -> None:
    judgements = judged(answered(status), *GOOD, live=False, control=False)

    assert violated(judgements) == []
    assert statuses(judgements)[D5] is Status.INCONCLUSIVE


def test_a_key_of_unknown_sufficiency_may_be_refused() -> None:
    judgements = judged(answered(403), FULL_KEY, UNKNOWN, ADMITTED, control=False)

    assert violated(judgements) == []
    assert judgements[0].setting == "SCOPE_MAP"


def test_a_live_key_of_unknown_sufficiency_is_still_a_key() -> None:
    assert violated(judged(answered(401), FULL_KEY, UNKNOWN, ADMITTED, control=False)) == [D7]


@pytest.mark.parametrize(
    ("status", "outcome", "setting"),
    [
        (301, Status.SKIPPED, "BASE_URL"),
        (308, Status.SKIPPED, "BASE_URL"),
        (400, Status.SKIPPED, "OPENAPI"),
        (404, Status.SKIPPED, "PATH_PARAMETERS"),
        (410, Status.SKIPPED, "PATH_PARAMETERS"),
        (422, Status.SKIPPED, "OPENAPI"),
        (429, Status.INCONCLUSIVE, "DECLARED_LIMIT"),
        (500, Status.INCONCLUSIVE, None),
        (503, Status.INCONCLUSIVE, None),
    ],
)
def test_what_keeps_a_control_from_succeeding_is_no_violation(
    status: int, outcome: Status, setting: str | None
) -> None:
    first, *others = judged(answered(status), *GOOD, control=False)

    assert (first.requirement, first.status, first.setting) == (D5, outcome, setting)
    assert {one.status for one in others if one.requirement is not D12} == {outcome}
    assert first.reason


@pytest.mark.parametrize("headers", [HTML, (), (("content-type", "text/plain"),)])
def test_a_success_of_another_media_type_is_no_success(
    headers: tuple[tuple[str, str], ...],
) -> None:
    found = statuses(judged(answered(200, b"ok", headers), *GOOD, control=False))

    assert found[D5] is Status.INCONCLUSIVE


# --- what is never a violation ----------------------------------------------------------------


@pytest.mark.parametrize("trouble", Trouble)
@pytest.mark.parametrize(
    "probe", [MISSING, WRONG, LACKING, REVOKED_KEY, GOOD], ids=lambda probe: str(probe[0])
)
def test_no_answer_is_inconclusive(probe: Probe, trouble: Trouble) -> None:
    judgements = judged(NoAnswer(trouble, "said so"), *probe)

    assert {judgement.status for judgement in judgements} == {Status.INCONCLUSIVE}
    assert {judgement.reason for judgement in judgements} == {f"{trouble.value} (said so)"}


@pytest.mark.parametrize("body", [None, b"<p>slow down", b""])
def test_a_429_is_inconclusive(body: bytes | None) -> None:
    found = statuses(judged(answered(429, body), *WRONG))

    assert found == {D2: Status.INCONCLUSIVE, D12: Status.HELD}


@pytest.mark.parametrize("status", [403, 406, 429, 503])
@pytest.mark.parametrize("probe", [MISSING, WRONG, LACKING, REVOKED_KEY, GOOD])
def test_a_firewalls_page_is_inconclusive(probe: Probe, status: int) -> None:
    judgements = judged(answered(status, b"<p>", WAF), *probe, control=probe is not GOOD)

    assert violated(judgements) == []
    assert judgements[0].status is Status.INCONCLUSIVE
    assert "Cloudflare" in judgements[0].reason


@pytest.mark.parametrize(
    ("credential", "is_excused"),
    [
        (NearMiss(WILDCARD, 1), True),
        (NearMiss(WRAPPED, 1), True),
        (NearMiss(WRAPPED, 0), False),
        (NearMiss(CUT, 1), False),
    ],
    ids=["wildcard", "quoted", "bearer", "cut"],
)
@pytest.mark.parametrize("status", [400, 403])
def test_a_firewall_may_refuse_in_json_what_provokes_it(
    status: int, credential: NearMiss, is_excused: bool
) -> None:
    refused = answered(status, b'{"message": "Forbidden"}')

    assert violated(judged(refused, credential)) == ([] if is_excused else [D2])


def test_a_head_may_be_too_large_for_a_server() -> None:
    assert violated(judged(answered(431), NearMiss(LONG, 8))) == []


def test_what_a_proxy_answers_to_control_characters_is_nobodys_failure() -> None:
    failed = answered(500, b"<html>")

    assert violated(judged(failed, BEYOND_ASCII[0], oracle=NO_ACCESS)) == [D2]
    assert violated(judged(failed, BEYOND_ASCII[-1], oracle=NO_ACCESS)) == []


def test_a_firewall_does_not_write_the_documented_body() -> None:
    assert violated(judged(answered(403), NearMiss(WILDCARD, 1))) == [D2]


@pytest.mark.parametrize("probe", [MISSING, WRONG, LACKING, REVOKED_KEY])
def test_without_the_operations_control_a_status_is_inconclusive(probe: Probe) -> None:
    judgements = judged(answered(200), *probe, control=False)

    assert violated(judgements) == []
    assert judgements[0].status is Status.INCONCLUSIVE


@pytest.mark.parametrize("status", [400, 401, 404, 500])
def test_a_key_nobody_saw_alive_may_be_refused_otherwise(status: int) -> None:
    assert violated(judged(answered(status), *LACKING, live=False)) == []


def test_a_key_nobody_saw_alive_is_alive_where_it_is_admitted() -> None:
    assert violated(judged(answered(200), *LACKING, live=False)) == [D3]


def test_a_body_is_judged_whichever_key_is_alive() -> None:
    judgements = judged(answered(403, b"<p>", HTML), *LACKING, live=False)

    assert violated(judgements) == [D6]


def test_a_body_needs_no_control_of_its_operation_but_a_live_key() -> None:
    wrong = answered(401, b"<p>", HTML)

    found = [
        violated(judged(wrong, *WRONG, control=False)),
        violated(judged(wrong, *WRONG, control=False, live=False)),
    ]
    assert found == [[D6], []]


def test_an_answer_to_head_has_no_body_to_be_judged() -> None:
    found = statuses(judged(answered(401, b"", ()), *WRONG, method="HEAD"))

    assert found == {D2: Status.HELD, D6: Status.SKIPPED, D12: Status.HELD}


def test_a_coding_that_nobody_asked_for_is_inconclusive() -> None:
    answer = answered(401, b"\x8b\x04", encoding="br")

    assert statuses(judged(answer))[D6] is Status.INCONCLUSIVE


def test_the_difference_of_a_body_is_empty_where_there_is_none() -> None:
    found = [
        body_difference(answered(401), ()),
        body_difference(answered(429, enveloped(429, requestId=1)), ("requestId",)),
        body_difference(answered(429, enveloped(429, requestId=1), JSON_TYPE), ()),
    ]

    assert found == ["", "", 'member "requestId" is not documented']
