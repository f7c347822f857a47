"""Exchanges put before the judge, with what is usually known beside them."""

from typing import Final

from contracts.credentials import DELETED, REVOKED, Credential, NoKey, RoleKey, scoped
from contracts.exchange import Disclosure, Form, NoAnswer, Response
from contracts.judge import (
    ADMITTED,
    FORBIDDEN,
    UNAUTHORIZED,
    Circumstances,
    Judgement,
    Oracle,
    Standing,
    judge,
)
from contracts.requirements import Requirement
from contracts.verdict import Status
from tests.unit.contracts.answers import FULL_KEY, RANDOM_KEY, answered, exchanged, operation

SCOPED: Final = RoleKey(scoped(frozenset()))

HTML: Final = (("content-type", "text/html"),)

NONE, SUFFICIENT, UNKNOWN, INSUFFICIENT, DEAD = Standing

RAW: Final = (Disclosure("full", Form.RAW),)

WAF: Final = (("cf-mitigated", "challenge"),)


def judged(
    answer: Response | NoAnswer,
    credential: Credential = RANDOM_KEY,
    standing: Standing = NONE,
    oracle: Oracle = UNAUTHORIZED,
    *,
    live: bool = True,
    control: bool = True,
    disclosed: tuple[Disclosure, ...] = (),
    label: str = "GET /calls",
    method: str = "GET",
    tolerated: tuple[str, ...] = (),
    manner: str = "",
) -> tuple[Judgement, ...]:
    circumstances = Circumstances(
        operation(label, successes={202: frozenset()}),
        standing,
        live,
        answered(200) if control else None,
        tolerated,
    )
    exchange = exchanged(answer, credential, method=method, disclosed=disclosed, manner=manner)
    return judge(exchange, oracle, circumstances)


def statuses(judgements: tuple[Judgement, ...]) -> dict[Requirement, Status]:
    """The outcome of each requirement; none is judged twice."""
    found = {judgement.requirement: judgement.status for judgement in judgements}
    assert len(found) == len(judgements)
    return found


def violated(judgements: tuple[Judgement, ...]) -> list[Requirement]:
    return [judgement.requirement for judgement in judgements if judgement.violates]


MISSING: Final = (NoKey(), NONE, UNAUTHORIZED)
WRONG: Final = (RANDOM_KEY, NONE, UNAUTHORIZED)
LACKING: Final = (SCOPED, INSUFFICIENT, FORBIDDEN)
REVOKED_KEY: Final = (RoleKey(REVOKED), DEAD, UNAUTHORIZED)
DELETED_KEY: Final = (RoleKey(DELETED), DEAD, UNAUTHORIZED)
GOOD: Final = (FULL_KEY, SUFFICIENT, ADMITTED)

Probe = tuple[Credential, Standing, Oracle]
