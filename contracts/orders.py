"""Lives of several keys in orders that nobody thought of, drawn by Hypothesis.

A model knows which keys are alive; each use is judged by it. What is wrong is collected, not
raised: a life cannot be lived again exactly, and shrinking would make keys by the dozen.
"""

from dataclasses import dataclass, field
from typing import Final

import hypothesis
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.asking import CREATED, Asked
from contracts.credentials import Role
from contracts.judge import ADMITTED, UNAUTHORIZED
from contracts.keys import Ending
from contracts.lifecycle import Lifecycle, Room
from contracts.operations import Operation
from contracts.series import Look, Series
from contracts.settings import Depth

_LIVES: Final = 8
_STEPS: Final = 12
_KEYS: Final = 4
"""Orders, steps in each, keys in each: some forty calls of the operator's command at most."""

_USES: Final = 2
"""Calls of one step, each on a fresh connection."""


@dataclass(slots=True)
class Model:
    """What is known of the keys of one run of orders.

    Attributes:
        lifecycle: Makes and ends them.
        room: What they are used for.
        looks: What was seen.
        ends: Since when each key is no longer alive, None while it is.
        left: Requests that may still be made.
    """

    lifecycle: Lifecycle
    room: Room
    looks: list[Look] = field(default_factory=list)
    ends: dict[Role, float | None] = field(default_factory=dict)
    left: int = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.room.requests

    @property
    def is_over(self) -> bool:
        """Whether enough was seen, or enough was asked."""
        return self.left < _USES or sum(look.violates for look in self.looks) > 1

    def create(self) -> None:
        """Make a key."""
        self.ends[self.lifecycle.keys.new(self.room.operation)] = None

    def use(self, role: Role) -> None:
        """Use a key, dead or alive, and judge the answers by what it is."""
        since, now = self.ends[role], self.lifecycle.wire.pace.now
        oracle = ADMITTED if since is None else UNAUTHORIZED
        for _ in range(_USES):
            self.left -= 1
            manner = "in a drawn order of lives"
            age = now if since is None else since
            self.looks.append(self.lifecycle.look(self.room, role, age, oracle, manner))

    def use_every(self) -> None:
        """Use every key, as long as there is room."""
        for role in self.ends:
            if not self.is_over:
                self.use(role)

    def end(self, role: Role, ending: Ending) -> None:
        """End a key that is alive."""
        self.ends[role] = self.lifecycle.end(role, ending)


def _machine(model: Model) -> type[RuleBasedStateMachine]:
    class Orders(RuleBasedStateMachine):
        """Creates, uses and ends keys, as long as there is room."""

        def __init__(self) -> None:
            super().__init__()
            model.ends.clear()

        @precondition(lambda _: not model.is_over and len(model.ends) < _KEYS)
        @rule()
        def create(self) -> None:
            model.create()

        @precondition(lambda _: bool(model.ends) and not model.is_over)
        @rule(data=st.data())
        def use(self, data: st.DataObject) -> None:
            model.use(data.draw(st.sampled_from(list(model.ends))))

        @precondition(lambda _: None in model.ends.values() and not model.is_over)
        @rule(data=st.data(), ending=st.sampled_from(Ending))
        def end(self, data: st.DataObject, ending: Ending) -> None:
            alive = [role for role, end in model.ends.items() if end is None]
            model.end(data.draw(st.sampled_from(alive)), ending)

        @rule()
        def rest(self) -> None:
            """Some rule must always be possible."""

        def teardown(self) -> None:
            """At last every key is used once more."""
            model.use_every()

    return Orders


def drawn_orders(lifecycle: Lifecycle, operation: Operation, seed: int) -> Asked:
    """Live drawn orders of lives; at the greatest depth alone.

    Args:
        lifecycle: Makes and ends keys.
        operation: What they are used for.
        seed: The same seed draws the same orders.
    """
    if lifecycle.depth is not Depth.THOROUGH:
        reason = "drawn orders of lives are for the greatest depth"
        lifecycle.send.skip(operation, CREATED, reason, "DEPTH")
    model = Model(lifecycle, lifecycle.room(operation))
    with lifecycle.send.making_keys(operation):
        run_state_machine_as_test(
            hypothesis.seed(seed)(_machine(model)),
            settings=hypothesis.settings(max_examples=_LIVES, stateful_step_count=_STEPS),
        )
        if not model.looks:
            lifecycle.send.skip(operation, CREATED, "no order drawn used a key", "SEED")
        return lifecycle.asked(operation, Series(model.looks, "a key was ended"), UNAUTHORIZED)
