"""A headless Chromium spoken to through a pipe: what a reader of a page sees, and what it loads."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

BROWSER: Final = next(
    (found for name in ("chromium", "chromium-browser") if (found := shutil.which(name))), None
)

_OPTIONS: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)

_VISIBLE: Final = """
(() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const parent = walker.currentNode.parentElement;
    if (!parent.checkVisibility({opacityProperty: true, visibilityProperty: true})) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    for (const box of range.getClientRects()) {
      const x = box.left + box.width / 2, y = box.top + box.height / 2;
      if (!box.width || box.top < 0 || box.bottom > innerHeight) continue;
      const top = document.elementFromPoint(Math.max(0, Math.min(x, innerWidth - 1)), y);
      if (top && (top === parent || parent.contains(top) || top.contains(parent))) {
        texts.push(walker.currentNode.data);
        break;
      }
    }
  }
  return texts.join(" ");
})()
"""
"""Text seen without scrolling: drawn, inside the window, not covered by another element."""


@dataclass(slots=True)
class Page:
    """One tab.

    Attributes:
        loaded: Addresses of everything that it asked for, the page itself first.
        dialogs: Texts of the dialogs that scripts opened; they are closed at once.
        complete: Whether the page and all that it holds are loaded.
    """

    browser: "Browser"
    session: str
    loaded: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    complete: bool = False

    def ask(self, method: str, **parameters: object) -> Any:  # noqa: ANN401 -- the browser's JSON
        """Send one command to the tab and wait for its answer."""
        return self.browser.ask(method, parameters, self.session)

    def evaluate(self, script: str) -> Any:  # noqa: ANN401 -- the browser's JSON
        """Run a script in the page and give its value; promises are awaited."""
        answer = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        return answer["result"].get("value")

    def visible_text(self) -> str:
        """Read the first screen, white space folded."""
        return " ".join(str(self.evaluate(_VISIBLE)).split())


@dataclass(slots=True)
class Browser:
    """Chromium's two ends of a pipe; commands and events end with a zero byte."""

    process: subprocess.Popen[bytes]
    commands: Any
    answers: Any
    pages: dict[str, Page] = field(default_factory=dict)
    _number: int = 0
    _rest: bytes = b""

    def ask(self, method: str, parameters: Mapping[str, object], session: str = "") -> Any:  # noqa: ANN401
        """Send one command and wait for its answer, noting the events that come before."""
        number = self._send(method, parameters, session)
        while (message := self._read()).get("id") != number:
            if "method" in message:
                self._note(message)
        assert "error" not in message, message
        return message["result"]

    def _send(self, method: str, parameters: Mapping[str, object], session: str) -> int:
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        command |= {"sessionId": session} if session else {}
        self.commands.write(json.dumps(command).encode() + b"\0")
        self.commands.flush()
        return self._number

    def _read(self) -> Any:  # noqa: ANN401 -- the browser's JSON
        # A page of one file carries its scripts as data: addresses, so messages are megabytes.
        parts: list[bytes] = []
        while True:
            part, end, self._rest = self._rest.partition(b"\0")
            parts.append(part)
            if end:
                return json.loads(b"".join(parts))
            self._rest = self.answers.read1()
            assert self._rest, "the browser ended"

    def _note(self, message: Any) -> None:  # noqa: ANN401 -- the browser's JSON
        page = self.pages.get(message.get("sessionId", ""))
        if page is None:
            return
        match message["method"], message["params"]:
            case "Network.requestWillBeSent", {"request": {"url": url}}:
                page.loaded.append(url)
            case "Page.loadEventFired", _:
                page.complete = True
            case "Page.javascriptDialogOpening", {"message": text}:
                page.dialogs.append(text)
                self._send("Page.handleJavaScriptDialog", {"accept": False}, page.session)

    @contextmanager
    def page(
        self,
        url: str,
        *,
        width: int = 1280,
        height: int = 800,
        dark: bool = False,
        scripts: bool = True,
    ) -> Iterator[Page]:
        """Open a page in a tab of its own and wait until it is loaded."""
        target = self.ask("Target.createTarget", {"url": "about:blank"})["targetId"]
        session = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})
        page = Page(self, session["sessionId"])
        self.pages[page.session] = page
        for domain in ("Page", "Network", "Runtime"):
            page.ask(f"{domain}.enable")
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        page.ask("Emulation.setDeviceMetricsOverride", **size)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.ask("Emulation.setEmulatedMedia", features=[scheme])
        page.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        page.complete = False
        page.ask("Page.navigate", url=url)
        while not page.complete:
            self._note({"method": "", "params": {}} | self._read())
        yield page
        self.ask("Target.closeTarget", {"targetId": target})


_START: Final = """
import os, sys
commands, answers = (os.dup(int(number)) for number in sys.argv[1:3])
os.dup2(commands, 3)
os.dup2(answers, 4)
for number in (3, 4):
    os.set_inheritable(number, True)
os.execvp(sys.argv[3], sys.argv[3:])
"""
"""Chromium reads its commands from descriptor 3 and answers on 4."""


@contextmanager
def browsing(profile: Path) -> Iterator[Browser]:
    """Start Chromium with a new, empty profile and end it afterwards."""
    assert BROWSER
    command_out, command_in = os.pipe()
    answer_out, answer_in = os.pipe()
    ends = (str(command_out), str(answer_in))
    process = subprocess.Popen(
        [sys.executable, "-c", _START, *ends, BROWSER, *_OPTIONS, f"--user-data-dir={profile}"],
        pass_fds=(command_out, answer_in),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(command_out)
    os.close(answer_in)
    with os.fdopen(command_in, "wb") as commands, os.fdopen(answer_out, "rb") as answers:
        browser = Browser(process, commands, answers)
        try:
            yield browser
        finally:
            process.terminate()
            process.wait()
