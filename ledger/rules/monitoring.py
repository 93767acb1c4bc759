"""Monitoring: couplings with grades and concerns that look true and are false. They only warn.

The guards in `projections.monitoring` say which phase may follow which.
"""

from events import Entry
from events.concern import ConcernClosed
from events.inspection import JudgementGiven, JudgementRegraded
from events.monitoring import ConcernAdded, Engaged, ReturnedToScan
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import Problems, warns
from projections.monitoring import MONITORING
from projections.solver import Solver


@warns
def engaged_without_an_inadequate_grade(event: Engaged, context: RuleContext) -> Problems:
    """A body can enter Engage without an inadequate grade, and an inadequate grade does not bring Engage.
    (docs/domain.md, links that look true and are false.)
    """
    grades = [
        state.current.grade
        for (part, _), solver in context.solvers_of(f"{event.body}/inspection").items()
        if part == "judgement" and (state := solver.spells.on(event.effective.latest)).current
    ]
    if grades and "inadequate" not in grades:
        what = "no inadequate grade is in force for this body"
        yield Problem(what, "this is allowed; check the body and the date", "effective")


@warns
def engaged_before_a_concern_was_issued(event: Engaged | ConcernAdded, context: RuleContext) -> Problems:
    """Concerns and Engage have no fixed order, nor need concerns be its basis: West Midlands entered it four weeks
    before the report. (docs/domain.md, links that look true and are false.)
    """
    if isinstance(event, Engaged) and not event.concerns:
        what = "no cause of concern is named as its basis"
        yield Problem(what, "this is allowed; name them if the source does", "concerns")
    states = {concern: context.concern(event, concern).status for concern in event.concerns}
    words = {"none": "not on record", "announced": "announced, not yet issued"}
    for status in sorted({status for status in states.values() if status != "open"}):
        named = ", ".join(concern for concern in states if states[concern] == status)
        what = f"on that date {named} {'is' if ',' not in named else 'are'} {words.get(status, status)}"
        yield Problem(what, "this is allowed; check the dates", "concerns")


@warns
def returned_with_a_concern_open(event: ReturnedToScan, entry: Entry, context: RuleContext) -> Problems:
    """Leaving Engage does not mean that all concerns are closed: West Midlands left it with one open.
    (docs/domain.md, links that look true and are false.)
    """
    before = [other for other in context.in_force(entry.matter) if other is not entry]
    for concern in Solver(MONITORING, before).spells.on(event.effective.latest).concerns:
        if context.concern(event, concern).status == "open":
            remedy = "this is allowed; it stays open until it is closed itself"
            yield Problem(f"the concern '{concern}' is still open", remedy, "effective")


@warns
def closed_with_the_body_still_in_engage(event: ConcernClosed, context: RuleContext) -> Problems:
    """When all concerns of an Engage process are closed, the body is still in Engage until it is moved.
    (docs/domain.md, links that look true and are false.)
    """
    monitoring = context.monitoring(event)
    if monitoring.phase != "engage" or event.concern not in monitoring.concerns:
        return
    if all(context.concern(event, concern).status != "open" for concern in monitoring.concerns):
        what = "all concerns of this Engage process are closed, the body is still in Engage"
        yield Problem(what, "this is allowed; if it was moved record `monitoring return`", "effective")


@warns
def inadequate_in_scan(event: JudgementGiven | JudgementRegraded, context: RuleContext) -> Problems:
    """An inadequate grade does not bring Engage. (docs/domain.md, links that look true and are false.)"""
    monitoring = context.monitoring(event)
    if event.grade == "inadequate" and monitoring.phase == "scan" and not monitoring.presumed:
        remedy = "this is allowed; a move to Engage is a decision of its own"
        yield Problem("the body is in Scan on that date", remedy, "grade")
