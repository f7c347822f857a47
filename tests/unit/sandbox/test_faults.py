"""Every fault is wrong in its one way, and answers all else as the correct server does."""

from collections.abc import Mapping

import pytest

from tests.sandbox.gallery import FAULTS
from tests.unit.sandbox.asking import Answer, Ask, ask, sandbox
from tests.unit.sandbox.battery import (
    ASTRAY,
    BATTERY,
    DEAD,
    FORGED,
    INSUFFICIENT,
    INVALID,
    MALFORMED,
    MISSING,
    OLD_BASES,
    OVERRIDES,
    SENTINELS,
    TRUSTED,
    VALID,
    WRITES,
    answers,
)

MECHANISMS = [written for _, each in sorted(FAULTS.items()) for written in each.written]

NOWHERE: set[str] = set()
NEVER_A_KEY = {*FORGED, *MALFORMED}
UNAUTHORIZED = {*MISSING, *NEVER_A_KEY, *DEAD}
REFUSED = {*UNAUTHORIZED, *ASTRAY, *INSUFFICIENT, *INVALID}
WITH_KEY = {name for name, request in BATTERY.items() if request.key and request.key.strip()}
# what asks for a URL that was answered before; "host" makes another URL of it
CACHED = {
    name
    for name in {*MISSING, *NEVER_A_KEY} - {"host"}
    if BATTERY[name].target in {request.target for request in VALID.values()}
    and BATTERY[name].method in {"GET", "HEAD"}
}
# an effect that should not be shows in the list
EFFECT = {"list before the writes", "list after the writes"}

# Where each fault, alone, differs from the correct server. Families E and H differ only after a
# revocation or at the limit: test_lifecycle and test_limits.
DIFFERENCES: Mapping[str, set[str]] = {
    "A01": {*MISSING, *EFFECT},
    "A02": {"empty", "blank"},  # to the application they are one
    "A03=accepted": {"blank"},
    "A03=500": {"blank"},
    "A04": {*FORGED},
    **{f"A05={outcome}": {*MALFORMED} for outcome in ("422", "400", "403", "500", "accepted")},
    **{f"A06={sentinel}": {sentinel} for sentinel in SENTINELS},
    "A07": {"cut", "half", "first 16"},
    "A08": {
        "longer by 1",
        "longer by 40",
        "no-break space",
        "zero-width space",
        "good, bad",
        "good and bad in one",
    },
    "A09": {"early character", "other prefix", "test key", "no prefix", "bad, good"},
    "A10=key": {"other case", "other prefix"},
    "A10=prefix": {"other prefix"},
    "A11": {"tautology"},
    "A12=like": {"percent", "underscores"},
    "A12=glob": {"star"},
    "A13=regex": {"regex"},
    "A13=operator": {"operator"},
    "A13=query": {"query operator"},
    "A14": {"é", "no-break space", "zero-width space"},
    "A15": {*MALFORMED} - {"underscores", "test key", "other prefix"},  # these have the length
    "A16": {"2 KiB", "9 KiB"},
    **{
        f"A17={name}": {f"query {name}"}
        for name in ("x-api-key", "api_key", "apikey", "key", "token", "access_token")
    },
    "A18=bearer": {"bearer", "no key, worthless bearer"},
    "A18=basic-user": {"basic user", "basic password"},
    "A18=basic-password": {"basic user", "basic password"},
    "A18=cookie": {"cookie"},
    **{f"A19={name}": {name} for name in ("x_api_key", "api-key", "apikey")},
    "A20": {"bad, good", "good, bad"},
    "A21": {"good and bad in one"},
    "A22=swapped": {"test key"},
    "A22=stripped": {"no prefix"},
    "A23=strip": {"no-break space"},
    "A23=zero-width": {"zero-width space"},
    "A24=bearer": {"bearer", "no key, worthless bearer", "random, worthless bearer"},
    "A24=basic": {"basic user", "basic password"},
    "A24=session": {"no key, session"},
    "B01": {"upper case"},
    "B02": {"slash"},
    "B03": {"slashes"},
    "B04": {"dots", "encoded dots"},
    "B05": {"encoded letter"},
    "B06": {"encoded slash", "backslash"},
    "B07": {"matrix"},
    "B08": {"line feed"},
    "B09": {"absolute"},
    "B10": {"host"},
    "B11": {"fragment"},
    "B12=x-original-url": {"x-original-url"},
    "B12=x-rewrite-url": {"x-rewrite-url"},
    "B12=public-url": {"public url"},
    **{f"B13={name}": {name} for name in TRUSTED},
    "B14": {"no key, head"},
    "B15": {"FOO", "PATCH"},
    "B16": {"OPTIONS", "preflight"},
    **{f"B17={place}": {place} for place in (*OVERRIDES, "_method")},
    **{f"B18={base}": {base} for base in OLD_BASES},
    "B20=suffix": {"suffix"},
    "B20=query": {"no key, format"},
    "B21": {"no key, item", "no key, unknown item"},
    "B22=missing": EFFECT,
    **{
        f"B23={kind}": {"no key, bad query", "no key, bad body", *OVERRIDES, "_method"}
        for kind in ("reordered", "fastapi")
    },
    "B24": {"no key, unknown item"},
    "B25=redirect": {"no key, browser"},
    "B25=page": {"no key, browser"},
    **{f"C01={status}": {*MISSING} for status in ("403", "404", "500")},
    **{f"C02={status}": NEVER_A_KEY for status in ("403", "422", "400", "404", "500")},
    "C03=fastapi": {*MISSING} - {"line feed"},  # which FastAPI does not route
    "C03=422": {*MISSING},
    "C03=400": {*MISSING},
    "C04": {*MISSING, *NEVER_A_KEY},
    "C05": {"head"},  # the tenth
    "C06": EFFECT,  # a list that was refused to many strangers before
    "C07": {*UNAUTHORIZED, "FOO", "PATCH", "OPTIONS", "preflight", "method not offered"},
    "C08": {"post"},
    "E01": {"revoked"},
    "E02": {"deleted"},
    **{f"E07={status}": {*DEAD} for status in ("403", "404", "410", "500")},
    "F01=any": CACHED,
    "F01=missing": CACHED & {*MISSING} - {"no key, agents", "no key, item"},  # asked too rarely
    "F02": {*VALID, *WRITES},
    **{f"F03={form}": WITH_KEY & REFUSED for form in ("raw", "base64", "hex")},
    "F03=header": WITH_KEY,
    **{f"F04={what}": UNAUTHORIZED for what in ("trace", "path", "sql", "table")},
    "F05": {*UNAUTHORIZED, *INSUFFICIENT},
    "G12=403": {*INSUFFICIENT},
    "H08=slash": {"slash"},  # the lenient routing itself
    "H08=double-slash": {"slashes"},
    "H08=case": {"upper case"},
    "S01": {*INSUFFICIENT, *EFFECT},
    "S02=item": {"item, agents:read"},
    "S02=list": {name for name in INSUFFICIENT if name.startswith(("list", "head"))},
    "S03": {"post, calls:read", "bad body, calls:read", *EFFECT},
    "S04=head": {"head, agents:read"},
    "S04=override": {"delete by override, calls:read", "patch", "delete"},
    "S05": {"list, calls:readonly"},
    "S07": {"list, no scope"},
    "S08": {"agents, calls:read", "post, calls:read", "bad body, calls:read", *EFFECT},
    "S09": {"keys, calls:read"},
    **{f"S10={outcome}": {*INSUFFICIENT} for outcome in ("401", "404", "empty", "500")},
    "S11": EFFECT,
    "S12": {"item, minimal key", "delete by override, calls:read"},
    "S13": {"bad body, calls:read"},
}


def expected_differences(fault: str) -> set[str]:
    """Where a fault, written with its value, should differ."""
    if fault in DIFFERENCES:
        return DIFFERENCES[fault]
    return REFUSED if fault.startswith("G") and fault != "G12=429" else NOWHERE


def test_the_correct_server_answers_as_the_groups_say(correct: Mapping[str, Answer]) -> None:
    groups = {
        "VALID": VALID,
        "UNAUTHORIZED": UNAUTHORIZED,
        "ASTRAY": ASTRAY,
        "INSUFFICIENT": INSUFFICIENT,
        "INVALID": INVALID,
        "WRITES": WRITES,
    }

    statuses = {group: {correct[name].status for name in names} for group, names in groups.items()}

    assert statuses == {
        "VALID": {200},
        "UNAUTHORIZED": {401},
        "ASTRAY": {404, 405},
        "INSUFFICIENT": {403},
        "INVALID": {404, 422},
        "WRITES": {200, 201},
    }


@pytest.mark.parametrize("fault", MECHANISMS)
def test_a_fault_differs_just_where_it_concerns(fault: str, correct: Mapping[str, Answer]) -> None:
    faulty = answers(sandbox(fault))

    differing = {name for name in BATTERY if faulty[name] != correct[name]}

    assert differing == expected_differences(fault)


def test_no_difference_is_expected_of_a_fault_that_is_not_there() -> None:
    assert set(DIFFERENCES) <= set(MECHANISMS)


def test_faults_combine(correct: Mapping[str, Answer]) -> None:
    faulty = answers(sandbox("A07=39", "S07", "G04"))

    assert faulty["cut"].status == 200
    assert faulty["list, no scope"].status == 200
    assert b"statusCode" not in faulty["random"].body
    assert faulty["list"] == correct["list"]


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_with_every_fault_the_document_can_be_had(mechanism: str) -> None:
    assert ask(sandbox(mechanism), Ask("/openapi.json")).status == 200
