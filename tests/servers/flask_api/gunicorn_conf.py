"""Run as ``python -m gunicorn -c tests/servers/flask_api/gunicorn_conf.py``, on a free port."""

import json
import sys
from typing import Any

wsgi_app = "tests.servers.flask_api.app:create_app()"
bind = "127.0.0.1:0"
workers = 1  # the limiter counts in this process's memory
worker_class = "gthread"
threads = 4
loglevel = "warning"


def post_worker_init(worker: Any) -> None:  # noqa: ANN401  gunicorn publishes no types
    """Say where it listens, once the application is loaded."""
    port = worker.sockets[0].getsockname()[1]
    origin = f"http://127.0.0.1:{port}"
    ready = {"base_url": f"{origin}/v1", "openapi": f"{origin}/openapi.yaml"}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
