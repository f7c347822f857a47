"""The correct servers keep every promise of the documentation, asked without the suite."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pytest
import yaml

from tests.integration.servers.asking import Reply, ask, ask_url, is_envelope
from tests.integration.servers.skipping import started_or_skipped
from tests.servers.running import Server
from tests.servers.stacks import STACKS, Stack

LIMIT = 10

BODIES: Mapping[str, object] = {
    "POST /calls": {"to": "+27115550100"},
    "PUT /agents/{agent_id}": {"name": "Thandi"},
    "PATCH /campaigns/{campaign_id}": {"title": "Autumn"},
    "POST /calls/{callId}/notes": {"text": "Call back"},
    "PUT /calls/{id}/tags": ["vip"],
}


@dataclass(frozen=True, slots=True)
class Subject:
    """One running server and its stack."""

    server: Server
    stack: Stack

    @property
    def scopes(self) -> Mapping[str, str]:
        """What each operation needs."""
        return self.stack.scopes

    def ask(self, operation: str, key: str | None) -> Reply:
        """Ask for one operation with valid parameters and body."""
        method, path = operation.split(" ")
        for name, value in self.server.path_parameters.items():
            path = path.replace("{" + name + "}", value)
        return ask(self.server, path, key=key, method=method, body=BODIES.get(operation))

    def keys_without(self, scope: str) -> list[str]:
        """The active keys that lack a scope."""
        needed = set(scope.split())
        return [key for had, key in self.server.keys.scoped.items() if needed - set(had.split())]


@pytest.fixture(scope="module", params=STACKS)
def subject(request: pytest.FixtureRequest) -> Iterator[Subject]:
    """A running server of each stack, its limit out of the way."""
    stack = STACKS[request.param]
    with started_or_skipped(stack.start(limit=5000, window_s=1)) as server:
        yield Subject(server, stack)


def test_sufficient_key_succeeds(subject: Subject) -> None:
    keys = subject.server.keys
    replies = [
        subject.ask(operation, key)
        for operation, scope in subject.scopes.items()
        for key in (keys.full, keys.second, keys.scoped[scope])
    ]

    assert {reply.status for reply in replies} <= {200, 201, 204}
    assert {reply.media_type for reply in replies if reply.body} == {"application/json"}


def test_missing_invalid_and_inactive_keys_are_unauthorized(subject: Subject) -> None:
    keys = subject.server.keys
    values = (None, "", "abc", "sk_live_" + "x" * 32, keys.revoked, keys.deleted, keys.full[:-1])
    replies = [subject.ask(operation, value) for operation in subject.scopes for value in values]

    assert all(is_envelope(reply, 401) for reply in replies)


def test_values_that_look_like_a_key_are_unauthorized(subject: Subject) -> None:
    full = subject.server.keys.full
    values = [
        "undefined",
        "null",
        "None",
        f"Bearer {full}",
        f'"{full}"',
        full.swapcase(),
        "x" * 3000,
    ]
    values += ["' OR '1'='1", "sk_live_%", full[8:], f"{full}, x", f"{full}x", "constructor"]
    replies = [ask(subject.server, "/calls", key=value) for value in values]

    assert all(is_envelope(reply, 401) for reply in replies)


def test_invalid_body_without_a_key_is_unauthorized(subject: Subject) -> None:
    browser = {"Accept": "text/html", "User-Agent": "Mozilla/5.0"}
    replies = [
        ask(subject.server, "/calls", method="POST", body={"from": 1}),
        ask(subject.server, "/calls", method="POST", body=[]),
        ask(subject.server, "/calls?limit=none"),
        ask(subject.server, "/calls", headers=browser),
    ]

    assert all(is_envelope(reply, 401) for reply in replies)


def test_head_without_a_key_is_unauthorized_and_empty(subject: Subject) -> None:
    reply = ask(subject.server, "/calls", method="HEAD")

    assert reply.status in {401, 405}
    assert reply.body == b""


def test_key_without_the_scope_is_forbidden(subject: Subject) -> None:
    replies = [
        subject.ask(operation, key)
        for operation, scope in subject.scopes.items()
        for key in subject.keys_without(scope)
    ]

    assert all(is_envelope(reply, 403) for reply in replies)


def test_answers_do_not_contain_the_key(subject: Subject) -> None:
    full = subject.server.keys.full
    keys = (full, full + "x")
    replies = [subject.ask(operation, key) for operation in subject.scopes for key in keys]

    assert not any(full in f"{reply.headers}{reply.body!r}" for reply in replies)


def test_key_elsewhere_than_in_the_header_is_no_key(subject: Subject) -> None:
    full = subject.server.keys.full
    replies = [
        ask(subject.server, f"/calls?x-api-key={full}&api_key={full}"),
        ask(subject.server, "/calls", headers={"Authorization": f"Bearer {full}"}),
        ask(subject.server, "/calls", headers={"Cookie": f"x-api-key={full}"}),
    ]

    assert all(is_envelope(reply, 401) for reply in replies)


def test_unknown_path_and_method_are_errors_in_the_documented_shape(subject: Subject) -> None:
    full = subject.server.keys.full
    unknown = ask(subject.server, "/nothing-here", key=full)
    wrong_method = ask(subject.server, "/calls", key=full, method="PATCH", body={})
    invalid = ask(subject.server, "/calls", key=full, method="POST", body={"from": 1})

    assert is_envelope(unknown, 404)
    assert is_envelope(wrong_method, wrong_method.status)
    assert wrong_method.status in {404, 405}
    assert is_envelope(invalid, invalid.status)
    assert invalid.status in {400, 422}


def test_document_lists_the_operations(subject: Subject) -> None:
    reply = ask_url(subject.server.openapi)
    document = yaml.safe_load(reply.body)

    prefix = "" if document.get("servers") else "/v1"
    listed = {
        f"{method.upper()} {path.removeprefix(prefix)}"
        for path, item in document["paths"].items()
        for method in item
        if method in {"get", "put", "post", "patch", "delete"}
    }
    assert listed >= set(subject.scopes)


@pytest.mark.parametrize("stack", STACKS)
def test_limit_is_exact_counts_by_key_and_recovers(stack: str) -> None:
    with started_or_skipped(STACKS[stack].start(limit=LIMIT, window_s=2)) as server:
        keys = server.keys
        statuses = [ask(server, "/calls", key=keys.full).status for _ in range(LIMIT)]
        refusal = ask(server, "/calls", key=keys.full)
        other = ask(server, "/calls", key=keys.second)
        later = (ask(server, "/calls", key=keys.full).status for _ in range(10_000))
        recovered = next(status for status in later if status != 429)

    assert statuses == [200] * LIMIT
    assert is_envelope(refusal, 429)
    assert (other.status, recovered) == (200, 200)
