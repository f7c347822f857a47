"""Each fault of the Flask API changes what its name says, and nothing else that is asked here."""

from collections.abc import Mapping

import pytest

from tests.integration.servers.asking import Reply, ask, deviations
from tests.servers.flask_api.faults import FAULTS
from tests.servers.running import Server
from tests.servers.stacks import FLASK, faulty_flask

LIMIT = 20

Seen = tuple[int, list[str]]  # status, and how the error's body deviates

RIGHT: Mapping[str, Seen] = {
    "full key": (200, []),
    "missing": (401, []),
    "empty": (401, []),
    "None": (401, []),
    "short": (401, []),
    "random": (401, []),
    "half": (401, []),
    "cut by one": (401, []),
    "longer": (401, []),
    "other case": (401, []),
    "in the query": (401, []),
    "revoked": (401, []),
    "deleted": (401, []),
    "without scopes": (403, []),
    "over the limit": (429, []),
}
ERRORS = [name for name, (status, _) in RIGHT.items() if status != 200]
MISSING = ["missing", "in the query"]
INVALID = [name for name, (status, _) in RIGHT.items() if status == 401 and name not in MISSING]


def look(server: Server) -> dict[str, Seen]:
    """Ask everything once; the second key is spent on the limit."""
    full = server.keys.full
    values = {
        "full key": full,
        "missing": None,
        "empty": "",
        "None": "None",
        "short": "abc",
        "random": "sk_live_" + "q7" * 16,
        "half": full[: len(full) // 2],
        "cut by one": full[:-1],
        "longer": full + "x",
        "other case": full[:8] + full[8:].swapcase(),
        "revoked": server.keys.revoked,
        "deleted": server.keys.deleted,
        "without scopes": server.keys.scoped[""],
    }
    replies = {name: ask(server, "/calls", key=value) for name, value in values.items()}
    replies["in the query"] = ask(server, f"/calls?api_key={full}")
    second = [ask(server, "/calls", key=server.keys.second) for _ in range(LIMIT + 1)]
    assert {reply.status for reply in second[:-1]} == {200}
    replies["over the limit"] = second[-1]
    return {name: _seen(reply, is_error=name in ERRORS) for name, reply in replies.items()}


def _seen(reply: Reply, *, is_error: bool) -> Seen:
    succeeded = is_error and reply.status == 200 and b'"success":true' in reply.body
    return reply.status, [] if succeeded or not is_error else deviations(reply)


def changes(names: list[str], seen: Seen) -> dict[str, Seen]:
    """The same new observation for several questions."""
    return dict.fromkeys(names, seen)


def errors_with(deviation: str) -> dict[str, Seen]:
    """Every error keeps its status and has this deviation, in which ``{}`` is its status."""
    return {name: (RIGHT[name][0], [deviation.format(RIGHT[name][0])]) for name in ERRORS}


CHANGES: Mapping[str, dict[str, Seen]] = {
    "missing-403": changes(MISSING, (403, [])),
    "invalid-422": changes(INVALID, (422, [])),
    "prefix:16": changes(["half", "cut by one"], (200, [])),
    "prefix:39": changes(["cut by one"], (200, [])),
    "no-data": errors_with("without data"),
    "429-html": {"over the limit": (429, ["sent as text/html"])},
    "A02": changes(["empty"], (200, [])),
    "A04": changes(["random", "deleted", "other case"], (200, [])),
    "A06": changes(["None"], (200, [])),
    "A08": changes(["longer"], (200, [])),
    "A10": changes(["other case"], (200, [])),
    "A15": changes(["empty", "None", "short", "half", "cut by one", "longer"], (500, [])),
    "A17": changes(["in the query"], (200, [])),
    "C04": {name: (200, [f"statusCode is {RIGHT[name][0]}"]) for name in ERRORS},
    "G01": errors_with("sent as text/html"),
    "G05": errors_with("statusCode is 400"),
    "G06": errors_with("statusCode is '{}'"),
    "G07": errors_with("success is 0"),
}


def test_without_a_fault_everything_is_right() -> None:
    with FLASK.start(limit=LIMIT, window_s=60) as server:
        assert look(server) == RIGHT


@pytest.mark.parametrize("fault", CHANGES)
def test_fault_changes_this_and_nothing_else(fault: str) -> None:
    with faulty_flask(fault, limit=LIMIT, window_s=60) as server:
        seen = look(server)

    assert {name: seen[name] for name in seen if seen[name] != RIGHT[name]} == CHANGES[fault]


def test_every_fault_is_looked_at() -> None:
    assert {fault.partition(":")[0] for fault in CHANGES} == set(FAULTS)
