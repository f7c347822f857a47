"""How the requests of a depth are divided among the checks.

A check's weight is the number of requests it makes good use of on one operation. What a check
leaves goes to those after it. A few are kept aside for checks that mean little on one operation.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import pytest

from contracts.settings import DEPTH_REQUESTS, Depth, Settings

_LEAD: Final[Mapping[Depth, int]] = {Depth.QUICK: 20, Depth.DEFAULT: 5, Depth.THOROUGH: 3}
"""How many times an ordinary operation's share a check's first operation has: most faults lie in
what all operations have in common, and are found on any of them."""

SAMPLES: Final[Mapping[Depth, int]] = {Depth.QUICK: 1, Depth.DEFAULT: 5, Depth.THOROUGH: 30}
"""Operations beyond one of each kind that depth is spent on."""


class Shares:
    """Divides what is left of the depth's requests among the checks that are left.

    Attributes:
        left: Requests that nobody has made yet.
    """

    def __init__(self, items: Sequence[pytest.Item], settings: Settings) -> None:
        depth = settings.depth
        self.left = DEPTH_REQUESTS[depth]
        leaders: dict[str, pytest.Item] = {}
        for item in items:
            leaders.setdefault(item.nodeid.partition("[")[0], item)
        self._weights = {
            item.nodeid: _argument(item, "weight", 1)
            * (_LEAD[depth] if item in leaders.values() else 1)
            for item in items
        }
        self._idle = {item.nodeid for item in items if not _has_keys(item, settings)}
        self._waiting = sum(w for id_, w in self._weights.items() if id_ not in self._idle)
        self._least = {
            item.nodeid: _argument(item, "least", 0)
            for item in items
            if item.nodeid not in self._idle
        }
        self._kept = sum(self._least.values())

    def take(self, item: pytest.Item) -> int | None:
        """Give a check its share; None for one that has none because it is core."""
        weight = self._weights[item.nodeid]
        if not weight:
            return None
        if item.nodeid in self._idle:
            return 1
        share = max(0, self.left - self._kept) * weight // self._waiting
        self._waiting -= weight
        self._kept -= self._least[item.nodeid]
        return max(share, min(self._least[item.nodeid], self.left), 0)

    def spend(self, item: pytest.Item, requests: int) -> None:
        """Note how many requests a check has made."""
        if self._weights[item.nodeid]:
            self.left -= requests


def _has_keys(item: pytest.Item, settings: Settings) -> bool:
    """Whether the run has a key for a check; one without ends at once and needs no share."""
    marker = item.get_closest_marker("needs")
    names = [name.lower() for name in marker.args] if marker else []
    return not names or any(getattr(settings, name) for name in names)


def _argument(item: pytest.Item, name: str, default: int) -> int:
    """Of the check's mark; 0 where it is core and has none."""
    marker = item.get_closest_marker("depth")
    number = marker.kwargs.get(name, default) if marker else 0
    assert isinstance(number, int)
    return number
