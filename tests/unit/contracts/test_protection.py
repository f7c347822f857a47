"""Which operations are public, and what a key needs for the others."""

from typing import Any

import pytest

from contracts.document import Protection, Scopes, protection
from tests.unit.contracts.documents import OK, document

UNSAID = Protection(public=False, scopes=None)
PUBLIC = Protection(public=True, scopes=None)


def needs(*alternatives: set[str]) -> Protection:
    scopes: Scopes = tuple(map(frozenset, alternatives))
    return Protection(public=False, scopes=scopes)


ABSENT = object()


@pytest.mark.parametrize(
    ("own", "default", "found"),
    [
        pytest.param(ABSENT, ABSENT, UNSAID, id="nobody-says"),
        pytest.param([], ABSENT, PUBLIC, id="own-empty"),
        pytest.param(ABSENT, [], PUBLIC, id="default-empty"),
        pytest.param([{}], ABSENT, PUBLIC, id="own-alternative-of-nothing"),
        pytest.param([{"key": []}, {}], ABSENT, PUBLIC, id="one-alternative-of-nothing"),
        pytest.param(ABSENT, [{}, {"key": []}], PUBLIC, id="default-alternative-of-nothing"),
        pytest.param([{"key": []}], [], UNSAID, id="own-over-public-default"),
        pytest.param([], [{"key": ["a"]}], PUBLIC, id="own-public-over-default"),
        pytest.param([{"key": []}], ABSENT, UNSAID, id="key-without-scopes"),
        pytest.param([{"key": ["a"]}], ABSENT, needs({"a"}), id="one-scope"),
        pytest.param([{"key": ["a", "b"]}], ABSENT, needs({"a", "b"}), id="scopes-together"),
        pytest.param([{"key": ["a"], "oauth": ["b"]}], ABSENT, needs({"a", "b"}), id="schemes"),
        pytest.param([{"key": ["a"]}, {"oauth": ["b"]}], ABSENT, needs({"a"}, {"b"}), id="either"),
        pytest.param([{"key": ["a"]}, {"other": []}], ABSENT, UNSAID, id="either-unsaid"),
        pytest.param(ABSENT, [{"key": ["a"]}], needs({"a"}), id="default"),
        pytest.param([{"key": ["b"]}], [{"key": ["a"]}], needs({"b"}), id="own-over-default"),
        pytest.param(None, ABSENT, UNSAID, id="null"),
        pytest.param({}, ABSENT, UNSAID, id="object"),
        pytest.param("none", ABSENT, UNSAID, id="text"),
        pytest.param(["key"], ABSENT, UNSAID, id="texts"),
        pytest.param([None], ABSENT, UNSAID, id="nulls"),
        pytest.param([{"key": None}], ABSENT, UNSAID, id="scopes-null"),
        pytest.param([{"key": [{"a": 1}, 5, None]}], ABSENT, UNSAID, id="scopes-of-other-kinds"),
        pytest.param([{"key": ["a", {}]}], ABSENT, needs({"a"}), id="one-scope-of-another-kind"),
    ],
)
def test_only_an_empty_requirement_makes_public(
    own: object, default: object, found: Protection
) -> None:
    operation: dict[str, Any] = {**OK} | ({} if own is ABSENT else {"security": own})
    changes: dict[str, Any] = {} if default is ABSENT else {"security": default}

    assert protection(operation, document(**changes)) == found
