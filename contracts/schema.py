"""Publishes the form of `verdict.json`: `python -m contracts.schema > docs/verdict.schema.json`."""

import json
import sys

from contracts.verdict import Verdict


def verdict_schema() -> str:
    """Write the JSON Schema of `verdict.json` as it is written: with every member."""
    schema = Verdict.model_json_schema(mode="serialization")
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(dialect | schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(verdict_schema())
