"""Which keys a question about scopes is asked with: configured ones, then created ones."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from contracts.checks import expect
from contracts.credentials import Role, RoleKey, scoped
from contracts.exchange import NoAnswer, Response
from contracts.judge import ADMITTED, FORBIDDEN
from contracts.keyring import Keyring
from contracts.keys import Provisioner, ProvisionerFailed
from contracts.manners import LATE
from contracts.operations import Draft, Operation
from contracts.outcomes import Violation
from contracts.recording import CheckId
from contracts.requirements import D3
from contracts.verdict import Severity, Status
from tests.unit.contracts.answers import KEY, OTHER_KEY, answered, operation
from tests.unit.contracts.checking import Build
from tests.unit.contracts.surroundings import Surroundings
from tests.unit.contracts.targets import (
    CREATE,
    DELETE,
    ITEM,
    LIST,
    READ,
    WRITE,
    Answerer,
    Api,
    Asked,
    World,
    world,
)

READER, WRITER, NOBODY = "key-of-the-reader", "key-of-the-writer", "key-without-scopes"
AGENT = "key-of-the-agent"

AGENTS = operation("GET /agents", (frozenset({"agents:read"}),))
EXPORT = operation("GET /export", (frozenset({"calls:readonly"}),))

EVERY_SCOPE = frozenset({"calls:read", "calls:write", "calls:readonly", "agents:read"})

ANY = CheckId(D3, "any-insufficient-key", core=False, family="keys that lack its scopes")
ENOUGH = CheckId(D3, "sufficient-key", core=False, family="keys of its scopes alone")


class Portal(Provisioner):
    """Creates keys of known scopes in memory, and tells the server of them."""

    def __init__(self, keyring: Keyring, keys: dict[str, frozenset[str] | None]) -> None:
        super().__init__(("portal",), keyring)
        self.keys, self.calls = keys, [("", "")]
        self.gives: frozenset[str] | None = EVERY_SCOPE

    def _call(self, *arguments: str) -> bytes:
        self.calls.append((arguments[0], arguments[-1]))
        scopes = frozenset(arguments[-1].split(",")) - {""}
        if self.gives is None or not scopes <= self.gives:
            raise ProvisionerFailed("create ended with status 1")
        key = f"key-number-{len(self.calls)}-of-the-portal"
        self.keys[key] = scopes
        return json.dumps({"id": key, "key": key}).encode()


def correct() -> Api:
    scoped_keys = {READER: READ, WRITER: WRITE, AGENT: {"agents:read"}, NOBODY: ()}
    given = {key: frozenset(scopes) for key, scopes in scoped_keys.items()}
    return Api({KEY: None, OTHER_KEY: None, **given})


def server_of(api: Api) -> Answerer:
    """The API, and two operations beside it with scopes of their own."""

    def server(asked: Asked) -> Response | NoAnswer:
        needed = {"/agents": "agents:read", "/export": "calls:readonly"}.get(asked.path)
        if needed is None or asked.key is None or asked.key not in api.keys:
            return api(asked)
        scopes = api.keys[asked.key]
        return answered(200 if scopes is None or needed in scopes else 403)

    return server


Given = dict[str, str]

CONFIGURED: Given = {"calls:read": READER, "calls:write": WRITER, "": NOBODY}


def asking(
    surroundings: Surroundings, given: Given, *operations: Operation, creates: bool = True
) -> tuple[World, list[Portal]]:
    api, portals = correct(), []

    def portal(keyring: Keyring) -> Provisioner:
        portals.append(Portal(keyring, api.keys))  # type: ignore[arg-type]  # a dict, as built
        return portals[-1]

    more = {"scoped_keys": json.dumps(given)} if given else {}
    settings = surroundings.target(second_api_key=OTHER_KEY, **more)
    made: Callable[[Keyring], Provisioner] | None = portal if creates else None
    return world(server_of(api), settings, *operations, provisioner=made), portals


def chosen(asked: World, about: Operation, most: int = 16) -> list[Role | None]:
    """Every insufficient key once, as they are counted."""
    found = [asked.probing.scoped.insufficient(about, which) for which in range(most)]
    return list(dict.fromkeys(found))


# --- insufficient -----------------------------------------------------------------------------


def test_configured_keys_stand_first_the_live_before_the_unproven(
    surroundings: Surroundings,
) -> None:
    asked, _ = asking(surroundings, CONFIGURED, LIST, CREATE, creates=False)

    assert chosen(asked, LIST) == [scoped(WRITE), scoped(frozenset())]
    assert chosen(asked, CREATE) == [scoped(READ), scoped(frozenset())]


def test_a_key_that_may_read_what_is_written_stands_before_others(
    surroundings: Surroundings,
) -> None:
    given = {"agents:read": AGENT, "calls:read": READER}
    asked, _ = asking(surroundings, given, AGENTS, LIST, CREATE, creates=False)

    assert chosen(asked, CREATE) == [scoped(READ), scoped(frozenset({"agents:read"}))]


def test_keys_are_created_for_what_is_not_configured(surroundings: Surroundings) -> None:
    asked, (portal,) = asking(surroundings, CONFIGURED, LIST, CREATE, AGENTS, EXPORT)

    assert chosen(asked, LIST) == [
        scoped(WRITE),
        'created 1 "calls:readonly"',
        'created 2 "agents:read"',
        scoped(frozenset()),
    ]
    assert portal.calls[1:] == [
        ("create", "calls:readonly"),
        ("create", "agents:read"),
        ("create", "calls:rea"),
        ("create", "calls:readx"),
    ]


def test_a_key_of_the_same_scopes_is_created_once(surroundings: Surroundings) -> None:
    asked, (portal,) = asking(surroundings, {}, LIST, CREATE, ITEM)
    for about in (LIST, ITEM, CREATE, LIST):
        chosen(asked, about)

    created = [call for call in portal.calls if call[0] == "create"]
    assert len(created) == len(set(created))
    assert {scopes for _, scopes in created} == {
        "calls:write",
        "calls:read",
        "",
        "calls:rea",
        "calls:readx",
        "calls:writ",
        "calls:writex",
    }


def test_no_more_than_a_dozen_keys_are_tried(surroundings: Surroundings) -> None:
    many = [operation(f"GET /x{n}", (frozenset({f"x{n}:read"}),)) for n in range(20)]
    asked, (portal,) = asking(surroundings, {}, LIST, *many)
    portal.gives = EVERY_SCOPE.union(*(scopes for one in many for scopes in one.scopes or ()))
    for about in many:
        chosen(asked, about, 40)

    assert len(portal.calls) - 1 == 12


def test_a_command_that_gives_no_key_is_called_thrice(surroundings: Surroundings) -> None:
    unknown = operation("GET /x", (frozenset({"x:read"}),))
    asked, (portal,) = asking(surroundings, {}, unknown)
    portal.gives = None

    assert chosen(asked, unknown) == [None]
    assert asked.probing.scoped.created(frozenset({"a:b"})) is None
    assert asked.probing.scoped.created(frozenset({"a:c"})) is None
    assert len(portal.calls) - 1 == 3


def test_without_a_known_scope_nothing_is_insufficient(surroundings: Surroundings) -> None:
    asked, (portal,) = asking(surroundings, {}, operation("GET /calls"))

    assert chosen(asked, operation("GET /calls")) == [None]
    assert portal.calls[1:] == []


@pytest.mark.parametrize(
    ("scopes", "admits"),
    [
        ({"calls:*"}, None),
        ({"*"}, None),
        ({"calls"}, None),
        ({"agents:*"}, False),
        ({"agents"}, False),
        ({"call"}, False),
        ({"calls:readonly"}, False),
        ({"calls:*", "calls:read"}, True),
        (set(), False),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else str(value),
)
def test_what_a_scope_includes_is_said_of_no_wildcard_and_no_parent(
    scopes: set[str], admits: bool | None
) -> None:
    assert LIST.admits(frozenset(scopes)) is admits


# --- sufficient, and reading only -------------------------------------------------------------


def test_a_minimal_key_is_configured_or_created(surroundings: Surroundings) -> None:
    asked, _ = asking(surroundings, CONFIGURED, LIST, AGENTS)

    assert asked.probing.scoped.minimal(LIST, 0) == scoped(READ)
    assert asked.probing.scoped.minimal(LIST, 1) == scoped(READ)
    assert asked.probing.scoped.minimal(AGENTS, 0) == 'created 1 "agents:read"'


@pytest.mark.parametrize(("late", "is_live"), [(0, True), (3, True), (1000, False)])
def test_a_created_key_is_live_as_soon_as_it_is_known(
    surroundings: Surroundings, late: int, is_live: bool
) -> None:
    asked, _ = asking(surroundings, {}, LIST, AGENTS)
    asked.controls.of(LIST)
    server, unknown = asked.wire.server, itertools.count()

    def replica(request: Asked) -> Response | NoAnswer:
        is_new = request.key is not None and request.key.startswith("key-number")
        return answered(401) if is_new and next(unknown) < late else server(request)

    asked.wire.server = replica
    role = asked.probing.scoped.minimal(LIST, 0)

    assert (role in asked.controls.live) == is_live


@pytest.mark.parametrize("given", [CONFIGURED, {}], ids=["configured", "created"])
def test_a_reader_may_read_what_a_write_is_about(surroundings: Surroundings, given: Given) -> None:
    asked, _ = asking(surroundings, given, LIST, ITEM, CREATE, DELETE)
    role = asked.probing.scoped.reader(DELETE)

    assert role == (scoped(READ) if given else 'created 1 "calls:read"')
    assert asked.probing.scoped.reader(LIST) is None


# --- what the checks make of it ---------------------------------------------------------------


def _no_empty(scopes: frozenset[str], needed: str) -> bool:
    return not scopes or needed in scopes


def _prefix(scopes: frozenset[str], needed: str) -> bool:
    return any(scope.startswith(needed) for scope in scopes)


def _writing_too(scopes: frozenset[str], needed: str) -> bool:
    return needed in scopes and "calls:write" in scopes


FAULTY = [pytest.param(_no_empty, id="no-scopes-are-all"), pytest.param(_prefix, id="prefix")]

KEYS: Given = {"calls:read": READER, "agents:read calls:readonly": WRITER, "": NOBODY}


def deciding(enough: Callable[[frozenset[str], str], bool]) -> Answerer:
    """An API that decides by its own rule whether scopes suffice."""
    keys = {
        KEY: EVERY_SCOPE,
        OTHER_KEY: EVERY_SCOPE,
        READER: READ,
        WRITER: frozenset({"agents:read", "calls:readonly"}),
        NOBODY: frozenset[str](),
    }
    api = Api({KEY: None})

    def server(asked: Asked) -> Response | NoAnswer:
        if asked.key not in keys:
            return answered(401)
        needed = "agents:read" if asked.path == "/agents" else "calls:read"
        if not enough(keys[asked.key], needed):
            return answered(403)
        return answered(200) if needed == "agents:read" else api(_with_full_key(asked))

    return server


def _with_full_key(asked: Asked) -> Asked:
    return Asked(asked.method, asked.path, KEY, asked.fresh, asked.number)


@pytest.mark.parametrize("enough", FAULTY)
def test_a_key_that_lacks_scopes_and_is_admitted_is_found(
    checking: Build, enough: Callable[[frozenset[str], str], bool]
) -> None:
    checks = checking(deciding(enough), LIST, AGENTS, scoped_keys=json.dumps(KEYS))

    outcomes = [
        checks.run(ANY, lambda s, n=which: expect(s(LIST, s.insufficient(LIST, n)), FORBIDDEN))  # type: ignore[misc]
        for which in range(2)
    ]
    (violation,) = [one for one in outcomes if isinstance(one, Violation)]
    assert violation.severity is Severity.S1


@pytest.mark.parametrize("status", [401, 404, 500, 200])
def test_a_missing_scope_is_answered_403_and_nothing_else(checking: Build, status: int) -> None:
    inside = deciding(lambda scopes, needed: needed in scopes)

    def server(asked: Asked) -> Response | NoAnswer:
        answer = inside(asked)
        refused = isinstance(answer, Response) and answer.status == 403
        return answered(status) if refused else answer

    checks = checking(server, LIST, AGENTS, scoped_keys=json.dumps(KEYS))
    outcome = checks.run(ANY, lambda s: expect(s(LIST, s.insufficient(LIST)), FORBIDDEN))
    assert isinstance(outcome, Violation)
    assert checks.record("D3.any-insufficient-key").got == f"status {status}"


@pytest.mark.parametrize("status", [400, 422])
def test_input_looked_at_before_scopes_is_a_warning_alone(checking: Build, status: int) -> None:
    inside = deciding(lambda scopes, needed: needed in scopes)

    def server(asked: Asked) -> Response | NoAnswer:
        path, _, query = asked.path.partition("?")
        return answered(status) if query else inside(replace(asked, path=path))

    limited = operation("GET /calls", (READ,), draft=Draft("/calls", typed=("limit",)))
    checks = checking(server, limited, AGENTS, scoped_keys=json.dumps(KEYS))
    (late,) = (manner for manner in LATE if "first query parameter" in manner.words)
    outcome = checks.run(
        ANY,
        lambda s: expect(s(limited, s.insufficient(limited), late), late.refusal(FORBIDDEN)),
    )
    assert outcome is None
    assert checks.record("D3.any-insufficient-key").status is Status.HELD
    assert checks.warnings == [("D3.validated-first", "GET /calls")]


def test_a_key_without_scopes_is_active_once_a_403_proves_it(checking: Build) -> None:
    inside = deciding(lambda scopes, needed: needed in scopes)

    def server(asked: Asked) -> Response | NoAnswer:
        hidden = asked.path == "/agents" and asked.key == NOBODY
        return answered(404) if hidden else inside(asked)

    def ask(about: Operation) -> BaseException | None:
        return checks.run(ANY, lambda s: expect(s(about, RoleKey(scoped(frozenset()))), FORBIDDEN))

    checks = checking(server, LIST, AGENTS, scoped_keys=json.dumps(KEYS))
    assert ask(AGENTS) is None
    assert checks.record("D3.any-insufficient-key").status is Status.INCONCLUSIVE
    assert ask(LIST) is None
    assert isinstance(ask(AGENTS), Violation)


def test_a_sufficient_key_that_is_refused_is_found(checking: Build) -> None:
    known = deciding(lambda scopes, needed: needed in scopes)
    wanting = deciding(_writing_too)

    def server(asked: Asked) -> Response | NoAnswer:
        return (wanting if asked.path.startswith("/calls/") else known)(asked)

    checks = checking(server, LIST, ITEM, scoped_keys=json.dumps(KEYS))
    outcome = checks.run(ENOUGH, lambda s: expect(s(ITEM, s.minimal(ITEM, 0)), ADMITTED))
    assert isinstance(outcome, Violation)
    assert "status 403 to a sufficient key" in str(outcome)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("insufficient", "no key lacking its scopes is known"),
        ("minimal", "no key of its scopes alone is known"),
        ("reader", "no key that may only read it is known"),
    ],
)
def test_without_such_a_key_the_setting_is_named(checking: Build, name: str, reason: str) -> None:
    checks = checking(correct(), LIST, CREATE)
    more = (0,) if name == "minimal" else ()

    checks.run(ANY, lambda s: getattr(s, name)(CREATE, *more))
    (record,) = checks.records
    assert (record.status, record.reason, record.setting) == (
        Status.SKIPPED,
        reason,
        "SCOPED_KEYS",
    )
