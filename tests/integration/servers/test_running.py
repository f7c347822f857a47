"""A started server has fresh keys, says why it did not start, and never outlives its starter."""

import json
import re
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from tests.integration.servers.asking import ask_url
from tests.servers.running import (
    ROOT,
    TIED,
    ServerNotStartedError,
    draw_keys,
    listening,
    stored_keys,
)

SERVER = [sys.executable, "-m", "tests.servers.degenerate", "correct"]


def test_servers_share_no_code_with_the_suite_or_its_sandbox() -> None:
    sources = {path: path.read_text() for path in (ROOT / "tests" / "servers").rglob("*.py")}
    theirs = re.compile(r"^\s*(from|import) (contracts|loadtests|tests\.(?!servers))", re.MULTILINE)

    assert len(sources) > 20
    assert [str(path) for path, source in sources.items() if theirs.search(source)] == []


def test_keys_differ_in_every_role_and_every_start() -> None:
    drawn = [draw_keys(["a", "b"]) for _ in range(2)]

    keys = {
        key
        for one in drawn
        for key in (one.full, one.second, one.revoked, one.deleted, *one.scoped.values())
    }
    assert len(keys) == 14


def test_deleted_key_is_unknown_to_the_server_and_the_revoked_one_inactive() -> None:
    keys = draw_keys(["a", "b"])

    rows = {row["key"]: row for row in json.loads(stored_keys(keys))}
    assert keys.deleted not in rows
    assert rows[keys.revoked]["active"] is False
    assert [rows[keys.scoped[scope]]["scopes"] for scope in ("", "a")] == [[], ["a"]]


def test_representation_of_keys_shows_none() -> None:
    keys = draw_keys(["a"])

    assert keys.full not in repr(keys)


def test_server_ends_with_its_context() -> None:
    with listening(SERVER, {}) as ready:
        assert ask_url(ready["openapi"]).status == 200

    with pytest.raises(ConnectionRefusedError):
        ask_url(ready["openapi"])


def test_server_ends_when_its_starter_is_gone() -> None:
    with subprocess.Popen(
        [sys.executable, "-IS", TIED, *SERVER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as starter:
        assert starter.stdin is not None
        assert starter.stdout is not None
        ready = json.loads(starter.stdout.readline())
        starter.stdin.close()  # what the system does to a killed process
        starter.wait(timeout=30)

    assert urlsplit(ready["base_url"]).path == "/v1"
    with pytest.raises(ConnectionRefusedError):
        ask_url(ready["openapi"])


def test_program_that_fails_is_reported_with_its_last_lines() -> None:
    program = [sys.executable, "-c", "raise SystemExit('no such luck')"]

    with pytest.raises(ServerNotStartedError, match="ended\nno such luck"), listening(program, {}):
        pass


def test_program_that_stays_silent_is_given_up() -> None:
    program = [sys.executable, "-c", "import signal; signal.pause()"]

    with (
        pytest.raises(ServerNotStartedError, match="was silent"),
        listening(program, {}, timeout=0.1),
    ):
        pass
