"""The published schema is the model's."""

import json
from pathlib import Path

from contracts.schema import verdict_schema
from tests.unit.contracts.verdicts import held, verdict_of, violated

PUBLISHED = Path(__file__).parents[3] / "docs" / "verdict.schema.json"


def test_published_schema_is_up_to_date() -> None:
    assert PUBLISHED.read_text("utf-8") == verdict_schema(), (
        "run python -m contracts.schema > docs/verdict.schema.json"
    )


def test_every_member_that_is_written_is_required() -> None:
    schema = json.loads(verdict_schema())
    document = json.loads(verdict_of([*held(), violated("D3.x")]).model_dump_json())

    check = document["requirements"][0]["checks"][0]
    assert sorted(schema["required"]) == sorted(document)
    assert sorted(schema["$defs"]["Check"]["required"]) == sorted(check)
