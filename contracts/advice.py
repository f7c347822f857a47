"""What an answer does that breaks no documented promise and is still worth a word.

Pure. RFC demands, standards and good practice: they warn, and change neither status nor exit code.
"""

import re
from collections.abc import Iterator
from typing import Final

from contracts.exchange import Exchange, Form, Response
from contracts.records import AdvisoryRecord
from contracts.verdict import Severity

_TRACE: Final = re.compile(
    r"Traceback \(most recent call last\)|^\s+at [\w.$<>]+ ?\(.+:\d+(:\d+)?\)|"
    r"\bat (/|[A-Z]:\\\\)[^ ]+:\d+|File \"/[^\"]+\", line \d+|"
    r"\b(SELECT|INSERT INTO|UPDATE|DELETE FROM)\b.{1,200}\b(FROM|VALUES|SET|WHERE)\b|"
    r"(psycopg|sqlalchemy|sqlite3|mysql|pymongo)[\w.]*(Error|Exception)|"
    r"relation \"\w+\" does not exist|(java|javax|org|com)\.[\w.]+Exception|"
    r"(/usr/|/var/|/home/|/app/|/srv/|node_modules/)[\w./-]+\.(py|js|ts|rb|php|java|go)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Marks that prose does not have: the word "error" is none of them."""


def advice(exchange: Exchange) -> Iterator[AdvisoryRecord]:
    """Say what is worth a word about one exchange.

    Args:
        exchange: Any exchange of the run.
    """
    answer, operation = exchange.answer, exchange.request.operation
    if not isinstance(answer, Response):
        return
    if answer.status == 401 and answer.header("www-authenticate") is None:
        yield _advisory(
            "D1.www-authenticate",
            "rfc-must",
            Severity.S4,
            "a 401 has no WWW-Authenticate (RFC 9110 section 15.5.2)",
        )
    if answer.status == 405 and answer.header("allow") is None:
        yield _advisory(
            "D5.allow", "rfc-must", Severity.S4, "a 405 has no Allow (RFC 9110 section 15.5.6)"
        )
    if answer.status in {401, 403, 429} and _cacheable(answer):
        yield _advisory(
            "D6.cacheable-error",
            "rfc-must",
            Severity.S4,
            f"a {answer.status} may be stored by any cache (RFC 6585 section 4)",
            operation,
        )
    if answer.status >= 400 and _TRACE.search(answer.body.decode("utf-8", "replace")):
        yield _advisory(
            "D6.internals",
            "practice",
            Severity.S4,
            f"a {answer.status} shows internals of the server (OWASP API8:2023)",
            operation,
        )
    if any(found.form is Form.HASHED for found in exchange.disclosed):
        yield _advisory(
            "D12.hashed-key", "practice", Severity.S4, "an answer holds a key's hash", operation
        )


def order(exchange: Exchange) -> Iterator[AdvisoryRecord]:
    """Say where input is looked at before scopes, of which the documentation says nothing.

    Args:
        exchange: Invalid input, sent with a live key that does not suffice.
    """
    if exchange.status in {400, 422}:
        yield _advisory(
            "D3.input-first",
            "practice",
            Severity.S4,
            f"invalid input gets {exchange.status} before scopes are looked at",
            exchange.request.operation,
        )


def _advisory(
    id_: str, basis: str, severity: Severity, detail: str, operation: str | None = None
) -> AdvisoryRecord:
    return AdvisoryRecord.model_validate(
        {
            "id": id_,
            "requirement": id_.partition(".")[0],
            "basis": basis,
            "severity": severity,
            "operation": operation,
            "detail": detail,
        }
    )


def _cacheable(answer: Response) -> bool:
    value = (answer.header("cache-control") or "").lower()
    if "no-store" in value or "private" in value:
        return False
    return "public" in value or re.search(r"(s-)?max-?age=[1-9]", value) is not None
