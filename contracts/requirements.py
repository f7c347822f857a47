"""The promises of the documentation, one constant a promise, sentence verbatim.

A check names its requirement by importing the constant, so a wrong id is an import error.
The documentation itself lies beside this file, in `documentation.txt`.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Level(StrEnum):
    """How far a requirement can be judged from outside."""

    JUDGED = "judged"
    """A target can hold or violate it."""

    OBSERVED = "observed"
    """It can be seen to hold, but nothing seen from outside can break it."""

    ADVICE = "advice"
    """It addresses the caller, not the API."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One documented promise.

    Attributes:
        id: `D1` to `D12`, as reports and programs know it.
        sentence: The documentation's own words; ` … ` marks what was left out between them.
        promise: What the sentence obliges the API to answer, in one clause.
        level: Whether a target can violate it.
        untestable: What no test from outside can show of it.
        basis: Whether the sentence says it, or implies it.
    """

    id: str
    sentence: str
    promise: str
    level: Level
    untestable: str
    basis: Literal["documented", "implied"] = "documented"

    def __repr__(self) -> str:
        return self.id

    def __str__(self) -> str:
        return f"{self.id} “{self.sentence}”"


D1 = Requirement(
    "D1",
    "All API requests must include your key in the x-api-key HTTP header. Requests without "
    "this header … will return a 401 Unauthorized response.",
    "a request without the x-api-key header is answered 401",
    Level.JUDGED,
    "which of 401, 404 and 405 comes first on routes and methods the API does not have",
)
D2 = Requirement(
    "D2",
    "Requests … with an invalid key will return a 401 Unauthorized response.",
    "a request whose x-api-key never was a key is answered 401",
    Level.JUDGED,
    "every wrong key there is: the space is sampled, by mechanism and by seed",
)
D3 = Requirement(
    "D3",
    "403 | Forbidden | Key does not have required scopes.",
    "a live key without the operation's scopes is answered 403, one with them is admitted",
    Level.JUDGED,
    "scopes that neither the document nor SCOPE_MAP names, and which of 403, 404 and 422 comes "
    "first",
)
D4 = Requirement(
    "D4",
    "429 | Too Many Requests | Rate limit exceeded.",
    "calls over the rate limit are answered 429, calls under it are not",
    Level.JUDGED,
    "a limit beyond the rate, requests or time the run is allowed",
)
D5 = Requirement(
    "D5",
    "200 | OK | Request successful. … 201 | Created | Resource created successfully.",
    "a valid request with a sufficient key is answered 200 or 201, or a 2xx the document declares",
    Level.JUDGED,
    "whether the data in a successful answer is right",
)
D6 = Requirement(
    "D6",
    "In case of an error, the API returns a standard JSON response:",
    "every 401, 403 and 429 carries exactly success false, a message, data null and its statusCode",
    Level.JUDGED,
    "errors of statuses the documentation does not list",
)
D7 = Requirement(
    "D7",
    "API keys do not expire automatically. They remain valid as long as they are active in the "
    "portal.",
    "a live key is never answered 401",
    Level.JUDGED,
    "what happens after the run",
)
D8 = Requirement(
    "D8",
    "Keys can be deactivated or deleted instantly from the Developer Portal if they are no longer "
    "needed.",
    "a deactivated or deleted key is answered 401 from that moment on",
    Level.JUDGED,
    "the portal itself: keys come from the settings or from the key provisioner",
)
D9 = Requirement(
    "D9",
    "select the required scopes",
    "a key has exactly the scopes chosen when it was created",
    Level.OBSERVED,
    "what the portal stored: a black box sees only what a key may do, which D3 judges",
)
D10 = Requirement(
    "D10",
    "curl -X GET https://api.busyboard.co.za/v1/calls",
    "GET /calls answers 200 to a sufficient key",
    Level.OBSERVED,
    "whether an API without /calls was meant to have it",
)
D11 = Requirement(
    "D11",
    "Only grant the minimum required permissions for each specific integration.",
    "advice to whoever uses a key",
    Level.ADVICE,
    "how callers keep and use their keys",
)
D12 = Requirement(
    "D12",
    "Your full API Key will only be shown once.",
    "no answer contains a full key",
    Level.JUDGED,
    "the portal's own pages, and keys too short to be told from ordinary text",
    "implied",
)

REQUIREMENTS = (D1, D2, D3, D4, D5, D6, D7, D8, D9, D10, D11, D12)
"""All of them, in the order in which reports list them."""

BY_ID = {requirement.id: requirement for requirement in REQUIREMENTS}
"""The same, found by id."""
