"""The operator's command: what it is told, what is read of it, and that nothing is left."""

import json
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import pytest

from contracts.keyring import Keyring
from contracts.keys import Ending, Provisioner, ProvisionerFailed
from contracts.redaction import Redactor

Handler = Callable[[int, FrameType | None], None]

PORTAL = """
import json, os, signal, sys
folder, action, *rest = sys.argv[1:]
log = os.path.join(folder, "log")
open(log, "a").write(" ".join((action, *rest)) + "\\n")
number = open(log).read().count("create")
if action == "create":
    if {interrupts}:
        os.kill(os.getppid(), signal.SIGINT)
    print(json.dumps({{"id": f"id-{{number}}", "key": f"sk_live_secret-{{number}}-aB3dE5"}}))
sys.exit(1 if action in {failing!r} else 0)
"""


def portal(
    folder: Path, *, interrupts: bool = False, failing: tuple[str, ...] = ()
) -> tuple[Provisioner, Keyring]:
    """A command that logs what it was told."""
    program = folder / "portal.py"
    program.write_text(PORTAL.format(interrupts=interrupts, failing=failing), "utf-8")
    keyring = Keyring(Redactor())
    return Provisioner([sys.executable, "-I", "-S", str(program), str(folder)], keyring), keyring


def told(folder: Path) -> list[str]:
    return (folder / "log").read_text("utf-8").splitlines()


def test_life_of_a_key_is_told_to_the_command(tmp_path: Path) -> None:
    provisioner, keyring = portal(tmp_path)

    role = provisioner.create({"b", "a"})
    assert (role, keyring(role)) == ('created 1 "a b"', "sk_live_secret-1-aB3dE5")
    assert not keyring.is_dead(role)
    provisioner.end(role, Ending.DEACTIVATE)
    assert keyring.is_dead(role)
    provisioner.end(role, Ending.DELETE)
    assert provisioner.delete_all() == ()
    assert told(tmp_path) == ["create --scopes a,b", "deactivate id-1", "delete id-1"]


def test_everything_made_is_deleted(tmp_path: Path) -> None:
    provisioner, keyring = portal(tmp_path)
    roles = [provisioner.create(()) for _ in range(3)]
    provisioner.deactivate(roles[1])

    assert provisioner.delete_all() == ()
    assert sorted(told(tmp_path)[4:]) == ["delete id-1", "delete id-2", "delete id-3"]
    assert all(map(keyring.is_dead, roles))


def test_what_cannot_be_deleted_is_named(tmp_path: Path) -> None:
    provisioner, _ = portal(tmp_path, failing=("delete",))
    roles = [provisioner.create(()) for _ in range(2)]

    assert list(provisioner.delete_all()) == roles


def test_action_is_started_and_finished(tmp_path: Path) -> None:
    provisioner, keyring = portal(tmp_path)
    role = provisioner.create(())

    started = provisioner.starting_to(Ending.DELETE, role)
    assert not keyring.is_dead(role)
    provisioner.finished(Ending.DELETE, role, started)
    assert keyring.is_dead(role)
    assert provisioner.delete_all() == ()
    assert told(tmp_path) == ["create --scopes ", "delete id-1"]


@pytest.fixture
def interruptible() -> Iterator[Handler]:
    """A shell's background jobs begin with SIGINT ignored."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield signal.default_int_handler
    signal.signal(signal.SIGINT, former)


def test_key_made_while_a_signal_comes_is_known_and_deleted(
    tmp_path: Path, interruptible: Handler
) -> None:
    provisioner, _ = portal(tmp_path, interrupts=True)

    with pytest.raises(KeyboardInterrupt):
        provisioner.create(())
    assert signal.getsignal(signal.SIGINT) is interruptible
    provisioner.delete_all()
    assert told(tmp_path) == ["create --scopes ", "delete id-1"]


@pytest.mark.parametrize("action", Ending)
def test_failing_command_is_named_without_its_output(tmp_path: Path, action: Ending) -> None:
    provisioner, _ = portal(tmp_path, failing=(action.value,))

    with pytest.raises(ProvisionerFailed, match=f"^{action} ended with status 1$"):
        provisioner.end(provisioner.create(()), action)


@pytest.mark.parametrize(
    "output", ["", "[]", "sk_live_secret", json.dumps({"id": "1"}), '{"key": "sk_live_secret"}']
)
def test_output_that_holds_no_key_is_refused_and_not_shown(output: str) -> None:
    provisioner = Provisioner(["sh", "-c", f"echo '{output}'"], Keyring(Redactor()))

    with pytest.raises(ProvisionerFailed) as failed:
        provisioner.create(())
    assert "secret" not in str(failed.value)


def test_missing_command_is_said(tmp_path: Path) -> None:
    provisioner = Provisioner([str(tmp_path / "nothing")], Keyring(Redactor()))

    with pytest.raises(ProvisionerFailed, match=r"^create: No such file or directory$"):
        provisioner.create(())
