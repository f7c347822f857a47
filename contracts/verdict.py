"""What a run says: the published model of `verdict.json`, version 1."""

from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from contracts.requirements import BY_ID, Level, Requirement


class Status(StrEnum):
    """The four outcomes, of a check and of a requirement."""

    HELD = "held"
    VIOLATED = "violated"
    INCONCLUSIVE = "inconclusive"
    SKIPPED = "skipped"


class Severity(StrEnum):
    """How bad a violation is; S4 and S5 are warnings' only."""

    S1 = "S1"
    """Data or effect without an active, sufficiently scoped key."""

    S2 = "S2"
    """Another status than the documented one, a key disclosed, a valid key refused."""

    S3 = "S3"
    """The documented error body broken; little gained by whoever finds it."""

    S4 = "S4"
    """An RFC's demand with little effect here."""

    S5 = "S5"
    """Advice."""


class _Record(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        # Every member is written, so the published schema calls every one required.
        json_schema_serialization_defaults_required=True,
    )


class Check(_Record):
    """One entry per check, operation and class of credential.

    Attributes:
        id: A stable slug that begins with its requirement, such as `D2.near-miss`.
        operation: Such as `GET /calls/{callId}`; null for checks of the whole run.
        credential: A role or a recipe in words, never a key.
        core: Whether it can decide that its requirement held.
        status: The outcome.
        severity: Null unless violated.
        basis: Whether the documentation says it or implies it.
        seen: How often the violation was seen.
        tried: Requests that could have shown it.
        expected: What would have been right, in words.
        got: What came, in words.
        detail: What else helps to understand it.
        reason: Why it is inconclusive or skipped.
        setting: The setting that would change that.
        curl: One line that shows a violation, the key masked.
        waived: Why the operator lives with the violation.
    """

    id: str = Field(pattern=r"^D([1-9]|1[0-2])\.[a-z0-9-]+$")
    operation: str | None = None
    credential: str | None = None
    core: bool = False
    status: Status
    severity: Severity | None = None
    basis: Literal["documented", "implied"] = "documented"
    seen: int = Field(default=0, ge=0)
    tried: int = Field(default=0, ge=0)
    expected: str | None = None
    got: str | None = None
    detail: str | None = None
    reason: str | None = None
    setting: str | None = None
    curl: str | None = None
    waived: str | None = None

    @model_validator(mode="after")
    def _outcome_is_possible(self) -> Self:
        is_violated = self.status is Status.VIOLATED
        level = self.requirement.level
        if (self.severity is not None) != is_violated:
            raise ValueError("a violated check has a severity, no other has")
        if self.severity in {Severity.S4, Severity.S5}:
            raise ValueError("what is no worse than S4 is a warning")
        if is_violated and level is not Level.JUDGED:
            raise ValueError(f"{self.requirement.id} cannot be violated")
        if level is Level.ADVICE and self.status is not Status.SKIPPED:
            raise ValueError(f"{self.requirement.id} is advice and only ever skipped")
        return self

    @property
    def requirement(self) -> Requirement:
        """The requirement its id begins with."""
        return BY_ID[self.id.split(".", 1)[0]]

    @property
    def violates(self) -> bool:
        """Whether it is a violation nobody waived."""
        return self.status is Status.VIOLATED and self.waived is None


class Advisory(_Record):
    """Something worth knowing that breaks no documented promise."""

    id: str
    requirement: str | None = None
    basis: Literal["rfc-must", "rfc-should", "practice", "advice"]
    severity: Literal[Severity.S4, Severity.S5]
    operation: str | None = None
    detail: str
    count: int = Field(default=1, ge=1)
    curl: str | None = None


class RateLimit(_Record):
    """What the ramp found out about the limit.

    Attributes:
        status: Confirmed, contradicted, not confirmed, or no limit seen.
        declared: The operator's declaration, as written.
        limit: Calls per window; null for buckets.
        window_s: Seconds; null for buckets.
        rate_rps: Admitted calls per second in the long run.
        burst: Calls admitted at once; null for windows.
        algorithm: Named only where the evidence tells it apart.
        confidence: Of the algorithm, 0 to 1.
        first_429_at: The number of the request first answered 429.
        recovery_s: From the last refusal to the next admission, in seconds.
        requests_sent: By the ramp, controls included.
        max_rps_sent: Most requests written within one second.
        seconds: From its first request to its last answer.
        stopped_by: What ended it.
        detail: The evidence, in words.
    """

    status: Literal["confirmed", "contradicted", "not_confirmed", "no_limit_seen"]
    declared: str | None = None
    limit: int | None = None
    window_s: float | None = None
    rate_rps: float | None = None
    burst: int | None = None
    algorithm: Literal[
        "fixed_window",
        "sliding_window",
        "token_bucket",
        "leaky_bucket",
        "concurrency",
        "unknown",
    ] = "unknown"
    confidence: float = Field(default=0.0, ge=0, le=1)
    first_429_at: int | None = None
    recovery_s: float | None = None
    requests_sent: int = 0
    max_rps_sent: float = 0.0
    seconds: float = 0.0
    stopped_by: Literal[
        "done", "max_requests", "max_seconds", "max_rps", "health", "worker_lost", "signal"
    ] = "done"
    detail: str = ""


class Part(StrEnum):
    """The two halves of the job."""

    CONTRACT = "contract"
    RATELIMIT = "ratelimit"


class Target(_Record):
    """What was asked, and with what; no secret in it."""

    kind: Literal["sandbox", "configured"]
    name: str | None = None
    base_url: str
    openapi: str | None = None
    openapi_sha256: str | None = None
    depth: str
    seed: int
    started: str
    finished: str
    suite_version: str
    requests: int = Field(ge=0)
    key_roles: tuple[str, ...]


class Judged(_Record):
    """One requirement with its checks."""

    id: str
    sentence: str
    status: Status
    required: bool
    tested_operations: int
    all_operations: int
    checks: tuple[Check, ...]


class Verdict(_Record):
    """`verdict.json`, version 1."""

    schema_version: Literal[1] = 1
    verdict: Literal["conformant", "violated", "inconclusive"]
    exit_code: Literal[0, 1, 3, 130, 143]
    interrupted: Literal["SIGINT", "SIGTERM"] | None
    reasons: tuple[str, ...]
    target: Target
    requirements: tuple[Judged, ...]
    warnings: tuple[Advisory, ...]
    rate_limit: RateLimit | None
