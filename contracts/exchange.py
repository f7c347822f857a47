"""One question and its answer, as judged and shown: never a key in it.

Pure. The credential stands as a recipe; whatever of a key an answer held was masked, and noted as
disclosed, before an exchange was made of it.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.credentials import Credential, RoleKey

Fields = tuple[tuple[str, str], ...]
"""Header fields in order, names as sent."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it will be written, but for the credential's header.

    Attributes:
        method: As sent.
        target: Origin form: path and query, percent-encoded.
        headers: Without the credential's.
        body: Content; empty for none.
        credential: What stands in the place of the key.
        operation: Label of the operation it asks for.
        manner: How it differs from the operation's plain valid request, in words; empty for none.
    """

    method: str
    target: str
    headers: Fields
    body: bytes
    credential: Credential
    operation: str | None = None
    manner: str = ""

    @property
    def words(self) -> str:
        """The request and the key in words."""
        return f"{self.operation or f'{self.method} {self.target}'} with {self.presented}"

    @property
    def presented(self) -> str:
        """The key in words, and how it was asked."""
        return f"{self.credential.words}, {self.manner}" if self.manner else self.credential.words


@dataclass(frozen=True, slots=True)
class Response:
    """A whole final answer.

    Attributes:
        status: HTTP status; never 1xx.
        headers: As received, names in lower case.
        body: Content, transfer and content encoding undone, keys masked.
        encoding: A content coding that could not be undone, else empty.
        beside: Reason phrase, trailers and the fields of interim answers, to look for keys in;
            empty once that is done.
    """

    status: int
    headers: Fields
    body: bytes
    encoding: str = ""
    beside: bytes = b""

    def header(self, name: str) -> str | None:
        """The first value of a header field; None where absent."""
        return next((value for field, value in self.headers if field == name), None)

    @property
    def media_type(self) -> str | None:
        """The media type in lower case without parameters."""
        value = self.header("content-type")
        return value.split(";", 1)[0].strip().lower() if value else None


class Trouble(StrEnum):
    """Why there is no answer to judge."""

    REFUSED = "the connection was refused"
    UNKNOWN_HOST = "the host is not known"
    UNREACHABLE = "the host cannot be reached"
    TLS = "the TLS connection was refused or not trusted"
    TIMEOUT = "no whole answer within the time-out"
    RESET = "the connection was reset"
    CLOSED = "the connection was closed without an answer"
    CUT_OFF = "the answer ended before it was whole"
    NO_HTTP = "what came back is not HTTP"
    TOO_LARGE = "the answer is too large to be read"
    PROXY = "the proxy refused to connect"


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """A request without a whole answer.

    Attributes:
        trouble: What happened.
        detail: The system's own words, without a key.
    """

    trouble: Trouble
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.trouble.value} ({self.detail})" if self.detail else self.trouble.value


class Form(StrEnum):
    """In which form a key stood in an answer."""

    RAW = "as it is"
    ENCODED = "encoded"
    HASHED = "hashed"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """A full key found in an answer."""

    role: str
    form: Form


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and what came back.

    Attributes:
        request: What was asked.
        answer: What came back.
        fresh: Whether it was the first request of its connection.
        head_bytes: Size of the request line and header section as written.
        written_at: Seconds on the monotonic clock, before the first byte was written.
        seconds: From then to the whole answer.
        disclosed: Full keys that stood in the answer.
        effect: What a later look with a sufficient key saw the request to have done, in words;
            empty for nothing, or where nobody looked.
    """

    request: Request
    answer: Response | NoAnswer
    fresh: bool
    head_bytes: int
    written_at: float
    seconds: float
    disclosed: tuple[Disclosure, ...] = ()
    effect: str = ""

    @property
    def status(self) -> int | None:
        """The answer's status; None without an answer."""
        return self.answer.status if isinstance(self.answer, Response) else None


def curl(base: str, request: Request) -> str:
    """Write the request as one curl line for a shell, the key masked.

    A role's own key is its environment variable, so the line can be run as it is; a recipe stands
    in words, and `busyboard replay` sends its exact bytes.

    Args:
        base: Scheme and authority, such as `https://staging.example`.
        request: What to show.

    Returns:
        One line.
    """
    # curl waits for the body of -X HEAD until the time is over.
    method = ["--head"] if request.method == "HEAD" else ["-i", "-X", request.method]
    target = _masked_target(request)
    literal = ["--globoff"] if set("[]{}") & set(target) else []
    words = ["curl", "-sS", "--path-as-is", *literal, *method, base + target]
    for name, value in request.headers:
        words += ["-H", f"{name}: {value}" if value else f"{name};"]
    piped, data = _data(request.body)
    line = piped + shlex.join((*words, *data))
    if header := _masked_header(request.credential):
        line += f" {header}"
    notes = "; ".join(_notes(request))
    return f"{line}  # {notes}" if notes else line


def _data(body: bytes) -> tuple[str, tuple[str, ...]]:
    """Write a body on one line: as it is, or where it does not print, piped from printf(1)."""
    if not body:
        return "", ()
    text = body.decode("utf-8", "surrogateescape")
    if text.isprintable():
        return "", ("--data-raw", text)
    kept = set(range(0x20, 0x7F)) - set(b"%\\'-")
    escaped = "".join(chr(byte) if byte in kept else f"\\{byte:03o}" for byte in body)
    return f"printf '{escaped}' | ", ("--data-binary", "@-")


_VARIABLES: Final = {
    "full": "BUSYBOARD_API_KEY",
    "second": "BUSYBOARD_SECOND_API_KEY",
    "revoked": "BUSYBOARD_REVOKED_API_KEY",
    "deleted": "BUSYBOARD_DELETED_API_KEY",
}


def _variable(credential: Credential) -> str | None:
    """The variable that holds exactly what was sent; None where none does."""
    return _VARIABLES.get(credential.of) if isinstance(credential, RoleKey) else None


def _masked_target(request: Request) -> str:
    if not (added := request.credential.masked_query):
        return request.target
    return f"{request.target}{'&' if '?' in request.target else '?'}{added}"


def _masked_header(credential: Credential) -> str:
    if variable := _variable(credential):
        return f'-H "x-api-key: ${variable}"'
    return " ".join(
        f"-H {shlex.quote(f'{name}: {value}' if value.strip() else f'{name};')}"
        for name, value in credential.masked_fields
    )


def _notes(request: Request) -> Iterator[str]:
    """What the line alone does not show."""
    credential = request.credential
    is_masked = any("***" in value for _, value in credential.masked_fields)
    if (is_masked and not _variable(credential)) or credential.masked_query:
        yield f"***: {credential.words}"
    if "after " in request.manner:
        yield request.manner


_SHOWN: Final = 4096
"""Bytes of a body that a report shows."""


def transcript(exchange: Exchange) -> str:
    """Show an exchange as text, the credential in words.

    Args:
        exchange: What was asked and answered.
    """
    request, answer = exchange.request, exchange.answer
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    lines += [f"({request.presented})", "", *_body(request.body)]
    if isinstance(answer, NoAnswer):
        return "\n".join((*lines, f"→ {answer}"))
    lines += [f"→ {answer.status} after {exchange.seconds * 1000:.0f} ms"]
    lines += [f"{name}: {value}" for name, value in answer.headers]
    seen = (f"(afterwards, with a sufficient key: {exchange.effect})",) if exchange.effect else ()
    return "\n".join((*lines, "", *_body(answer.body), *seen))


def _body(body: bytes) -> tuple[str, ...]:
    if not body:
        return ()
    text = body[:_SHOWN].decode("utf-8", "backslashreplace")
    more = len(body) - _SHOWN
    return (text, f"… and {more} bytes more", "") if more > 0 else (text, "")
