"""Runs `busyboard verify` as a user does, against a server, and gives what it said."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from contracts.verdict import Verdict
from tests.servers.running import Server

BUSYBOARD = Path(sys.executable).with_name("busyboard")

_LONGEST_S = 300


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run left.

    Attributes:
        exit_code: Of the command.
        verdict: As written; None where there is none.
        out: Standard output.
        err: Standard error.
        report_dir: Where its files are.
    """

    exit_code: int
    verdict: Verdict | None
    out: str
    err: str
    report_dir: Path

    def statuses(self) -> dict[str, str]:
        """Each requirement's status."""
        assert self.verdict is not None
        return {one.id: one.status.value for one in self.verdict.requirements}

    def violated(self) -> set[str]:
        """Ids of the violated requirements."""
        return {id_ for id_, status in self.statuses().items() if status == "violated"}

    def files(self) -> Iterator[Path]:
        """Every file of the run."""
        return (path for path in self.report_dir.rglob("*") if path.is_file())


def settings_of(server: Server, **further: str) -> dict[str, str]:
    """Write a server's keys and facts as settings; `further` by field name, None leaves out."""
    keys = server.keys
    values = {
        "BASE_URL": server.base_url,
        "OPENAPI": server.openapi,
        "API_KEY": keys.full,
        "SECOND_API_KEY": keys.second,
        "SCOPED_KEYS": json.dumps(dict(keys.scoped)),
        "REVOKED_API_KEY": keys.revoked,
        "DELETED_API_KEY": keys.deleted,
        "PATH_PARAMETERS": json.dumps(dict(server.path_parameters)),
        "SCOPE_MAP": json.dumps(dict(server.scope_map)),
        "DECLARED_LIMIT": server.declared_limit or "",
        "ALLOW_WRITES": "true",
        **further,
    }
    return {f"BUSYBOARD_{name}": value for name, value in values.items() if value != ""}


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """This process's variables without any setting, and these settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("BUSYBOARD_")}
    kept.pop("GITHUB_STEP_SUMMARY", None)
    return {**kept, **settings}


def verify(
    report_dir: Path, settings: Mapping[str, str], *arguments: str, depth: str = "quick"
) -> Outcome:
    """Run `busyboard verify` to its end.

    Args:
        report_dir: Where results go; also the working directory.
        settings: As variables.
        arguments: Of the command.
        depth: Of the checks.
    """
    report_dir.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [BUSYBOARD, "verify", *arguments, "--depth", depth, "--report-dir", report_dir],
        env=environment(settings),
        cwd=report_dir,
        capture_output=True,
        text=True,
        timeout=_LONGEST_S,
        check=False,
    )
    return Outcome(done.returncode, read_verdict(report_dir), done.stdout, done.stderr, report_dir)


def read_verdict(report_dir: Path) -> Verdict | None:
    """Read the verdict, if there is one."""
    path = report_dir / "verdict.json"
    return Verdict.model_validate_json(path.read_bytes()) if path.exists() else None
