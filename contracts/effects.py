"""Whether a write that was refused had its effect all the same.

Refused is only half of what a key's absence must do: B22 and S11 are carried out and then answered
401 or 403. So the write carries a mark, or deletes an object of this run, and a look with a
sufficient key says what came of it. That such a look would show it is proven first, with the same
write and a sufficient key: lists have pages, and replicas lag.
"""

from dataclasses import replace
from random import Random, SystemRandom
from typing import Final

from contracts.controls import Control, Controls
from contracts.credentials import Credential, Inapplicable, RoleKey
from contracts.exchange import Exchange, Request, Response
from contracts.manners import PLAIN, Manner
from contracts.marks import Mark, mark, markable
from contracts.operations import Operation
from contracts.wire import Wire

_MOST_MEMBERS: Final = 2
"""Members tried until one shows a mark; each costs two requests."""


_LOOKS: Final = 4
"""At an object that seems to be gone: a replica may not have heard of it yet."""


class Unseen(Exception):
    """The effect of an operation cannot be seen; the message says why."""


class Effects:
    """Asks for writes and looks at what came of them."""

    def __init__(self, controls: Controls, wire: Wire, *, draw: Random | None = None) -> None:
        self._controls, self._wire = controls, wire
        self._draw = draw or SystemRandom()
        self._proven: dict[str, str | None] = {}
        self._unseen: dict[str, str] = {}

    def asked(self, operation: Operation, credential: Credential, manner: Manner) -> Exchange:
        """Ask for a write in some manner, on a fresh connection, and look what came of it.

        Args:
            operation: The write.
            credential: What to send in the place of the key.
            manner: How to ask.

        Returns:
            The write's exchange, with its effect.

        Raises:
            Inapplicable: The operation writes nothing, or cannot be asked in this manner.
            Unseen: Its effect would not be seen.
            BudgetSpent: No further request may be written.
        """
        if operation.is_safe:
            raise Inapplicable
        member = self._shown_by(operation)
        exchange = self._watched(operation, credential, manner, member)
        if member is not None and not exchange.effect:
            self._prove_still(operation, member)
        return exchange

    def _prove_still(self, operation: Operation, member: str) -> None:
        """Show that a write would still be seen: a list of the oldest ends before the newest."""
        role = self._controls.of(operation).role
        assert role is not None
        if not self._watched(operation, RoleKey(role), PLAIN, member).effect:
            reason = "what it does with a sufficient key no longer shows where it is looked for"
            self._unseen[operation.label] = reason
            raise Unseen(reason)

    def _shown_by(self, operation: Operation) -> str | None:
        """Name the member that shows an effect, as was proven; None where an object's end does."""
        label = operation.label
        if label not in self._proven and label not in self._unseen:
            try:
                self._proven[label] = self._prove(operation)
            except Unseen as unseen:
                self._unseen[label] = str(unseen)
        if label in self._unseen:
            raise Unseen(self._unseen[label])
        return self._proven[label]

    def _prove(self, operation: Operation) -> str | None:
        role = self._controls.of(operation).role
        assert role is not None
        members: tuple[str | None, ...] = (None,)
        if operation.method != "DELETE":
            members = markable(operation.members)[:_MOST_MEMBERS]
        for member in members:
            exchange = self._watched(operation, RoleKey(role), PLAIN, member)
            answer = exchange.answer
            succeeded = isinstance(answer, Response) and operation.succeeded(answer)
            if succeeded and exchange.effect:
                return member
        if members:
            raise Unseen("what it does with a sufficient key does not show where it is looked for")
        raise Unseen("no member of its body can be told from what others write")

    def _watched(
        self, operation: Operation, credential: Credential, manner: Manner, member: str | None
    ) -> Exchange:
        control = self._controls.of(operation)
        request = self._prepared(control)
        written = None
        if member is not None:
            written = mark(member, operation.members[member], self._draw)
            request = written.put(request)
        asked = manner.change(replace(request, manner=manner.words), operation.draft)
        exchange = self._wire.ask(replace(asked, credential=credential), fresh=True)
        effect = self._effect(control, request, written)
        if operation.method == "DELETE" and effect:
            self._controls.replace(control)
        return replace(exchange, effect=effect)

    def _prepared(self, control: Control) -> Request:
        """The write's request; one that deletes is for an object that is there."""
        deletes = control.operation.method == "DELETE"
        if deletes and not self._is_there(control):
            self._controls.replace(control)
            if not self._is_there(control):
                raise Unseen("no object that it would delete can be read")
        assert control.request is not None
        return control.request

    def _is_there(self, control: Control) -> bool:
        request = control.request
        return request is not None and 200 <= (self._look(control, request).status or 0) < 300

    def _look(self, control: Control, request: Request) -> Exchange:
        """Read, with a sufficient key, what a write is about."""
        reader = self._controls.reader(control.operation)
        if reader is None or reader.request is None or reader.role is None:
            raise Unseen("no operation reads what it writes")
        path = request.target.partition("?")[0]
        query = reader.request.target.partition("?")[1:]
        look = replace(
            reader.request,
            target="".join((path, *query)),
            credential=RoleKey(reader.role),
        )
        return self._wire.ask(look, fresh=True)

    def _effect(self, control: Control, request: Request, written: Mark | None) -> str:
        if written is None:
            looks = (self._look(control, request).status for _ in range(_LOOKS))
            return "the object is gone" if all(status in {404, 410} for status in looks) else ""
        answer = self._look(control, request).answer
        shows = isinstance(answer, Response) and written.stands_in(answer.body)
        return f"what it wrote into {written.member} is there" if shows else ""
