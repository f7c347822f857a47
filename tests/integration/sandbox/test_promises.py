"""The correct sandbox keeps what the documentation promises, over a real socket."""

import json

import pytest

from tests.integration.sandbox.process import Answer, Running, ask

OPERATIONS = [
    ("GET", "/v1/calls", None),
    ("POST", "/v1/calls", '{"from": "+27215550100", "to": "+27215550199"}'),
    ("GET", "/v1/calls/{id}", None),
    ("PATCH", "/v1/calls/{id}", '{"durationS": 7}'),
    ("DELETE", "/v1/calls/{id}", None),
    ("GET", "/v1/agents", None),
]
SCOPES = {
    ("GET", "/v1/calls"): "calls:read",
    ("POST", "/v1/calls"): "calls:write",
    ("GET", "/v1/calls/{id}"): "calls:read",
    ("PATCH", "/v1/calls/{id}"): "calls:write",
    ("DELETE", "/v1/calls/{id}"): "calls:write",
    ("GET", "/v1/agents"): "agents:read",
}


def perform(sandbox: Running, operation: tuple[str, str, str | None], key: str | None) -> Answer:
    method, path, body = operation
    with sandbox.connection() as connection:
        calls = ask(connection, "/v1/calls", sandbox.line["api_key"]).json
        assert isinstance(calls, dict)
        target = path.replace("{id}", calls["data"][0]["id"])
        return ask(connection, target, key, method, body)


def is_envelope(answer: Answer, status: int) -> bool:
    body = answer.json
    assert isinstance(body, dict)
    return (
        answer.status == status
        and answer.headers["content-type"] == "application/json"
        and list(body) == ["success", "message", "data", "statusCode"]
        and (body["success"], body["data"], body["statusCode"]) == (False, None, status)
        and isinstance(body["message"], str)
        and bool(body["message"])
    )


@pytest.mark.parametrize("operation", OPERATIONS)
class TestOperation:
    def test_success_is_200_or_201(
        self, correct: Running, operation: tuple[str, str, str | None]
    ) -> None:
        answer = perform(correct, operation, correct.line["api_key"])

        assert answer.status == (201 if operation[0] == "POST" else 200)
        assert isinstance(answer.json, dict)
        assert answer.json["success"] is True

    def test_missing_key_is_401(
        self, correct: Running, operation: tuple[str, str, str | None]
    ) -> None:
        answer = perform(correct, operation, None)

        assert is_envelope(answer, 401)
        assert "www-authenticate" in answer.headers

    @pytest.mark.parametrize("role", ["random", "revoked_api_key", "deleted_api_key"])
    def test_invalid_key_is_401(
        self, correct: Running, operation: tuple[str, str, str | None], role: str
    ) -> None:
        key = correct.line.get(role, "sk_live_" + "0" * 32)

        assert is_envelope(perform(correct, operation, key), 401)

    def test_a_key_may_do_what_its_scopes_say(
        self, correct: Running, operation: tuple[str, str, str | None]
    ) -> None:
        needed = SCOPES[operation[:2]]

        statuses = {
            scopes: perform(correct, operation, key).status
            for scopes, key in correct.line["scoped_keys"].items()
        }

        success = 201 if operation[0] == "POST" else 200
        assert statuses == {
            scopes: success if needed in scopes.split() else 403
            for scopes in correct.line["scoped_keys"]
        }


def test_head_is_get_without_a_body(correct: Running) -> None:
    get = correct.ask("/v1/calls", correct.line["api_key"])
    head = correct.ask("/v1/calls", correct.line["api_key"], "HEAD")

    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"]


@pytest.mark.parametrize(
    ("status", "method", "target", "body"),
    [
        (404, "GET", "/v1/nothing", None),
        (404, "GET", "/v1/calls/nothing", None),
        (405, "PUT", "/v1/calls", None),
        (413, "POST", "/v1/calls", " " * 70_000),
        (422, "POST", "/v1/calls", "["),
        (422, "POST", "/v1/calls", "[" * 60_000),
        (422, "POST", "/v1/calls", '{"from": "+27215550100\\n", "to": "+27215550199"}'),
        (422, "GET", "/v1/calls?limit=101", None),
        (422, "GET", "/v1/calls?limit=" + "9" * 5_000, None),
    ],
)
def test_every_other_error_has_the_envelope(
    correct: Running, status: int, method: str, target: str, body: str | None
) -> None:
    with correct.connection() as connection:
        answer = ask(connection, target, correct.line["api_key"], method, body)

    assert is_envelope(answer, status)


def test_405_names_every_method(correct: Running) -> None:
    answer = correct.ask("/v1/calls", correct.line["api_key"], "PUT")

    assert answer.headers["allow"] == "GET, HEAD, POST"


def test_malformed_bytes_get_the_envelope(correct: Running) -> None:
    head, _, body = correct.raw(b"GET /v1/calls HTTP/1.1\r\nno colon\r\n\r\n").partition(
        b"\r\n\r\n"
    )

    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["statusCode"] == 400


def test_no_answer_shows_a_key(correct: Running) -> None:
    key = correct.line["api_key"]
    answers = [
        correct.ask("/v1/calls", key),
        correct.ask("/v1/calls", key + "x"),
        correct.ask(f"/v1/calls?limit={key}", key),
        correct.ask(f"/v1/calls/{key}", key),
    ]

    assert [answer.status for answer in answers] == [200, 401, 422, 404]
    assert not any(key in str(answer) for answer in answers)


def test_a_repeated_key_header_is_no_key(correct: Running) -> None:
    key = correct.line["api_key"].encode()
    line = b"x-api-key: " + key + b"\r\n"

    answer = correct.raw(b"GET /v1/calls HTTP/1.1\r\nHost: h\r\n" + line + line + b"\r\n")

    assert answer.startswith(b"HTTP/1.1 401 ")
