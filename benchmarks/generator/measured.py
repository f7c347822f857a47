"""What one generator did in one run."""

from dataclasses import dataclass
from typing import Final

KEY: Final = "sk_live_benchmark0000000000000000000"


@dataclass(frozen=True, slots=True)
class Measured:
    """What a generator did.

    Attributes:
        asked: Calls asked for.
        sent: Calls sent; -1 where a number was lost or sent twice.
        seconds: From the first call to the last.
        cpu_s: CPU of its process meanwhile.
        warm: Calls sent before.
        late: By how much each left late, in seconds, ascending; empty where nothing was due.
        response_p50: Median from asked to answered, in seconds.
    """

    asked: int
    sent: int
    seconds: float
    cpu_s: float
    warm: int
    late: list[float]
    response_p50: float = 0.0
