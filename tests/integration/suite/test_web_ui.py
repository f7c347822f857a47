"""Locust's web UI: on loopback alone, with phase, estimate and pictures, and without a key."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import psutil

from contracts.children import ROOT
from tests.integration.suite.test_interruption import until
from tests.integration.suite.verification import environment, settings_of
from tests.servers.stacks import FLASK

LOCUST = [sys.executable, "-m", "locust", "--headful", "--autostart", "--web-port", "0"]
PAGES = ("/", "/rate-limit", "/stats/requests", "/logs", "/exceptions", "/tasks")


@contextmanager
def web_ui(settings: Mapping[str, str]) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """Start Locust with its web UI on a free port, and end it."""
    process = subprocess.Popen(
        LOCUST,
        env=environment(settings),
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            yield process, _port(process.pid)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)


def _port(pid: int) -> int:
    found: list[int] = []

    def listens() -> bool:
        connections = psutil.Process(pid).net_connections("tcp")
        listening = [one.laddr for one in connections if one.status == psutil.CONN_LISTEN]
        assert all(place.ip == "127.0.0.1" for place in listening)
        found[:] = [place.port for place in listening]
        return bool(found)

    until(listens)
    return found[0]


def page(port: int, path: str) -> str:
    """Ask for a page until the web UI answers."""
    got: list[str] = []

    def answers() -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                got.append(answer.read().decode())
        except HTTPError as error:
            got.append(str(error.code))
        except OSError:
            return False
        return True

    until(answers)
    return got[0]


def test_web_ui_listens_on_loopback_and_ends_on_sigterm(tmp_path: Path) -> None:
    with FLASK.start() as server, web_ui(settings_of(server, REPORT_DIR=str(tmp_path))) as ui:
        process, port = ui
        first = page(port, "/")
        until((tmp_path / "trace.jsonl.gz").exists)

    assert "Locust" in first
    assert process.returncode == 143
    assert any((tmp_path / "findings").glob("ratelimit-*"))


def test_web_ui_shows_phase_estimate_and_pictures_and_no_key(tmp_path: Path) -> None:
    with FLASK.start(limit=100, window_s=1) as server:
        with web_ui(settings_of(server, REPORT_DIR=str(tmp_path))) as (_, port):
            until(lambda: "in words" in page(port, "/rate-limit"))
            shown = {path: page(port, path) for path in PAGES}
            pictures = {
                name: page(port, f"/rate-limit/{name}.svg")
                for name in ("rates", "allowance", "latency", "other")
            }
        keys = server.keys

    (tab,) = json.loads(shown["/stats/requests"])["extended_stats"]
    rows = {row["name"]: row["value"] for row in tab["data"]}
    assert (rows["phase"], rows["declared"]) == ("done", "100/1s per=key")
    assert "100 calls per" in rows["estimate"]
    assert pictures.pop("other") == "404"
    assert all(picture.startswith("<svg") for picture in pictures.values())
    everything = "".join((*shown.values(), *pictures.values()))
    assert not any(
        key in everything for key in (keys.full, keys.second, keys.revoked, *keys.scoped.values())
    )
