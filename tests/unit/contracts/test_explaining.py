"""What is compared is asked for once, at a bounded cost, and stands on the violation's record."""

from collections.abc import Callable

import pytest

from contracts.asking import Send
from contracts.checks import expect
from contracts.exchange import NoAnswer, Response, Trouble
from contracts.explaining import MOST, Explainer, compared
from contracts.judge import UNAUTHORIZED
from contracts.manners import AFTER_GOOD, PLAIN, Manner
from contracts.near_misses import CHANGED, CUT, EXTENDED, NearMiss
from contracts.operations import Operation
from contracts.pace import Caps
from contracts.recording import CheckId
from contracts.requirements import D2
from tests.unit.contracts.answers import KEY, OTHER_KEY, answered
from tests.unit.contracts.checking import Build, Checking
from tests.unit.contracts.targets import CREATE, ITEM, LIST, Answerer, Api, Asked

NEAR = CheckId(D2, "near-miss", core=False, family="near misses of the full key")

FIRST_20 = "only the first 20 characters are compared"


def taking(takes: Callable[[str], bool]) -> Answerer:
    """An API that keeps its promises but for wrong keys that are taken."""
    api = Api({KEY: None, OTHER_KEY: None})

    def server(asked: Asked) -> Response | NoAnswer:
        wrong = asked.key is not None and asked.key not in api.keys and takes(asked.key)
        return answered(200) if wrong else api(asked)

    return server


def first_20(key: str) -> bool:
    return key[:20] == KEY[:20]


def sentence_of(
    checks: Checking,
    miss: NearMiss,
    manner: Manner = PLAIN,
    about: Operation = LIST,
    most: int = MOST,
) -> tuple[str, int]:
    """What is found out, and at how many requests."""
    checks.world.controls.of(about)
    answer = checks.world.probing.ask(about, miss, manner)
    before = len(checks.world.wire.log)
    sentence = compared(checks.world.probing, answer, most)
    return sentence, len(checks.world.wire.log) - before


@pytest.mark.parametrize(
    ("takes", "miss", "sentence"),
    [
        (first_20, NearMiss(CUT, 0), FIRST_20),
        (lambda key: key.startswith(KEY), NearMiss(EXTENDED, 0), "beyond the 28th are ignored"),
        (lambda key: key.lower() == KEY.lower(), NearMiss(CUT, 0), ""),
        (lambda key: key[1:] == KEY[1:], NearMiss(CHANGED, 0), "position 1 is ignored"),
    ],
    ids=["beginning", "column", "not-taken", "position"],
)
def test_a_target_is_asked_until_the_sentence_is_found(
    checking: Build, takes: Callable[[str], bool], miss: NearMiss, sentence: str
) -> None:
    found, requests = sentence_of(checking(taking(takes)), miss)

    assert sentence in found
    assert bool(found) == bool(sentence)
    assert requests <= MOST


def test_what_goes_before_counts_too(checking: Build) -> None:
    checks = checking(taking(first_20))

    found, requests = sentence_of(checks, NearMiss(CUT, 0), AFTER_GOOD)

    assert (found, requests % 2) == (FIRST_20, 0)
    assert requests <= MOST


@pytest.mark.parametrize("most", range(12))
def test_a_budget_ends_it_with_what_is_known(checking: Build, most: int) -> None:
    found, requests = sentence_of(checking(taking(first_20)), NearMiss(CUT, 0), most=most)

    assert requests <= most
    assert found in {"", FIRST_20} or found.startswith("position")


def test_a_cap_of_the_run_ends_it(checking: Build) -> None:
    checks = checking(taking(first_20), caps=Caps(rps=1e6, requests=8, seconds=1e9))

    found, _ = sentence_of(checks, NearMiss(CUT, 0))

    assert len(checks.world.wire.log) == 8
    assert found.endswith("are ignored, if no more")


@pytest.mark.parametrize("answer", [answered(429), NoAnswer(Trouble.RESET)], ids=["429", "none"])
def test_what_says_nothing_of_a_key_ends_it(checking: Build, answer: Response | NoAnswer) -> None:
    server = taking(first_20)
    checks = checking(lambda asked: answer if asked.number > 8 else server(asked))

    found, _ = sentence_of(checks, NearMiss(CUT, 0))

    assert found.endswith("are ignored, if no more")


def test_a_wrong_key_that_breaks_the_server_was_not_taken(checking: Build) -> None:
    server = taking(lambda _: False)
    checks = checking(lambda asked: answered(500) if asked.key == KEY[:-1] else server(asked))

    assert sentence_of(checks, NearMiss(CUT, 0)) == ("", 0)


def _seen(
    checks: Checking, explainer: Explainer, about: Operation, miss: NearMiss, left: int = 1_000
) -> int:
    """Run a check as the plugin does, and give the requests of the explanation."""
    requests: list[int] = []

    def body(send: Send) -> None:
        try:
            expect(send(about, miss), UNAUTHORIZED)
        finally:
            before = len(checks.world.wire.log)
            explainer.explain(send.recorder, left)
            requests.append(len(checks.world.wire.log) - before)

    checks.run(NEAR, body)
    return requests[0]


def test_the_sentence_stands_on_record(checking: Build) -> None:
    checks = checking(taking(first_20))
    explainer = Explainer(checks.world.probing, LIST)

    assert _seen(checks, explainer, LIST, NearMiss(CUT, 0)) > 0
    assert checks.record("D2.near-miss").detail == FIRST_20


def test_a_kind_of_wrong_key_is_explained_once_and_on_the_first_operation(
    checking: Build,
) -> None:
    checks = checking(taking(first_20), LIST, ITEM)
    explainer = Explainer(checks.world.probing, LIST)

    asked = [
        _seen(checks, explainer, ITEM, NearMiss(CUT, 0)),
        _seen(checks, explainer, ITEM, NearMiss(CUT, 1)),
        _seen(checks, explainer, LIST, NearMiss(CUT, 0)),
    ]

    assert [bool(requests) for requests in asked] == [True, False, True]


def test_a_wrong_key_that_is_taken_now_and_then_is_not_bisected(checking: Build) -> None:
    server = taking(first_20)
    wrong = [0]

    def at_times(asked: Asked) -> Response | NoAnswer:
        wrong[0] += asked.key != KEY
        return answered(401) if asked.key != KEY and wrong[0] % 2 == 0 else server(asked)

    checks = checking(at_times)

    assert _seen(checks, Explainer(checks.world.probing, LIST), LIST, NearMiss(CUT, 0)) == 0
    assert checks.record("D2.near-miss").detail == "seen 2 of 3"


def test_an_operation_that_writes_is_not_asked_again(checking: Build) -> None:
    checks = checking(taking(first_20), CREATE, LIST, allow_writes="true")

    assert _seen(checks, Explainer(checks.world.probing, LIST), CREATE, NearMiss(CUT, 0)) == 0


def test_it_takes_a_quarter_of_what_is_left_at_most(checking: Build) -> None:
    checks = checking(taking(first_20))

    assert _seen(checks, Explainer(checks.world.probing, LIST), LIST, NearMiss(CUT, 0), 20) <= 5


def test_a_check_that_saw_nothing_wrong_costs_nothing(checking: Build) -> None:
    checks = checking(taking(lambda _: False))

    assert _seen(checks, Explainer(checks.world.probing, LIST), LIST, NearMiss(CUT, 0)) == 0
    assert checks.record("D2.near-miss").detail is None
