"""What one exchange says of the promises: the oracles, and which promise a wrong answer breaks.

Pure. An exchange violates at most one promise, the first of: the full key stands in the answer
(D12); wrong status or access, by what was sent (D1, D2, D3, D8; D7, D3 and D5 for a sufficient
key); right status with a wrong body or media type (D6).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from contracts.credentials import Credential, Sent
from contracts.edges import edge_page
from contracts.envelope import EnvelopeError, read_envelope
from contracts.exchange import Exchange, Form, NoAnswer, Response
from contracts.fingerprints import shows
from contracts.operations import DOCUMENTED, Operation
from contracts.requirements import D1, D2, D3, D5, D6, D7, D8, D10, D12, Requirement
from contracts.verdict import Severity, Status


class Oracle(Enum):
    """The only right answers to a request."""

    UNAUTHORIZED = 401
    """Exactly 401 with the documented body."""

    FORBIDDEN = 403
    """Exactly 403 with the documented body."""

    ADMITTED = 200
    """A success: 200, 201 or a declared 2xx, in a declared media type."""

    LIMITED = 429
    """A 429 that was waited out: its body is as documented."""

    NO_ACCESS = 0
    """Whatever shows no data of the authorised answer and is no server error; for requests that
    correct servers answer in many ways."""

    NO_EFFECT = -1
    """Whatever leaves everything as it was, as a look with a sufficient key shows."""


UNAUTHORIZED: Final = Oracle.UNAUTHORIZED
FORBIDDEN: Final = Oracle.FORBIDDEN
ADMITTED: Final = Oracle.ADMITTED
LIMITED: Final = Oracle.LIMITED
NO_ACCESS: Final = Oracle.NO_ACCESS
NO_EFFECT: Final = Oracle.NO_EFFECT


class Standing(Enum):
    """What is known of the key that was sent, at this operation."""

    NONE = "none"
    """No role's key was sent."""

    SUFFICIENT = "sufficient"
    UNKNOWN = "unknown"
    """A live key would suffice or not; nobody says which scopes the operation needs."""

    INSUFFICIENT = "insufficient"
    DEAD = "dead"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a judgement needs to know beside the exchange.

    Attributes:
        operation: What was asked for.
        standing: Of the key that was sent.
        live: Whether that key was seen alive; for wrong keys, whether the control's key was.
        control: The successful control of the same operation; None where it has none.
        tolerated: Members the operator tolerates in an error body.
        public: Values that answers without any key show too, so that they prove no access.
    """

    operation: Operation
    standing: Standing
    live: bool
    control: Response | None
    tolerated: tuple[str, ...] = ()
    public: frozenset[str] = frozenset()

    @property
    def any_live(self) -> bool:
        """Whether some key is known to be alive; without one nothing is violated."""
        return self.live or self.control is not None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an exchange says of one requirement.

    Attributes:
        requirement: Which.
        status: Held, violated, inconclusive; skipped where the exchange says nothing of it.
        severity: Of a violation.
        expected: What would have been right.
        got: What came.
        reason: Why it is inconclusive or skipped.
        setting: What would change that.
    """

    requirement: Requirement
    status: Status
    severity: Severity | None = None
    expected: str = ""
    got: str = ""
    reason: str = ""
    setting: str | None = None

    @property
    def violates(self) -> bool:
        """Whether it is a violation."""
        return self.status is Status.VIOLATED


def judge(
    exchange: Exchange, oracle: Oracle, circumstances: Circumstances
) -> tuple[Judgement, ...]:
    """Judge one exchange.

    Args:
        exchange: What was asked and answered.
        oracle: What would have been right.
        circumstances: What else is known.

    Returns:
        Judgements of different requirements, at most one of them violated.
    """
    asked = _asked(exchange, circumstances)
    answer = exchange.answer
    if isinstance(answer, NoAnswer):
        return tuple(_inconclusive(requirement, str(answer)) for requirement in asked)
    if exchange.disclosed and (disclosure := _disclosure(exchange, circumstances)):
        return (disclosure, *_without_violation(answer, oracle, circumstances, asked))
    match oracle:
        case Oracle.ADMITTED:
            judgements = _judge_control(answer, circumstances, asked)
        case Oracle.NO_ACCESS:
            judgements = (_judge_access(answer, exchange, circumstances),)
        case Oracle.NO_EFFECT:
            judgements = (_judge_effect(answer, exchange, circumstances),)
        case Oracle.LIMITED:
            judgements = (_judge_limited(answer, exchange, circumstances),)
        case _:
            judgements = tuple(_judge_refusal(answer, oracle, exchange, circumstances))
    return (*judgements, Judgement(D12, Status.HELD))


def _asked(exchange: Exchange, circumstances: Circumstances) -> tuple[Requirement, ...]:
    """The requirements that the request is about, the one that a wrong status breaks first."""
    match exchange.request.credential.sent, circumstances.standing:
        case Sent.NOTHING, _:
            return (D1,)
        case Sent.NEVER_A_KEY, _:
            return (D2,)
        case _, Standing.INSUFFICIENT:
            return (D3,)
        case _, Standing.DEAD:
            return (D8,)
        case _ if circumstances.operation.label == DOCUMENTED:
            return (D5, D7, D10)
        case _:
            return (D5, D7)


def _inconclusive(requirement: Requirement, reason: str, setting: str | None = None) -> Judgement:
    return Judgement(requirement, Status.INCONCLUSIVE, reason=reason, setting=setting)


def _violated(requirement: Requirement, severity: Severity, expected: str, got: str) -> Judgement:
    return Judgement(requirement, Status.VIOLATED, severity, expected, got)


def _disclosure(exchange: Exchange, circumstances: Circumstances) -> Judgement | None:
    found = next((one for one in exchange.disclosed if one.form is not Form.HASHED), None)
    if found is None:
        return None
    if not circumstances.any_live:
        return _inconclusive(D12, f"the {found.role} key stands in the answer, but no key is live")
    got = f"an answer that holds the {found.role} key {found.form.value}"
    return _violated(D12, Severity.S2, "an answer without any full key", got)


def _without_violation(
    answer: Response, oracle: Oracle, circumstances: Circumstances, asked: tuple[Requirement, ...]
) -> Iterator[Judgement]:
    """What remains to be said where the exchange counts for D12 already."""
    if oracle is ADMITTED:
        right = circumstances.operation.succeeded(answer)
    elif oracle is NO_ACCESS:
        right = answer.status < 500 and not shows_data(answer, circumstances)
    else:
        right = answer.status == oracle.value and not edge_page(answer, circumstances.control)
    for requirement in asked:
        if right:
            yield Judgement(requirement, Status.HELD)
        else:
            yield _inconclusive(requirement, "the answer counts for D12")


def _judge_control(
    answer: Response, circumstances: Circumstances, asked: tuple[Requirement, ...]
) -> tuple[Judgement, ...]:
    operation = circumstances.operation
    if operation.succeeded(answer):
        return tuple(Judgement(requirement, Status.HELD) for requirement in asked)
    wrong = _refused_control(answer, circumstances)
    others = (requirement for requirement in asked if requirement is not wrong.requirement)
    reason = wrong.reason or f"the answer counts for {wrong.requirement.id}"
    status = Status.SKIPPED if wrong.violates else wrong.status
    rest = (
        Judgement(requirement, status, reason=reason, setting=wrong.setting)
        for requirement in others
    )
    return (wrong, *rest)


def _refused_control(answer: Response, circumstances: Circumstances) -> Judgement:
    """Say what a sufficient key's failure means; only a live key's can be a violation."""
    status, live = answer.status, circumstances.live
    expected = "status 200 or 201, or a 2xx the document declares"
    if edge := edge_page(answer, circumstances.control):
        return _inconclusive(D5, f"{edge} answered in the place of the API")
    if status in {401, 403} and not live:
        return _inconclusive(D5, f"status {status}: the key is accepted nowhere", "API_KEY")
    if status == 403 and circumstances.standing is Standing.UNKNOWN:
        return _inconclusive(D5, "status 403, and nobody says which scopes it needs", "SCOPE_MAP")
    if status == 401:
        return _violated(D7, Severity.S2, expected, "status 401 to a live key")
    if status == 403:
        return _violated(D3, Severity.S2, expected, "status 403 to a sufficient key")
    if 200 <= status < 300:
        return _unexpected_success(answer, circumstances, expected)
    return _unusable_control(answer)


def _unexpected_success(answer: Response, circumstances: Circumstances, expected: str) -> Judgement:
    if answer.status in {200, 201, *circumstances.operation.successes}:
        kind = answer.media_type or "no media type"
        return _inconclusive(D5, f"status {answer.status} in an undeclared media type: {kind}")
    if not circumstances.live:
        return _inconclusive(D5, f"status {answer.status}, and no key is live")
    return _violated(D5, Severity.S2, expected, f"status {answer.status}")


def _unusable_control(answer: Response) -> Judgement:
    """A status that speaks of the request or of the server's health, not of a promise."""
    status = answer.status
    if status in {404, 410}:
        reason, setting = "the object asked for does not exist", "PATH_PARAMETERS"
    elif 300 <= status < 400:
        reason, setting = f"it redirects ({status}), which is not followed", "BASE_URL"
    elif status == 429:
        return _inconclusive(
            D5, "status 429: other callers or an undeclared limit", "DECLARED_LIMIT"
        )
    elif 400 <= status < 500:
        reason = f"status {status}: the generated request is not accepted; an example would help"
        setting = "OPENAPI"
    else:
        return _inconclusive(D5, f"status {status} to a valid request")
    return Judgement(D5, Status.SKIPPED, reason=reason, setting=setting)


_HARMLESS: Final = frozenset({501, 505})
"""Server errors that only say what the server does not do."""


def _judge_access(answer: Response, exchange: Exchange, circumstances: Circumstances) -> Judgement:
    (asked,) = _asked(exchange, circumstances)
    credential = exchange.request.credential
    if edge := edge_page(answer, circumstances.control):
        return _inconclusive(asked, f"{edge} answered in the place of the API")
    if circumstances.control is None:
        return _inconclusive(asked, "no control of this operation succeeded")
    if _gives_access(answer, exchange, circumstances):
        got = f"status {answer.status} with what the authorised answer shows"
        return _violated(asked, credential.severity, "an answer without the protected data", got)
    if answer.status >= 500 and credential.provokes:
        return _inconclusive(asked, f"status {answer.status}: a proxy may answer such bytes so")
    if answer.status >= 500 and answer.status not in _HARMLESS:
        severity = Severity.S2 if credential.sent is Sent.NEVER_A_KEY else Severity.S3
        return _violated(asked, severity, "no server error", f"status {answer.status}")
    return Judgement(asked, Status.HELD)


def _gives_access(answer: Response, exchange: Exchange, circumstances: Circumstances) -> bool:
    """Whether an answer shows the data, or is the success of the operation's own request."""
    is_plain = not exchange.request.manner
    succeeded = is_plain and circumstances.operation.succeeded(answer)
    return succeeded or shows_data(answer, circumstances)


def _judge_limited(answer: Response, exchange: Exchange, circumstances: Circumstances) -> Judgement:
    if edge := edge_page(answer, circumstances.control):
        return _inconclusive(D6, f"{edge} answered in the place of the API")
    return _judge_body(answer, exchange, circumstances)


def _judge_effect(answer: Response, exchange: Exchange, circumstances: Circumstances) -> Judgement:
    (asked,) = _asked(exchange, circumstances)
    if not exchange.effect:
        return Judgement(asked, Status.HELD)
    if circumstances.control is None:
        return _inconclusive(asked, "no control of this operation succeeded")
    got = f"status {answer.status}, and {exchange.effect}"
    return _violated(asked, Severity.S1, "no effect", got)


def shows_data(answer: Response, circumstances: Circumstances) -> bool:
    """Whether an answer shows what only the authorised one should."""
    control = circumstances.control
    return control is not None and shows(answer, control, circumstances.public)


def _judge_refusal(
    answer: Response, oracle: Oracle, exchange: Exchange, circumstances: Circumstances
) -> Iterator[Judgement]:
    (asked,) = _asked(exchange, circumstances)
    if edge := edge_page(answer, circumstances.control):
        yield _inconclusive(asked, f"{edge} answered in the place of the API")
    elif answer.status == oracle.value:
        yield Judgement(asked, Status.HELD)
        yield _judge_body(answer, exchange, circumstances)
    elif _is_firewalls(answer, exchange.request.credential, circumstances):
        reason = f"status {answer.status} without the documented body: a firewall may answer so"
        yield _inconclusive(asked, reason)
    elif answer.status == 431:
        yield _inconclusive(asked, "status 431: the target takes no head of this length")
    elif answer.status == 429:
        yield _inconclusive(
            asked, "status 429 where the pace kept below any known limit", "MAX_RPS"
        )
    else:
        yield _wrong_status(answer, oracle, exchange, circumstances)


def _is_firewalls(answer: Response, credential: Credential, circumstances: Circumstances) -> bool:
    """Whether what provokes firewalls was answered as they answer, known page or not."""
    if not credential.provokes or answer.status not in {400, 403, 406}:
        return False
    return bool(body_difference(answer, circumstances.tolerated))


def _wrong_status(
    answer: Response, oracle: Oracle, exchange: Exchange, circumstances: Circumstances
) -> Judgement:
    (asked,) = _asked(exchange, circumstances)
    succeeded = 200 <= answer.status < 300
    proven = circumstances.live or (succeeded and asked is D3)
    if circumstances.control is None:
        return _inconclusive(asked, "no control of this operation succeeded")
    if not proven:
        reason = f"status {answer.status}, and nothing shows that this key is alive"
        return _inconclusive(asked, reason)
    severity = exchange.request.credential.severity if succeeded else Severity.S2
    return _violated(asked, severity, f"status {oracle.value}", f"status {answer.status}")


def _judge_body(answer: Response, exchange: Exchange, circumstances: Circumstances) -> Judgement:
    expected = f"application/json with the documented error body, statusCode {answer.status}"
    if exchange.request.method == "HEAD":
        return Judgement(D6, Status.SKIPPED, reason="an answer to HEAD has no body")
    if answer.encoding:
        return _inconclusive(D6, f"the body is encoded as {answer.encoding}, unasked")
    got = body_difference(answer, circumstances.tolerated)
    if not got:
        return Judgement(D6, Status.HELD)
    if not circumstances.any_live:
        return _inconclusive(D6, f"{got}, but no key is live")
    return _violated(D6, Severity.S3, expected, got)


def body_difference(answer: Response, tolerated: tuple[str, ...]) -> str:
    """Say how an error answer differs from the documented one; empty where it does not.

    Args:
        answer: Of a documented status.
        tolerated: Members the operator tolerates in an error body.
    """
    found = []
    if answer.media_type != "application/json":
        found.append(f"media type {answer.media_type or 'missing'}")
    try:
        read_envelope(answer.body, status=answer.status, tolerated=tolerated)
    except EnvelopeError as error:
        found.append(str(error))
    return "; ".join(found)
