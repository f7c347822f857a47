"""What is sent to: nginx that answers at once and counts, and a server that takes 200 ms."""

import asyncio
import json
import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.request import urlopen

from tests.servers.limiters.proxies import BECOME
from tests.servers.running import ServerUnavailableError, listening

SLOW_S: Final = 0.2

BODY: Final = json.dumps([{"id": f"call_{number:03}", "seconds": 61} for number in range(4)])

_NGINX: Final = """
daemon off; user @USER@; worker_processes 1; pid @FOLDER@/nginx.pid; error_log stderr crit;
events { worker_connections 4096; }
http {
  access_log off; default_type application/json; keepalive_requests 1000000;
  client_body_temp_path @FOLDER@/1; proxy_temp_path @FOLDER@/2; fastcgi_temp_path @FOLDER@/3;
  uwsgi_temp_path @FOLDER@/4; scgi_temp_path @FOLDER@/5;
  server {
    listen 127.0.0.1:@PORT@;
    location = /v1/calls { return 200 '@BODY@'; }
    location = /count { stub_status; }
  }
}
"""


@contextmanager
def quick() -> Iterator[str]:
    """Nginx on a free port; gives the base URL.

    Raises:
        ServerUnavailableError: It is not installed.
    """
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise ServerUnavailableError("nginx is not installed; on Debian: apt install nginx-light")
    with tempfile.TemporaryDirectory(prefix="generator-") as folder:
        path = Path(folder) / "nginx.conf"
        filled = {"USER": pwd.getpwuid(os.getuid()).pw_name, "FOLDER": folder, "BODY": BODY}
        text = _NGINX
        for name, value in filled.items():
            text = text.replace(f"@{name}@", value)
        path.write_text(text)
        become = [sys.executable, "-IS", BECOME, str(path), program, "-c", str(path)]
        with listening(become, {}) as ready:
            yield ready["base_url"]


def counted(base_url: str) -> int:
    """How many requests nginx has read, this one included."""
    with urlopen(f"{base_url.removesuffix('/v1')}/count", timeout=5) as answer:  # noqa: S310 -- our own nginx
        return int(answer.read().split()[9])


@contextmanager
def slow() -> Iterator[str]:
    """A server that takes ``SLOW_S`` for every answer; gives the base URL."""
    with listening([sys.executable, "-m", "benchmarks.generator.servers"], {}) as ready:
        yield ready["base_url"]


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    answer = f"{head}Content-Length: {len(BODY)}\r\n\r\n{BODY}".encode()
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(SLOW_S)
            writer.write(answer)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _serve() -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0, backlog=512)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(json.dumps({"base_url": f"http://127.0.0.1:{port}/v1"}) + "\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
