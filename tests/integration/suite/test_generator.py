"""The generator on a server that watches its connections."""

import json
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.generator.measured import Measured
from contracts.children import ROOT
from tests.integration.suite.verification import environment

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n[]"


class Watching(socketserver.ThreadingTCPServer):
    """Counts the requests of each connection."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Connection)
        self.requests: list[int] = []


class Connection(socketserver.StreamRequestHandler):
    """Answers until the peer closes."""

    def handle(self) -> None:
        """See ``BaseRequestHandler``."""
        count = 0
        for line in self.rfile:
            if line == b"\r\n":
                count += 1
                self.wfile.write(ANSWER)
        assert isinstance(self.server, Watching)
        self.server.requests.append(count)


@contextmanager
def watching() -> Iterator[Watching]:
    """Serve until the end, every connection's thread joined."""
    with Watching() as server:
        server.daemon_threads = False
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_every_call_is_sent_once_and_no_connection_stays_silent() -> None:
    """Gunicorn's threads each wait five seconds for the first byte of a new connection."""
    with watching() as server:
        port = server.server_address[1]
        side = [sys.executable, "-m", "benchmarks.generator.sides"]
        done = subprocess.run(
            [*side, "ours", f"http://127.0.0.1:{port}/v1", "200", "1"],
            env=environment({"PYTHONPATH": str(ROOT)}),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    measured = Measured(**json.loads(done.stdout.splitlines()[-1]))
    assert measured.sent == measured.asked == 200
    assert sum(server.requests) == measured.asked + measured.warm
    assert 0 not in server.requests
