"""Header fields that speak of limits: every dialect, read without ever raising.

Pure. Retry-After (RFC 9110, 10.2.3), the RateLimit drafts (-6 with three fields, -7 a dictionary,
-8 and later a list of named policies) and the X-RateLimit families of Flask-Limiter, slowapi,
throttled-py, fastify, Kong, GitHub. What cannot be read is named, not guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

Fields = tuple[tuple[str, str], ...]

EPOCH_MS_FROM: Final = 1e12
EPOCH_S_FROM: Final = 1e9
"""Beyond these a number is a moment, in milliseconds or seconds; as a delay 1e9 s are 31 years."""

UNIT_S: Final = {
    "second": 1.0,
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86400.0,
    "month": 2_592_000.0,
}
"""Windows in names such as X-RateLimit-Limit-Minute (Kong), in seconds."""

_NAMES: Final = re.compile(
    r"(?:x-)?rate-?limit(?:-(?:limit|remaining|reset|policy|used|after|window|burst))?"
    r"(?:-(?:requests|second|minute|hour|day|month))?|retry-after|retry-after-ms|date",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """One quota that the headers name.

    Attributes:
        limit: Calls per window, if said.
        window: In seconds, if said.
        remaining: Calls left, if said.
        reset: Seconds until some or all come back, if said.
        name: The policy's name; "" without.
    """

    limit: int | None = None
    window: float | None = None
    remaining: int | None = None
    reset: float | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What the fields of one answer say.

    Attributes:
        retry_after: Seconds to wait, if said.
        policies: The quotas; those of one name are merged.
        malformed: Fields that say nothing readable, or break their grammar, in words.
    """

    retry_after: float | None = None
    policies: tuple[Policy, ...] = ()
    malformed: tuple[str, ...] = ()


def select_fields(fields: Iterable[tuple[str, str]]) -> Fields:
    """The fields of an answer worth keeping in a trace.

    ``Date`` is kept only beside others: moments are read against it.
    """
    kept = tuple((name, value) for name, value in fields if _NAMES.fullmatch(name))
    return kept if any(name.lower() != "date" for name, _ in kept) else ()


def read_fields(fields: Fields) -> Said:
    """Read the limit fields of one answer.

    Args:
        fields: From ``select_fields``; values as received.

    Returns:
        What they say.
    """
    reader = _Reader(date=_date_of(fields))
    for name, value in fields:
        reader.take(name.lower(), value.strip())
    return reader.said()


def _date_of(fields: Fields) -> float | None:
    for name, value in fields:
        if name.lower() == "date":
            return _read_date(value)
    return None


def _read_date(text: str) -> float | None:
    """An HTTP-date as seconds of the epoch."""
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


@dataclass(slots=True)
class _Reader:
    date: float | None
    retry_after: float | None = None
    malformed: list[str] = field(default_factory=list)
    policies: dict[str, Policy] = field(default_factory=dict)

    def said(self) -> Said:
        return Said(self.retry_after, tuple(self.policies.values()), tuple(self.malformed))

    def take(self, name: str, value: str) -> None:
        if name == "date":
            return
        if name == "retry-after":
            self._take_retry_after(value)
        elif name == "retry-after-ms":
            self._take_retry_after_ms(value)
        elif name in ("ratelimit", "ratelimit-policy"):
            self._take_structured(name, value)
        else:
            self._take_single(name, value)

    def _take_retry_after(self, value: str) -> None:
        if re.fullmatch(r"[0-9]{1,9}", value):
            self.retry_after = float(value)
            return
        seconds = _read_delay(value, self.date)
        self.malformed.append(
            f"Retry-After: {value[:40]!r} is neither whole seconds nor a date"
        ) if (_read_date(value) is None) else None
        if seconds is not None and seconds >= 0:
            self.retry_after = seconds

    def _take_retry_after_ms(self, value: str) -> None:
        number = _number(value)
        if number is None:
            self.malformed.append(f"Retry-After-Ms: {value[:40]!r} is no number")
        elif self.retry_after is None:
            self.retry_after = number / 1000

    def _take_single(self, name: str, value: str) -> None:
        kind, unit = _split_name(name)
        window = UNIT_S.get(unit)
        if kind == "limit":
            self._take_limit(name, value, unit, window)
        elif kind == "remaining":
            number = _number(value)
            if number is None or number < 0:
                self.malformed.append(f"{name}: {value[:40]!r} is no number of calls")
            else:
                self._merge(unit, Policy(remaining=int(number), window=window, name=unit))
        elif kind in ("reset", "after"):
            reset = _read_delay(value, self.date)
            if reset is None:
                self.malformed.append(f"{name}: {value[:40]!r} is no time")
            else:
                self._merge(unit, Policy(reset=reset, window=window, name=unit))

    def _take_limit(self, name: str, value: str, unit: str, window: float | None) -> None:
        """A number, or a number with its policies: ``100, 100;w=60``."""
        first, *others = value.split(",")
        number = _number(first.strip())
        if number is None and "w=" not in value:
            self.malformed.append(f"{name}: {value[:40]!r} is no number of calls")
            return
        if number is not None:
            self._merge(unit, Policy(limit=int(number), window=window, name=unit))
        for item in others if number is not None else value.split(","):
            policy = _read_item(item)
            if policy is None:
                self.malformed.append(f"{name}: {item.strip()[:40]!r} is no policy")
            else:
                self._merge(unit, policy)

    def _take_structured(self, name: str, value: str) -> None:
        if re.match(r"\s*(limit|remaining|reset)\s*=", value):
            self._take_dictionary(name, value)
            return
        for item in _split_list(value):
            policy = _read_item(item)
            if policy is None:
                self.malformed.append(f"{name}: {item.strip()[:40]!r} is no policy")
            else:
                self._merge(policy.name, policy)

    def _take_dictionary(self, name: str, value: str) -> None:
        """Draft 7: ``limit=30, remaining=29, reset=10``."""
        for member in value.split(","):
            key, _, text = member.strip().partition("=")
            number = _number(text.partition(";")[0])
            if number is None or number < 0 or key not in ("limit", "remaining", "reset"):
                self.malformed.append(f"{name}: {member.strip()[:40]!r} is no number")
            elif key == "reset":
                self._merge("", Policy(reset=number))
            elif key == "limit":
                self._merge("", Policy(limit=int(number)))
            else:
                self._merge("", Policy(remaining=int(number)))

    def _merge(self, name: str, said: Policy) -> None:
        known = self.policies.get(name, Policy(name=name))
        self.policies[name] = Policy(
            known.limit if said.limit is None else said.limit,
            known.window if said.window is None else said.window,
            known.remaining if said.remaining is None else said.remaining,
            known.reset if said.reset is None else said.reset,
            name,
        )


def _split_name(name: str) -> tuple[str, str]:
    """``x-ratelimit-limit-minute`` is (limit, minute)."""
    words = name.removeprefix("x-").replace("rate-limit", "ratelimit").split("-")[1:]
    kind = words[0] if words else ""
    unit = words[-1] if words and words[-1] in UNIT_S else ""
    return kind, unit


def _split_list(value: str) -> list[str]:
    """The items of a structured list; commas inside quotes or bytes do not part them."""
    return [item for item in re.findall(r'(?:"[^"]*"|:[^:]*:|[^,"])+', value) if item.strip()]


_PARAMETER: Final = re.compile(r';\s*([a-z*][a-z0-9_.*-]*)\s*(?:=\s*("[^"]*"|:[^:]*:|[^;,\s]+))?')


def _read_item(item: str) -> Policy | None:
    """``30;w=10``, or ``"name";q=30;w=10;r=29;t=10;pk=:...:``."""
    text = item.strip()
    match = re.match(r'("[^"]*"|[^;\s]+)', text)
    if match is None:
        return None
    head = match[1]
    values = {name: _number(value or "") for name, value in _PARAMETER.findall(text)}
    numbered = {name: value for name, value in values.items() if name in ("q", "w", "r", "t")}
    if any(value is None or value < 0 for value in numbered.values()):
        return None
    quota = _number(head) if not head.startswith('"') else numbered.get("q")
    if not head.startswith('"') and quota is None and not numbered:
        return None
    name = head.strip('"') if quota is None or head.startswith('"') else ""
    left = numbered.get("r")
    return Policy(
        None if quota is None else int(quota),
        numbered.get("w"),
        None if left is None else int(left),
        numbered.get("t"),
        name,
    )


def _number(text: str) -> float | None:
    stripped = text.strip().strip('"')
    if re.fullmatch(r"-?[0-9]{1,15}(?:\.[0-9]{1,20})?", stripped) is None:
        return None
    return float(stripped)


_DURATION: Final = re.compile(
    r"(?=.)(?:([0-9]+)h)?(?:([0-9]+)m(?!s))?(?:([0-9]+(?:\.[0-9]+)?)s)?(?:([0-9]+(?:\.[0-9]+)?)ms)?"
)


def _read_delay(text: str, date: float | None) -> float | None:
    """Seconds from now: a delay, a moment of the epoch, an HTTP-date, ``6m0s``."""
    number = _number(text)
    if number is not None:
        return _since(number, date)
    match = _DURATION.fullmatch(text)
    if match is not None:
        hours, minutes, seconds, millis = (float(part or 0) for part in match.groups())
        return 3600 * hours + 60 * minutes + seconds + millis / 1000
    moment = _read_date(text)
    return None if moment is None or date is None else max(0.0, moment - date)


def _since(number: float, date: float | None) -> float | None:
    moment = number / 1000 if number > EPOCH_MS_FROM else number
    if moment <= EPOCH_S_FROM:
        return number
    return None if date is None else moment - date
