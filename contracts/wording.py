"""The sentences that terminal, Markdown and HTML share, so that all three say the same.

Pure. They are plain text: whoever writes them into a format quotes them for it.
"""

import math
import shlex
from collections.abc import Sequence
from datetime import datetime

from contracts.folding import Untested
from contracts.requirements import D4
from contracts.verdict import Check, RateLimit, Status, Target, Verdict


def counted(number: int, noun: str) -> str:
    """Say how many, such as `6 operations`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def listed(items: Sequence[str], most: int) -> str:
    """List the first of them and count the rest, such as `D2, D3 and 4 more`."""
    if len(items) <= most:
        return ", ".join(items)
    return f"{', '.join(items[:most])} and {len(items) - most} more"


def replay_words(check_id: str, operation: str | None, credential: str | None = None) -> str:
    """Write the command that asks the question of a violation again.

    Args:
        check_id: Of the check.
        operation: Its operation, where it has one.
        credential: Its credential, where the operation is not enough.
    """
    words = ["busyboard", "replay", check_id]
    words += ["--operation", operation] if operation else []
    words += ["--credential", credential] if credential else []
    return shlex.join(words)


def replay_line(check: Check) -> str:
    """Give the command that asks a violation's question again; empty where there is none.

    The ramp (D4) asks no single question.
    """
    if check.curl is None or check.requirement is D4:
        return ""
    return replay_words(check.id, check.operation)


def headline(verdict: Verdict) -> str:
    """Say in one clause what the run found; the target stands beside it."""
    counts = [judged.status for judged in verdict.requirements]
    required = sum(judged.required for judged in verdict.requirements)
    match verdict.verdict:
        case "violated":
            return f"{counted(counts.count(Status.VIOLATED), 'documented promise')} broken"
        case "conformant":
            return f"all {required} required promises held"
        case "inconclusive":
            return "no promise seen broken, but not all that was required was shown to hold"


def exit_words(verdict: Verdict) -> str:
    """Name the exit code, and the signal behind it."""
    signal = f", interrupted by {verdict.interrupted}" if verdict.interrupted else ""
    return f"exit code {verdict.exit_code}{signal}"


def target_words(target: Target) -> str:
    """Name the target; a sandbox is called one."""
    return f"{'SANDBOX ' if target.kind == 'sandbox' else ''}{address_words(target)}"


def address_words(target: Target) -> str:
    """Name the target by its name, where it has one, and its base URL."""
    return f"{target.name} {target.base_url}" if target.name else target.base_url


def run_words(target: Target) -> str:
    """Say how the target was asked, so that the run can be repeated."""
    requests = counted(target.requests, "request")
    return f"{requests} in {_seconds(target):.0f} s, depth {target.depth}, seed {target.seed}"


def _seconds(target: Target) -> float:
    start, end = (datetime.fromisoformat(stamp) for stamp in (target.started, target.finished))
    return (end - start).total_seconds()


def untested_words(fold: Untested) -> tuple[str, str]:
    """Say what was not tested and why, and what would change that.

    Args:
        fold: Checks that decided nothing for one reason.

    Returns:
        Two clauses; the second is empty where no setting would help.
    """
    others = f" (and {counted(fold.reasons - 1, 'other reason')})" if fold.reasons > 1 else ""
    operations = fold.operations
    place = operations[0] if len(operations) == 1 else counted(len(operations), "operation")
    on = f" on {place}" if operations else ""
    undecided = "undecided: " if fold.status is Status.INCONCLUSIVE else ""
    words = f"{undecided}{listed(fold.ids, 3)}{on}: {fold.reason}{others}"
    return words, f"{fold.setting} would change that" if fold.setting else ""


def never_asked_words(ids: Sequence[str]) -> str:
    """Say which requirements no check of the run was about."""
    return f"nothing in this run was about {listed(ids, len(ids))}"


def figure(value: float) -> str:
    """Round a measured figure to three digits; what is finer is noise."""
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if digits else f"{value:.0f}"


def limit_words(limit: RateLimit) -> str:
    """Say what the ramp found out in one sentence."""
    found = {
        "confirmed": "confirmed",
        "contradicted": "contradicted",
        "not_confirmed": "not confirmed",
        "no_limit_seen": "no limit seen",
    }[limit.status]
    declared = f", declared {limit.declared}" if limit.declared else ""
    return f"{found}{declared}{_measured(limit)}{_evidence(limit)}"


def _measured(limit: RateLimit) -> str:
    if limit.limit is not None and limit.window_s is not None:
        size = f"{limit.limit:,} calls per {figure(limit.window_s)} s"
    elif limit.rate_rps is not None:
        burst = f", {limit.burst:,} at once" if limit.burst is not None else ""
        size = f"{figure(limit.rate_rps)} calls per second{burst}"
    else:
        return ""
    kind = limit.algorithm.replace("_", " ")
    named = f" ({kind}, confidence {limit.confidence:.2f})" if kind != "unknown" else ""
    return f", measured {size}{named}"


def _evidence(limit: RateLimit) -> str:
    sent, rate = counted(limit.requests_sent, "request"), figure(limit.max_rps_sent)
    words = [f"{sent} at up to {rate} per second"]
    if limit.first_429_at is not None:
        words.append(f"first 429 at request {limit.first_429_at:,}")
    if limit.recovery_s is not None:
        words.append(f"admitted again after {figure(limit.recovery_s)} s")
    if limit.stopped_by != "done":
        words.append(f"ended early by {limit.stopped_by}")
    return f"; {', '.join(words)}"
