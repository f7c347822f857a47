"""Limiters that are libraries, in the stacks that they are made for."""

from functools import partial
from typing import Literal

from tests.servers.limiters.truth import Algorithm, Limiter, window
from tests.servers.node_packages import node
from tests.servers.stacks import EXPRESS, FASTIFY, FLASK, FOLDER, Stack

Strategy = Literal["fixed-window", "moving-window", "sliding-window-counter"]

STRATEGIES: dict[Strategy, tuple[Algorithm, str]] = {
    "fixed-window": ("fixed_window", "from the first request"),
    "moving-window": ("sliding_window", "log"),
    "sliding-window-counter": ("sliding_window", "counter on a grid of the wall clock"),
}

FLEXIBLE = Stack(
    command=(node(), str(FOLDER / "limiters" / "flexible.mjs")),
    scopes={"GET /calls": "calls:read"},
    path_parameters={},
    document_has_scopes=True,
    needs_packages=True,
)


def flask_limits(strategy: Strategy, limit: int, window_s: int) -> Limiter:
    """The library limits, in the Flask API."""
    algorithm, kind = STRATEGIES[strategy]
    start = partial(
        FLASK.start, limit=limit, window_s=window_s, environment={"RATE_STRATEGY": strategy}
    )
    return Limiter(window(algorithm, kind, (limit, window_s)), start)


def express_rate_limit(limit: int, window_s: int) -> Limiter:
    """express-rate-limit, before authentication, with a bucket for each presented value."""
    truth = window("fixed_window", "from the first request", (limit, window_s))
    return Limiter(truth, partial(EXPRESS.start, limit=limit, window_s=window_s))


def fastify_rate_limit(limit: int, window_s: int, *, extending: bool = False) -> Limiter:
    """@fastify/rate-limit; ``extending`` restarts the window with each refused request."""
    kind = "restarted by each refusal" if extending else "from the first request"
    truth = window(
        "unknown" if extending else "fixed_window",
        kind,
        (limit, window_s),
        counts_rejections=extending,
    )
    environment = {"CONTINUE_EXCEEDING": "yes" if extending else ""}
    start = partial(FASTIFY.start, limit=limit, window_s=window_s, environment=environment)
    return Limiter(truth, start)


def rate_limiter_flexible(limit: int, window_s: int, *, block_s: int = 0) -> Limiter:
    """rate-limiter-flexible; with ``block_s`` the first refusal shuts a key out for that long."""
    truth = window(
        "unknown" if block_s else "fixed_window",
        "from the first request" + (", then blocked" if block_s else ""),
        (limit, window_s),
        block_s=block_s,
    )
    environment = {"BLOCK_S": str(block_s)}
    start = partial(FLEXIBLE.start, limit=limit, window_s=window_s, environment=environment)
    return Limiter(truth, start)
