"""Who may ask, how often, and for what: the three questions before any view."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import abort, g, request
from limits import RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import STRATEGIES
from werkzeug.exceptions import TooManyRequests

from tests.servers.flask_api.parts import Parts

P = ParamSpec("P")
R = TypeVar("R")


def authenticator(parts: Parts) -> Callable[[], None]:
    """Make the hook that sets ``g.api_key`` or refuses."""

    def authenticate() -> None:
        presented = parts.read_key(request)
        if presented is None:
            abort(parts.missing_status, "No API key was sent in the x-api-key header.")
        key = parts.find_key(parts.keys, presented)
        if key is None or not key.active:
            abort(parts.invalid_status, "Invalid API Key provided")
        g.api_key = key

    return authenticate


def rate_limiter(limit: int, window_s: int, strategy: str) -> Callable[[], None]:
    """Make the hook that counts by key: so many in a window of so many seconds."""
    rate = RateLimitItemPerSecond(limit, window_s)
    limiter = STRATEGIES[strategy](MemoryStorage())

    def count() -> None:
        if not limiter.hit(rate, str(g.api_key.id)):
            raise TooManyRequests("Rate limit exceeded, slow down.", retry_after=window_s)

    return count


def requires(scope: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a view be called only with a key that has the scope."""

    def decorate(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if scope not in g.api_key.scopes:
                abort(403, f"This key does not have the scope {scope}.")
            return view(*args, **kwargs)

        return guarded

    return decorate
