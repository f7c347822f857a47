"""How questions are put one after the other until a boundary is found.

Pure. A line of questions is a generator: it yields what to ask, is sent whether that was taken for
a key, and returns what it found.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

from contracts.credentials import Credential


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask with.

    Attributes:
        credential: The value, as a recipe.
        known: What is known before the answer, in words; empty for nothing new.
    """

    credential: Credential
    known: str = ""


_Result = TypeVar("_Result")

Steps = Generator[Question, bool, _Result]
"""A line of questions, and what it finds."""


class Unsteady(Exception):
    """An equal question was answered differently."""


def asked(credential: Credential, known: str = "") -> Steps[bool]:
    """Ask one question."""
    return (yield Question(credential, known))


def edge(
    recipe: Callable[[int], Credential], near: int, far: int, said: Callable[[int], str]
) -> Steps[int]:
    """Find the last n on the way from near to far that is taken.

    Every n is asked at most once, those on both sides of the boundary twice.

    Args:
        recipe: Makes the value of n.
        near: Where it is known to be taken.
        far: The last n that there is; above or below near.
        said: Words what is known once n is taken.

    Raises:
        Unsteady: The boundary is not there when it is asked for again.
    """
    if near == far:
        return far
    taken, refused = near, far
    if (yield Question(recipe(far))):
        taken = far
    while abs(refused - taken) > 1:
        middle = (taken + refused) // 2
        if (yield Question(recipe(middle), said(taken))):
            taken = middle
        else:
            refused = middle
    yield from _again(Question(recipe(taken), said(taken)), taken=True)
    if taken != refused:
        yield from _again(Question(recipe(refused), said(taken)), taken=False)
    return taken


def _again(question: Question, *, taken: bool) -> Steps[None]:
    if (yield question) is not taken:
        raise Unsteady
