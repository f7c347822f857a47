"""The running sandbox: one uvicorn on two loopback ports, the API's and the portal's."""

import json
import os
import secrets
import shlex
import signal
import socket
import sys
from pathlib import Path
from threading import Thread
from typing import Final

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.sandbox import provision
from tests.sandbox.assembly import Order, Sandbox, assemble
from tests.sandbox.connections import protocol
from tests.sandbox.management import management
from tests.sandbox.operations import BASE

_GRACE_S: Final = 1  # for answers under way when the server is stopped
_KEEP_ALIVE_S: Final = 30  # longer than any pause of a paced client


def serve(order: Order, *, host: str, port: int, until_stdin_closes: bool) -> None:
    """Serve until SIGTERM, SIGINT or, on request, until standard input ends.

    Prints one line of JSON once both ports listen: where they are, and all keys.

    Args:
        order: What kind of sandbox.
        host: Address of both ports.
        port: The API's port; 0 for any free one.
        until_stdin_closes: Stop when the parent process goes away, however it does.

    Raises:
        ValueError: The order cannot be met.
        OSError: The port is taken.
    """
    with _listener(host, port) as api, _listener(host, 0) as portal:
        sandbox = assemble(order, server=_origin(api) + BASE)
        token = secrets.token_urlsafe(16)
        start_line = _start_line(sandbox, _origin(api), f"{_origin(portal)}/{token}")
        portal_app = management(token, sandbox.parts.keys, lambda: sandbox.requests)
        server = _Server(_by_port(portal, portal_app, sandbox), sandbox, start_line)
        # uvicorn raises a caught signal again once it has stopped; by then it is dealt with
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)
        if until_stdin_closes:
            Thread(target=server.stop_after_stdin, daemon=True).start()
        server.run(sockets=[api, portal])


class _Server(uvicorn.Server):
    def __init__(self, app: ASGIApp, sandbox: Sandbox, start_line: str) -> None:
        self._start_line = start_line
        names_itself = sandbox.parts.wire.names_itself
        super().__init__(
            uvicorn.Config(
                app,
                loop="asyncio",
                http=protocol(sandbox.parts.wire, sandbox.count_malformed),
                ws="none",
                lifespan="off",
                interface="asgi3",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,  # else X-Forwarded-For would choose the limiter's bucket
                server_header=names_itself,
                date_header=names_itself,
                timeout_keep_alive=_KEEP_ALIVE_S,
                timeout_graceful_shutdown=_GRACE_S,
            )
        )

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        print(self._start_line, flush=True)  # noqa: T201 - the one line a caller waits for

    def stop_after_stdin(self) -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        self.should_exit = True


def _by_port(portal: socket.socket, management_app: ASGIApp, api: ASGIApp) -> ASGIApp:
    portal_port = portal.getsockname()[1]

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        app = management_app if scope["server"][1] == portal_port else api
        await app(scope, receive, send)

    return application


def _listener(host: str, port: int) -> socket.socket:
    # asyncio sets TCP_NODELAY only where the socket names its protocol; create_server names none,
    # and a client that reuses its connection would wait 40 ms for each answer's body
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(1024)
    return listener


def _origin(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}"


def _start_line(sandbox: Sandbox, origin: str, portal: str) -> str:
    # -I and -S: from any directory, in a twentieth of a second
    command = [sys.executable, "-I", "-S", str(Path(provision.__file__).resolve()), portal]
    keys = sandbox.keys
    return json.dumps(
        {
            "base_url": origin + BASE,
            "openapi": f"{origin}/openapi.json",
            "api_key": keys.full.secret,
            "second_api_key": keys.second.secret,
            "scoped_keys": {scopes: key.secret for scopes, key in keys.scoped.items()},
            "revoked_api_key": keys.revoked.secret,
            "deleted_api_key": keys.deleted.secret,
            "key_provisioner": shlex.join(command),
            "declared_limit": sandbox.parts.declared_limit,
            "management": portal,
        }
    )
