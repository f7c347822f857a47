"""The process: its start line, its keys' life, its count, its limit and its end."""

import json
import signal
import subprocess
import sys
from collections import Counter

import pytest

from tests.integration.sandbox.process import UNLIMITED, Running, ask, running


def test_revocation_is_in_force_when_the_provisioner_exits(correct: Running) -> None:
    statuses = {}
    for end in ("deactivate", "delete"):
        key = json.loads(correct.provision("create", "--scopes", "calls:read").stdout)
        before = correct.ask("/v1/calls", key["key"]).status
        exit_code = correct.provision(end, key["id"]).returncode
        statuses[end] = (before, exit_code, correct.ask("/v1/calls", key["key"]).status)

    assert statuses == {"deactivate": (200, 0, 401), "delete": (200, 0, 401)}


def test_a_key_created_without_scopes_may_do_nothing(correct: Running) -> None:
    key = json.loads(correct.provision("create", "--scopes", "").stdout)["key"]

    assert [correct.ask(path, key).status for path in ("/v1/calls", "/v1/agents")] == [403, 403]


def test_a_deactivated_key_can_be_woken(correct: Running) -> None:
    key = json.loads(correct.provision("create", "--scopes", "calls:read").stdout)
    statuses = []
    for change in ("deactivate", "activate"):
        correct.provision(change, key["id"])
        statuses.append(correct.ask("/v1/calls", key["key"]).status)

    assert statuses == [401, 200]


def test_revoking_what_is_not_there_fails(correct: Running) -> None:
    assert correct.provision("delete", "key_9999").returncode == 1


def test_every_request_is_counted_and_no_other() -> None:
    with running() as sandbox:
        sandbox.ask("/v1/calls")
        sandbox.ask("/v1/nothing")
        sandbox.ask("/openapi.json")
        sandbox.raw(b"nonsense\r\n\r\n")
        sandbox.raw(
            b"POST /v1/calls HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nbad\r\n"
        )
        sandbox.provision("create")
        sandbox.received()

        assert sandbox.received() == 5


def test_each_key_is_admitted_exactly_n_times_per_window() -> None:
    with running("--rate", "30/600s") as sandbox, sandbox.connection() as connection:
        keys = [sandbox.line["api_key"], sandbox.line["second_api_key"], "x", None]
        statuses = {
            key: Counter(ask(connection, "/v1/calls", key).status for _ in range(40))
            for key in keys
        }
        refused = ask(connection, "/v1/calls", keys[0])

    # what fails authentication shares the client's address
    assert list(statuses.values()) == [
        Counter({200: 30, 429: 10}),
        Counter({200: 30, 429: 10}),
        Counter({401: 30, 429: 10}),
        Counter({429: 40}),
    ]
    assert int(refused.headers["retry-after"]) in range(1, 601)
    assert json.loads(refused.body)["statusCode"] == 429


def test_forwarded_for_does_not_change_the_counter() -> None:
    with running("--rate", "3/600s") as sandbox, sandbox.connection() as connection:
        statuses = [
            ask(connection, "/v1/calls", **{"x-forwarded-for": f"192.0.2.{number}"}).status
            for number in range(5)
        ]

    assert statuses == [401, 401, 401, 429, 429]


def test_keys_are_fresh_and_data_are_not() -> None:
    lines, data = [], []
    for _ in range(2):
        with running("--seed", "7", "--rate", UNLIMITED) as sandbox:
            lines.append(sandbox.line)
            data.append(sandbox.ask("/v1/calls", sandbox.line["api_key"]).body)

    assert data[0] == data[1]
    assert lines[0]["api_key"] != lines[1]["api_key"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_exit_0(number: signal.Signals) -> None:
    with running() as sandbox:
        sandbox.process.send_signal(number)

        assert sandbox.process.wait(timeout=10) == 0


def test_the_end_of_standard_input_ends_it_with_exit_0() -> None:
    with running() as sandbox:
        assert sandbox.process.stdin is not None
        sandbox.process.stdin.close()

        assert sandbox.process.wait(timeout=10) == 0


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--fault", "Z99"], "sandbox: Z99 is not in the gallery; --list shows it\n"),
        (["--fault", "A07=7"], "sandbox: A07: 7 is not a number from 8 to 39\n"),
        (
            ["--rate", "5/min"],
            'sandbox: "5/min" is not a rate; write requests/seconds, such as 200/2s\n',
        ),
    ],
)
def test_an_impossible_order_is_one_line_and_exit_2(arguments: list[str], complaint: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.sandbox", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (2, "", complaint)
