"""Verdicts made by hand, for the tests of whatever shows them."""

from collections.abc import Sequence
from typing import Any, Final

from contracts.algebra import Interruption, Run, Waiver, decide
from contracts.verdict import Advisory, Check, Part, RateLimit, Severity, Status, Target, Verdict

OPERATIONS: Final = ("GET /calls", "POST /calls", "GET /calls/{callId}")

CURL: Final = "curl -sS -i -X GET http://127.0.0.1:9/v1/calls -H 'Accept: application/json'"

HOSTILE: Final = (
    "</script></style></title>--><img src=x onerror=alert(1)><script>alert(2)</script>"
    "|`a`|``b``|```\n```\n\n# Heading\n\n[link](http://evil.example) http://evil.example "
    "www.evil.example a@evil.example ![x](http://evil.example/x.png) <!-- \x1b[31mred \x00\x08 "
    "\u202etxet ]]> {{constructor}} &amp; \"quoted\" 'quoted' \\| $(id) " + "10 KB of it " * 900
)
"""What a server might hope that somebody prints."""


def target(**changes: Any) -> Target:  # noqa: ANN401 -- any field
    """A configured target, asked for two seconds."""
    fields: dict[str, Any] = {
        "kind": "configured",
        "base_url": "http://127.0.0.1:9/v1",
        "openapi": "http://127.0.0.1:9/openapi.json",
        "openapi_sha256": "8" * 64,
        "depth": "quick",
        "seed": 7,
        "started": "2026-01-02T03:04:05.000Z",
        "finished": "2026-01-02T03:04:07.000Z",
        "suite_version": "0.1.0",
        "requests": 236,
        "key_roles": ("full", 'scoped "calls:read"'),
    }
    return Target.model_validate(fields | changes)


def check(check_id: str, status: Status = Status.HELD, **changes: Any) -> Check:  # noqa: ANN401
    """A core check of `GET /calls`."""
    fields: dict[str, Any] = {
        "id": check_id,
        "operation": OPERATIONS[0],
        "credential": "no key",
        "core": True,
        "status": status,
        "tried": 2,
    }
    return Check.model_validate(fields | changes)


def violated(check_id: str, **changes: Any) -> Check:  # noqa: ANN401 -- any field
    """A confirmed violation of severity S2."""
    fields: dict[str, Any] = {
        "severity": Severity.S2,
        "seen": 2,
        "expected": "status 401",
        "got": "status 403",
        "curl": CURL,
    }
    return check(check_id, Status.VIOLATED, **(fields | changes))


def everywhere(one: Check) -> list[Check]:
    """The same on every operation."""
    return [one.model_copy(update={"operation": operation}) for operation in OPERATIONS]


def held() -> list[Check]:
    """What a conformant run needs, on every operation."""
    return [one for id_ in ("D1", "D2", "D5", "D6") for one in everywhere(check(f"{id_}.core"))]


def verdict_of(
    checks: Sequence[Check],
    *,
    waivers: Sequence[Waiver] = (),
    warnings: Sequence[Advisory] = (),
    rate_limit: RateLimit | None = None,
    interrupted: Interruption | None = None,
    **changes: Any,  # noqa: ANN401 -- any field of the target
) -> Verdict:
    """The verdict on these checks."""
    run = Run(
        target=target(**changes),
        parts=(Part.CONTRACT,),
        operations=OPERATIONS,
        narrowed=False,
        required=("D1", "D2", "D5", "D6"),
        checks=tuple(checks),
        warnings=tuple(warnings),
        rate_limit=rate_limit,
        reasons=(),
        unfinished=(),
        interrupted=interrupted,
    )
    return decide(run, waivers)
