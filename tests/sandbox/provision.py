"""Create, deactivate and delete keys of a running sandbox from the command line.

    python -m tests.sandbox.provision MANAGEMENT_URL create --scopes calls:read,agents:read
    python -m tests.sandbox.provision MANAGEMENT_URL deactivate key_0007
    python -m tests.sandbox.provision MANAGEMENT_URL delete key_0007

``create`` prints one JSON object with ``id`` and ``key``; the others exit 0 once their effect is
in force. Also started by its path, by an interpreter without site packages: it must be quick, and
imports the standard library only.
"""

import argparse
import http.client
import json
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 0 when the sandbox has carried it out, 1 when it refused, 2 for usage."""
    options = _parser().parse_args(arguments)
    if options.command == "create":
        scopes = [scope for scope in options.scopes.split(",") if scope]
        status, answer = _ask(options.management, "POST", "/keys", {"scopes": scopes})
    elif options.command == "delete":
        status, answer = _ask(options.management, "DELETE", f"/keys/{options.id}")
    else:
        path = f"/keys/{options.id}/{options.command}"
        status, answer = _ask(options.management, "POST", path)
    if status >= 300:
        print(f"{options.command}: {answer} ({status})", file=sys.stderr)  # noqa: T201 - a command
        return 1
    if answer:
        print(answer)  # noqa: T201 - what it is asked for
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="provision", description="Manage keys of a sandbox.")
    parser.add_argument("management", metavar="MANAGEMENT_URL")
    commands = parser.add_subparsers(dest="command", required=True)
    create = commands.add_parser("create")
    create.add_argument("--scopes", default="", help="separated by commas; empty for none")
    for name in ("deactivate", "activate", "delete"):
        commands.add_parser(name).add_argument("id")
    return parser


def _ask(management: str, method: str, path: str, body: object = None) -> tuple[int, str]:
    url = urlsplit(management)
    connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=10)
    try:
        connection.request(method, url.path + path, None if body is None else json.dumps(body))
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
