"""Runs a server for as long as its starter lives: ends it when standard input closes.

A test run that is killed closes nothing in order, and its servers would stay behind, their own
process groups out of any terminal's reach. Run as a script, with the server's command as arguments.
"""

import os
import signal
import subprocess
import sys
import threading

PATIENCE_S = 10.0  # gunicorn lets a request in flight end before its workers do


def _end_with_starter(process: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    process.terminate()
    try:
        process.wait(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        # The group is the server's own and its leader not yet reaped: the id is safe.
        os.killpg(process.pid, signal.SIGKILL)


def main() -> int:
    """Start the server and return its exit code."""
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_end_with_starter, args=(process,), daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main())
