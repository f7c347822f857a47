import pytest

from loadtests.families import Candidate, Family, is_free


@pytest.mark.parametrize(
    ("candidate", "free"),
    [
        pytest.param(Candidate(Family.FIXED_GRID, 10.0, phase=3.0), True, id="grid"),
        pytest.param(Candidate(Family.COUNTER, 10.0, phase=3.0), True, id="counter"),
        pytest.param(Candidate(Family.SEGMENTED, 10.0, extra=2.0), True, id="segments"),
        pytest.param(Candidate(Family.COUNTER_FIRST, 10.0), True, id="counter-first-call"),
        pytest.param(Candidate(Family.PENALTY, 10.0, extra=5.0), True, id="penalty"),
        pytest.param(Candidate(Family.STEPPED, rate=2.0, extra=5.0), True, id="coarse-timer"),
        pytest.param(Candidate(Family.STEPPED, rate=2.0, extra=0.1), False, id="fine-timer"),
        pytest.param(Candidate(Family.BUCKET, rate=2.0), False, id="bucket"),
        pytest.param(Candidate(Family.FIXED_FIRST, 10.0), False, id="first-call"),
        pytest.param(Candidate(Family.LOG, 10.0), False, id="log"),
    ],
)
def test_a_kind_is_free_where_the_claim_leaves_one_of_its_times_open(
    candidate: Candidate, free: bool
) -> None:
    assert is_free(candidate) is free
