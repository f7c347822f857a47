"""A sandbox as a process, and what is said to it over a socket."""

import http.client
import json
import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

UNLIMITED = "1000000/60s"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back over the wire; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> object:
        """The body, read as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Running:
    """A sandbox that runs.

    Attributes:
        process: Its process; standard input closed means stop.
        line: What it printed at its start.
    """

    process: subprocess.Popen[str]
    line: dict[str, Any]  # as read from JSON

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the API."""
        url = urlsplit(self.line["base_url"])
        return str(url.hostname), int(url.port or 0)

    @contextmanager
    def connection(self) -> Iterator[http.client.HTTPConnection]:
        """Hold one connection open."""
        connection = http.client.HTTPConnection(*self.address, timeout=10)
        try:
            yield connection
        finally:
            connection.close()

    def ask(self, target: str, key: str | None = None, method: str = "GET") -> Answer:
        """Ask on a connection of its own."""
        with self.connection() as connection:
            return ask(connection, target, key, method)

    def raw(self, data: bytes) -> bytes:
        """Send bytes as they are, stop sending, and read to the end."""
        with socket.create_connection(self.address, timeout=10) as plain:
            plain.sendall(data)
            plain.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: plain.recv(65_536), b""))

    def provision(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the key provisioner from another directory."""
        command = [*shlex.split(self.line["key_provisioner"]), *arguments]
        return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)

    def received(self) -> int:
        """How many requests the API says it received."""
        portal = urlsplit(self.line["management"])
        connection = http.client.HTTPConnection(str(portal.hostname), portal.port, timeout=10)
        try:
            connection.request("GET", f"{portal.path}/count")
            return int(json.loads(connection.getresponse().read())["requests"])
        finally:
            connection.close()


def ask(
    connection: http.client.HTTPConnection,
    target: str,
    key: str | None = None,
    method: str = "GET",
    body: str | None = None,
    **headers: str,
) -> Answer:
    """Ask once on an open connection."""
    if key is not None:
        headers["x-api-key"] = key
    connection.request(method, target, body, headers)
    response = connection.getresponse()
    names = {name.lower(): value for name, value in response.getheaders()}
    return Answer(response.status, names, response.read())


@contextmanager
def running(*arguments: str) -> Iterator[Running]:
    """Start a sandbox and stop it at the end."""
    command = [sys.executable, "-m", "tests.sandbox", "--until-stdin-closes", *arguments]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield Running(process, json.loads(process.stdout.readline()))
        assert process.stdin is not None
        process.stdin.close()
