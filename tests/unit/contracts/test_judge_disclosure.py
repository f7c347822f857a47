"""D12: a full key in an answer counts before anything else the answer does wrong."""

import pytest

from contracts.exchange import Disclosure, Form, Response
from contracts.requirements import D2, D6, D12
from contracts.verdict import Severity, Status
from tests.unit.contracts.answers import answered
from tests.unit.contracts.judging import (
    GOOD,
    HTML,
    LACKING,
    MISSING,
    RAW,
    REVOKED_KEY,
    WAF,
    WRONG,
    Probe,
    judged,
    statuses,
    violated,
)


@pytest.mark.parametrize("form", [Form.RAW, Form.ENCODED])
@pytest.mark.parametrize("status", [200, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("probe", [MISSING, WRONG, LACKING, REVOKED_KEY, GOOD])
def test_a_key_in_the_answer_comes_first(probe: Probe, status: int, form: Form) -> None:
    judgements = judged(
        answered(status, b"<p>", HTML), *probe, disclosed=(Disclosure("full", form),)
    )

    assert violated(judgements) == [D12]
    assert judgements[0].severity is Severity.S2
    assert judgements[0].got == f"an answer that holds the full key {form.value}"


def test_the_digest_of_a_key_is_no_key() -> None:
    hashed = (Disclosure("full", Form.HASHED),)

    found = statuses(judged(answered(401), *WRONG, disclosed=hashed))
    assert found == {D2: Status.HELD, D6: Status.HELD, D12: Status.HELD}


def test_a_digest_beside_a_key_does_not_hide_it() -> None:
    both = (Disclosure("full", Form.HASHED), Disclosure("second", Form.ENCODED))

    assert violated(judged(answered(401), *WRONG, disclosed=both)) == [D12]


def test_an_unproven_key_in_an_answer_is_disclosed_all_the_same() -> None:
    assert violated(judged(answered(403), *LACKING, live=False, disclosed=RAW)) == [D12]


def test_without_any_live_key_not_even_a_disclosure_is_a_violation() -> None:
    judgements = judged(answered(401), *WRONG, live=False, control=False, disclosed=RAW)

    assert violated(judgements) == []
    assert statuses(judgements)[D12] is Status.INCONCLUSIVE


@pytest.mark.parametrize(
    ("probe", "answer", "outcome"),
    [
        pytest.param(WRONG, answered(401), Status.HELD, id="right"),
        pytest.param(WRONG, answered(200), Status.INCONCLUSIVE, id="wrong"),
        pytest.param(LACKING, answered(403, b"", WAF), Status.INCONCLUSIVE, id="firewall"),
        pytest.param(GOOD, answered(200), Status.HELD, id="admitted"),
        pytest.param(GOOD, answered(202), Status.HELD, id="admitted-as-declared"),
        pytest.param(GOOD, answered(200, b"<p>", HTML), Status.INCONCLUSIVE, id="no-success"),
    ],
)
def test_beside_a_disclosure_only_what_is_right_counts_as_held(
    probe: Probe, answer: Response, outcome: Status
) -> None:
    judgements = judged(answer, *probe, disclosed=RAW)

    assert {one.status for one in judgements if one.requirement is not D12} == {outcome}
