"""The life of a key that the run makes: new, in use, ended; and of the keys beside it.

The key is used before it is ended, so that whatever a server remembers of it is remembered. Its
life is over when the command that ends it has returned: a request written after that is late.
Promises: D7, D8.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from contracts.asking import CREATED, Asked, Send
from contracts.created import CreatedKeys
from contracts.credentials import SECOND, Role, RoleKey
from contracts.exchange import Exchange, Request, Response
from contracts.judge import ADMITTED, UNAUTHORIZED, Oracle
from contracts.keys import Ending
from contracts.operations import Operation
from contracts.probing import Answer
from contracts.series import Look, Series
from contracts.settings import Depth
from contracts.verdict import Severity
from contracts.wire import Wire

_WARMING: Final = 10
"""Calls before the end: enough for a cache to hold the key, and for one replica in several."""

_FRESH: Final = 20
"""Connections afterwards: a replica in eight that was not told shows in 93 of 100 series."""

_FEWEST: Final = 6
"""Requests below which a series shows nothing worth its cost."""

_PATIENCE_S: Final[Mapping[Depth, float]] = {
    Depth.QUICK: 0.0,
    Depth.DEFAULT: 6.0,
    Depth.THOROUGH: 60.0,
}
"""Seconds that a run waits in all: no other check can run meanwhile."""

_AGES: Final[Mapping[Depth, tuple[float, ...]]] = {
    Depth.QUICK: (),
    Depth.DEFAULT: (0.5, 1.0, 2.0, 5.0),
    Depth.THOROUGH: (0.5, 1.0, 2.0, 5.0, 15.0, 30.0, 60.0),
}
"""Seconds after the first key's end at which ended keys are looked at again; caches were seen to
hold keys for 60 s. What has passed already is not waited for."""

_RACES: Final[Mapping[Depth, int]] = {Depth.QUICK: 1, Depth.DEFAULT: 3, Depth.THOROUGH: 6}
"""Keys ended in use: whether a call is just under way is chance."""

_POLL_S: Final = 0.25

_LATER: Final = 4
"""Ended keys that are looked at again, the last ones."""


@dataclass(frozen=True, slots=True)
class Room:
    """One operation asked with created keys, and how often it may be.

    Attributes:
        operation: What is asked.
        request: Its valid request.
        requests: How many a check may make.
    """

    operation: Operation
    request: Request
    requests: int

    @property
    def warming(self) -> int:
        """Calls before a key is ended."""
        return min(_WARMING, self.requests // 3)

    @property
    def fresh(self) -> int:
        """Calls afterwards."""
        return min(_FRESH, self.requests - self.warming - 1)


@dataclass(slots=True)
class Lifecycle:
    """Lets keys live and die, and looks at what the target makes of it.

    Attributes:
        send: On whose behalf it asks.
        wire: To the target.
        depth: How long it waits, and how often it tries.
    """

    send: Send
    wire: Wire
    depth: Depth
    _patience: float = field(init=False)
    _ended: dict[Role, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._patience = _PATIENCE_S[self.depth]

    # --- D7 -----------------------------------------------------------------------------------

    def new_key(self, operation: Operation) -> Asked:
        """Use a key from the moment it was created, on fresh connections."""
        room = self.room(operation)
        with self.send.making_keys(operation):
            series = Series(self._repeated(lambda: self._new(room)), "it was created")
            if series.is_wrong_at_first:
                series = series.softened(Severity.S3)
            return self.asked(operation, series, ADMITTED)

    def _new(self, room: Room) -> Iterator[Look]:
        role, since = self.keys.new(room.operation), self.wire.pace.now
        for _ in range(min(_FRESH, room.requests)):
            yield (look := self.look(room, role, since, ADMITTED))
        while look.violates and self._wait(_POLL_S):
            yield (look := self.look(room, role, since, ADMITTED))

    def survivors(self, operation: Operation) -> Asked:
        """Use live keys after another one was deactivated, and again after it was deleted.

        Each was admitted right before, so it is its own control: where one key's end makes the
        target refuse every key, no other could be.
        """
        room = self.room(operation)
        with self.send.making_keys(operation):
            ended, sibling = self.alive(room), self.alive(room)
            roles = dict.fromkeys((self.send.sufficient(operation).of, SECOND, sibling))
            known = [role for role in roles if role in self.send.probing.keyring]
            alive = [role for role in known if _is_admitted(room, self.ask(room, role))]
            self.send.probing.controls.live.update(alive)
            looks: list[Look] = []
            for ending in Ending:
                since = self.end(ended, ending)
                looks += self._beside(room, alive, since, f"after another was {ending.past}")
            series = Series(looks, "another key was ended")
            return self.asked(operation, series, ADMITTED, lambda: "")

    def _beside(
        self, room: Room, alive: Sequence[Role], since: float, manner: str
    ) -> Iterator[Look]:
        for _ in range(max(2, room.fresh // (2 * len(alive)))):
            for role in alive:
                yield self.look(room, role, since, ADMITTED, manner)

    # --- D8 -----------------------------------------------------------------------------------

    def at_once(self, operation: Operation, ending: Ending) -> Asked:
        """End a key that is in use, and use it on fresh connections right afterwards."""
        room = self.room(operation)
        with self.send.making_keys(operation):
            role = self.alive(room)
            since, manner = self.end(role, ending), f"{ending.past} just before"
            looks = [self.look(room, role, since, UNAUTHORIZED, manner) for _ in range(room.fresh)]
            return self.asked(operation, Series(looks, f"it was {ending.past}"), UNAUTHORIZED)

    def kept_connection(self, operation: Operation, ending: Ending) -> Asked:
        """End a key, and use it on the connection on which it was used before."""
        room = self.room(operation)
        with self.send.making_keys(operation):
            looks = self._repeated(lambda: self._kept(room, ending))
            if not looks:
                self.send.skip(operation, CREATED, "the target keeps no connection open", None)
            return self.asked(operation, Series(looks, f"it was {ending.past}"), UNAUTHORIZED)

    def _kept(self, room: Room, ending: Ending) -> Iterator[Look]:
        role = self.alive(room)
        since, manner = self.end(role, ending), f"{ending.past} since it was used on the connection"
        look = self.look(room, role, since, UNAUTHORIZED, manner, fresh=False)
        if not look.exchange.fresh:
            yield look

    def raced(self, operation: Operation, ending: Ending) -> Asked:
        """Use a key while it is being ended, and again afterwards; several keys, one by one.

        What is answered meanwhile may be either.
        """
        room = self.room(operation)
        with self.send.making_keys(operation):
            looks: list[Look] = []
            for _ in range(_RACES[self.depth]):
                looks += self._race(room, ending)
                if sum(look.violates for look in looks) > 1:
                    break
            return self.asked(operation, Series(looks, f"it was {ending.past}"), UNAUTHORIZED)

    def _race(self, room: Room, ending: Ending) -> Iterator[Look]:
        role, provisioner = self.alive(room, calls=1), self.keys.provisioner
        started = provisioner.starting_to(ending, role)
        most = max(_FEWEST, 2 * room.requests // _RACES[self.depth])
        while most and started.poll() is None:
            most -= 1
            self.ask(room, role, fresh=False)
        provisioner.finished(ending, role, started)
        since = self._ended[role] = self.wire.pace.now
        for _ in range(_AFTER_RACE):
            yield self.look(room, role, since, UNAUTHORIZED, f"{ending.past} while in use")

    def later(self, operation: Operation) -> Asked:
        """Use the keys that were ended so far again, now and some seconds later."""
        room = self.room(operation)
        with self.send.making_keys(operation):
            if not self._ended:
                self.end(self.alive(room), Ending.DEACTIVATE)
            series = Series(list(self._aged(room)), "it was ended")
            return self.asked(operation, series, UNAUTHORIZED)

    def _aged(self, room: Room) -> Iterator[Look]:
        yield from self._looks_at_ended(room)
        first = min(self._ended.values())
        for age in _AGES[self.depth]:
            left = first + age - self.wire.pace.now
            if left > 0 and self._wait(left):
                yield from self._looks_at_ended(room)

    def _looks_at_ended(self, room: Room) -> Iterator[Look]:
        for role, since in list(self._ended.items())[-_LATER:]:
            yield self.look(room, role, since, UNAUTHORIZED, "ended some time before")

    # --- what they are made of ----------------------------------------------------------------

    @property
    def keys(self) -> CreatedKeys:
        """Makes the keys; there is one where there is room."""
        assert self.send.created is not None
        return self.send.created

    def room(self, operation: Operation) -> Room:
        """Give the operation's request and the check's share; the check ends where there is none.

        Only what reads is asked so often.
        """
        send = self.send
        if send.created is None:
            send.skip(operation, CREATED, "no key can be made for it", "KEY_PROVISIONER")
        if not operation.is_safe:
            send.skip(operation, CREATED, "asking it again and again would change data", None)
        request = send.valid_request(operation, CREATED)
        requests = _FRESH + _WARMING + 1 if send.share is None else send.share
        if requests < _FEWEST:
            send.skip(operation, CREATED, "the requests of this depth were spent", "DEPTH")
        return Room(operation, request, requests)

    def alive(self, room: Room, calls: int | None = None) -> Role:
        """Make a key and use it: on fresh connections, and at last on one that stays open."""
        role, calls = self.keys.new(room.operation), calls or room.warming
        exchange = self.ask(room, role)
        while not _is_admitted(room, exchange) and self._wait(_POLL_S):
            exchange = self.ask(room, role)
        if not _is_admitted(room, exchange):
            reason = f"the created key is not admitted: {exchange.status or exchange.answer}"
            unknown = exchange.status == 403 and room.operation.scopes is None
            setting = "SCOPE_MAP" if unknown else "KEY_PROVISIONER"
            self.send.inconclusive(room.operation, CREATED, reason, setting)
        for turn in range(1, calls):
            self.ask(room, role, fresh=turn < calls - 2)
        return role

    def end(self, role: Role, ending: Ending) -> float:
        """End a key, and give the moment from which it must be refused."""
        self.keys.provisioner.end(role, ending)
        self._ended[role] = self.wire.pace.now
        return self._ended[role]

    def ask(self, room: Room, role: Role, *, fresh: bool = True, manner: str = "") -> Exchange:
        """Ask with a role's key."""
        request = replace(room.request, credential=RoleKey(role), manner=manner)
        return self.wire.ask(request, fresh=fresh)

    def look(
        self,
        room: Room,
        role: Role,
        since: float,
        oracle: Oracle,
        manner: str = "",
        *,
        fresh: bool = True,
    ) -> Look:
        """Ask with a role's key, and judge the answer as things stand."""
        exchange = self.ask(room, role, fresh=fresh, manner=manner)
        judgements = self.send.probing.read(Answer(room.operation, exchange), oracle)
        return Look(exchange, judgements, max(0.0, exchange.written_at - since))

    def asked(
        self,
        operation: Operation,
        series: Series,
        oracle: Oracle,
        failure: Callable[[], str] | None = None,
    ) -> Asked:
        """Give a series as one answer, for a check to expect something of.

        Args:
            operation: What was asked.
            series: The answers.
            oracle: What would have been right.
            failure: Asks the control; the operation's own unless another is given.
        """
        answer = Answer(operation, series.shown(self.send.check.requirement))
        control = self.send.probing.controls.again

        def fails() -> str:
            return "" if control(operation) else "but the control failed"

        answer.judged[oracle] = series.confirmed(failure or fails)
        return Asked(answer, self.send)

    def _repeated(self, live: Callable[[], Iterator[Look]]) -> Sequence[Look]:
        """Look at one key's life; at a second's where a wrong answer came just once."""
        looks = list(live())
        return [*looks, *live()] if sum(look.violates for look in looks) == 1 else looks

    def _wait(self, seconds: float) -> bool:
        """Let time pass, where patience and the run's own time allow it."""
        if seconds > self._patience or not self.wire.pace.pause(seconds):
            return False
        self._patience -= seconds
        return True


def _is_admitted(room: Room, exchange: Exchange) -> bool:
    return isinstance(exchange.answer, Response) and room.operation.succeeded(exchange.answer)


_AFTER_RACE: Final = 3
"""Looks at a key that was ended in use: a cache that was filled again is seen at once."""
