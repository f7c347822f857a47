"""The modes by name: those of the operations and those of the document."""

import re
from collections.abc import Callable

from tests.servers.degenerate.visit import LIST_OF_CALLS, Mode, Visit, correct_answer, stated_error
from tests.servers.degenerate.wire import Answer, success

OPERATION_MODES: dict[str, Mode] = {}
DOCUMENT_MODES: dict[str, Mode] = {}


def of_operations(name: str) -> Callable[[Mode], Mode]:
    """Register what answers in place of the operations."""
    return _in(OPERATION_MODES, name)


def of_document(name: str) -> Callable[[Mode], Mode]:
    """Register what answers in place of the document, while the operations are correct."""
    return _in(DOCUMENT_MODES, name)


def _in(modes: dict[str, Mode], name: str) -> Callable[[Mode], Mode]:
    def register(mode: Mode) -> Mode:
        if name in modes:
            raise ValueError(f"two modes are named {name}")
        modes[name] = mode
        return mode

    return register


def find_mode(name: str) -> Mode:
    """Find a mode of either kind, or make one of ``all-NNN``.

    Raises:
        KeyError: No mode has that name.
    """
    if status := re.fullmatch(r"all-([0-9]{3})", name):
        return _status_everywhere(int(status[1]))
    return OPERATION_MODES[name] if name in OPERATION_MODES else DOCUMENT_MODES[name]


def _status_everywhere(status: int) -> Mode:
    async def answer(visit: Visit) -> None:
        """Every answer has this status: 2xx as to a good key, all else as an error."""
        if status < 200 or status in {204, 304}:
            await visit.send(Answer(status, b"", None).head(length=None))  # these have no body
        elif status < 300:
            await visit.answer(success(LIST_OF_CALLS, status))
        else:
            await visit.answer(stated_error(visit, status))

    return answer


@of_operations("correct")
async def correct(visit: Visit) -> None:
    """Every promise is kept: the control for all other modes."""
    await visit.answer(correct_answer(visit))
