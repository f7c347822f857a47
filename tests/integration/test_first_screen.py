"""What a reader sees on opening `report.html` from disk, in a real browser, ten times of ten."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.redaction import Redactor
from contracts.report import publish
from contracts.verdict import Verdict
from tests.integration.browser import BROWSER, Browser, Page, browsing
from tests.integration.results import finished_run
from tests.unit.contracts.verdicts import HOSTILE, held, violated

pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")

REQUIREMENTS = ("D1", "D2", "D3", "D4", "D5", "D6", "D7", "D8", "D12")
"""All that can be violated."""

SAID = "GET /calls with no key: expected status 401, got status 403"

_STARTED = """
new Promise(resolve => {
  let left = 400;
  const look = () => {
    const started = document.querySelector("#app")?.innerText.includes("Run summary");
    started || left-- === 0 ? resolve(Boolean(started)) : setTimeout(look, 25);
  };
  look();
})
"""
"""Whether the application has shown its tree of results, once it has; false after ten seconds."""

_FOREIGN = "document.querySelectorAll('img[src=x], a[href*=evil], img[src*=evil]').length"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that has never been used."""
    with browsing(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="module")
def violated_run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report in which every promise that can be broken is."""
    directory = tmp_path_factory.mktemp("violated")
    checks = [*held(), *(violated(f"{id_}.check") for id_ in REQUIREMENTS)]
    return _built(directory, finished_run(directory, checks, Redactor()))


@pytest.fixture(scope="module")
def hostile_run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a report whose every text a server wrote to do harm."""
    directory = tmp_path_factory.mktemp("hostile")
    wrong = {"operation": HOSTILE, "credential": HOSTILE, "got": HOSTILE, "detail": HOSTILE}
    checks = [*held(), violated("D1.check", **wrong, curl=HOSTILE), violated("D2.check")]
    return _built(directory, finished_run(directory, checks, Redactor()))


def _built(directory: Path, verdict: Verdict) -> str:
    report = publish(directory, verdict, Redactor()).report
    assert report
    return report.as_uri()


def _fetched(page: Page) -> list[str]:
    return [url for url in page.loaded if not url.startswith(("data:", "blob:", "file:"))]


@pytest.mark.parametrize("load", range(10))
def test_the_first_screen_holds_verdict_target_and_every_broken_promise(
    browser: Browser, violated_run: str, load: int
) -> None:
    with browser.page(violated_run, dark=load % 2 == 1) as page:
        started = page.evaluate(_STARTED)
        seen = page.visible_text()

    assert "VIOLATED 9 documented promises broken http://127.0.0.1:9/v1" in seen
    assert [id_ for id_ in REQUIREMENTS if f"{id_} S2 {SAID}" not in seen] == []
    assert started is True
    assert _fetched(page) == []


def test_the_first_screen_needs_no_script(browser: Browser, violated_run: str) -> None:
    with browser.page(violated_run, scripts=False) as page:
        seen = page.visible_text()

    assert "VIOLATED 9 documented promises broken" in seen
    assert [id_ for id_ in REQUIREMENTS if f"{id_} S2 {SAID}" not in seen] == []


def test_hostile_text_runs_nothing_and_moves_nothing(browser: Browser, hostile_run: str) -> None:
    with browser.page(hostile_run) as page:
        started = page.evaluate(_STARTED)
        seen = page.visible_text()
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        foreign = [page.evaluate(_FOREIGN)]
        opened = []
        for name in ("Run summary", "D1.check"):
            opened.append(page.evaluate(_opened(name)))
            foreign.append(page.evaluate(_FOREIGN))

    assert [started, *opened] == [True, True, True]
    assert "VIOLATED 2 documented promises broken http://127.0.0.1:9/v1" in seen
    assert f"D2 S2 {SAID}" in seen
    assert (wide, foreign, page.dialogs, _fetched(page)) == (False, [0, 0, 0], [], [])


def _opened(name: str) -> str:
    """A script that opens a result by its name and waits until it is shown."""
    return f"""
    new Promise(resolve => {{
      location.hash = "";
      let left = 400;
      const look = () => {{
        const shown = [...document.querySelectorAll("#app *")]
          .filter(one => one.children.length === 0 && one.innerText?.startsWith("{name}"));
        shown.at(-1)?.click();
        const open = document.documentElement.dataset.activePane === "testResult";
        open || left-- === 0 ? setTimeout(() => resolve(open), 100) : setTimeout(look, 25);
      }};
      look();
    }})
    """
