"""The identity of a body: its name, who oversees it, the area that it serves, and its merger."""

from dataclasses import dataclass, field
from typing import Any

from events import Entry, Event
from events.body import BodyMerged, BodyRegistered, BodyRenamed, OversightChanged, TerritoryChanged
from projections.fact import label
from projections.machine import StateMachine, Violation


@dataclass(frozen=True, slots=True)
class Name:
    """The name of a body, all names that it had, and its registration; blank where it is not registered."""

    name: str = ""
    names: tuple[str, ...] = ()
    registered: BodyRegistered | None = None
    entries: tuple[Entry, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Oversight:
    """The local policing body, or fire and rescue authority; all blank where nothing is recorded."""

    office: str = ""
    name: str = ""
    holder: str | None = None
    entries: tuple[Entry, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Territory:
    """The area that a body serves; blank where nothing is recorded."""

    territory: str = ""
    entries: tuple[Entry, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True)
class Merger:
    """What a body was merged into, and what became of its open matters; blank if it was not merged."""

    into: str = ""
    fates: tuple[tuple[str, str], ...] = ()
    entries: tuple[Entry, ...] = field(default=(), compare=False)


NAME: StateMachine[Name] = StateMachine(Name())
OVERSIGHT: StateMachine[Oversight] = StateMachine(Oversight())
TERRITORY: StateMachine[Territory] = StateMachine(Territory())
MERGER: StateMachine[Merger] = StateMachine(Merger())
IDENTITY: dict[str, StateMachine[Any]]
IDENTITY = {"name": NAME, "oversight": OVERSIGHT, "territory": TERRITORY, "merger": MERGER}
"""The machines of the matter of a body itself: they run side by side."""


@NAME.step("body.registered", "body.renamed")
def _renamed(state: Name, event: BodyRegistered | BodyRenamed, entry: Entry) -> Name:
    registered = event if isinstance(event, BodyRegistered) else state.registered
    return Name(event.name, (*state.names, event.name), registered, (*state.entries, entry))


@OVERSIGHT.step("body.oversight_changed")
def _overseen(state: Oversight, event: OversightChanged, entry: Entry) -> Oversight:
    return Oversight(event.office, event.name, event.holder, (entry,))


@TERRITORY.step("body.territory_changed")
def _redrawn(state: Territory, event: TerritoryChanged, entry: Entry) -> Territory:
    return Territory(event.territory, (entry,))


@MERGER.step("body.merged")
def _merged(state: Merger, event: BodyMerged, entry: Entry) -> Merger:
    return Merger(event.into, tuple((item.matter, item.fate) for item in event.handovers), (entry,))


@MERGER.guard("body.renamed", "body.oversight_changed", "body.territory_changed", "body.merged")
def a_merged_body_changes_no_more(state: Merger, event: Event, entry: Entry) -> Violation | None:
    """A body that was merged into another has no name, oversight or area of its own any more. (Domain rule 13.)"""
    if not state.into:
        return None
    return Violation(
        "body", f"it was merged into {state.into} ({label(state.entries[0])})", f"record it for {state.into}"
    )
