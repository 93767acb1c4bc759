"""Bodies and their names."""

from collections.abc import Iterator
from typing import Any

from events import Entry, WorldEvent
from events.body import BodyMerged, BodyRegistered, name_target
from events.concern import ConcernAnnounced, ConcernIssued
from events.finding import FindingRecorded
from events.plan import PlanAnnounced
from events.review import ReviewScheduled
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import refuses, said, warns
from projections.body import substreams
from projections.identity import Merger
from projections.spell import on


@refuses(BodyRegistered)
def a_body_is_known_by_names_of_its_own(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """No two bodies are known by the same name, code or alias, so that a reader can tell which is meant."""
    event = said(entry, BodyRegistered)
    for field, text in (("name", event.name), ("code", event.code), *(("aliases", alias) for alias in event.aliases)):
        if text is None:
            continue
        target = name_target(text)
        standing = context.in_force_citing(target, but_in=entry.matter)
        others = {other.matter.removeprefix("body/") for other in standing if target in other.event.refers_to()}
        if others:
            yield Problem(
                f"'{text}' is known as {', '.join(sorted(others))}", "leave it out, or write it in full", field
            )


@refuses(BodyMerged)
def a_merger_hands_over_what_is_open(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """When a body is merged into another, each of its open matters is transferred or ended, so that none is lost
    sight of. (Domain rule 13; the 43 forces have changed before.)
    """
    event = said(entry, BodyMerged)
    if event.into == event.body:
        yield Problem("a body cannot be merged into itself", "name its successor", "into")
    elif context.body(event.into) is None:
        yield Problem(f"no body '{event.into}' is registered", "use `body register` for the successor", "into")
    matters: dict[str, list[Entry]] = {}
    for other in context.under(f"{event.body}/"):
        if other.matter.split("/")[1] in ("concern", "finding", "review", "plan"):
            matters.setdefault(other.matter, []).append(other)
    open_matters = {
        matter.split("/", 1)[1]
        for matter, entries in matters.items()
        for _, machine, own in substreams(matter, entries)
        if _is_open(on(machine.spells(own), event.effective.latest))
    }
    named = {item.matter for item in event.handovers}
    for matter in sorted(open_matters - named):
        yield Problem(f"{matter} is open", "say in `handovers` whether it is transferred or ended", "handovers")
    for matter in sorted(named - open_matters):
        yield Problem(f"{matter} is not open on that date", "leave it out, or mend its id", "handovers")


@warns(ConcernAnnounced, ConcernIssued, FindingRecorded, ReviewScheduled, PlanAnnounced)
def an_open_item_that_a_merger_did_not_name(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """What was open when a body was merged, and comes to light later, was handed over or ended like the rest. (Domain
    rule 13; never the order of recording, rule 11.)
    """
    event = said(entry, WorldEvent)
    matter = entry.matter.split("/", 1)[1]
    for merger in context.in_force(f"body/{event.body}"):
        if not isinstance(merger.event, BodyMerged) or context.is_new(merger):
            continue
        entries = context.in_force(entry.matter)
        standing = on(next(substreams(entry.matter, entries))[1].spells(entries), merger.event.effective.latest)
        if _is_open(standing) and matter not in {item.matter for item in merger.event.handovers}:
            yield Problem(
                f"{matter} was open when {event.body} was merged into {merger.event.into} (#{merger.position})",
                f"correct #{merger.position}: say in `handovers` whether it was transferred or ended",
                "effective",
            )


@warns(WorldEvent)
def a_body_that_is_no_more(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """After a merger, facts are as a rule about the successor. (Domain rule 13.)"""
    event = said(entry, WorldEvent)
    merger: Merger = context.state(f"body/{event.body}", ("merger", ""), event.effective.earliest)
    if merger.into and entry.kind != "body.merged":
        yield Problem(f"{event.body} had been merged into {merger.into} by then", "check which body is meant", "body")


def _is_open(state: Any) -> bool:
    return state.status in ("announced", "open", "scheduled", "planned")
