"""The operator's command: keys are created, and at the end none of them is left."""

from pathlib import Path

import pytest

from contracts.keyring import Keyring
from contracts.keys import Provisioner, ProvisionerFailed
from contracts.redaction import Redactor

PORTAL = """\
echo "$*" >> calls
case "$1" in
  create) echo '{"id": "id-'$$'", "key": "key-number-'$$'-of-the-portal"}' ;;
  delete) [ ! -e locked ] ;;
esac
"""


@pytest.fixture
def keyring() -> Keyring:
    """A ring without keys."""
    return Keyring(Redactor())


def portal(directory: Path, keyring: Keyring, script: str = PORTAL) -> Provisioner:
    path = directory / "portal"
    path.write_text(f'#!/bin/sh\ncd "{directory}"\n{script}', "utf-8")
    path.chmod(0o700)
    return Provisioner((str(path),), keyring)


def test_a_created_key_is_on_the_ring_under_its_scopes(tmp_path: Path, keyring: Keyring) -> None:
    made = portal(tmp_path, keyring)
    roles = [made.create({"calls:write", "calls:read"}), made.create(())]

    assert roles == ['created 1 "calls:read calls:write"', 'created 2 ""']
    assert [keyring.scopes(role) for role in roles] == [
        frozenset({"calls:read", "calls:write"}),
        frozenset(),
    ]
    calls = (tmp_path / "calls").read_text("utf-8").splitlines()
    assert calls == ["create --scopes calls:read,calls:write", "create --scopes "]


def test_at_the_end_every_key_is_deleted(tmp_path: Path, keyring: Keyring) -> None:
    made = portal(tmp_path, keyring)
    roles = [made.create({"calls:read"}) for _ in range(3)]
    made.delete(roles[0])

    assert len(made.delete_all()) == 0
    assert all(keyring.is_dead(role) for role in roles)
    calls = (tmp_path / "calls").read_text("utf-8").splitlines()
    deleted = [call for call in calls if call.startswith("delete")]
    assert len(deleted) == len(set(deleted)) == 3
    assert len(made.delete_all()) == 0


def test_keys_that_could_not_be_deleted_are_counted(tmp_path: Path, keyring: Keyring) -> None:
    made = portal(tmp_path, keyring)
    for _ in range(2):
        made.create({"calls:read"})
    (tmp_path / "locked").touch()

    assert len(made.delete_all()) == 2


def test_a_command_that_is_gone_deletes_nothing(tmp_path: Path, keyring: Keyring) -> None:
    made = portal(tmp_path, keyring)
    made.create({"calls:read"})
    (tmp_path / "portal").unlink()

    assert len(made.delete_all()) == 1


@pytest.mark.parametrize("script", ["exit 1", "echo '{}'", "echo none", "true"])
def test_what_gives_no_key_is_said_without_its_output(
    tmp_path: Path, keyring: Keyring, script: str
) -> None:
    made = portal(tmp_path, keyring, script)

    with pytest.raises(ProvisionerFailed, match=r"create (ended with status 1|printed no JSON)"):
        made.create({"calls:read"})
    assert keyring.roles == ()
