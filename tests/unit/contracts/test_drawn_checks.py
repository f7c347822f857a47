"""Drawn keys: the simplest that is taken stands on record, at a bounded cost."""

from collections.abc import Callable

import pytest
from hypothesis import Phase, given, settings

from contracts.asking import AFTER_VIOLATION, Send
from contracts.checks import expect
from contracts.exchange import NoAnswer, Response
from contracts.judge import UNAUTHORIZED
from contracts.near_misses import CUT, NearMiss, near_misses
from contracts.outcomes import Violation
from contracts.recording import CheckId
from contracts.requirements import D2
from contracts.verdict import Status
from tests.unit.contracts.answers import KEY, OTHER_KEY, answered
from tests.unit.contracts.checking import Build, Checking
from tests.unit.contracts.drawing import SAME
from tests.unit.contracts.targets import (
    LIST,
    Answerer,
    Api,
    Asked,
)

NEAR = CheckId(D2, "near-miss", core=False, family="near misses of the full key")


def correct() -> Api:
    return Api({KEY: None, OTHER_KEY: None})


def always(answer: Response | NoAnswer) -> Answerer:
    """A correct API but for requests without a known key."""
    api = correct()

    def server(asked: Asked) -> Response | NoAnswer:
        return api(asked) if asked.key in api.keys else answer

    return server


def drawn(checks: Checking, share: int = 300) -> BaseException | None:
    """Run the check of near misses as Hypothesis runs it."""

    def body(send: Send) -> None:
        @settings(
            SAME,
            max_examples=2 * share,
            report_multiple_bugs=False,
            phases=(Phase.generate, Phase.shrink),
        )
        @given(near_misses())
        def check(near_miss: NearMiss) -> None:
            expect(send(LIST, near_miss), UNAUTHORIZED)

        check()

    return checks.run(NEAR, body, share)


FAULTS: dict[str, Callable[[str], bool]] = {
    "prefix": lambda key: len(key) >= 16 and KEY.startswith(key),
    "longer": lambda key: key.startswith(KEY),
    "case": lambda key: key.lower() == KEY.lower(),
    "tail": lambda key: key.endswith(KEY[-16:]),
    "any": lambda key: len(key) > 8,
    "wrapped": lambda key: KEY in key,
}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("prefix", "the full key cut by one character"),
        ("longer", "the full key extended by one character"),
        ("any", "the full key cut by one character"),
        ("case", "the full key in the other case from position 1 on"),
        ("tail", None),
        ("wrapped", "the full key extended by one character"),
    ],
)
def test_the_simplest_wrong_key_that_is_taken_stands_on_record(
    checking: Build, fault: str, words: str | None
) -> None:
    api, takes = correct(), FAULTS[fault]

    def server(asked: Asked) -> Response | NoAnswer:
        return answered(200) if asked.key and takes(asked.key) else api(asked)

    checks = checking(server)
    outcome = drawn(checks)
    assert isinstance(outcome, Violation)
    shown = checks.record("D2.near-miss")
    assert shown.credential
    assert words in {None, shown.credential}
    assert shown.credential in str(outcome)
    assert KEY not in f"{outcome} {shown}"


def _first_taken(checks: Checking, takes: Callable[[str], bool]) -> int:
    known = {KEY, OTHER_KEY}
    log = checks.world.wire.log
    return next(one.number for one in log if one.key and one.key not in known and takes(one.key))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("status", [200, 500])
def test_at_most_ten_requests_follow_a_first_violation(
    checking: Build, fault: str, status: int
) -> None:
    api, takes = correct(), FAULTS[fault]

    def server(asked: Asked) -> Response | NoAnswer:
        wrong = asked.key and asked.key not in api.keys and takes(asked.key)
        return answered(status) if wrong else api(asked)

    checks = checking(server)
    assert isinstance(drawn(checks), Violation)
    after = len(checks.world.wire.log) - _first_taken(checks, takes)
    assert after <= AFTER_VIOLATION == 10


def test_a_fault_that_comes_now_and_then_costs_no_more(checking: Build) -> None:
    api, takes = correct(), FAULTS["any"]

    def server(asked: Asked) -> Response | NoAnswer:
        wrong = asked.key and asked.key not in api.keys and asked.number % 5 == 0
        return answered(200) if wrong else api(asked)

    checks = checking(server)
    drawn(checks)
    first = next(
        one.number
        for one in checks.world.wire.log
        if one.key and one.key not in api.keys and takes(one.key) and one.number % 5 == 0
    )
    assert len(checks.world.wire.log) - first <= AFTER_VIOLATION


def test_a_check_keeps_to_its_share(checking: Build) -> None:
    checks = checking(correct())
    checks.world.controls.of(LIST)

    assert drawn(checks, share=40) is None
    assert len(checks.world.wire.log) == 1 + 40
    entry = checks.record("D2.near-miss")
    assert (entry.tried, entry.status) == (40, Status.HELD)


def test_equal_keys_are_asked_for_once(checking: Build) -> None:
    checks = checking(correct())

    def body(send: Send) -> None:
        for n in (0, 27, 54, 0):  # round the span of a key of 28 characters
            expect(send(LIST, NearMiss(CUT, n)), UNAUTHORIZED)

    assert checks.run(NEAR, body, share=50) is None
    assert len(checks.world.wire.log) == 2
    entry = checks.record("D2.near-miss")
    assert entry.tried == 1


def test_a_violation_that_is_shown_again_is_counted_once(checking: Build) -> None:
    checks = checking(always(answered(200)))

    def body(send: Send) -> None:
        for _ in range(3):
            with pytest.raises(Violation):
                expect(send(LIST, NearMiss(CUT, 0)), UNAUTHORIZED)

    checks.run(NEAR, body, share=50)
    entry = checks.record("D2.near-miss")
    assert (entry.seen, entry.tried) == (2, 2)


def test_a_recipe_that_says_nothing_for_this_key_asks_nothing(checking: Build) -> None:
    checks = checking(correct(), second_api_key=KEY[:-1])

    assert checks.ask(NEAR, NearMiss(CUT, 0)) is None
    assert [one.key for one in checks.world.wire.log] == [KEY]
