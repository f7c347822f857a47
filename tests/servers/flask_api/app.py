"""The application factory; settings come from the environment.

``API_KEYS`` is a JSON list of ``{"key", "scopes", "active"}``, ``RATE_LIMIT`` and ``RATE_WINDOW_S``
say how many requests a key has in how many seconds, ``RATE_STRATEGY`` how the library limits counts
them, ``FAULT`` is the ``ID`` or ``ID:VALUE`` of a fault.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

from flask import Flask, Response, send_file
from werkzeug.exceptions import HTTPException

from tests.servers.flask_api import unlisted  # noqa: F401 -- registers its faults
from tests.servers.flask_api.access import authenticator, rate_limiter
from tests.servers.flask_api.faults import apply_fault
from tests.servers.flask_api.parts import ApiKey, Parts
from tests.servers.flask_api.views import create_blueprint

DOCUMENT = Path(__file__).with_name("openapi.yaml")


def read_parts() -> Parts:
    """Put the API together as the environment says."""
    rows = json.loads(os.environ["API_KEYS"])
    keys = tuple(
        ApiKey(number, row["key"], frozenset(row["scopes"]), row["active"])
        for number, row in enumerate(rows)
    )
    fault = os.environ.get("FAULT")
    return apply_fault(fault, Parts(keys)) if fault else Parts(keys)


def read_rate_limiter() -> Callable[[], None]:
    """The hook that counts, as the environment says."""
    limit, window_s = int(os.environ["RATE_LIMIT"]), int(os.environ["RATE_WINDOW_S"])
    return rate_limiter(limit, window_s, os.environ.get("RATE_STRATEGY", "moving-window"))


def create_app() -> Flask:
    """The whole server."""
    parts = read_parts()
    app = Flask(__name__)
    v1 = create_blueprint()
    v1.before_request(authenticator(parts))
    v1.before_request(read_rate_limiter())
    app.register_blueprint(v1)
    app.register_error_handler(HTTPException, lambda error: _answer_error(error, parts))

    @app.get("/openapi.yaml")
    def document() -> Response:
        return send_file(DOCUMENT, mimetype="application/yaml")

    return app


def _answer_error(error: HTTPException, parts: Parts) -> Response | HTTPException:
    status = error.code or 500
    if status in parts.stock_pages:
        return error
    response = parts.send_error(parts.error_body(status, error.description or error.name), status)
    for name, value in error.get_headers():  # Allow, Retry-After
        if name != "Content-Type":
            response.headers[name] = value
    return response
