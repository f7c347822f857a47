"""What of the gallery is asked for: ids, values, drawn constants, samples."""

from random import Random
from typing import Any

import pytest

from contracts.gallery import (
    BOTH,
    Case,
    NotInGallery,
    Parameter,
    Variation,
    asked_for,
    read_gallery,
    sample,
)
from contracts.verdict import Part
from tests.sandbox.__main__ import _gallery
from tests.sandbox.gallery import BENIGN, FAULTS

GALLERY = read_gallery("\n".join(_gallery(as_json=True)))

BY_ID = {**FAULTS, **BENIGN}


def written(*ids: str, constants: int = 0, seed: int = 0) -> list[str]:
    cases = asked_for(GALLERY, ids, constants, Random(seed))
    return [case.written for case in cases]


def fault(**changes: Any) -> Variation:  # noqa: ANN401 -- any field
    return Variation(**{"kind": "fault", "id": "A01", "sentence": "Wrong."} | changes)


def test_it_is_the_sandbox_s() -> None:
    assert set(GALLERY) == set(BY_ID)
    assert all(
        [case.written for case in variation.cases] == BY_ID[id_].written
        for id_, variation in GALLERY.items()
    )
    assert all(
        (one.violates, one.tier, one.needs, one.sentence)
        == (BY_ID[id_].violates, BY_ID[id_].tier, BY_ID[id_].needs, BY_ID[id_].sentence)
        for id_, one in GALLERY.items()
    )


@pytest.mark.parametrize(
    ("needs", "parts"),
    [
        pytest.param((), (Part.CONTRACT,), id="no-key-but-the-full-one"),
        pytest.param(("SCOPED_KEYS", "ALLOW_WRITES"), (Part.CONTRACT,), id="keys"),
        pytest.param(("DECLARED_LIMIT",), (Part.RATELIMIT,), id="limit"),
        pytest.param(("DECLARED_LIMIT", "ALLOW_WRITES"), (Part.RATELIMIT,), id="limit-on-writes"),
        pytest.param(("DECLARED_LIMIT", "SCOPED_KEYS"), BOTH, id="limit-or-keys"),
    ],
)
def test_what_a_fault_needs_says_where_it_shows(
    needs: tuple[str, ...], parts: tuple[Part, ...]
) -> None:
    assert fault(needs=needs).parts == parts


def test_a_harmless_variation_is_shown_to_everything() -> None:
    assert fault(kind="benign").parts == BOTH


def test_an_id_stands_for_all_its_mechanisms_and_each_case_comes_once() -> None:
    assert written("E09", "E09=others", "A01", "A07=23", "A07") == [
        "E09=second",
        "E09=others",
        "A01",
        "A07=23",
        "A07",
    ]


def test_options_are_the_sandbox_s() -> None:
    (a07, v18) = asked_for(GALLERY, ("A07=23", "V18"), 0, Random(0))

    assert (a07.options, v18.options) == (("--fault", "A07=23"), ("--benign", "V18"))


def test_drawn_constants_are_possible_and_follow_the_seed() -> None:
    drawn = written("A07", "A05", "A01", constants=5)

    numbers = [case for case in drawn if case.startswith("A07=")]
    assert len(set(numbers)) == 5
    assert set(written(*numbers)) == set(numbers)
    assert drawn == written("A07", "A05", "A01", constants=5)
    assert drawn != written("A07", "A05", "A01", constants=5, seed=1)
    assert [case for case in drawn if case not in numbers] == written("A05", "A01")


def test_no_more_constants_are_drawn_than_there_are() -> None:
    few = fault(parameter=Parameter(default=2, low=2, high=4))

    values = [case.value for case in few.drawn(9, Random(0))]

    assert values == ["2", "3", "4"]


@pytest.mark.parametrize(
    ("id_", "line"),
    [
        pytest.param("A07a", "there is no fault or variation A07a; the nearest is A07", id="id"),
        pytest.param("v18x", "there is no fault or variation v18x; the nearest is V18", id="case"),
        pytest.param("A01=1", "A01 takes no value; write A01", id="no-value"),
        pytest.param("A07=7", "A07: 7 is no value of it; write a number from 8 to 39", id="small"),
        pytest.param("A07=", "A07:  is no value of it; write a number from 8 to 39", id="empty"),
        pytest.param("E09=all", "E09: all is no value of it; write second | others", id="choice"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(id_: str, line: str) -> None:
    with pytest.raises(NotInGallery) as refused:
        written(id_)

    assert str(refused.value) == line


@pytest.mark.parametrize("seed", range(5))
def test_a_sample_has_every_family_and_follows_the_seed(seed: int) -> None:
    cases = sample(GALLERY, Random(seed))

    families = {case.variation.id[0] for case in cases}
    assert families == {one.id[0] for one in GALLERY.values() if one.tier == 1} | {"V"}
    assert {case.variation.tier for case in cases if case.variation.kind == "fault"} == {1}
    assert len(cases) == len(set(cases)) <= 20
    assert sum(case.variation.parts == (Part.RATELIMIT,) for case in cases) == 1
    assert cases == sample(GALLERY, Random(seed))
    assert cases != sample(GALLERY, Random(seed + 100))


def test_a_case_at_its_default_is_its_id() -> None:
    assert Case(fault()).written == "A01"
