"""The valid requests of a run: each operation asked once with a sufficient key, before any probe.

Only where this control succeeded can a refusal come from the key alone. Which keys are alive is
known from here.
"""

import contextlib
from dataclasses import dataclass, replace
from typing import Final

from contracts.credentials import Role, RoleKey
from contracts.exchange import Exchange, NoAnswer, Request, Response
from contracts.keyring import Keyring
from contracts.operations import Catalogue, Operation, Unchecked
from contracts.pace import BudgetSpent
from contracts.preparation import Preparation
from contracts.settings import Settings
from contracts.wire import Wire

_GIVE_UP: Final = 2
"""Controls without any answer, or refused for the rate, after which no more are tried."""

_PATIENCE_S: Final = 5.0
_POLL_S: Final = 0.25
"""How long created keys are waited for in all, and how often they are tried."""


@dataclass(slots=True)
class Control:
    """The valid request of one operation, and what came of it.

    Attributes:
        operation: Which.
        role: Whose key it carries; None where no key could.
        request: The request for probes; None where there is none.
        exchange: The control's exchange; None where it was not asked.
        unchecked: Why there is no request, or no key.
    """

    operation: Operation
    role: Role | None = None
    request: Request | None = None
    exchange: Exchange | None = None
    unchecked: Unchecked | None = None

    @property
    def answer(self) -> Response | None:
        """The successful answer; None where the control did not succeed."""
        answer = self.exchange.answer if self.exchange else None
        succeeded = isinstance(answer, Response) and self.operation.succeeded(answer)
        return answer if succeeded and isinstance(answer, Response) else None


class Controls:
    """Every operation's control, and the keys they showed to be alive."""

    def __init__(
        self, catalogue: Catalogue, wire: Wire, keyring: Keyring, preparation: Preparation
    ) -> None:
        self._operations = {operation.label: operation for operation in catalogue.operations}
        self._wire, self._keyring, self._preparation = wire, keyring, preparation
        self._controls: dict[str, Control] = {}
        self._preparing: set[str] = set()
        self._unanswered = 0
        self._spent: BudgetSpent | None = None
        self._proven: set[Role] = set()
        self._patience = _PATIENCE_S
        self.live: set[Role] = set()

    @property
    def scopes(self) -> frozenset[str]:
        """Every scope that some operation is known to need."""
        needed = [one.scopes or () for one in self._operations.values()]
        return frozenset().union(*(scopes for alternatives in needed for scopes in alternatives))

    @property
    def operations(self) -> tuple[Operation, ...]:
        """All that the run may ask."""
        return tuple(self._operations.values())

    def of(self, operation: Operation) -> Control:
        """Give the operation's control, asked once; all controls are asked before any probe."""
        for every in self._operations.values():
            self._known(every)
        return self._controls[operation.label]

    def _known(self, operation: Operation) -> Control:
        if operation.label not in self._controls:
            control = self._asked(operation)
            self._note(control)
            self._controls[operation.label] = control
        return self._controls[operation.label]

    def _asked(self, operation: Operation) -> Control:
        role = self._keyring.control(operation)
        try:
            if self._spent is None:
                return self._asked_with(operation, role)
        except BudgetSpent as spent:
            self._spent = spent
        unchecked = Unchecked(operation.label, str(self._spent), self._spent.setting)
        return Control(operation, role, unchecked=unchecked)

    def _asked_with(self, operation: Operation, role: Role | None) -> Control:
        if role is None:
            reason = "no configured key suffices for it"
            return Control(operation, unchecked=Unchecked(operation.label, reason, "API_KEY"))
        if self._unanswered >= _GIVE_UP and not self.live:
            reason = "the target did not answer the controls before this one"
            return Control(operation, role, unchecked=Unchecked(operation.label, reason))
        request = self._prepared(operation)
        if isinstance(request, Unchecked):
            return Control(operation, role, unchecked=request)
        exchange = self._wire.ask(replace(request, credential=RoleKey(role)))
        if exchange.status in {404, 410} and operation.draft.given:
            again = self._prepared(operation, examples=False)
            if isinstance(again, Request):
                request = again
                exchange = self._wire.ask(replace(request, credential=RoleKey(role)))
        return Control(operation, role, request, exchange)

    def _prepared(self, operation: Operation, *, examples: bool = True) -> Request | Unchecked:
        self._preparing.add(operation.label)
        try:
            return self._preparation.request(
                operation, self.body_of, self._created_by, examples=examples
            )
        finally:
            self._preparing.discard(operation.label)

    def _note(self, control: Control) -> None:
        exchange = control.exchange
        if exchange and (isinstance(exchange.answer, NoAnswer) or exchange.status == 429):
            self._unanswered += 1
        if control.answer and control.role:
            self.live.add(control.role)
        if exchange:
            self.renew(control, exchange)

    def renew(self, control: Control, exchange: Exchange) -> None:
        """Find another object where an exchange deleted the one that probes ask for."""
        if control.operation.method == "DELETE" and 200 <= (exchange.status or 0) < 300:
            self.replace(control)

    def replace(self, control: Control) -> None:
        """Find another object for an operation whose own is gone."""
        control.request = None
        try:
            request = self._prepared(control.operation)
        except BudgetSpent as spent:
            request = Unchecked(control.operation.label, str(spent), spent.setting)
        if isinstance(request, Request):
            control.request = request
        else:
            control.unchecked = request

    def body_of(self, label: str) -> bytes | None:
        """Give the body of a control's answer, asking it first where it was not asked yet."""
        operation = self._operations.get(label)
        if operation is None or label in self._preparing:
            return None
        answer = self._known(operation).answer
        return answer.body if answer else None

    def _created_by(self, label: str) -> bytes | None:
        if self.body_of(label) is None:
            return None
        answer = self.again(self._operations[label])
        return answer.body if answer else None

    def again(self, operation: Operation) -> Response | None:
        """Ask a control once more, on a fresh connection; None where it fails now."""
        role = self._controls[operation.label].role
        return self.admitted(operation, role, fresh=True) if role is not None else None

    def admitted(self, operation: Operation, role: Role, *, fresh: bool) -> Response | None:
        """Ask an operation's valid request with a role's key; None where it does not succeed."""
        control = self._controls[operation.label]
        if control.request is None:
            return None
        exchange = self._wire.ask(replace(control.request, credential=RoleKey(role)), fresh=fresh)
        self.renew(control, exchange)
        answer = exchange.answer
        return answer if isinstance(answer, Response) and operation.succeeded(answer) else None

    def is_live(self, role: Role) -> bool:
        """Whether a key is alive; where that is not known, one operation it suffices for is asked.

        Once for each role: a run of 150 operations would ask 150 times.
        """
        if role not in self.live | self._proven and (operation := self._proving(role)):
            self._proven.add(role)
            with contextlib.suppress(BudgetSpent):
                if self.admitted(operation, role, fresh=False):
                    self.live.add(role)
        return role in self.live

    def arrives(self, role: Role) -> bool:
        """Whether a created key becomes known within a moment: nothing is answered 401 any more.

        That it was not known from the start is for D7 to say; until it is, its refusals say nothing
        of its scopes. Where one key never arrived, no other is waited for.
        """
        known = (c for c in self._controls.values() if c.operation.is_safe and c.answer)
        request = next((control.request for control in known if control.request), None)
        if request is None:
            return True
        asked = replace(request, credential=RoleKey(role))
        with contextlib.suppress(BudgetSpent):
            while self._wire.ask(asked, fresh=True).status == 401:
                if self._patience <= 0 or not self._wire.pace.pause(_POLL_S):
                    return False
                self._patience -= _POLL_S
        return True

    def _proving(self, role: Role) -> Operation | None:
        for operation in sorted(self._operations.values(), key=lambda one: not one.is_safe):
            control = self.of(operation)
            if self._keyring.admits(role, operation) and control.answer and control.request:
                return operation
        return None

    def reader(self, operation: Operation) -> Control | None:
        """The control of the operation that reads what this one writes, where it succeeded."""
        reader = self._operations.get(f"GET {operation.path}")
        control = self.of(reader) if reader else None
        return control if control and control.answer and control.request else None

    def reading(self, operation: Operation) -> Operation | None:
        """An operation that only reads and whose control succeeded with the same key."""
        role = self._controls[operation.label].role
        for other in self._operations.values():
            control = self._controls.get(other.label)
            if other.is_safe and control and control.answer and control.role == role:
                return other
        return None

    def elsewhere(self, operation: Operation) -> Response | None:
        """Ask a control at another URL: a cache may hold a refusal for its own."""
        control = self._controls[operation.label]
        if control.request is None or control.role is None or not operation.is_safe:
            return None
        target = control.request.target
        asked = replace(
            control.request,
            target=f"{target}{'&' if '?' in target else '?'}_=1",
            credential=RoleKey(control.role),
        )
        answer = self._wire.ask(asked, fresh=True).answer
        return answer if isinstance(answer, Response) and operation.succeeded(answer) else None

    def besides(self, operation: Operation) -> Operation | None:
        """Another operation whose control succeeded with the same key."""
        role = self._controls[operation.label].role
        for other in self._operations.values():
            control = self._controls.get(other.label)
            if other is not operation and control and control.answer and control.role == role:
                return other
        return None


def controls(catalogue: Catalogue, wire: Wire, keyring: Keyring, settings: Settings) -> Controls:
    """Build the controls of a run."""
    return Controls(catalogue, wire, keyring, Preparation(settings, wire.base_path))
