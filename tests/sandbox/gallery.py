"""All faults and benign variations there are; importing this registers them."""

from importlib import import_module
from typing import Final

from tests.sandbox.registry import BENIGN, FAULTS

__all__ = ["BENIGN", "FAULTS"]

_FAMILIES: Final = (
    "credentials",
    "places",
    "guards",
    "spellings",
    "statuses",
    "scopes",
    "lifecycle",
    "caching",
    "envelope",
    "limits",
)

for _family in _FAMILIES:
    import_module(f"tests.sandbox.faults.{_family}")
