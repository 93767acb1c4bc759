"""Causes of concern and their recommendations. (Domain rules 2 and 3.)"""

from collections.abc import Iterator

from events.concern import ConcernClosed, ConcernIssued, ConcernReaffirmed, ConcernSuperseded, RecommendationClosed
from events.monitoring import ConcernAdded, Engaged
from events.recommendation import RecommendationIssued
from events.terms import DocumentType
from events.values import due_on
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import Problems, refuses, warns

_RECOMMENDATIONS = {"recommendations", "recommendations_issued"}
Naming = ConcernIssued | ConcernSuperseded | Engaged | ConcernAdded


@warns
def a_report_states_its_recommendations(event: ConcernIssued, context: RuleContext) -> Problems:
    """A cause of concern carries at least one recommendation, and the inspectorate's report states them. Where they are
    left out, and not said to be not stated, the report was read in part. (Domain rule 2; HMICFRS glossary, cause of
    concern.)
    """
    if event.recommendations or event.recommendations_issued or _RECOMMENDATIONS & {*event.not_stated}:
        return
    if any(document.type == DocumentType.INSPECTORATE_REPORT for document in context.cited(event)):
        yield Problem(
            "no recommendation is given, and the inspectorate's reports state them",
            "list them, or give their number in `recommendations_issued`; if this one leaves them open, write "
            "`recommendations_issued: not-stated`; if it was read in part this is right",
            "recommendations",
        )


@refuses
def a_concern_that_is_named_is_on_record(event: Naming, context: RuleContext) -> Problems:
    """A concern that an event names, as its successor, its predecessor, its reason or what it is
    counted with, is on record for the body."""
    for field, concern in _named(event, context):
        matter = f"{event.body}/concern/{concern}"
        if not context.facts(matter):
            remedy = context.or_near(matter, "record it first, or check its id")
            yield Problem(f"no concern '{concern}' of this body is on record", remedy, field)
        elif matter == event.matter:
            yield Problem("a concern cannot name itself", "check the id", field)


def _named(event: Naming, context: RuleContext) -> Iterator[tuple[str, str]]:
    """The concerns that an event names, each with the field that does."""
    match event:
        case ConcernIssued(recurrence_of=earlier, escalated_from=lesser):
            yield from (("counted_with", concern) for concern in event.counted_with)
            if earlier:
                yield "recurrence_of", earlier
            if lesser and not context.facts(f"{event.body}/finding/{lesser}"):  # it is a finding, or a concern
                yield "escalated_from", lesser
        case ConcernSuperseded():
            yield "superseded_by", event.superseded_by
        case Engaged() | ConcernAdded():
            yield from (("concerns", concern) for concern in event.concerns)


@warns
def closed_with_recommendations_unknown(event: ConcernClosed, context: RuleContext) -> Problems:
    """Where it is not stated how many recommendations a concern has, some may be open: unknown is not none.
    (Domain rules 3 and 12.)
    """
    if context.concern(event, event.concern).issued is None and not event.as_a_whole:
        yield Problem(
            "how many recommendations the concern has is not stated, so some may be open",
            "give `as_a_whole: true` if the document closes the concern with all of them",
            "as_a_whole",
        )


@warns
def a_deadline_before_the_issue(event: ConcernIssued | RecommendationIssued, context: RuleContext) -> Problems:
    """What is recommended is to be done afterwards: a deadline before the day of issue has most likely a wrong year."""
    if isinstance(event, ConcernIssued):
        what = "concern"
        given = {f"recommendations.{n}.deadline": item.deadline for n, item in enumerate(event.recommendations)}
    else:
        what, given = "recommendation", {"deadline": event.deadline}
    for field, deadline in given.items():
        due = due_on(deadline, event.effective.latest) if deadline and deadline.startswith("by ") else None
        if due and due < event.effective.earliest:
            yield Problem(f"the deadline is before the {what} was issued", "check the year", field)


@warns
def a_recurrence_of_what_is_still_open(event: ConcernIssued, context: RuleContext) -> Problems:
    """A concern recurs after it was closed. If the earlier one is still open it may be the same."""
    if event.recurrence_of and (earlier := context.concern(event, event.recurrence_of)).status == "open":
        what = f"'{event.recurrence_of}' ({earlier.title}) is still open on that date"
        yield Problem(what, "if it is the same use `concern reaffirm`", "recurrence_of")


@warns
def a_revisit_that_found_things_worse(event: ConcernReaffirmed, context: RuleContext) -> Problems:
    """A revisit need not find progress; one found that things had become worse. (docs/domain.md, links that look true
    and are false.)
    """
    if event.progress == "worse":
        yield Problem("the revisit found matters worse", "this is allowed; check that the source says so", "progress")


@warns
def all_recommendations_closed(event: RecommendationClosed, context: RuleContext) -> Problems:
    """When all its recommendations are closed, a concern is still open: its closure is a decision of its own.
    (Domain rule 3.)
    """
    state = context.concern(event, event.concern)
    if state.status == "open" and state.recommendations_open == 0:
        what = "all recommendations are closed, the concern itself is still open"
        yield Problem(what, "if the document closes it too record `concern close`", "recommendations")
