"""A clock that a test moves."""

from dataclasses import dataclass, field


@dataclass(slots=True)
class Clock:
    """Stands still but for what sleeps on it.

    Attributes:
        now: Seconds.
        slept: Every sleep, in seconds.
    """

    now: float = 100.0
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let that time pass."""
        self.slept.append(seconds)
        self.now += seconds
