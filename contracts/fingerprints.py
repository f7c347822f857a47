"""Whether an answer shows what only a key should show.

Pure. `success: true` is no fingerprint and a 2xx no access (a public page, a preflight, a login
form): an answer shows protected data where it repeats values of the authorised answer of that very
operation which stand in no answer to a request without a key.
"""

import json
from collections.abc import Iterator
from typing import Final

from contracts.envelope import EnvelopeError, read_object
from contracts.exchange import Response

_SHORTEST: Final = 6
"""Characters of a value that is told from an ordinary word."""


def fingerprint(answer: Response) -> frozenset[str]:
    """Collect the values of an answer that are worth recognising.

    Args:
        answer: A JSON answer, or any other body, which is then one single value.
    """
    try:
        values = set(_scalars(read_object(answer.body)))
    except EnvelopeError:
        text = answer.body.decode("utf-8", "replace").strip()
        values = {text} if text else set()
    return frozenset(value for value in values if len(value) >= _SHORTEST)


def _scalars(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from _scalars(member)
    elif isinstance(value, list):
        for member in value:
            yield from _scalars(member)
    else:
        yield value if isinstance(value, str) else json.dumps(value)


def shows(
    answer: Response, authorised: Response, known: frozenset[str] = frozenset()
) -> bool | None:
    """Whether an answer shows data of the authorised one.

    Args:
        answer: What came without sufficient credentials.
        authorised: The same operation's answer to a sufficient key.
        known: Values that answers without a key show anyway, such as messages.

    Returns:
        None where the authorised answer holds nothing to recognise.
    """
    if not 200 <= answer.status < 300:
        return False
    wanted = fingerprint(authorised) - known
    if not wanted:
        return None
    return bool(wanted & fingerprint(answer))


def repeats_head(answer: Response, authorised: Response, refused: Response) -> bool:
    """Whether an answer to HEAD is the authorised one: same status and length or ETag.

    Args:
        answer: To HEAD without sufficient credentials.
        authorised: To HEAD with a sufficient key.
        refused: To the operation's own method without one.
    """
    if answer.status != authorised.status or answer.status == refused.status:
        return False
    for field in ("etag", "content-length"):
        value = answer.header(field)
        if value and value == authorised.header(field) != refused.header(field):
            return True
    return False
