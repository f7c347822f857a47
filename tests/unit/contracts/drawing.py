"""How these tests let Hypothesis draw: the same in every run, and nothing kept."""

from typing import Final

from hypothesis import HealthCheck, settings

SAME: Final = settings(
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
