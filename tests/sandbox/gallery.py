"""All faults and benign variations there are; importing this registers them."""

from importlib import import_module
from typing import Final

from tests.sandbox.registry import BENIGN, FAULTS

__all__ = ["BENIGN", "FAULTS"]

_MODULES: Final = (
    "faults.credentials",
    "faults.places",
    "faults.guards",
    "faults.spellings",
    "faults.statuses",
    "faults.scopes",
    "faults.lifecycle",
    "faults.caching",
    "faults.envelope",
    "faults.limits",
    "benign.answers",
    "benign.reading",
    "benign.behaviour",
)

for _module in _MODULES:
    import_module(f"tests.sandbox.{_module}")
