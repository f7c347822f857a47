"""What each contender caught, at what price; and the table of it. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Result:
    """One contender against one server.

    Attributes:
        contender: Who asked.
        server: Who was asked.
        is_fault: Whether the server breaks something.
        caught: Whether the contender said something that it does not say of the twin.
        named_right: Whether it said which promise is broken; None where it names none.
        alarm: Whether it called a server wrong that keeps every promise.
        said: What it found, in its own words.
        requests: Of the run.
        seconds: Of the run.
    """

    contender: str
    server: str
    is_fault: bool
    caught: bool
    named_right: bool | None
    alarm: bool
    requests: int
    seconds: float
    said: tuple[str, ...] = ()


def table(results: Sequence[Result]) -> str:
    """Write one line for each contender, in Markdown.

    Args:
        results: Of all contenders against all servers.
    """
    head = (
        "| who asks | faults caught | named right | fails right servers | requests, median, most "
        "| seconds, median, most |\n|---|---:|---:|---:|---:|---:|"
    )
    names = dict.fromkeys(result.contender for result in results)
    lines = (_line(name, [one for one in results if one.contender == name]) for name in names)
    return "\n".join((head, *lines))


def _line(name: str, results: Sequence[Result]) -> str:
    faults = [one for one in results if one.is_fault]
    sound = [one for one in results if not one.is_fault]
    named = [bool(one.named_right) for one in faults if one.caught]
    names_none = all(one.named_right is None for one in faults)
    right = "names none" if names_none else f"{sum(named)} of {len(named)}"
    requests = [one.requests for one in results]
    seconds = [one.seconds for one in results]
    cells = (
        name,
        f"{sum(one.caught for one in faults)} of {len(faults)}",
        right,
        f"{sum(one.alarm for one in sound)} of {len(sound)}",
        f"{median(requests):.0f}, {max(requests)}",
        f"{median(seconds):.1f}, {max(seconds):.1f}",
    )
    return f"| {' | '.join(cells)} |"


def differences(results: Sequence[Result]) -> Iterator[str]:
    """List what some contender missed, or called wrong without reason.

    Args:
        results: Of all contenders against all servers.
    """
    for name in dict.fromkeys(result.contender for result in results):
        own = [result for result in results if result.contender == name]
        missed = [one.server for one in own if one.is_fault and not one.caught]
        alarms = [f"{one.server} ({', '.join(one.said)})" for one in own if one.alarm]
        if missed:
            yield f"- {name} misses {', '.join(missed)}"
        if alarms:
            yield f"- {name} fails {', '.join(alarms)}"
