"""Bodies, their names, and mergers."""

from collections.abc import Iterator
from datetime import date

from events import Entry, WorldEvent
from events.body import BodyMerged, BodyRegistered, BodyRenamed, name_target
from events.concern import ConcernAnnounced, ConcernIssued
from events.entry import ContentMissing
from events.finding import FindingRecorded
from events.plan import PlanAnnounced
from events.recommendation import RecommendationIssued
from events.review import ReviewScheduled
from events.terms import folded
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import Problems, refuses, warns
from projections.body import substreams
from projections.days import LAST_DAY
from projections.identity import Merger

_HANDED_OVER = ("concern", "finding", "recommendation", "review", "plan")

Opening = ConcernAnnounced | ConcernIssued | FindingRecorded | RecommendationIssued | ReviewScheduled | PlanAnnounced


@refuses
def a_body_is_known_by_names_of_its_own(event: BodyRegistered | BodyRenamed, context: RuleContext) -> Problems:
    """No two bodies are known by the same id, name, code or alias on one day, so that a reader can tell which is meant.
    A name that a body has given up, or that was merged away with it, is free again.
    """
    names: list[tuple[str, str | None]] = [("name", event.name)]
    if isinstance(event, BodyRegistered):
        names += [("body", event.body), ("code", event.code), *(("aliases", alias) for alias in event.aliases)]
    for field, text in names:
        if text is None:
            continue
        named = context.in_force_citing(name_target(text), but_in=event.matter)
        others = {
            other.matter.removeprefix("body/")
            for other in named
            for first, until in _days_of(text, other.matter, context)
            if any(first < end and begin < until for begin, end in _days_of(text, event.matter, context))
        }
        if others:
            known = ", ".join(sorted(others))
            yield Problem(f"'{text}' is known as {known}", "leave it out, or write it in full", field)


def _days_of(text: str, matter: str, context: RuleContext) -> Iterator[tuple[date, date]]:
    """The days on which a body is known by a name, id, code or alias: from the first up to, not including, the last."""
    subjects = context.solvers_of(matter)
    ended = next((s.since for s in subjects["merger", ""].spells if s.state.into), LAST_DAY)
    for spell in subjects["name", ""].spells:
        registered = spell.state.registered
        own = [spell.state.name]
        if registered:
            own += filter(None, (registered.body, registered.code, *registered.aliases))
        began = registered.established.earliest if registered and registered.established else spell.since
        if folded(text) in map(folded, own):
            yield max(began, spell.since), min(spell.until, ended)


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
        matters.setdefault(other.matter.split("/", 1)[1], []).append(other)
    for name in context.ties.of(event.body):  # as without this merger
        needed = [other for other in context.ties.needs(name) if other != event.matter]
        if needed:
            own = matters.setdefault(name.split("/", 1)[1], [])
            own += [fact for other in needed for fact in context.in_force(other)]
    matters = {matter: entries for matter, entries in matters.items() if matter.split("/")[0] in _HANDED_OVER}
    withheld = {matter: entry for matter, entries in matters.items() for entry in entries if entry.is_withheld}
    known = {matter: entries for matter, entries in matters.items() if matter not in withheld}
    open_matters = {m for m, entries in known.items() if _was_open(f"{event.body}/{m}", entries, event)}
    named = {item.matter for item in event.handovers} - withheld.keys()
    for matter in sorted(open_matters - named):
        yield Problem(f"{matter} is open", "say in `handovers` whether it is transferred or ended", "handovers")
    for matter in sorted(named - open_matters):
        yield Problem(f"{matter} is not open on that date", "leave it out, or check its id", "handovers")
    for matter in sorted(named & open_matters):
        for solver in context.solvers_of(f"{event.body}/{matter}").values():
            if solver.first_violation:
                at, violation = solver.first_violation
                what = f"with this, #{at.position} ({at.kind}) could not have followed: {violation.message}"
                yield Problem(what, f"check the date, or correct #{at.position}", "effective")
    for entry in withheld.values():
        raise ContentMissing(entry)  # whether that matter was open cannot be asked; all others were


@refuses
def what_a_merger_hands_over_has_an_id_of_its_own(event: BodyMerged, context: RuleContext) -> Problems:
    """What a successor takes over has an id there that no other matter of it has. (Domain rule 13.)"""
    for item in (item for item in event.handovers if item.fate == "transferred"):
        matter = event.successor(item)
        others = [earlier for taken, earlier in context.ties.transfers if taken == matter]
        own = any(isinstance(other.event, Opening) for other in context.in_force(matter))
        if own or len(set(others)) > 1:
            what = f"{matter.removeprefix(f'{event.into}/')} is another matter of {event.into}"
            yield Problem(what, "give it another id there, with `becomes`", "handovers")


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
        own = [fact for fact in context.facts(event.matter) if fact.matter != other.matter]
        if matter not in named and _was_open(event.matter, own, merger):
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
    states = [substream.solver().spells.on(day) for substream in substreams(matter, entries)]
    return any(state.status in ("announced", "open", "unknown", "scheduled", "planned") for state in states)
