"""Whether an answer shows what only a key should show.

Pure. `success: true` is no fingerprint and a 2xx no access (a public page, a preflight, a login
form): an answer shows protected data where it repeats values of the authorised answer of that very
operation which stand in no answer to a request without a key.
"""

import json
from collections.abc import Iterator
from typing import Final

from contracts.exchange import Response

_SHORTEST: Final = 6
"""Characters of a value that is told from an ordinary word."""

_SHARE: Final = 3
"""One in so many values must come again: a public page may share a name or two with the data."""


def fingerprint(answer: Response) -> frozenset[str]:
    """Collect the values of an answer that are worth recognising.

    The `message` is none: success is said in the same words everywhere.

    Args:
        answer: A JSON answer, or any other body, which is then one single value.
    """
    try:
        read = json.loads(answer.body)
    except (ValueError, RecursionError):
        read = answer.body.decode("utf-8", "replace").strip()
    if isinstance(read, dict):
        read = {name: value for name, value in read.items() if name != "message"}
    return frozenset(value for value in _scalars(read) if len(value) >= _SHORTEST)


def _scalars(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for member in value.values():
            yield from _scalars(member)
    elif isinstance(value, list):
        for member in value:
            yield from _scalars(member)
    else:
        yield value if isinstance(value, str) else json.dumps(value)


def shows(answer: Response, authorised: Response, known: frozenset[str] = frozenset()) -> bool:
    """Whether an answer shows data of the authorised one.

    Args:
        answer: What came without sufficient credentials.
        authorised: The same operation's answer to a sufficient key.
        known: Values that answers without a key show anyway.
    """
    if not 200 <= answer.status < 300 or not answer.body:
        return False
    wanted = fingerprint(authorised) - known
    if not wanted:
        return answer.body == authorised.body and answer.media_type == authorised.media_type
    return _SHARE * len(wanted & fingerprint(answer)) >= len(wanted)
