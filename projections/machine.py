"""A state machine for one kind of matter: its initial state, what each kind of event does, and what may follow what.

Each subject has its own module of machines (`monitoring`, `concern`, `inspection` …). `projections.solver` finds the
days and the order in which a machine accepts the facts of a matter.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple

from events import Entry
from events.rules import holds
from projections.spell import S


class Violation(NamedTuple):
    """Why a fact cannot follow a state, and what to do about it."""

    field: str
    message: str
    hint: str
    same: Entry | None = None
    """The fact of the same kind that this one may be, as another source tells it."""


Step = Callable[[S, Any, Entry], S]
"""Returns the state after an event, given the state before, the event and its entry."""
Guard = Callable[[S, Any, Entry], Violation | None]


@dataclass(frozen=True)
class StateMachine(Generic[S]):
    """Steps and guards, by kind of event; both take a state, an event, and its entry. A step never refuses: only guards
    decide whether a fact may follow a state.
    """

    start: S
    steps: dict[str, Step[S]] = field(default_factory=dict)
    guards: dict[str, list[Guard[S]]] = field(default_factory=dict)

    def step(self, *kinds: str) -> Callable[[Step[S]], Step[S]]:
        """Register what these kinds of event do to the state."""

        def register(function: Step[S]) -> Step[S]:
            self.steps.update(dict.fromkeys(kinds, function))
            return function

        return register

    def guard(self, *kinds: str) -> Callable[[Guard[S]], Guard[S]]:
        """Register what these kinds of event may follow. The docstring of a guard is the rule, with its source."""

        def register(function: Guard[S]) -> Guard[S]:
            for kind in kinds:
                self.guards.setdefault(kind, []).append(function)
            return function

        return register

    def apply(self, state: S, entry: Entry) -> S:
        """The state after an entry; kinds without a step leave it as it is."""
        step = self.steps.get(entry.kind)
        return step(state, entry.event, entry) if step else state

    def violation(self, state: S, entry: Entry) -> Violation | None:
        """Why the entry cannot follow this state, by the rules of its day; None where it can."""
        for guard in self.guards.get(entry.kind, ()):
            if holds(guard, entry.rules) and (found := guard(state, entry.event, entry)):
                return found
        return None
