"""What a run would cost at most, before it is begun.

Pure arithmetic over settings and operations.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.declared import SHARE_OF_LIMIT
from contracts.operations import Catalogue
from contracts.settings import DEPTH_REQUESTS, Settings
from contracts.verdict import Part

CORE_REQUESTS: Final = 4
"""Of one operation: control, missing key, random key, insufficient key."""

_ONCE: Final = 4
"""Of a run: the revoked and the deleted key; where these are made for it, the call before their
end too."""


@dataclass(frozen=True, slots=True)
class Cost:
    """An upper bound, but for repetitions of what looks like a violation.

    Attributes:
        requests: Most requests.
        rate_rps: Highest rate.
        seconds: Longest duration.
        words: What it consists of.
    """

    requests: int
    rate_rps: float
    seconds: float
    words: str


def contract_cost(catalogue: Catalogue, settings: Settings, requests: int, seconds: float) -> Cost:
    """Bound the contract part.

    Args:
        catalogue: The operations.
        settings: Depth, rate, declared limits.
        requests: Its share of MAX_REQUESTS.
        seconds: Its share of MAX_SECONDS.
    """
    operations = len(catalogue.operations) + len(catalogue.unchecked)
    core = CORE_REQUESTS * operations + _ONCE
    depth = DEPTH_REQUESTS[settings.depth]
    rates = [SHARE_OF_LIMIT * limit.rate for limit in settings.declared_limit]
    rate = min([settings.requests_per_second, *rates])
    most = min(core + depth, requests)
    words = f"{core} core on {operations} operations, {depth} at depth {settings.depth}"
    return Cost(most, rate, min(seconds, most * (1 / rate + settings.timeout_s)), words)


def ramp_cost(settings: Settings, requests: int, seconds: float) -> Cost:
    """Bound the rate-limit part.

    Args:
        settings: The highest rate.
        requests: Its share of MAX_REQUESTS.
        seconds: Its share of MAX_SECONDS.
    """
    rate = settings.requests_per_second
    return Cost(min(requests, int(rate * seconds)), rate, seconds, "until the limit is known")


def plan_lines(costs: Sequence[tuple[Part, Cost]], settings: Settings) -> Iterator[str]:
    """Word the plan.

    Args:
        costs: Of each part.
        settings: The caps over all.
    """
    for part, cost in costs:
        yield (
            f"{part.value}: at most {cost.requests} requests ({cost.words}), "
            f"peak {cost.rate_rps:g} per second, at worst {cost.seconds:.0f} s"
        )
    requests = min(sum(cost.requests for _, cost in costs), settings.max_requests)
    seconds = min(sum(cost.seconds for _, cost in costs), settings.max_seconds)
    peak = max(cost.rate_rps for _, cost in costs)
    yield (
        f"all: at most {requests} requests, peak {peak:g} per second, at worst {seconds:.0f} s "
        "and the report"
    )
