"""Makes pytest ask a target: operations become parameters, checks get their share of requests.

It acts only where checks of `tests/contract` are collected; the suite's own tests run without it.
"""

import inspect
import signal
import tempfile
from collections.abc import Generator, Iterator
from functools import partial
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, Final

import allure
import allure_pytest.plugin  # type: ignore[import-untyped]  # it ships no types
import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, configuration

from contracts.algebra import Interruption
from contracts.asking import Send
from contracts.created import CreatedKeys
from contracts.credentials import RandomKey
from contracts.explaining import Explainer
from contracts.handoff import Handoff
from contracts.keyring import Keyring
from contracts.layers import SettingsError, lines
from contracts.lifecycle import Lifecycle
from contracts.operations import DOCUMENTED, Operation, deepened
from contracts.outcomes import Inconclusive, Violation
from contracts.planning import CORE_REQUESTS
from contracts.recording import CheckId
from contracts.records import Reason
from contracts.redaction import Redactor
from contracts.requirements import Requirement
from contracts.results import ALLURE_SEVERITY, INTERRUPTED, SafeFileLogger
from contracts.session import NoTarget, Session, configured, open_session
from contracts.settings import DEPTH_REQUESTS, Settings
from contracts.shares import SAMPLES, Shares
from contracts.verdict import Part

CHECKS: Final = Path(__file__).parent.parent / "tests" / "contract"

_OPENING: Final = pytest.StashKey[tuple[Settings, Handoff, Keyring]]()
_SESSION: Final = pytest.StashKey[Session]()
_SEND: Final = pytest.StashKey[Send]()
_INTERRUPTED: Final = pytest.StashKey[Interruption]()
_SHARES: Final = pytest.StashKey[Shares]()
_EXPLAINER: Final = pytest.StashKey[Explainer]()

_OPERATION: Final = "operation"

_labels: Any = allure.dynamic
"""Untyped."""

_MARKERS: Final = (
    "requirement(constant): the documented promise that a check is about",
    "core: decides whether its requirement held; asked first, on every operation",
    "depth(weight, family, least): its share of requests, what it draws from, what it is sure of",
    "needs(settings): asked only where one of these settings gives a key for it",
    "writes: asked on operations that may change data",
    "once: asked on one operation, the documented one where there is it",
    "documented_call: asked on the documented operation alone, where there is it",
    "whole_run: looks at what the other checks saw; asks nothing, runs last",
)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Read the settings, where checks of a target are wanted; before allure-pytest's own hook."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)
    if not _asks_target(config) or config.option.collectonly:
        return
    if config.getoption("numprocesses", default=None):
        raise pytest.UsageError("-n: the checks keep one rate and one budget; run them without it")
    try:
        settings = configured().settings
    except SettingsError as error:
        raise pytest.UsageError("\n".join(lines(error.lines))) from None
    handoff, keyring = Handoff.received(settings, Part.CONTRACT), Keyring.of(settings)
    config.stash[_OPENING] = settings, handoff, keyring
    config.pluginmanager.register(_MaskedErrors(keyring.redactor))
    config.option.allure_report_dir = str(settings.report_dir / "allure-results")
    config.option.attach_capture = False
    allure_pytest.plugin.AllureFileLogger = partial(SafeFileLogger, keyring.redactor)


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Fetch the document and read the operations; Hypothesis may generate only from now on."""
    config = session.config
    if _OPENING not in config.stash:
        return
    try:
        opened = open_session(*config.stash[_OPENING])
    except NoTarget as error:
        raise pytest.UsageError(str(error)) from None
    config.stash[_SESSION] = opened
    config.stash[_SEND] = _sending(opened)
    config.stash[_EXPLAINER] = Explainer(config.stash[_SEND].probing, opened.primary)
    _set_up_hypothesis(config)
    opened.wire.pace.watch = _Teller(opened)
    _end_on_signals(config)


def _sending(opened: Session) -> Send:
    probing = opened.probing()
    created = CreatedKeys(opened.provisioner, probing.controls) if opened.provisioner else None
    return Send(probing, opened.recorder(opened.wire.origin), created)


class _Teller:
    """Says how far the checks are, by requests: a check of depth takes longer than all of core."""

    def __init__(self, opened: Session) -> None:
        self._tell = opened.handoff.tell
        core = CORE_REQUESTS * len(opened.catalogue.operations)
        self._expected = core + DEPTH_REQUESTS[opened.settings.depth]

    def __call__(self, requests: int) -> None:
        if requests % _EVERY == 0:
            self._tell(share=min(1.0, requests / self._expected), requests=requests)


_EVERY: Final = 20
"""Requests between two words of progress."""


def _asks_target(config: pytest.Config) -> bool:
    places = [Path(argument.partition("::")[0]).resolve() for argument in config.args]
    return any(CHECKS.is_relative_to(place) or place.is_relative_to(CHECKS) for place in places)


def _set_up_hypothesis(config: pytest.Config) -> None:
    """No database, no deadline, one bug; a check's share of requests ends it, not the examples."""
    home = tempfile.TemporaryDirectory(prefix="hypothesis-")
    config.add_cleanup(home.cleanup)
    configuration.set_hypothesis_home_dir(home.name)
    hypothesis.settings.register_profile(
        "busyboard",
        database=None,
        deadline=None,
        report_multiple_bugs=False,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    hypothesis.settings.load_profile("busyboard")


def _end_on_signals(config: pytest.Config) -> None:
    def end(number: int, _frame: FrameType | None) -> None:
        config.stash[_INTERRUPTED] = "SIGTERM" if number == signal.SIGTERM else "SIGINT"
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)


# --- collection -------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give every check its operations."""
    session = metafunc.config.stash.get(_SESSION, None)
    if session is None or _OPERATION not in metafunc.fixturenames:
        return
    operations = list(session.catalogue.operations)
    if metafunc.definition.get_closest_marker("documented_call"):
        operations = [operation for operation in operations if operation.label == DOCUMENTED]
    if metafunc.definition.get_closest_marker("writes"):
        operations = [operation for operation in operations if not operation.is_safe]
    if metafunc.definition.get_closest_marker("depth"):
        draw = Random(session.settings.seed)  # noqa: S311 -- reproducible
        operations = deepened(operations, draw, SAMPLES[session.settings.depth])
    if metafunc.definition.get_closest_marker("once"):
        operations = [session.primary] if session.primary in operations else operations[:1]
    metafunc.parametrize(_OPERATION, operations, ids=repr)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the checks by value: core, depth, the run as a whole; refuse one without promise."""
    if _SESSION not in config.stash:
        return
    for item in items:
        _requirement(item)
    items.sort(key=_rank)
    config.stash[_SHARES] = Shares(items, config.stash[_SESSION].settings)


def _rank(item: pytest.Item) -> int:
    if item.get_closest_marker("core"):
        return 0
    return 2 if item.get_closest_marker("whole_run") else 1


def _requirement(item: pytest.Item) -> Requirement:
    marker = item.get_closest_marker("requirement")
    found = marker.args[0] if marker and marker.args else None
    if not isinstance(found, Requirement):
        raise pytest.UsageError(f"{item.nodeid} names no requirement")
    return found


def _operation(item: pytest.Item) -> Operation | None:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get(_OPERATION) if callspec else None


# --- running ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def send(pytestconfig: pytest.Config) -> Send:
    """Ask the target one operation with one credential."""
    return pytestconfig.stash[_SEND]


@pytest.fixture(scope="session")
def random_key(pytestconfig: pytest.Config) -> RandomKey:
    """A well-formed key that never existed, the same for the same seed."""
    return pytestconfig.stash[_SESSION].random_key


@pytest.fixture(scope="session")
def lifecycle(pytestconfig: pytest.Config, send: Send) -> Lifecycle:
    """The life of keys that the run makes."""
    opened = pytestconfig.stash[_SESSION]
    return Lifecycle(send, opened.wire, opened.settings.depth)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Give the check its share, and write what it has seen when it ends."""
    sending = item.config.stash.get(_SEND, None)
    if sending is None:
        return (yield)
    shares = item.config.stash[_SHARES]
    share = shares.take(item)
    sending.begin(_check(item), share)
    _draw_within(item, share)
    before = sending.probing.requests
    try:
        ended = yield
        left = shares.left - (sending.probing.requests - before)
        item.config.stash[_EXPLAINER].explain(sending.recorder, left)
        return ended
    finally:
        sending.end()
        shares.spend(item, sending.probing.requests - before)


def _check(item: pytest.Item) -> CheckId:
    depth = item.get_closest_marker("depth")
    name = item.name.partition("[")[0].removeprefix("test_").replace("_", "-")
    return CheckId(
        _requirement(item),
        name,
        core=item.get_closest_marker("core") is not None,
        family=depth.kwargs.get("family") if depth else None,
    )


def _draw_within(item: pytest.Item, share: int | None) -> None:
    """One seed, another sequence in every check, and not many more examples than requests.

    A check keeps its own sequence when others are added. Some examples ask nothing, as two recipes
    may give the same value.
    """
    test = getattr(item, "obj", None)
    if test is None or not hypothesis.is_hypothesis_test(test):
        return
    hypothesis.seed(f"{item.config.stash[_SESSION].settings.seed} {item.name}")(test)
    most = _EXAMPLES * (share or 0) + _EXAMPLES_AT_LEAST
    test._hypothesis_internal_use_settings = hypothesis.settings(max_examples=most)  # noqa: SLF001 -- no other way to set it anew


_EXAMPLES: Final = 4
"""For each request of a check's share."""

_EXAMPLES_AT_LEAST: Final = 50


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Label the result for the report, and show the exchange behind a violation."""
    if _SEND not in item.config.stash:
        return (yield)
    _label(item)
    try:
        return (yield)
    except Violation as violation:
        _labels.severity(ALLURE_SEVERITY[violation.severity])
        for name, text in violation.attachments:
            allure.attach(text, name, allure.attachment_type.TEXT)
        raise
    except KeyboardInterrupt:
        _labels.label(INTERRUPTED, item.name)
        raise


def _label(item: pytest.Item) -> None:
    requirement, operation = _requirement(item), _operation(item)
    test = getattr(item, "obj", None)
    sentence = inspect.cleandoc(getattr(test, "__doc__", None) or item.name)
    _labels.epic(f"{requirement.id} {requirement.promise}")
    _labels.feature(operation.label if operation else "the whole run")
    _labels.story(sentence)
    _labels.title(sentence)
    _labels.description(f"> {requirement.sentence}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, Any, Any]:
    """Mask what pytest prints of a failure; record a defect of the suite as what it is."""
    report = yield
    sending = item.config.stash.get(_SEND, None)
    if sending is None:
        return report
    if report.failed and not isinstance(call.excinfo and call.excinfo.value, _OUTCOMES):
        sending.defect(_operation(item), type(call.excinfo and call.excinfo.value).__name__)
    if report.longrepr is not None:
        text = str(report.longrepr)
        masked = sending.probing.keyring.redactor.mask(text)
        report.longrepr = masked if masked != text else report.longrepr
    return report


_OUTCOMES: Final = (Violation, Inconclusive)


class _MaskedErrors:
    """Masks what pytest prints of a defect, its own or the suite's, before it is printed."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor

    @pytest.hookimpl(tryfirst=True)
    def pytest_internalerror(self, excrepr: Any) -> None:  # noqa: ANN401 -- pytest's representations
        text = self._redactor.mask(str(excrepr))
        excrepr.toterminal = lambda writer: writer.line(text)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> Iterator[None]:
    """Delete the keys that were made, and write the footer when all findings are made."""
    opened = session.config.stash.get(_SESSION, None)
    if opened is not None:
        try:
            _delete_keys(opened)
        finally:
            _finish(session.config, opened, exitstatus)
    return (yield)


def _delete_keys(opened: Session) -> None:
    left = opened.provisioner.delete_all() if opened.provisioner else ()
    if left:
        text = f"{len(left)} keys that the run made could not be deleted: {', '.join(left)}."
        opened.findings.append(Reason(text=text))


def _finish(config: pytest.Config, opened: Session, exitstatus: int) -> None:
    opened.wire.close()
    interrupted = config.stash.get(_INTERRUPTED, None)
    if interrupted is None and exitstatus not in _ENDINGS:
        text = f"pytest ended with status {int(exitstatus)}: a defect of the suite."
        opened.findings.append(Reason(text=text))
    config.stash[_SEND].finish()
    opened.findings.finish(opened.wire.pace.requests, interrupted)


_ENDINGS: Final = frozenset(
    {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED}
)
