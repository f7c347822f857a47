"""Limiters with their numbers, as a server has them: a call comes, the gate answers.

Pure. The simulated servers are made of these; the counting is that of ``loadtests.limiters``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from loadtests.limiters import ROUNDING, InFlight, Limiter, Outcome


@dataclass(frozen=True, slots=True)
class Answer:
    """What a limiter does with one call.

    Attributes:
        admitted: Whether it lets it pass.
        delay: How long it holds it back first, in seconds.
    """

    admitted: bool
    delay: float = 0.0


class Gate(Protocol):
    """A limiter with its numbers, as a server has it."""

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        """Answer a call.

        Args:
            arrived: When it arrived, in seconds.
            took: How long it will be under way if admitted, in seconds.
        """


class CountGate:
    """A limiter of any kind that admits while fewer than ``limit`` places are taken."""

    def __init__(self, limiter: Limiter, limit: int) -> None:
        self._limiter = limiter
        self._limit = limit

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        """See ``Gate``."""
        _, taken = self._limiter.taken(arrived, arrived)
        admitted = taken < self._limit
        ended = arrived + took if isinstance(self._limiter, InFlight) else arrived
        outcome = Outcome.ADMITTED if admitted else Outcome.REFUSED
        self._limiter.record(arrived, ended, outcome)
        return Answer(admitted)


class QueueGate:
    """Calls leave at a rate and wait their turn, ``burst`` of them at most.

    nginx ``limit_req`` with ``burst`` and without ``nodelay``; ``burst + 1`` are accepted at once.
    """

    def __init__(self, rate: float, burst: int) -> None:
        self._gap = 1 / rate
        self._burst = burst
        self._free_at = -math.inf

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        """See ``Gate``; the time it takes is no matter here."""
        del took
        turn = max(arrived, self._free_at)
        if turn - arrived > self._burst * self._gap + ROUNDING:
            return Answer(admitted=False)
        self._free_at = turn + self._gap
        return Answer(admitted=True, delay=turn - arrived)


class StackGate:
    """Several limits at once: the first that refuses decides, those before it have counted.

    nginx with two zones, rate-limiter-flexible's BurstyRateLimiter, Flask-Limiter ``10/s;60/30s``.
    """

    def __init__(self, gates: Sequence[Gate]) -> None:
        self._gates = gates

    def ask(self, arrived: float, took: float = 0.0) -> Answer:
        """See ``Gate``."""
        answers = []
        for gate in self._gates:
            answers.append(gate.ask(arrived, took))
            if not answers[-1].admitted:
                return answers[-1]
        return Answer(admitted=True, delay=sum(answer.delay for answer in answers))
