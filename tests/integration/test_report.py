"""The files of a run: all of them, or all but a report that says why it is missing."""

import base64
import json
import re
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from contracts import allure_html
from contracts.redaction import Redactor
from contracts.report import Published, publish
from contracts.verdict import Verdict
from tests.integration.results import finished_run
from tests.unit.contracts.verdicts import everywhere, held, violated

SECRET = "sk_live_Zq7Lw2Xc9Vb4Nm6Kp1Rt8Yh3"

CHECKS = [*held(), *everywhere(violated("D3.insufficient", got=f"status 200 and {SECRET}"))]


@pytest.fixture
def redactor() -> Redactor:
    """It knows the one secret that the run met."""
    redactor = Redactor()
    redactor.add("full", SECRET)
    return redactor


@pytest.fixture
def verdict(tmp_path: Path, redactor: Redactor) -> Verdict:
    """The verdict on a run whose results are in `tmp_path`."""
    return finished_run(tmp_path, CHECKS, redactor)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of that run, built once."""
    directory, redactor = tmp_path_factory.mktemp("report"), Redactor()
    redactor.add("full", SECRET)
    published = publish(directory, finished_run(directory, CHECKS, redactor), redactor)
    assert published == Published(directory / "report.html")
    return directory


class Loads(HTMLParser):
    """What a page would fetch: addresses that are neither in it nor an anchor's."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"src", "href", "srcset", "data", "action", "poster"} and tag != "a":
                self.found.append((value or "").partition(":")[0])


def embedded(page: str) -> str:
    """All that the page carries in base64: its results and their attachments."""
    parts = re.findall(r'd\("[^"]+","([A-Za-z0-9+/=]*)"\)', page)
    return "\n".join(base64.b64decode(part).decode("utf-8", "replace") for part in parts)


def test_the_report_is_one_file_that_loads_nothing(report: Path) -> None:
    page = (report / "report.html").read_text("utf-8")

    assert set(Loads(page).found) == {"data"}


def test_the_report_holds_no_analytics(report: Path) -> None:
    page = (report / "report.html").read_text("utf-8")

    names = ("googletagmanager", "google-analytics", "gtag(", "dataLayer", "sentry.io")
    assert [name for name in names if name in page] == []


def test_the_verdict_is_readable_without_scripts(report: Path) -> None:
    page = (report / "report.html").read_text("utf-8")

    assert '<h1 id="verdict-title"><strong>VIOLATED</strong> 1 documented promise broken' in page
    assert "http://127.0.0.1:9/v1" in page


def test_the_report_holds_every_result_and_the_summary_first(report: Path) -> None:
    data = embedded((report / "report.html").read_text("utf-8"))

    assert data.count('"name":"D3.insufficient') >= 3
    results = [json.loads(p.read_bytes()) for p in report.glob("allure-results/*-result.json")]
    first = min(results, key=lambda result: (result["start"], result["labels"][0]["value"]))
    assert first["name"] == "Run summary"
    assert first["status"] == "failed"


def test_no_file_holds_the_secret(report: Path) -> None:
    files = [path for path in report.rglob("*") if path.is_file()]
    texts = {path.name: path.read_text("utf-8") for path in files}
    texts["embedded"] = embedded(texts["report.html"])

    half = SECRET[len(SECRET) // 2 :]
    assert [name for name, text in texts.items() if SECRET in text or half in text] == []


def test_verdict_and_junit_say_the_same(report: Path) -> None:
    verdict = Verdict.model_validate_json((report / "verdict.json").read_bytes())
    root = ET.parse(report / "junit.xml").getroot()  # noqa: S314 -- our own document

    assert (verdict.verdict, verdict.exit_code) == ("violated", 1)
    assert root.attrib["failures"] == "3"


def test_results_hold_what_allure_needs_and_no_leftovers(report: Path) -> None:
    results = report / "allure-results"

    environment = (results / "environment.properties").read_text("utf-8")
    assert "Target=http\\://127.0.0.1\\:9/v1\n" in environment
    assert 'Keys=full,\\ scoped\\ "calls\\:read"\n' in environment
    assert len(json.loads((results / "categories.json").read_bytes())) == 3
    assert [path.name for path in report.rglob("*.tmp")] == []


def test_a_report_built_again_has_one_summary(
    tmp_path: Path, verdict: Verdict, redactor: Redactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allure_html, "node", lambda *_, **__: _ended(1))
    publish(tmp_path, verdict, redactor)
    files = len(list((tmp_path / "allure-results").iterdir()))

    publish(tmp_path, verdict, redactor)

    assert len(list((tmp_path / "allure-results").iterdir())) == files


def test_the_summary_is_appended_for_a_ci(
    tmp_path: Path, verdict: Verdict, redactor: Redactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allure_html, "node", lambda *_, **__: _ended(1))
    place = tmp_path / "step.md"
    place.write_text("# Before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(place))

    publish(tmp_path, verdict, redactor)

    assert place.read_text() == "# Before\n" + (tmp_path / "summary.md").read_text("utf-8")


def test_a_ci_that_refuses_the_summary_costs_nothing_else(
    tmp_path: Path, verdict: Verdict, redactor: Redactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(allure_html, "node", lambda *_, **__: _ended(1))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))

    published = publish(tmp_path, verdict, redactor)

    assert published.complaints[0].startswith("step summary not written: ")
    assert (tmp_path / "verdict.json").exists()


def _ended(code: int) -> subprocess.CompletedProcess[bytes]:
    return subprocess.CompletedProcess([], code, b"", b"it broke\non two lines")


def _too_slow(*_: object, **__: object) -> subprocess.CompletedProcess[bytes]:
    raise subprocess.TimeoutExpired("node", 120)


@pytest.mark.parametrize(
    ("node", "why"),
    [
        pytest.param(
            lambda *_, **__: _ended(3),
            "the generator ended with status 3: it broke on two lines",
            id="fails",
        ),
        pytest.param(_too_slow, "the generator took longer than 120 s", id="is-too-slow"),
        pytest.param(
            lambda *_, **__: _ended(0), "the generator wrote no page", id="writes-nothing"
        ),
    ],
)
def test_without_a_generator_everything_else_comes(
    tmp_path: Path,
    verdict: Verdict,
    redactor: Redactor,
    monkeypatch: pytest.MonkeyPatch,
    *,
    node: object,
    why: str,
) -> None:
    monkeypatch.setattr(allure_html, "node", node)
    (tmp_path / "report.html").write_text("of an older run")

    published = publish(tmp_path, verdict, redactor)

    assert published == Published(None, (f"report not built: {why}",))
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"allure-results", "findings", "junit.xml", "summary.md", "verdict.json"}


def test_without_the_page_everything_else_comes(
    tmp_path: Path, verdict: Verdict, redactor: Redactor
) -> None:
    published = publish(tmp_path, verdict, redactor, html=False)

    assert published == Published(None)
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"allure-results", "findings", "junit.xml", "summary.md", "verdict.json"}


def test_without_a_registry_the_reason_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("package.json", "package-lock.json"):
        (tmp_path / name).write_bytes((allure_html.ROOT / name).read_bytes())
    monkeypatch.setattr(allure_html, "ROOT", tmp_path)
    # Port 9 of this machine: nothing listens there.
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))

    with pytest.raises(allure_html.NotBuilt, match="npm ended with status 1: code ECONNREFUSED"):
        allure_html.install_allure()

    assert {path.name for path in tmp_path.iterdir()} == {
        "cache",
        "package.json",
        "package-lock.json",
    }


def test_node_sees_no_setting_of_ours(
    tmp_path: Path, verdict: Verdict, redactor: Redactor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, str]] = []

    def program(*_: object, env: dict[str, str], **__: object) -> object:
        seen.append(env)
        return _ended(0)

    for name in ("node", "npm"):
        monkeypatch.setattr(allure_html, name, program)
    monkeypatch.setattr(allure_html, "_installed", lambda: bool(seen))
    monkeypatch.setattr(allure_html, "_put_in_place", lambda _: None)
    monkeypatch.setenv("BUSYBOARD_API_KEY", SECRET)
    monkeypatch.setenv("busyboard_api_key", SECRET)

    publish(tmp_path, verdict, redactor)

    assert len(seen) == 2
    assert [name for env in seen for name in env if name.upper().startswith("BUSYBOARD_")] == []
