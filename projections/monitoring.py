"""The phase of a body: Scan or Engage; and moves that are decided but not yet in effect."""

from dataclasses import dataclass, field, replace
from typing import Literal

from events import Entry, Event
from events.monitoring import ConcernAdded, Engaged, MoveDecided
from events.values import Phase
from projections.days import began
from projections.fact import dated, label
from projections.handover import HandedOver
from projections.machine import StateMachine, Violation
from projections.shown import PHASES

IN_ENGAGE = ("monitoring.engaged", "monitoring.continued", "monitoring.concern_added")
"""The kinds of event that are evidence that a body is in Engage."""


@dataclass(frozen=True, slots=True)
class Monitoring:
    """The phase (none, if the body was merged into another), whether it is only presumed, and the pending
    move. ``entries`` are the basis of the phase; ``concerns`` are those that the present Engage process names.
    """

    phase: Phase | Literal["none"] = "scan"
    presumed: bool = True
    pending: Phase | None = None
    takes_effect: str | None = None
    pending_entries: tuple[Entry, ...] = field(default=(), compare=False)
    entries: tuple[Entry, ...] = field(default=(), compare=False)
    concerns: tuple[str, ...] = field(default=(), compare=False)


MONITORING: StateMachine[Monitoring] = StateMachine(Monitoring())
"""Every body is presumed in Scan until something is recorded. Presumed is weaker than certain."""


@MONITORING.step("monitoring.move_decided")
def _decided(state: Monitoring, event: MoveDecided, entry: Entry) -> Monitoring:
    return replace(
        state,
        pending=event.phase,
        takes_effect=event.stated("takes_effect"),
        pending_entries=(*state.pending_entries, entry),
    )


@MONITORING.step("monitoring.engaged")
def _engaged(state: Monitoring, event: Engaged, entry: Entry) -> Monitoring:
    return Monitoring("engage", presumed=False, entries=(entry,), concerns=event.concerns)


@MONITORING.step("monitoring.continued")
def _continued(state: Monitoring, event: Event, entry: Entry) -> Monitoring:
    return replace(state, entries=(*state.entries, entry))


@MONITORING.step("monitoring.concern_added")
def _concern_added(state: Monitoring, event: ConcernAdded, entry: Entry) -> Monitoring:
    joined = (*state.concerns, *event.concerns)
    return replace(state, entries=(*state.entries, entry), concerns=joined)


@MONITORING.step("monitoring.returned")
def _returned(state: Monitoring, event: Event, entry: Entry) -> Monitoring:
    return Monitoring("scan", presumed=False, entries=(entry,))


@MONITORING.step(HandedOver.kind)
def _merged(state: Monitoring, event: HandedOver, entry: Entry) -> Monitoring:
    return Monitoring("none", presumed=False, entries=(entry,))


@MONITORING.guard(
    "monitoring.move_decided", "monitoring.engaged", "monitoring.continued", "monitoring.concern_added",
    "monitoring.returned",
)  # fmt: skip
def a_merged_body_has_no_phase(state: Monitoring, event: Event, entry: Entry) -> Violation | None:
    """A body that was merged into another is in no phase any more. (Domain rule 13.)"""
    if state.phase != "none":
        return None
    (merger,) = state.entries
    assert isinstance(merger.event, HandedOver)
    into = merger.event.into
    return Violation("body", f"it was merged into {into} ({label(merger)})", f"record it for {into}")


@MONITORING.guard("monitoring.engaged")
def engage_is_entered_from_scan(state: Monitoring, event: Event, entry: Entry) -> Violation | None:
    """A body that is in Engage cannot enter it again; a further concern that joins is recorded as added to the
    process, and a re-entry after a return to Scan is a new spell. (Domain rule 1; HMICFRS, monitoring portfolios.)
    """
    if state.phase != "engage":
        return None
    return Violation(
        "effective",
        f"already in Engage{_since(state)}",
        "for a concern that joins use `monitoring add-concern`; for a stay after a review `monitoring continue`",
        _last_move(state, entry),
    )


@MONITORING.guard("monitoring.returned", "monitoring.continued", "monitoring.concern_added")
def engage_is_what_one_stays_in_or_leaves(state: Monitoring, event: Event, entry: Entry) -> Violation | None:
    """Staying in Engage, adding a concern to its process and returning to Scan all need a body that is in Engage
    on that date. (Domain rule 1.)
    """
    if state.phase == "engage":
        return None
    known = "presumed in Scan: no move to Engage by then is recorded" if state.presumed else f"in Scan{_since(state)}"
    return Violation(
        "effective",
        f"not in Engage then, but {known}",
        "record `monitoring engage` first, or check the date",
        _last_move(state, entry),
    )


@MONITORING.guard("monitoring.move_decided")
def a_move_leads_elsewhere(state: Monitoring, event: MoveDecided, entry: Entry) -> Violation | None:
    """A decided move leads to the other phase than the one that the body is in. (Domain rule 1.)"""
    if event.phase != state.phase:
        return None
    return Violation(
        "phase", f"the body is in {PHASES[state.phase]} already on that date", "check the phase or the date"
    )


def _last_move(state: Monitoring, entry: Entry) -> Entry | None:
    """The move into the present phase, if it is of the kind of an entry."""
    return next((move for move in state.entries[:1] if move.kind == entry.kind), None)


def _since(state: Monitoring) -> str:
    first = state.entries[0]
    days = dated(first)
    return f"{' ' if days.earliest == days.latest else ', '}{began(days, 'entered')} ({label(first)})"
