"""Bodies, their names, and mergers."""

from events import Entry, WorldEvent
from events.body import BodyMerged, BodyRegistered, name_target
from events.concern import ConcernAnnounced, ConcernIssued
from events.entry import ContentWithheld
from events.finding import FindingRecorded
from events.plan import PlanAnnounced
from events.review import ReviewScheduled
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import Problems, refuses, warns
from projections.body import substreams
from projections.identity import Merger
from projections.spell import on

_HANDED_OVER = ("concern", "finding", "review", "plan")

Opening = ConcernAnnounced | ConcernIssued | FindingRecorded | ReviewScheduled | PlanAnnounced


@refuses
def a_body_is_known_by_names_of_its_own(event: BodyRegistered, context: RuleContext) -> Problems:
    """No two bodies are known by the same name, code or alias, so that a reader can tell which is meant."""
    names = [("name", event.name), ("code", event.code), *(("aliases", alias) for alias in event.aliases)]
    for field, text in names:
        if text is None:
            continue
        named = context.in_force_citing(name_target(text), but_in=event.matter)
        if others := ", ".join(sorted({other.matter.removeprefix("body/") for other in named})):
            yield Problem(f"'{text}' is known as {others}", "leave it out, or write it in full", field)


@refuses
def a_merger_hands_over_what_is_open(event: BodyMerged, context: RuleContext) -> Problems:
    """When a body is merged into another, the merger says of each open matter whether it is transferred or ended.
    (Domain rule 13.)
    """
    if event.into == event.body:
        yield Problem("a body cannot be merged into itself", "name its successor", "into")
    elif not context.has(BodyRegistered.kind, f"body/{event.into}"):
        yield Problem(f"no body '{event.into}' is registered", "use `body register` for the successor", "into")
    matters: dict[str, list[Entry]] = {}
    for other in context.under(f"{event.body}/"):
        if other.matter.split("/")[1] in _HANDED_OVER:
            matters.setdefault(other.matter.split("/", 1)[1], []).append(other)
    withheld = {matter: entry for matter, entries in matters.items() for entry in entries if entry.is_withheld}
    known = {matter: entries for matter, entries in matters.items() if matter not in withheld}
    open_matters = {m for m, entries in known.items() if _was_open(f"{event.body}/{m}", entries, event)}
    named = {item.matter for item in event.handovers} - withheld.keys()
    for matter in sorted(open_matters - named):
        yield Problem(f"{matter} is open", "say in `handovers` whether it is transferred or ended", "handovers")
    for matter in sorted(named - open_matters):
        yield Problem(f"{matter} is not open on that date", "leave it out, or check its id", "handovers")
    for entry in withheld.values():
        raise ContentWithheld(entry)  # whether that matter was open cannot be asked; all others were


@warns
def an_open_item_that_a_merger_did_not_name(event: Opening, context: RuleContext) -> Problems:
    """What was open when a body was merged, and is recorded later, was handed over or ended like the rest.
    (Domain rules 11 and 13.)
    """
    matter = event.matter.split("/", 1)[1]
    for other in context.in_force(f"body/{event.body}"):
        merger = other.event
        if not isinstance(merger, BodyMerged) or context.is_new(other):
            continue
        named = {item.matter for item in merger.handovers}
        if matter not in named and _was_open(event.matter, context.in_force(event.matter), merger):
            yield Problem(
                f"{matter} was open when {event.body} was merged into {merger.into} (#{other.position})",
                f"correct #{other.position}: say in `handovers` whether it was transferred or ended",
                "effective",
            )


@warns
def a_body_that_was_merged(event: WorldEvent, context: RuleContext) -> Problems:
    """After a merger, facts are as a rule about the successor. (Domain rule 13.)"""
    merger: Merger = context.state(f"body/{event.body}", ("merger", ""), event.effective.earliest)
    if merger.into and not isinstance(event, BodyMerged):
        yield Problem(f"{event.body} had been merged into {merger.into} by then", "check which body is meant", "body")


def _was_open(matter: str, entries: list[Entry], merger: BodyMerged) -> bool:
    """Whether anything of a matter was open on the last day on which the merger can have taken effect."""
    day = merger.effective.latest
    states = [on(substream.solver().spells, day) for substream in substreams(matter, entries)]
    return any(state.status in ("announced", "open", "scheduled", "planned") for state in states)
