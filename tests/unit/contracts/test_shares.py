"""Each check gets its share of a depth's requests, and some are kept for those that need them."""

from types import SimpleNamespace
from typing import cast

import pytest

from contracts.settings import Settings
from contracts.shares import Shares


class Item:
    """What `Shares` reads of a check."""

    def __init__(self, name: str, **kwargs: int) -> None:
        self.nodeid = name
        self._marks = {"depth": SimpleNamespace(args=(), kwargs=kwargs)} if kwargs else {}

    def get_closest_marker(self, name: str) -> SimpleNamespace | None:
        return self._marks.get(name)


def shares(*items: Item) -> dict[str, int | None]:
    """What each gets, when every one spends all it gets."""
    every = cast("list[pytest.Item]", items)
    divided = Shares(every, Settings.model_validate({"depth": "quick"}))
    found: dict[str, int | None] = {}
    for item in every:
        found[item.nodeid] = divided.take(item)
        divided.spend(item, found[item.nodeid] or 0)
    return found


def test_a_core_check_has_no_share() -> None:
    assert shares(Item("core[a]"), Item("deep[a]", weight=1)) == {"core[a]": None, "deep[a]": 200}


def test_the_first_operation_of_a_check_has_most() -> None:
    found = shares(*(Item(f"deep[{name}]", weight=2) for name in "abc"))

    assert found == {"deep[a]": 181, "deep[b]": 9, "deep[c]": 10}


def test_what_a_check_is_sure_of_is_kept_from_those_before_it() -> None:
    found = shares(
        Item("many[a]", weight=100),
        *(Item(f"few[{name}]", weight=1, least=3) for name in "abcd"),
    )

    assert [found[f"few[{name}]"] for name in "abcd"] == [3, 3, 3, 3]
    assert sum(count or 0 for count in found.values()) <= 200
