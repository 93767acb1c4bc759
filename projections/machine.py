"""How each kind of matter runs: the steps and guards by which its history is folded (see `projections.solver`)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic

from events import Entry
from projections.solver import Solver
from projections.spell import S, Spell, Violation

Step = Callable[[S, Entry], S]
Guard = Callable[[S, Entry], Violation | None]


@dataclass(frozen=True)
class StateMachine(Generic[S]):
    """How one kind of matter runs: its first state, the step that each kind of event takes, and the guards of what
    may follow what. A step never refuses; the guards say which orders of the facts make sense."""

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
        """Register a law on what these kinds of event may follow. Its docstring is the rule, with its source."""

        def register(function: Guard[S]) -> Guard[S]:
            for kind in kinds:
                self.guards.setdefault(kind, []).append(function)
            return function

        return register

    def apply(self, state: S, entry: Entry) -> S:
        """The state after an entry; kinds without a step leave it as it is."""
        step = self.steps.get(entry.kind)
        return step(state, entry) if step else state

    def violation(self, state: S, entry: Entry) -> Violation | None:
        """Why the entry cannot follow this state; None where it can."""
        for law in self.guards.get(entry.kind, ()):
            if found := law(state, entry):
                return found
        return None

    def history(self, entries: Iterable[Entry]) -> Solver[S]:
        """The history of a matter of this kind."""
        return Solver(self, entries)

    def spells(self, entries: Iterable[Entry]) -> list[Spell[S]]:
        """The spells of a matter, the certain ones first, in the order of time.

        Entries that no lawful order holds (which `record` never accepts) are taken in the order of their dates.
        """
        return Solver(self, entries).spells

    def first_violation(self, entries: Iterable[Entry]) -> tuple[Entry, Violation] | None:
        """The entry that no lawful history can hold, and why; None where there is a lawful history."""
        return Solver(self, entries).first_violation

    def undecided(self, entries: Iterable[Entry]) -> tuple[Entry, Entry] | None:
        """Two facts of one day whose order would change the state and is given by nothing; None without such."""
        return Solver(self, entries).undecided
