"""Every exchange there can be, against the attribution written down a second time."""

import itertools
from dataclasses import dataclass

from contracts.credentials import DELETED, Credential, NoKey, RoleKey, scoped
from contracts.exchange import Disclosure, Exchange, Fields, Form
from contracts.judge import Circumstances, Oracle, Standing, judge
from contracts.near_misses import CUT, NearMiss
from contracts.requirements import BY_ID
from contracts.verdict import Status
from tests.unit.contracts.answers import FULL_KEY, answered, enveloped, exchanged, operation

STATUSES = (200, 201, 202, 203, 204, 206, 302, 400, 401, 403, 404, 406, 422, 429, 500, 503)

PROBES: tuple[tuple[str, Credential, Standing, Oracle], ...] = (
    ("nothing", NoKey(), Standing.NONE, Oracle.UNAUTHORIZED),
    ("wrong", NearMiss(CUT, 0), Standing.NONE, Oracle.UNAUTHORIZED),
    ("lacking", RoleKey(scoped(frozenset())), Standing.INSUFFICIENT, Oracle.FORBIDDEN),
    ("dead", RoleKey(DELETED), Standing.DEAD, Oracle.UNAUTHORIZED),
    ("good", FULL_KEY, Standing.SUFFICIENT, Oracle.ADMITTED),
    ("unclear", FULL_KEY, Standing.UNKNOWN, Oracle.ADMITTED),
)

BODIES = ("documented", "other", "coded")

EDGE: Fields = (("x-amzn-waf-action", "block"),)


@dataclass(frozen=True, slots=True)
class Seen:
    """One exchange and what is known beside it."""

    sent: str
    oracle: Oracle
    status: int
    body: str
    is_json: bool
    method: str
    live: bool
    control: bool
    disclosed: bool
    edge: bool

    @property
    def is_firewall(self) -> bool:
        return self.edge and self.status in {403, 406, 429, 503}


def attributed(seen: Seen) -> str | None:
    """Which requirement the exchange violates, by the words of the attribution."""
    if not (seen.live or seen.control):
        return None
    if seen.disclosed:
        return "D12"
    if seen.is_firewall:
        return None
    if seen.oracle is Oracle.ADMITTED:
        return _of_a_sufficient_key(seen)
    if seen.status == seen.oracle.value:
        judged = seen.method != "HEAD" and seen.body != "coded"
        is_right = seen.is_json and seen.body == "documented"
        return "D6" if judged and not is_right else None
    if seen.status == 429 or not seen.control:
        return None
    admitted = 200 <= seen.status < 300
    if seen.sent == "lacking" and not seen.live and not admitted:
        return None
    return {"nothing": "D1", "wrong": "D2", "lacking": "D3", "dead": "D8"}[seen.sent]


def _of_a_sufficient_key(seen: Seen) -> str | None:
    if not seen.live:
        return None
    if seen.status == 401:
        return "D7"
    if seen.status == 403:
        return "D3" if seen.sent == "good" else None
    return "D5" if seen.status in {203, 204, 206} else None


def test_every_exchange_counts_as_the_attribution_says() -> None:
    wrong, violations = [], 0
    for seen, credential, standing in _everything():
        judgements = judge(*_written(seen, credential, standing))
        violated = [one.requirement.id for one in judgements if one.violates]
        expected = attributed(seen)
        violations += len(violated)
        if violated != ([expected] if expected else []):
            wrong.append((seen, violated, expected))

    assert wrong == []
    assert violations > 2_000


def test_every_judgement_is_whole() -> None:
    """One for each requirement; a violation says what was right, anything undecided says why."""
    for seen, credential, standing in _everything():
        judgements = judge(*_written(seen, credential, standing))
        ids = [one.requirement.id for one in judgements]
        assert len(ids) == len(set(ids)), seen
        assert set(ids) <= set(BY_ID), seen
        for one in judgements:
            open_ = one.status in {Status.INCONCLUSIVE, Status.SKIPPED}
            assert open_ == bool(one.reason), (seen, one)
            assert one.violates == bool(one.severity and one.expected and one.got), (seen, one)


_OF_NO_KEY = {"nothing", "wrong", "dead"}
"""Their key cannot be alive: `live` says of them that some key is."""


def _everything() -> list[tuple[Seen, Credential, Standing]]:
    both = (False, True)
    found = []
    for (sent, credential, standing, oracle), status, body, flags in itertools.product(
        PROBES, STATUSES, BODIES, itertools.product(both, repeat=5)
    ):
        is_json, live, control, disclosed, edge = flags
        if control and not live and sent in _OF_NO_KEY:
            continue  # a control that succeeded has shown a key to be alive
        for method in ("GET", "HEAD") if not disclosed else ("GET",):
            seen = Seen(sent, oracle, status, body, is_json, method, live, control, disclosed, edge)
            found.append((seen, credential, standing))
    return found


def _written(
    seen: Seen, credential: Credential, standing: Standing
) -> tuple[Exchange, Oracle, Circumstances]:
    headers: Fields = (("content-type", "application/json" if seen.is_json else "text/plain"),)
    answer = answered(
        seen.status,
        enveloped(seen.status) if seen.body == "documented" else b"{}",
        headers + (EDGE if seen.edge else ()),
        encoding="br" if seen.body == "coded" else "",
    )
    disclosed = (Disclosure("full", Form.RAW),) if seen.disclosed else ()
    exchange = exchanged(answer, credential, method=seen.method, disclosed=disclosed)
    control = answered(200) if seen.control else None
    asked = operation(f"{seen.method} /calls", successes={202: frozenset()})
    return exchange, seen.oracle, Circumstances(asked, standing, seen.live, control)
