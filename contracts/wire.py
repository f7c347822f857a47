"""Sends requests to one target: every one counted, paced, written exactly as meant, and masked.

Nothing is added, normalised, followed or resent behind anybody's back. This is the only place
where a key becomes bytes.
"""

import math
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Self

from contracts.client import Address, secret_headers
from contracts.connection import Broken, Connection, Route
from contracts.credentials import Keys
from contracts.exchange import Exchange, Fields, NoAnswer, Request, Response, Trouble
from contracts.pace import Pace
from contracts.redaction import Redactor
from contracts.settings import Settings

_BODY_METHODS: Final = frozenset({"POST", "PUT", "PATCH"})


class Wire:
    """Sends requests to one target, every one counted, paced and masked.

    Attributes:
        limited: The first answers 429, waited out or not.
    """

    def __init__(
        self, route: Route, pace: Pace, keys: Keys, redactor: Redactor, *, secret: Fields = ()
    ) -> None:
        self._route, self.pace = route, pace
        self._keys, self._redactor, self._secret = keys, redactor, secret
        self._kept: Connection | None = None
        self.limited: list[Exchange] = []

    @property
    def origin(self) -> str:
        """Scheme and authority of the target."""
        return self._route.address.origin

    @property
    def base_path(self) -> str:
        """Path of the base URL, without trailing slash."""
        return self._route.address.path

    @classmethod
    def to(
        cls, target: Address, settings: Settings, pace: Pace, keys: Keys, redactor: Redactor
    ) -> Self:
        """Build the wire that the settings describe."""
        route = Route.to(target, settings)
        return cls(route, pace, keys, redactor, secret=secret_headers(settings))

    def close(self) -> None:
        """Close the kept connection."""
        if self._kept:
            self._kept.close()
            self._kept = None

    def ask(self, request: Request, *, fresh: bool = False) -> Exchange:
        """Ask, and wait out a 429 where the pace allows it.

        Args:
            request: What to ask.
            fresh: Whether to open a connection for it.

        Returns:
            The last exchange; a 429 where the pace would wait no longer.

        Raises:
            Inapplicable: The credential cannot be told from a right key.
            BudgetSpent: No further request may be written.
        """
        while True:
            exchange = self.send(request, fresh=fresh)
            if exchange.status == 429 and len(self.limited) < _REMEMBERED:
                self.limited.append(exchange)
            if exchange.status != 429 or not self.pace.wait_out(retry_after(exchange)):
                return exchange

    def send(self, request: Request, *, fresh: bool = False) -> Exchange:
        """Ask once.

        A kept connection that turns out to be closed is no fault of anybody's (measured: uWSGI,
        gunicorn, Node and Varnish close idle ones without a word), so the request is then asked
        again, once, on a fresh one.

        Args:
            request: What to ask.
            fresh: Whether to open a connection for it.

        Returns:
            The exchange, with keys masked.

        Raises:
            Inapplicable: The credential cannot be told from a right key.
            BudgetSpent: No further request may be written.
        """
        if fresh:
            self.close()
        exchange = self._attempt(request)
        lost = isinstance(exchange.answer, NoAnswer) and exchange.answer.trouble in _STALE
        if lost and not exchange.fresh:
            exchange = self._attempt(request)
        return exchange

    def _attempt(self, request: Request) -> Exchange:
        data, head_bytes = written(request, self._route, self._keys, self._secret)
        # Before there is a connection: servers close those that are idle while the pace waits.
        self.pace.admit()
        if self._kept and not self._kept.reusable:
            self.close()
        is_fresh = self._kept is None
        at = time.monotonic()
        try:
            connection = self._kept = self._kept or Connection(self._route)
            at = time.monotonic()
            self.pace.wrote(at)
            answer: Response | NoAnswer = connection.exchange(request.method, data)
        except Broken as broken:
            answer = broken.no_answer
        if self._kept and (isinstance(answer, NoAnswer) or not self._kept.reusable):
            self.close()
        return self._masked(request, answer, (is_fresh, head_bytes, at))

    def _masked(
        self,
        request: Request,
        answer: Response | NoAnswer,
        measured: tuple[bool, int, float],
    ) -> Exchange:
        fresh, head_bytes, at = measured
        seconds = time.monotonic() - at
        if isinstance(answer, NoAnswer):
            return Exchange(request, answer, fresh, head_bytes, at, seconds)
        values = [value.encode("latin-1") for _, value in answer.headers]
        disclosed = self._redactor.disclosures((*values, answer.body, answer.beside))
        also = [value for _, value in request.credential.fields(self._keys)]
        masked = Response(
            answer.status,
            tuple(
                (name, self._redactor.mask_bytes(value, also=also).decode("latin-1"))
                for (name, _), value in zip(answer.headers, values, strict=True)
            ),
            self._redactor.mask_bytes(answer.body, also=also),
            answer.encoding,
        )
        return Exchange(request, masked, fresh, head_bytes, at, seconds, disclosed)


def written(request: Request, route: Route, keys: Keys, secret: Fields = ()) -> tuple[bytes, int]:
    """Write a request; the only place where a key becomes bytes.

    Args:
        request: What to ask.
        route: Where; a proxy in front of plain http wants the whole URL (RFC 9112 section 3.2.2).
        keys: The run's keys.
        secret: The operator's own headers.

    Returns:
        The bytes, and how many of them are the head.

    Raises:
        Inapplicable: The credential cannot be told from a right key.
    """
    through = route.proxy if route.tls is None else None
    asked = request.target
    if added := request.credential.query(keys):
        asked += f"{'&' if '?' in asked else '?'}{added}"
    target = route.address.origin + asked if through else asked
    fields = (*request.headers, *secret, *request.credential.fields(keys))
    lines = [f"{request.method} {target} HTTP/1.1", f"Host: {route.address.authority}"]
    lines += [f"{name}: {value}" for name, value in fields]
    if request.body or request.method in _BODY_METHODS:
        lines.append(f"Content-Length: {len(request.body)}")
    if through and through.authorization:
        lines.append(f"Proxy-Authorization: {through.authorization}")
    head = "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")
    return head + request.body, len(head)


_REMEMBERED: Final = 50
"""Answers 429 that are kept to be read; a run waits out fewer."""

_STALE: Final = frozenset({Trouble.CLOSED, Trouble.RESET})


def nobody(role: str) -> str:
    """Keys for a wire that sends none.

    Raises:
        KeyError: Always; the caller asked with a credential.
    """
    raise KeyError(role)


def retry_after(exchange: Exchange) -> float | None:
    """Read Retry-After as seconds, from a number or a date (RFC 9110 section 10.2.3).

    Args:
        exchange: Whose answer; a date is counted from its own Date, where it has one.

    Returns:
        Seconds, not negative; None where it says neither.
    """
    answer = exchange.answer
    value = answer.header("retry-after") if isinstance(answer, Response) else None
    if not isinstance(answer, Response) or not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        until, since = _time(value), _time(answer.header("date") or "")
        if until is None:
            return None
        seconds = (until - (since or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def _time(value: str) -> datetime | None:
    try:
        read = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
