"""Limiters that are proxies: nginx and HAProxy of the Debian packages, on generated configurations.

Both serve GET /v1/calls themselves. Refused keys are free, and the limit is one of each key.
"""

import json
import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from tests.servers.limiters.truth import Limiter, Truth, window
from tests.servers.running import (
    Server,
    ServerKeys,
    ServerUnavailableError,
    draw_keys,
    listening,
)

TEMPLATES = Path(__file__).parent
BECOME = str(TEMPLATES / "become.py")
SCOPE = "calls:read"
CALLS = json.dumps([{"id": "call_001"}])
DOCUMENT = json.dumps(
    {
        "openapi": "3.1.0",
        "info": {"title": "Calls", "version": "1"},
        "paths": {
            "/calls": {
                "get": {
                    "security": [{"key": [SCOPE]}],
                    "responses": {"200": {"description": "Calls"}},
                }
            }
        },
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "x-api-key"}}
        },
    }
)


def _envelope(status: int, message: str) -> str:
    body = {"success": False, "message": message, "data": None, "statusCode": status}
    return json.dumps(body)


ERRORS = {
    401: _envelope(401, "Invalid API Key provided"),
    403: _envelope(403, "Key does not have required scopes"),
    404: _envelope(404, "Not found"),
    405: _envelope(405, "Method not allowed"),
    429: _envelope(429, "Rate limit exceeded"),
}

Burst = Literal["none", "queue", "nodelay"]


def nginx(
    requests: int, per_s: Literal[1, 60] = 1, *, burst: Burst = "none", size: int = 0
) -> Limiter:
    """``limit_req`` of nginx: a bucket that refuses at once, delays, or spends its burst at once.

    Args:
        requests: Its ``rate``, requests per second or minute.
        per_s: Which of the two, in seconds.
        burst: Without a burst, with one that is delayed, or with ``nodelay``.
        size: The ``burst``; nginx admits one more at once.
    """
    parameters = {"none": "", "queue": f"burst={size}", "nodelay": f"burst={size} nodelay"}
    truth = Truth(
        algorithm="leaky_bucket" if burst == "queue" else "token_bucket",
        kind=f"nginx, burst {burst}",
        rate_rps=requests / per_s,
        burst=size + 1,
    )
    filled = {
        "RATE": f"{requests}r/{'s' if per_s == 1 else 'm'}",
        "BURST": parameters[burst],
        # Without a user its worker is nobody, who may not read the folder.
        "USER": pwd.getpwuid(os.getuid()).pw_name,
    }
    proxy = Proxy(("nginx", "-c", "@FOLDER@/proxy.conf"), "nginx.conf", filled, _nginx_keys)
    declared = f"{requests}/{per_s}s burst={size or 1}"
    return Limiter(truth, partial(proxy.start, declared=declared))


def haproxy(
    limit: int, window_s: int, *, counter: Literal["gpc0_rate", "http_req_rate"] = "gpc0_rate"
) -> Limiter:
    """HAProxy stick table: a sliding counter; ``http_req_rate`` counts refused requests as well."""
    counts_rejections = counter == "http_req_rate"
    truth = window(
        "sliding_window",
        "counter, period from the first request",
        (limit, window_s),
        counts_rejections=counts_rejections,
    )
    filled = {
        "STORE": "http_req_rate" if counts_rejections else "gpc0,gpc0_rate",
        "WINDOW": f"{window_s}s",
        "OVER": f"sc_{counter}(0) " + (f"gt {limit}" if counts_rejections else f"ge {limit}"),
        "COUNT": "" if counts_rejections else "http-request sc-inc-gpc0(0)",
    }
    command = ("haproxy", "-db", "-f", "@FOLDER@/proxy.conf")
    proxy = Proxy(command, "haproxy.cfg", filled, _haproxy_keys)
    return Limiter(truth, partial(proxy.start, declared=f"{limit}/{window_s}s"))


@dataclass(frozen=True, slots=True)
class Proxy:
    """A program with a configuration to be filled in.

    Attributes:
        command: Program, which an ordinary user's PATH may lack, and arguments; ``@FOLDER@`` is
            its folder.
        template: The configuration beside this file; a name between at signs is filled in.
        filled: What is filled in.
        write_keys: How it wants its keys written.
    """

    command: tuple[str, ...]
    template: str
    filled: Mapping[str, str]
    write_keys: Callable[[ServerKeys], str]

    @contextmanager
    def start(self, *, declared: str) -> Iterator[Server]:
        """Start it with fresh keys in a folder of its own.

        Raises:
            ServerUnavailableError: The program is not installed.
        """
        program = shutil.which(self.command[0], path=f"{os.environ['PATH']}:/usr/sbin")
        if program is None:
            raise ServerUnavailableError(f"{self.command[0]} is not installed")
        keys = draw_keys([SCOPE])
        with tempfile.TemporaryDirectory(prefix="limiter-") as folder:  # for this user's eyes only
            self._write_files(Path(folder), keys)
            arguments = [argument.replace("@FOLDER@", folder) for argument in self.command[1:]]
            become = [sys.executable, "-IS", BECOME, f"{folder}/proxy.conf"]
            with listening([*become, program, *arguments], {}) as ready:
                limit = f"{declared} per=key"
                yield Server(ready["base_url"], ready["openapi"], keys, declared_limit=limit)

    def _write_files(self, folder: Path, keys: ServerKeys) -> None:
        text = (TEMPLATES / self.template).read_text()
        errors = {str(status): body for status, body in ERRORS.items()}
        for name, value in {**self.filled, **errors, "CALLS": CALLS, "FOLDER": str(folder)}.items():
            text = text.replace(f"@{name}@", value)
        (folder / "proxy.conf").write_text(text)
        (folder / "keys.map").write_text(self.write_keys(keys))
        (folder / "calls.json").write_text(CALLS)
        (folder / "openapi.json").write_text(DOCUMENT)


def _sufficient(keys: ServerKeys) -> list[str]:
    return [keys.full, keys.second, keys.scoped[SCOPE]]


def _nginx_keys(keys: ServerKeys) -> str:
    # A map compares strings without regard to case; a regular expression does not.
    lines = [f'"~^{key}$" sufficient;' for key in _sufficient(keys)]
    return "\n".join([*lines, f'"~^{keys.scoped[""]}$" insufficient;', ""])


def _haproxy_keys(keys: ServerKeys) -> str:
    lines = [f"{key} sufficient" for key in _sufficient(keys)]
    return "\n".join([*lines, f"{keys.scoped['']} insufficient", ""])
