"""What a process writes down of a run, one record a line; the first is a header, the last a footer.

Pure.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from contracts.algebra import Interruption
from contracts.verdict import Advisory, Check, Part, RateLimit, Status, Target

Process = Literal["verify", "contract", "ratelimit"]
"""Who writes: the command that starts the parts, or a part."""


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Header(_Record):
    """The first record: who writes, about what.

    Attributes:
        process: Who writes.
        run_id: The same in all processes of one run.
        target: As in the verdict, but for what is known only at the end.
        parts: What the run was asked for.
    """

    kind: Literal["header"] = "header"
    process: Process
    run_id: str
    target: Target
    parts: tuple[Part, ...]


class Scope(_Record):
    """What the contract part is about, once the operations are known.

    Attributes:
        operations: Protected, permitted operations.
        narrowed: Whether INCLUDE or EXCLUDE left operations out.
        required: Requirements that must be held.
    """

    kind: Literal["scope"] = "scope"
    operations: tuple[str, ...] = ()
    narrowed: bool = False
    required: tuple[str, ...]


class Started(_Record):
    """A part that was started; one that leaves no findings of its own was killed at once."""

    kind: Literal["started"] = "started"
    process: Process


Packed = dict[str, bool | int | float | str]
"""A credential by its kind and fields; never a key."""


class Written(_Record):
    """A request as it was written, but for the key.

    Attributes:
        method: As sent.
        target: Path and query, without what the credential adds.
        headers: Names and values in order, without the credential's and the operator's own.
        body: In base64.
        credential: The recipe of what stood in the place of the key.
        operation: Label of the operation that it asks for.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    credential: Packed
    operation: str | None = None


class Replay(_Record):
    """What it takes to ask the question of a violation again.

    Attributes:
        request: The question.
        before: What was asked before it on the same connection.
        control: A valid request with a sufficient key; None where none succeeded.
        fresh: Whether a connection was opened for it on purpose.
        valid: Whether a sufficient key has to succeed in the same manner.
        oracle: Name of the only right answers.
        standing: What was known of the key.
        successes: Declared 2xx statuses of the operation, with their media types.
        seen: How often this very question was answered wrongly.
        tried: How often it was asked.
    """

    request: Written
    before: tuple[Written, ...] = ()
    control: Written | None = None
    fresh: bool = False
    valid: bool = False
    oracle: str
    standing: str
    successes: dict[int, tuple[str, ...]] = {}
    seen: int = Field(ge=1)
    tried: int = Field(ge=1)


class CheckRecord(Check):
    """A check; a later one of the same id, operation and class replaces it.

    Attributes:
        credential_class: What the credential is one of, where it is not itself the class.
        requests: How many the process had written by then; None where it does not say.
        replay: How to ask again; None unless violated.
    """

    kind: Literal["check"] = "check"
    credential_class: str | None = None
    requests: int | None = None
    replay: Replay | None = None

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """What makes it unique."""
        return self.id, self.operation, self.credential_class or self.credential

    def published(self) -> Check:
        """Give the entry as the verdict has it."""
        own = {"kind", "credential_class", "requests", "replay"}
        return Check.model_validate(self.model_dump(exclude=own))


class AdvisoryRecord(Advisory):
    """A warning; those of one id and operation are counted together."""

    kind: Literal["warning"] = "warning"


class RateLimitRecord(RateLimit):
    """The ramp's result."""

    kind: Literal["rate_limit"] = "rate_limit"


class Reason(_Record):
    """A sentence for the verdict's reasons."""

    kind: Literal["reason"] = "reason"
    text: str


class Footer(_Record):
    """The last record.

    Attributes:
        finished: When.
        requests: Written by this process, all of them.
        interrupted: The signal that ended it early.
    """

    kind: Literal["footer"] = "footer"
    finished: str
    requests: int = Field(ge=0)
    interrupted: Interruption | None = None


Record = Header | Scope | Started | CheckRecord | AdvisoryRecord | RateLimitRecord | Reason | Footer

RECORDS: TypeAdapter[Record] = TypeAdapter(Annotated[Record, Field(discriminator="kind")])


def ramp_not_run(status: Status, reason: str, setting: str | None = None) -> CheckRecord:
    """Say that the ramp was not run, and why."""
    return CheckRecord(id="D4.ramp", core=True, status=status, reason=reason, setting=setting)
