"""Binds a free port, fills it into a configuration, says where it listens, and becomes a program.

Run as ``become.py CONFIGURATION PROGRAM ARGUMENT...``. In the configuration ``@PORT@`` and ``@FD@``
stand for the port and the descriptor of the listening socket, which the program inherits: nginx
through the variable ``NGINX``, as in an upgrade of its binary, HAProxy as an address ``fd@3``. So
nobody else can take the port, and clients that come early wait in the system's queue.
"""

import json
import os
import socket
import sys
from pathlib import Path


def main() -> None:
    """Never returns."""
    configuration, program = Path(sys.argv[1]), sys.argv[2:]
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    listener.set_inheritable(True)
    port, descriptor = str(listener.getsockname()[1]), str(listener.fileno())
    text = configuration.read_text().replace("@PORT@", port).replace("@FD@", descriptor)
    configuration.write_text(text)
    origin = f"http://127.0.0.1:{port}"
    ready = {"base_url": f"{origin}/v1", "openapi": f"{origin}/openapi.json"}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    os.environ["NGINX"] = f"{descriptor};"
    os.execvp(program[0], program)  # noqa: S606  no shell is wanted


if __name__ == "__main__":
    main()
