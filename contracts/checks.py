"""What a check is written with: `send` asks; `expect` judges and says it.

Four outcomes, never mixed: the check passes; `Violation`, an `AssertionError`, which Allure shows
as failed; `Inconclusive`, which it shows as broken; or pytest's skip, naming the setting.
"""

import pytest

from contracts.advice import Remark
from contracts.algebra import describe
from contracts.asking import Asked, Send
from contracts.exchange import Response
from contracts.judge import Oracle
from contracts.manners import Manner, combined
from contracts.outcomes import Inconclusive, Violation
from contracts.probing import Answer, Confirmed
from contracts.verdict import Severity, Status


def expect(asked: Asked, oracle: Oracle) -> None:
    """Say that only this answer would be right.

    Args:
        asked: What `send` brought.
        oracle: The only right answers.

    Raises:
        Violation: The running check's requirement is violated, confirmed by control and repetition.
        Inconclusive: A core check cannot be decided.
    """
    __tracebackhide__ = True
    answer, by = asked.answer, asked.by
    if answer is None:
        return
    said = by.judged(answer, oracle)
    if said is None:
        if by.check.core:
            by.nothing_said(answer)
        return
    if said.judgement.violates and answer.manner.parts:
        answer, said = _simplified(by, answer, oracle, said)
    judgement, exchange = said.judgement, answer.exchange
    if judgement.violates:
        id_ = by.check.of(judgement.requirement)
        raise Violation.of(judgement, exchange, by.recorder.base, id_)
    if by.check.core and judgement.status is Status.INCONCLUSIVE:
        raise Inconclusive(f"{exchange.request.words}: {judgement.reason}")
    if by.check.core and judgement.status is Status.SKIPPED:
        pytest.skip(judgement.reason)


def advise(asked: Asked, remark: Remark) -> None:
    """Make a remark where it fits; it is a warning, whatever came.

    Args:
        asked: What `send` brought.
        remark: What is worth a word.
    """
    answer = asked.answer and asked.answer.exchange.answer
    if asked.answer and isinstance(answer, Response) and remark.fits(answer):
        asked.by.recorder.remark([remark.about(asked.answer.exchange.request)])


def expect_no_other_violation(send: Send) -> None:
    """Fail where checks of other requirements saw the running check's one violated.

    Raises:
        Violation: They did; each is on record already.
    """
    __tracebackhide__ = True
    mine = send.check.requirement
    seen = [record for record in send.recorder.violated if record.requirement is mine]
    others = [record for record in seen if not record.core]
    if others:
        text = "\n".join(f"{describe(record)}\n{record.curl}" for record in others)
        worst = min(record.severity or Severity.S3 for record in others)
        raise Violation(f"{text}\n{mine}", worst)


def _simplified(
    send: Send, answer: Answer, oracle: Oracle, said: Confirmed
) -> tuple[Answer, Confirmed]:
    """Find which one of the manners asked in at once is answered wrongly, by halving.

    Returns:
        The simplest wrong answer found; the given one where no part alone is wrong.
    """
    simplest, parts = (answer, said), answer.manner.parts
    while len(parts) > 1:
        half = parts[: len(parts) // 2]
        if wrong := _wrong(send, answer, oracle, combined(half)):
            simplest, parts = wrong, half
        else:
            parts = parts[len(parts) // 2 :]
    if len(parts) == 1 and simplest[0].manner != parts[0]:
        return _wrong(send, answer, oracle, parts[0]) or simplest
    return simplest


def _wrong(
    send: Send, answer: Answer, oracle: Oracle, manner: Manner
) -> tuple[Answer, Confirmed] | None:
    asked = send(answer.operation, answer.exchange.request.credential, manner).answer
    said = send.judged(asked, oracle) if asked else None
    return (asked, said) if asked and said and said.judgement.violates else None
