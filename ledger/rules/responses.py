"""Responses under section 55 of the Police Act 1996. (Domain rule 5.)"""

from events.response import ResponsePublished
from events.terms import Office
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import Problems, refuses, warns


@refuses
def a_response_answers_a_report_about_the_body(event: ResponsePublished, context: RuleContext) -> Problems:
    """A response answers a report of the inspectorate about the body, and cannot be earlier. (Domain rule 5; Police
    Act 1996, s.55.)
    """
    report = context.document(event.responds_to)
    if report is None:
        what = f"no document '{event.responds_to}' is registered"
        yield Problem(what, "use `document register` first", "responds_to")
        return
    if report.type.calls_for_response is False:
        yield Problem(
            f"'{event.responds_to}' is no report of the inspectorate ({report.type.replace('-', ' ')})",
            "name the report; a reply to another document is a statement (`statement make`)",
            "responds_to",
        )
    if report.bodies and event.body not in report.bodies:
        what = f"'{event.responds_to}' is about {', '.join(report.bodies)}, not {event.body}"
        yield Problem(what, "name a report on this body", "responds_to")
    if report.published and event.effective.latest < report.published.earliest:
        what = f"it is earlier than the report, published on {report.published}"
        yield Problem(what, "check the date, or name another report", "effective")


@refuses
def a_reply_is_to_a_recommendation_on_record(event: ResponsePublished, context: RuleContext) -> Problems:
    """Each reply is to a concern of the body that is on record, and to a recommendation that it has; or to another
    recommendation on record."""
    for reply in event.replies:
        if not context.facts(f"{event.body}/{reply.subject}"):
            subject, id = reply.subject.split("/")
            remedy = context.or_near(f"{event.body}/{reply.subject}", "record it first")
            yield Problem(f"no {subject} '{id}' of this body is on record", remedy, "replies")
            continue
        if reply.concern is None:
            continue
        known = [item.id for item in context.concern(event, reply.concern).recommendations]
        if reply.recommendation is not None and known and reply.recommendation not in known:
            what = f"'{reply.concern}' has no recommendation {reply.recommendation}"
            yield Problem(what, f"it has {', '.join(known)}", "replies")


@warns
def whether_a_letter_calls_for_a_response(event: ResponsePublished, context: RuleContext) -> Problems:
    """Whether a letter of the inspectorate triggers the duty to respond is not established. (Domain rule 5.)"""
    report = context.document(event.responds_to)
    if report and report.type.calls_for_response is None:
        what = "it answers a letter; whether that triggers the duty is not established"
        yield Problem(what, "nothing need be done", "responds_to")


@warns
def a_response_by_another_office(event: ResponsePublished, context: RuleContext) -> Problems:
    """The duty is on the local policing body, which publishes the chief officer's comments with its own. (Police Act
    1996, s.55.)
    """
    if event.decided_by not in (None, Office.LOCAL_POLICING_BODY):
        what = f"the duty is on the local policing body, this is by {event.decided_by}"
        yield Problem(what, "check who published it; a force's own comment is a statement", "decided_by")
