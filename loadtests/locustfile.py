"""Locust's way in: options, one user, one shape, listeners.

`locust` alone runs the rate-limit scenario against the configured target, headless or with its
web UI, in one process or with its own master and workers.
"""

import signal
import sys
import time
from collections.abc import Callable
from typing import Any, Final

import gevent
from locust import LoadTestShape, User, constant, events, task  # first: it patches the process
from locust.env import Environment
from locust.rpc import Message
from locust.runners import LocalRunner, MasterRunner, WorkerRunner

from contracts.algebra import Interruption
from contracts.client import may_be_loaded
from contracts.layers import SettingsError, lines
from contracts.session import configured
from contracts.settings import SECRET_SETTINGS, Settings
from loadtests import messages
from loadtests.conductor import Conductor
from loadtests.director import AHEAD_HERE_S, AHEAD_S
from loadtests.panel import install
from loadtests.trace import Call
from loadtests.worker import Worker

_DEST: Final = "busyboard_"

_USAGE: Final = 2
"""Exit code of wrong settings."""


class Caller(User):
    """Carries the scenario; the calls themselves come from the dispatcher, by the clock."""

    wait_time = constant(3600)

    @task
    def wait(self) -> None:
        """Do nothing: a user that waits stops at once."""


class UntilDone(LoadTestShape):
    """Keeps one user per worker until the plan is done."""

    def tick(self) -> tuple[int, float] | None:
        """Ask whether to go on."""
        conductor = _conductor
        if conductor is None or conductor.is_over:
            return None
        return max(1, len(conductor.workers())), 10


_conductor: Conductor | None = None
"""Of this process, where it is the master or the only one."""


@events.init_command_line_parser.add_listener
def add_options(parser: Any) -> None:  # noqa: ANN401 -- Locust's parser, untyped
    """Every setting that is no secret is an option of Locust too, with its own variable."""
    for name, field in Settings.model_fields.items():
        if name not in SECRET_SETTINGS:
            parser.add_argument(
                f"--{name.replace('_', '-')}",
                dest=_DEST + name,
                env_var=f"BUSYBOARD_{name.upper()}",
                default=None,
                help=f"{field.description} [BUSYBOARD_{name.upper()}]".replace("%", "%%"),
                include_in_web_ui=False,
            )


@events.init.add_listener
def set_up(environment: Environment, **_: object) -> None:
    """Read the settings and connect the parts to Locust's messages."""
    global _conductor  # noqa: PLW0603 -- Locust makes the shape itself and hands it nothing
    settings = _settings(environment)
    runner = environment.runner
    assert runner is not None
    if isinstance(runner, WorkerRunner | LocalRunner):
        _connect_worker(Worker(settings, runner.send_message, _fire(environment)), runner)
    if isinstance(runner, MasterRunner | LocalRunner):
        ahead = AHEAD_HERE_S if isinstance(runner, LocalRunner) else AHEAD_S
        _conductor = Conductor(settings, runner.send_message, _names(runner), ahead)
        _connect_conductor(_conductor, environment)
        if environment.web_ui:
            options = environment.parsed_options
            install(environment.web_ui, _conductor, options.web_base_path if options else "")
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, _end, environment, number)


def _settings(environment: Environment) -> Settings:
    options = vars(environment.parsed_options)
    given = {
        name.removeprefix(_DEST): value
        for name, value in options.items()
        if name.startswith(_DEST) and value
    }
    try:
        settings = configured(given).settings
        if environment.host and environment.host.rstrip("/") != settings.base_url:
            raise SettingsError(
                f"BUSYBOARD_BASE_URL: is {settings.base_url}, but --host is {environment.host}; "
                "leave --host out"
            )
        if not may_be_loaded(settings):
            raise SettingsError(
                f"BUSYBOARD_LOAD_ALLOWED_HOSTS: does not name the host of {settings.base_url}; "
                "add it where load may be put on it"
            )
    except SettingsError as error:
        for line in lines(error.lines):
            sys.stderr.write(f"{line}\n")
        sys.exit(_USAGE)
    environment.host = settings.base_url
    return settings


def _connect_worker(worker: Worker, runner: WorkerRunner | LocalRunner) -> None:
    def segment(msg: Message, **_: object) -> None:
        worker.take_segment(msg.data)

    def cut(msg: Message, **_: object) -> None:
        worker.take_cut(msg.data)

    def question(msg: Message, **_: object) -> None:
        worker.take_question(msg.data)

    runner.register_message(messages.ASK_CLOCK, question)
    runner.register_message(messages.SEGMENT, segment)
    runner.register_message(messages.CUT, cut)


def _connect_conductor(conductor: Conductor, environment: Environment) -> None:
    runner = environment.runner
    assert runner is not None

    def calls(msg: Message, **_: object) -> None:
        if conductor.director:
            conductor.director.take_calls(msg.data)

    def ended(msg: Message, **_: object) -> None:
        if conductor.director:
            conductor.director.take_end(msg.data, msg.node_id)

    def clock(msg: Message, **_: object) -> None:
        if conductor.director:
            conductor.director.take_clock(msg.data, msg.node_id)

    def start(**_: object) -> None:
        gevent.spawn(_conducted, conductor, environment)

    runner.register_message(messages.CLOCK, clock)
    runner.register_message(messages.CALLS, calls)
    runner.register_message(messages.ENDED, ended)
    environment.events.test_start.add_listener(start)
    environment.events.quitting.add_listener(lambda **_: _wait_for(conductor))


def _conducted(conductor: Conductor, environment: Environment) -> None:
    """Run the test; the one place where the exit code is set."""
    try:
        conductor.conduct()
    finally:
        if conductor.exit_code is None:
            conductor.exit_code = _DEFECT
        environment.process_exit_code = _INTERRUPTED.get(
            conductor.interrupted or "", conductor.exit_code
        )


_DEFECT: Final = 3
"""Exit code where the scenario itself failed."""

_INTERRUPTED: Final = {"SIGINT": 130, "SIGTERM": 143}


def _names(runner: MasterRunner | LocalRunner) -> Callable[[], list[str]]:
    """Name the workers that can be asked now."""
    if isinstance(runner, LocalRunner):
        return lambda: ["local"]
    clients = runner.clients
    return lambda: [node.id for node in clients.ready + clients.spawning + clients.running]


def _fire(environment: Environment) -> Callable[[Call], None]:
    """Tell Locust of each call; a documented answer is a success, response time is from asked."""

    def fire(call: Call) -> None:
        failed = call.lost or bool(call.fault)
        environment.events.request.fire(
            request_type="GET",
            name=f"{call.probe} {call.status or 'no answer'}",
            response_time=(call.answered - call.asked) * 1000,
            response_length=0,
            exception=RuntimeError(call.fault or "no answer") if failed else None,
            context={},
        )

    return fire


def _end(environment: Environment, number: int) -> None:
    """End on a signal: the plan stops, the findings are written, Locust quits.

    Locust's own handler may run beside this one and read the exit code at once.
    """
    name: Interruption = "SIGINT" if number == signal.SIGINT else "SIGTERM"
    environment.process_exit_code = _INTERRUPTED[name]
    if _conductor:
        _conductor.interrupt(name)
        _wait_for(_conductor)
    environment.process_exit_code = _INTERRUPTED[name]
    if environment.runner:
        environment.runner.quit()
    if environment.web_ui:
        environment.web_ui.stop()


def _wait_for(conductor: Conductor) -> None:
    """Let a test that has begun write what it found."""
    deadline = time.monotonic() + _LONGEST_END_S
    while conductor.has_begun and not conductor.is_over and time.monotonic() < deadline:
        gevent.sleep(0.05)


_LONGEST_END_S: Final = 3.0
"""Seconds within which a stopped test writes what it found."""
