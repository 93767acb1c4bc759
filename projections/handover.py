"""Matters whose facts are made from the entries of others too; `Ties` says of which.

When a body is merged into another, a matter that is transferred goes on with the successor. There its facts are those
that it had before, the handover, and what is recorded of the successor itself. A finding that was escalated ends with
the issue of the concern that it became.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, ClassVar, Literal

from events import Entry, WorldEvent
from events.amendment import EntryCorrected
from events.body import BodyMerged
from events.concern import ConcernIssued
from projections.machine import StateMachine, Violation
from projections.solver import Solver
from projections.spell import Spells

OVER = ("transferred", "ended")
"""The statuses of a matter of a body that was merged into another."""


class _SaidElsewhere(WorldEvent):
    """What an event of another matter says of this one. Nobody can record one."""

    version: ClassVar[int] = 1
    identity: ClassVar[tuple[str, ...] | None] = None

    into: str


class HandedOver(_SaidElsewhere):
    """What a merger says of one matter: the successor takes it over, or it ended."""

    kind: ClassVar[str] = "handed-over"
    rank: ClassVar[int] = BodyMerged.rank

    fate: Literal["transferred", "ended"]


class Escalated(_SaidElsewhere):
    """What the issue of a concern says of the finding that grew into it."""

    kind: ClassVar[str] = "escalated"
    rank: ClassVar[int] = ConcernIssued.rank


class Ties:
    """Which matters need the entries of others, by every version of the entries that tie them."""

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.transfers: list[tuple[str, str]] = []
        """The matters of successors, each with the matter that became it."""
        self.mergers: dict[str, list[str]] = {}
        """By body: those that were merged into it."""
        self._needs: dict[str, list[str]] = {}
        self._needed_by: dict[str, list[str]] = {}
        self._tied: dict[str, list[str]] = {}
        for entry in entries:
            said = entry.content
            event = said.replacement.event if isinstance(said, EntryCorrected) else said
            if isinstance(event, ConcernIssued) and event.escalated_from:
                self._tie(f"{event.body}/finding/{event.escalated_from}", event.matter)
            elif isinstance(event, BodyMerged):
                self._tie(f"{event.body}/monitoring", event.matter)
                self.mergers.setdefault(event.into, []).append(event.body)
                for item in event.handovers:
                    own = f"{event.body}/{item.matter}"
                    self._tie(own, event.matter)
                    if item.fate == "transferred":
                        self._tie(event.successor(item), own)
                        self.transfers.append((event.successor(item), own))

    def _tie(self, matter: str, other: str) -> None:
        self._needs.setdefault(matter, []).append(other)
        self._needed_by.setdefault(other, []).append(matter)
        self._tied.setdefault(matter, []).append(other)
        self._tied.setdefault(other, []).append(matter)

    def affected_by(self, matters: Iterable[str]) -> list[str]:
        """These matters, and those whose facts are made from theirs."""
        return [*dict.fromkeys(one for matter in matters for one in (matter, *self.needed_by(matter)))]

    def needs(self, matter: str) -> list[str]:
        """The other matters whose entries the facts of a matter are made from."""
        return _reached(self._needs, matter)

    def needed_by(self, matter: str) -> list[str]:
        """The other matters whose facts are made from the entries of a matter."""
        return _reached(self._needed_by, matter)

    def tied(self, matter: str) -> list[str]:
        """A matter, and all that need it or that it needs, directly or by others."""
        return [matter, *_reached(self._tied, matter)]

    def merged_into(self, body: str) -> list[str]:
        """The bodies that were merged into a body, directly or by others."""
        return _reached(self.mergers, body)

    def names_after_merger(self, matter: str, body: str) -> list[str]:
        """The names that a body has, after a merger, for a matter of a body that was merged into it, each without the
        body."""
        _, _, name = matter.partition("/")
        if name.startswith("response/"):  # it is named after the report, whoever owes it
            return [name]
        own = f"{body}/"
        later: dict[str, list[str]] = {}
        for taken, earlier in self.transfers:
            later.setdefault(earlier, []).append(taken)
        return [taken.removeprefix(own) for taken in _reached(later, matter) if taken.startswith(own)]

    def of(self, body: str = "") -> list[str]:
        """The matters of a body, or of all, that need the entries of others."""
        return [matter for matter in self._needs if matter.startswith(f"{body}/" if body else "")]


def _reached(ties: dict[str, list[str]], matter: str) -> list[str]:
    found = dict.fromkeys([matter])
    todo = [matter]
    while todo:
        new = [other for other in ties.get(todo.pop(), ()) if other not in found]
        found |= dict.fromkeys(new)
        todo += new
    return [other for other in found if other != matter]


def facts_of(matter: str, entries: Iterable[Entry]) -> tuple[list[Entry], int]:
    """The facts of a matter of a body, from the entries in force of it and of those that it needs; and the number of
    handovers until it is this body's."""
    entries = list(entries)
    body, _, rest = matter.partition("/")
    found, handovers = [entry for entry in entries if entry.matter == matter], 0
    for entry in entries:
        event = entry.content
        if isinstance(event, ConcernIssued) and f"{event.body}/finding/{event.escalated_from}" == matter:
            found.append(_said_of(matter, entry, Escalated, into=event.concern))
        if not isinstance(event, BodyMerged):
            continue
        for item in event.handovers:
            if event.into == body and item.fate == "transferred" and event.successor(item) == matter:
                earlier, before = facts_of(f"{event.body}/{item.matter}", entries)
                found, handovers = [*earlier, *found], before + 1
            if event.body == body and item.matter == rest:
                found.append(_said_of(matter, entry, HandedOver, into=event.into, fate=item.fate))
        if event.body == body and rest == "monitoring":
            found.append(_said_of(matter, entry, HandedOver, into=event.into, fate="ended"))
    return found, handovers


def _said_of(matter: str, entry: Entry, class_: type[_SaidElsewhere], **says: str) -> Entry:
    """What an entry of another matter says of this one."""
    own = ("about", "not_stated", "note")
    common = {name: getattr(entry.event, name) for name in WorldEvent.model_fields if name not in own}
    return replace(entry, kind=class_.kind, matter=matter, content=class_.model_validate(common | says))


@dataclass(frozen=True)
class _Carried(StateMachine[Any]):
    """A machine whose state is that of another, with the number of handovers until it is this body's."""

    of: StateMachine[Any] = field(kw_only=True)

    def apply(self, state: Any, entry: Entry) -> Any:
        ahead, own = state
        if ahead and entry.kind == HandedOver.kind:
            return ahead - 1, replace(own, entries=(*own.entries, entry)) if own.entries else own
        return ahead, self.of.apply(own, entry)

    def violation(self, state: Any, entry: Entry) -> Violation | None:
        return self.of.violation(state[1], entry)


class Inherited(Solver[Any]):
    """The lawful histories of a matter that was another body's. Its ``spells`` are those with this body: before the
    handover nothing is on record of it."""

    def __init__(self, machine: StateMachine[Any], entries: Iterable[Entry], handovers: int) -> None:
        super().__init__(_Carried((handovers, machine.start), of=machine), entries)
        self._blank = machine.start

    @cached_property
    def whole(self) -> Spells[Any]:
        return self._spells_as(lambda _, own: own)

    @cached_property
    def spells(self) -> Spells[Any]:
        return self._spells_as(lambda ahead, own: self._blank if ahead else own)

    def _spells_as(self, value: Callable[[int, Any], Any]) -> Spells[Any]:
        carried = Solver(self.machine, self.facts).spells
        return Spells([spell._replace(state=value(*spell.state)) for spell in carried.states], carried.links)
