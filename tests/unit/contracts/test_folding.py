"""Equal entries are one, the worst comes first, and nothing that was not tested is lost."""

from contracts.algebra import Waiver
from contracts.folding import broken, never_asked, other_reasons, untested, waived
from contracts.verdict import Severity, Status
from tests.unit.contracts.verdicts import (
    OPERATIONS,
    check,
    everywhere,
    held,
    verdict_of,
    violated,
)


def test_what_broke_is_listed_worst_first() -> None:
    verdict = verdict_of(
        [
            violated("D6.missing-key", severity=Severity.S3),
            violated("D2.blank"),
            violated("D2.near-miss", severity=Severity.S1),
            violated("D1.missing-key"),
        ]
    )

    found = [(one.requirement.id, [p.first.id for p in one.places]) for one in broken(verdict)]

    assert found == [
        ("D2", ["D2.near-miss", "D2.blank"]),
        ("D1", ["D1.missing-key"]),
        ("D6", ["D6.missing-key"]),
    ]


def test_the_same_on_every_operation_is_one_place() -> None:
    verdict = verdict_of(everywhere(violated("D1.missing-key")))

    (one,) = broken(verdict)

    assert [place.operations for place in one.places] == [OPERATIONS]


def test_another_answer_is_another_place() -> None:
    other = violated("D1.missing-key", operation=OPERATIONS[1], got="status 200")
    verdict = verdict_of([violated("D1.missing-key"), other])

    (one,) = broken(verdict)

    assert len(one.places) == 2


def test_a_waived_violation_is_listed_apart() -> None:
    waivers = [Waiver("D1.*", "*", "known until March")]

    verdict = verdict_of([*held(), violated("D1.missing-key")], waivers=waivers)

    assert broken(verdict) == ()
    assert [place.first.waived for place in waived(verdict)] == ["known until March"]


def test_what_one_setting_would_change_is_one_fold_and_comes_before_the_rest() -> None:
    skipped = [
        check("D6.missing-key", Status.SKIPPED, reason="it counts elsewhere"),
        check("D8.revoked", Status.SKIPPED, reason="no key", setting="SCOPED_KEYS"),
        check("D3.insufficient", Status.SKIPPED, reason="no other", setting="SCOPED_KEYS"),
        check("D5.control", Status.INCONCLUSIVE, reason="no answer"),
    ]

    folds = untested(verdict_of(skipped))

    assert [(fold.setting, fold.ids, fold.reasons) for fold in folds] == [
        (None, ("D5.control",), 1),
        ("BUSYBOARD_SCOPED_KEYS", ("D3.insufficient", "D8.revoked"), 2),
        (None, ("D6.missing-key",), 1),
    ]


def test_requirements_without_a_check_are_named_but_for_advice() -> None:
    assert never_asked(verdict_of(held())) == ("D3", "D4", "D7", "D8", "D9", "D10", "D12")


def test_reasons_that_name_a_violation_are_not_told_twice() -> None:
    verdict = verdict_of([*held(), violated("D1.missing-key")], interrupted="SIGINT")

    assert verdict.reasons[0].startswith("D1 is violated: ")
    assert other_reasons(verdict) == verdict.reasons[1:]
