"""Every fault is wrong in its one way, and answers all else as the correct server does."""

import asyncio
from collections.abc import Mapping

import pytest

from tests.unit.sandbox.asking import Answer, asking, sandbox
from tests.unit.sandbox.battery import BATTERY

# Where each fault, alone, differs from the correct server
DIFFERENCES: Mapping[str, set[str]] = {
    "A07": {"cut", "half", "first 16"},
    "A07=39": {"cut"},
    "H03": set(),
}


async def _answers(*faults: str) -> dict[str, Answer]:
    server = sandbox(*faults)
    return {name: await asking(server, request) for name, request in BATTERY.items()}


@pytest.fixture(scope="session")
def correct() -> Mapping[str, Answer]:
    """What the correct server answers to the battery."""
    return asyncio.run(_answers())


@pytest.mark.parametrize("fault", DIFFERENCES)
def test_a_fault_differs_just_where_it_concerns(fault: str, correct: Mapping[str, Answer]) -> None:
    faulty = asyncio.run(_answers(fault))

    assert {name for name in BATTERY if faulty[name] != correct[name]} == DIFFERENCES[fault]
