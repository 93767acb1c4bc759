"""Causes of concern and their recommendations. (Domain rules 2 and 3.)"""

from collections.abc import Iterator

from events import Entry
from events.concern import ConcernClosed, ConcernIssued, ConcernReaffirmed, ConcernSuperseded, RecommendationClosed
from events.monitoring import ConcernAdded, Engaged
from events.terms import DocumentType
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import refuses, said, warns


@refuses(ConcernIssued)
def a_report_states_its_recommendations(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A cause of concern carries at least one recommendation; only a document other than the inspectorate's report
    may leave them unstated. (Domain rule 2; HMICFRS glossary, cause of concern.)
    """
    event = said(entry, ConcernIssued)
    if event.recommendations or event.recommendations_issued:
        return
    if any(document.type == DocumentType.INSPECTORATE_REPORT for document in context.cited(event)):
        yield Problem(
            "the inspectorate's report is cited, and it states the recommendations",
            "list them, or give their number in `recommendations_issued`; if you have only a letter or press report, "
            "cite that alone",
            "recommendations",
        )


@refuses(ConcernIssued, ConcernSuperseded, Engaged, ConcernAdded)
def a_concern_that_is_named_is_on_record(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """Whatever concern an event names, as its successor, its predecessor or its reason, is on record for the body."""
    match entry.event:
        case ConcernIssued() as event:
            named = [("recurrence_of", event.recurrence_of)]
            finding = f"{event.body}/finding/{event.escalated_from}"
            if not context.in_force(finding):  # a lesser item is a finding, or another concern
                named.append(("escalated_from", event.escalated_from))
        case ConcernSuperseded() as event:
            named = [("superseded_by", event.superseded_by)]
        case Engaged() | ConcernAdded() as event:
            named = [("concerns", concern) for concern in event.concerns]
        case _:
            return
    for field, concern in named:
        if concern and not context.in_force(f"{event.body}/concern/{concern}"):
            yield Problem(f"no concern '{concern}' of this body is on record", "record it first, or mend its id", field)
        elif concern and f"{event.body}/concern/{concern}" == entry.matter:
            yield Problem("a concern cannot name itself", "mend the id", field)


@warns(ConcernClosed)
def closed_with_recommendations_unknown(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """Where it is not stated how many recommendations a concern has, some may be open: unknown is not none.
    (Domain rules 3 and 12.)
    """
    event = said(entry, ConcernClosed)
    if context.concern(event, event.concern).issued is None and not event.as_a_whole:
        yield Problem(
            "how many recommendations the concern has is not stated, so some may be open",
            "give `as_a_whole: true` if the document closes the concern with all of them",
            "as_a_whole",
        )


@warns(ConcernIssued)
def a_recurrence_of_what_still_stands(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A concern recurs after it was closed; if the earlier one is still open it may be the same."""
    event = said(entry, ConcernIssued)
    if event.recurrence_of and (earlier := context.concern(event, event.recurrence_of)).status == "open":
        yield Problem(
            f"'{event.recurrence_of}' ({earlier.title}) is still open on that date",
            "if it is the same use `concern reaffirm`",
            "recurrence_of",
        )


@warns(ConcernReaffirmed)
def a_revisit_that_found_things_worse(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A revisit need not bring progress: one found that things had become worse. (Domain, false couplings.)"""
    if said(entry, ConcernReaffirmed).progress == "worse":
        yield Problem("the revisit found matters worse", "that is lawful; check that the source says so", "progress")


@warns(RecommendationClosed)
def all_recommendations_closed(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """When all its recommendations are closed, a concern still stands: its closure is a decision of its own.
    (Domain rule 3.)
    """
    event = said(entry, RecommendationClosed)
    state = context.concern(event, event.concern)
    if state.status == "open" and state.recommendations_open == 0:
        yield Problem(
            "all recommendations are closed, the concern itself is still open",
            "if the document closes it too record `concern close`",
            "recommendations",
        )
