"""The schemas in the document are the ones that are enforced."""

import pytest

from tests.sandbox.schemas import CALL_CHANGE, CALL_QUERY, NEW_CALL, Schema, complaint

PHONES = {"from": "+27215550100", "to": "+27215550199"}


@pytest.mark.parametrize(
    ("value", "schema"),
    [
        (PHONES, NEW_CALL),
        ({**PHONES, "durationS": 0, "status": "missed"}, NEW_CALL),
        ({**PHONES, "durationS": 5.0}, NEW_CALL),
        ({}, CALL_CHANGE),
        (100, CALL_QUERY["limit"]),
    ],
)
def test_a_valid_value_has_no_complaint(value: object, schema: Schema) -> None:
    assert complaint(value, schema) is None


@pytest.mark.parametrize(
    ("value", "schema", "problem"),
    [
        ([], NEW_CALL, "the body must be a JSON object"),
        ({"from": "+27215550100"}, NEW_CALL, "to is required"),
        ({**PHONES, "x": 1}, NEW_CALL, "the body has a member that is not known"),
        ({**PHONES, "durationS": True}, NEW_CALL, "durationS must be an integer from 0 to 86400"),
        ({"durationS": -1}, CALL_CHANGE, "durationS must be an integer from 0 to 86400"),
        ({"durationS": 1.5}, CALL_CHANGE, "durationS must be an integer from 0 to 86400"),
        ({"status": 1}, CALL_CHANGE, "status must be a string"),
        (
            {"status": "lost"},
            CALL_CHANGE,
            "status must be one of completed, in-progress, missed",
        ),
        (
            {**PHONES, "to": "+27215550199\n"},
            NEW_CALL,
            "to must be a telephone number such as +27215550100",
        ),
        ("abc", CALL_QUERY["limit"], "must be an integer from 1 to 100"),
    ],
)
def test_an_invalid_value_has_one(value: object, schema: Schema, problem: str) -> None:
    assert complaint(value, schema) == problem
