"""Every way a request is refused, and the documented body it is refused with.

Promise: D6, "the API returns a standard JSON response". Written from the documentation; shares
nothing with the suite's reader of envelopes.
"""

from collections.abc import Mapping
from typing import Final

NO_STORE: Final = {"cache-control": "no-store"}


class Refusal(Exception):
    """A request is answered with an error.

    Attributes:
        status: The status to answer with.
        message: What the envelope says.
        headers: Headers that belong to this status.
    """

    def __init__(
        self, status: int, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = dict(headers or {})

    def envelope(self) -> dict[str, object]:
        """Write the documented error body."""
        return {
            "success": False,
            "message": self.message,
            "data": None,
            "statusCode": self.status,
        }


def unauthorized(message: str) -> Refusal:
    """401, with the challenge that RFC 9110, section 11.6.1, asks for."""
    return Refusal(401, message, headers={"www-authenticate": "ApiKey"})
