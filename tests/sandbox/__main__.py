"""``python -m tests.sandbox``: a server that keeps its promises, or breaks the chosen ones."""

import argparse
import json
import sys
from collections.abc import Sequence
from typing import Final

from tests.sandbox.assembly import DEFAULT_RATE, Order
from tests.sandbox.gallery import BENIGN, FAULTS
from tests.sandbox.limiter import Rate
from tests.sandbox.registry import Variation
from tests.sandbox.where import KEYS as WHERE
from tests.sandbox.where import parse_where

_WHERE: Final = f"narrow the faults to a context: {', '.join(WHERE)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve, or list the gallery; 2 for an order that cannot be met."""
    options = _parser().parse_args(arguments)
    try:
        parse_where(options.where, seed=options.seed)
        if options.list:
            for line in _gallery(as_json=options.json):
                print(line)  # noqa: T201 - what it is asked for
            return 0
        # imported late: the server is not needed to list
        from tests.sandbox.server import serve

        order = Order(
            rate=Rate.parse(options.rate),
            seed=options.seed,
            faults=tuple(_split(text) for text in options.fault),
            benign=tuple(_split(text) for text in options.benign),
            where=tuple(options.where),
        )
        serve(
            order,
            host=options.host,
            port=options.port,
            until_stdin_closes=options.until_stdin_closes,
        )
    except (ValueError, OSError) as error:
        print(f"sandbox: {error}", file=sys.stderr)  # noqa: T201 - a usage error is one line
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox", description=__doc__)
    add = parser.add_argument
    add("--host", default="127.0.0.1")
    add("--port", type=int, default=0, help="0 for any free one")
    add("--rate", default=str(DEFAULT_RATE), help="requests/seconds, per key")
    add("--seed", type=int, default=0, help="of data and random oddities; keys are always fresh")
    add("--fault", action="append", default=[], metavar="ID[=VALUE]", help="seed a fault")
    add("--where", action="append", default=[], metavar="KEY=VALUE", help=_WHERE)
    add("--benign", action="append", default=[], metavar="ID[=VALUE]", help="be odd, but right")
    add("--until-stdin-closes", action="store_true", help="stop when standard input ends")
    add("--list", action="store_true", help="list all faults and benign variations")
    add("--json", action="store_true", help="list them as JSON lines")
    return parser


def _split(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    return name, value if equals else None


def _gallery(*, as_json: bool) -> list[str]:
    kinds = [("fault", FAULTS), ("benign", BENIGN)]
    write = _as_json if as_json else _as_text
    return [write(kind, registry[name]) for kind, registry in kinds for name in sorted(registry)]


def _as_json(kind: str, variation: Variation) -> str:
    return json.dumps(
        {
            "kind": kind,
            "id": variation.id,
            "sentence": variation.sentence,
            "violates": list(variation.violates),
            "tier": variation.tier,
            "parameter": None if variation.parameter is None else variation.parameter.describe(),
            "needs": list(variation.needs),
        }
    )


def _as_text(kind: str, variation: Variation) -> str:
    violates = ", ".join(variation.violates) or ("only warns" if kind == "fault" else "")
    lines = [f"{variation.id}  {violates:10}  {variation.sentence}"]
    if variation.parameter is not None:
        lines.append(f"{'':17}={variation.parameter}")
    if variation.needs:
        lines.append(f"{'':17}needs {', '.join(variation.needs)}")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
