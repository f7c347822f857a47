"""What an answer does that breaks no documented promise and is still worth a word.

Pure. RFC demands, standards and good practice: they warn, and change neither status nor exit code.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from contracts.credentials import Sent
from contracts.exchange import Exchange, Form, Request, Response
from contracts.records import AdvisoryRecord
from contracts.verdict import Severity

_TRACE: Final = re.compile(
    r"Traceback \(most recent call last\)|^\s+at [\w.$<>]+ ?\(.+:\d+(:\d+)?\)|"
    r"\bat (/|[A-Z]:\\\\)[^ ]+:\d+|File \"/[^\"]+\", line \d+|"
    r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b.{1,200}\b(FROM|VALUES|SET|WHERE)\b|"
    r"(psycopg|sqlalchemy|sqlite3|mysql|pymongo)[\w.]*(Error|Exception)|"
    r"relation \\?\"[\w.]+\\?\"|(java|javax|org|com)\.[\w.]+Exception|"
    r"(/usr/|/var/|/home/|/app/|/srv/|node_modules/)[\w./-]+\.(py|js|ts|rb|php|java|go)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Marks that prose does not have: the word "error" is none of them."""


@dataclass(frozen=True, slots=True)
class Remark:
    """What may be said of an answer.

    Attributes:
        id: Slug, the requirement it touches first.
        basis: What asks for it.
        severity: S4 or S5.
        detail: The remark, with the source.
        fits: Whether it fits an answer.
        everywhere: Whether it is said once, whatever the operation.
    """

    id: str
    basis: Literal["rfc-must", "rfc-should", "practice", "advice"]
    severity: Literal[Severity.S4, Severity.S5]
    detail: str
    fits: Callable[[Response], bool]
    everywhere: bool = False

    def about(self, request: Request) -> AdvisoryRecord:
        """Say it of a request's answer."""
        return AdvisoryRecord(
            id=self.id,
            requirement=self.id.partition(".")[0],
            basis=self.basis,
            severity=self.severity,
            operation=None if self.everywhere else request.operation,
            detail=self.detail,
        )


def _lacks(name: str, status: int) -> Callable[[Response], bool]:
    return lambda answer: answer.status == status and answer.header(name) is None


def _may_be_stored(answer: Response) -> bool:
    value = (answer.header("cache-control") or "").lower()
    if answer.status not in {401, 403, 429} or "no-store" in value or "private" in value:
        return False
    return "public" in value or re.search(r"(s-)?max-?age=[1-9]", value) is not None


def _may_be_shared(answer: Response) -> bool:
    value = (answer.header("cache-control") or "").lower()
    varies = "x-api-key" in (answer.header("vary") or "").lower()
    return answer.status == 200 and not varies and not re.search("no-store|private", value)


def _shows_internals(answer: Response) -> bool:
    return answer.status >= 400 and bool(_TRACE.search(answer.body.decode("utf-8", "replace")))


def _succeeded(answer: Response) -> bool:
    return 200 <= answer.status < 300


ALWAYS: Final = (
    Remark(
        "D1.www-authenticate",
        "rfc-must",
        Severity.S4,
        "a 401 has no WWW-Authenticate (RFC 9110 section 15.5.2)",
        _lacks("www-authenticate", 401),
        everywhere=True,
    ),
    Remark(
        "D5.allow",
        "rfc-must",
        Severity.S4,
        "a 405 has no Allow (RFC 9110 section 15.5.6)",
        _lacks("allow", 405),
        everywhere=True,
    ),
    Remark(
        "D6.cacheable-error",
        "rfc-must",
        Severity.S4,
        "a refusal says that any cache may store it (RFC 6585 section 4)",
        _may_be_stored,
    ),
    Remark(
        "D5.server-error",
        "practice",
        Severity.S4,
        "a request was answered with a server error",
        lambda answer: answer.status >= 500 and answer.status not in {501, 505},
        everywhere=True,
    ),
    Remark(
        "D6.internals",
        "practice",
        Severity.S4,
        "an error shows internals of the server (OWASP API8:2023)",
        _shows_internals,
    ),
)
"""Said of any answer."""

SHARED_CACHE: Final = Remark(
    "D1.shared-cache",
    "practice",
    Severity.S5,
    "a shared cache may store an authorised answer: it has neither no-store nor private nor "
    "Vary: x-api-key (RFC 9111 section 3)",
    _may_be_shared,
    everywhere=True,
)

ALIAS: Final = Remark(
    "D1.alias",
    "practice",
    Severity.S4,
    "a key in a header of a similar name is accepted (RFC 9110 section 17.10)",
    _succeeded,
)

UNKNOWN_CALL: Final = Remark(
    "D1.unknown-call",
    "practice",
    Severity.S4,
    "what does not exist is answered 404 or 405 before any key is asked for, so routes can be told "
    "from outside; read literally, D1 asks for 401",
    lambda answer: answer.status in {404, 405},
    everywhere=True,
)

TRIMMED: Final = Remark(
    "D2.trimmed",
    "practice",
    Severity.S4,
    "a key is accepted with white space round it that HTTP does not know (RFC 9110 section 5.5)",
    _succeeded,
)

VALIDATED_FIRST: Final = Remark(
    "D3.validated-first",
    "practice",
    Severity.S4,
    "what is wrong with a body is said to a key that may not send any",
    lambda answer: answer.status in {400, 422},
)


def advice(exchange: Exchange) -> Iterator[AdvisoryRecord]:
    """Say what is worth a word about one exchange.

    Args:
        exchange: Any exchange of the run.
    """
    answer, request = exchange.answer, exchange.request
    if not isinstance(answer, Response):
        return
    remarks = (*ALWAYS, SHARED_CACHE) if request.credential.sent is Sent.KEY else ALWAYS
    for remark in remarks:
        if remark.fits(answer):
            yield remark.about(request)
    if any(found.form is Form.HASHED for found in exchange.disclosed):
        yield _HASHED.about(request)


_HASHED: Final = Remark(
    "D12.hashed-key", "practice", Severity.S4, "an answer holds a key's hash", lambda _: True
)
