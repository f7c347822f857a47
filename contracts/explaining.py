"""Asks what a target compares of a key, once it has taken a wrong one, and writes that down.

The edge of `comparison.py`: every question is asked as the wrong key was, at the run's pace.
"""

from typing import Final

from contracts.comparison import Comparison
from contracts.credentials import Inapplicable
from contracts.edges import edge_page
from contracts.exchange import Exchange, Response
from contracts.near_misses import NearMiss
from contracts.operations import Operation
from contracts.pace import BudgetSpent
from contracts.probing import Answer, Probing
from contracts.recording import Recorder

MOST: Final = 40
"""Requests of one bisection; most need a quarter of that."""

_SHARE: Final = 4
"""At most one in so many of the requests that are left: what else is wrong matters too."""


class Explainer:
    """Explains each kind of wrong key once, and again only on the first operation."""

    def __init__(self, probing: Probing, first: Operation | None) -> None:
        self._probing, self._first = probing, first
        self._explained: set[str] = set()

    def explain(self, recorder: Recorder, left: int) -> None:
        """Explain what the running check has seen taken.

        Args:
            recorder: Keeps what it has seen.
            left: Requests that the rest of the run may make beyond core.
        """
        for entry in recorder.broken:
            if entry.worst is None:
                continue
            confirmed, answer = entry.worst
            # What comes now and then comes in a bisection too, and bends it.
            if confirmed.seen == confirmed.tried and self._is_news(answer):
                entry.compared = compared(self._probing, answer, min(MOST, left // _SHARE))

    def _is_news(self, answer: Answer) -> bool:
        credential, operation = answer.exchange.request.credential, answer.operation
        # Asking changes data where the operation writes: there one wrong key is enough.
        if not isinstance(credential, NearMiss) or not operation.is_safe:
            return False
        known = credential.edit.name in self._explained
        self._explained.add(credential.edit.name)
        return not known or operation is self._first


def compared(probing: Probing, answer: Answer, most: int = MOST) -> str:
    """Find out what is compared of the key that a wrong one was derived from.

    Args:
        probing: Asks the target.
        answer: The wrong key, and that it was taken.
        most: Requests.

    Returns:
        A clause; empty where nothing more can be said than that it was taken.
    """
    taken = answer.exchange.request.credential
    if not isinstance(taken, NearMiss) or not _is_taken(answer.exchange):
        return ""
    comparison = Comparison(taken, probing.keyring.outline(taken.of))
    last = probing.requests + most - len(answer.manner.after)
    while comparison.question and probing.requests < last:
        try:
            asked = probing.ask(answer.operation, comparison.question, answer.manner)
        except Inapplicable:
            comparison.answer(taken=False)
            continue
        except BudgetSpent:
            break
        if not _tells(probing, asked):
            break
        comparison.answer(taken=_is_taken(asked.exchange))
    return comparison.sentence


def _is_taken(exchange: Exchange) -> bool:
    return 200 <= (exchange.status or 0) < 300


def _tells(probing: Probing, asked: Answer) -> bool:
    """Whether it was the API that answered, and not for the rate."""
    answer, control = asked.exchange.answer, probing.controls.of(asked.operation).answer
    return isinstance(answer, Response) and answer.status != 429 and not edge_page(answer, control)
