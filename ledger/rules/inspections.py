"""Inspections, grades and tallies. (Domain rule 4.)"""

from events import Entry
from events.concern import ConcernIssued
from events.finding import FindingRecorded
from events.frameworks import frameworks, is_covered
from events.inspection import (
    InspectionPublished,
    JudgementCarriedForward,
    JudgementGiven,
    JudgementRegraded,
    ProgrammeEnded,
    TallyGiven,
)
from events.rules import RULES
from events.terms import Grade
from ledger.errors import Problem
from ledger.rules.context import RuleContext, or_like
from ledger.rules.rule import Problems, refuses, warns

Judgement = JudgementGiven | JudgementRegraded | JudgementCarriedForward
Graded = InspectionPublished | Judgement | TallyGiven


@refuses
def the_framework_is_known(event: Graded, context: RuleContext) -> Problems:
    """Every cycle has a framework version of its own, with its own areas and its own scale. (Domain rule 4.)"""
    if event.framework not in frameworks():
        what = f"no framework '{event.framework}' is known"
        yield Problem(what, f"it is one of {', '.join(frameworks())}", "framework")


@refuses
def the_programme_is_known(event: ProgrammeEnded | ConcernIssued, context: RuleContext) -> Problems:
    """A programme that ended, or that a concern came from, is one of those whose frameworks are known. (Domain rule
    4.)
    """
    known = dict.fromkeys(framework.programme for framework in frameworks().values())
    if event.programme not in (None, *known):
        yield Problem(f"no programme '{event.programme}' is known", f"it is one of {', '.join(known)}", "programme")


@refuses
def a_framework_is_for_one_kind_of_body(event: Graded, context: RuleContext) -> Problems:
    """PEEL and crime data integrity inspect police forces. Fire and rescue services have frameworks of their own.
    (HMICFRS, what we inspect.)
    """
    body, framework = context.body(event.body), frameworks().get(event.framework)
    if body and framework and body.type != framework.bodies:
        fitting = [one.framework for one in frameworks().values() if one.bodies == body.type]
        what = f"{framework.title} is not for a {body.type.replace('-', ' ')} like {body.name}"
        yield Problem(what, f"those are inspected by {', '.join(fitting)}", "framework")


@refuses
def the_area_is_one_of_the_framework(
    event: Judgement | InspectionPublished, entry: Entry, context: RuleContext
) -> Problems:
    """An area can be covered, or judged, only in a framework version that has it. (Domain rule 4.)"""
    framework = frameworks().get(event.framework)
    for field, area in _areas(event):
        if framework and not framework.has(area, entry.rules):
            yield Problem(f"{framework.title} has no area '{area}'", f"it has {', '.join(framework.areas)}", field)


@warns
def an_area_that_is_not_listed(event: Judgement | InspectionPublished, context: RuleContext) -> Problems:
    """Where our list of a framework's areas is known to be incomplete, an area off the list may be right."""
    framework = frameworks().get(event.framework)
    for field, area in _areas(event):
        if framework and area not in framework.areas and framework.has(area, RULES):
            what = f"'{area}' is not among the areas of {framework.title} that are listed here"
            yield Problem(what, "check the spelling; the list is known to be incomplete", field)


def _areas(event: Judgement | InspectionPublished) -> list[tuple[str, str]]:
    """The areas that an event names, each with the field that does."""
    if isinstance(event, InspectionPublished):
        return [("covers", area) for area in event.covers]
    return [("area", event.area)]


@warns
def a_report_on_one_pillar(event: InspectionPublished, context: RuleContext) -> Problems:
    """PEEL 2014 to 2017 was published pillar by pillar. A report that names no pillar ends the grades of all.
    (HMICFRS, PEEL assessments 2014 to 2018/19.)
    """
    framework = frameworks().get(event.framework)
    if framework and framework.by_pillar and event.scope != "reinspection" and not event.covers:
        what = f"{framework.title} was published pillar by pillar; this report would end the grades of all pillars"
        yield Problem(
            what, "say in `covers` which it is about, such as efficiency; if it is about all this is right", "covers"
        )


@refuses
def the_grade_is_on_the_scale(event: Judgement | TallyGiven, context: RuleContext) -> Problems:
    """A grade is a value of that framework version's scale: "adequate" is new in 2021/22. (Domain rule 4.)"""
    framework = frameworks().get(event.framework)
    if isinstance(event, JudgementCarriedForward):
        return  # a grade that is carried forward is on the scale of the framework that it was given by
    field, grades = ("counts", [*event.counts]) if isinstance(event, TallyGiven) else ("grade", [event.grade])
    for grade in grades:
        if framework and grade not in framework.scale and grade not in ("not-graded", None):
            what = f"{framework.title} has no grade '{grade}'"
            yield Problem(what, f"its grades are {', '.join(framework.scale)}", field)


@refuses
def only_a_graded_area_has_a_grade(
    event: JudgementGiven | JudgementRegraded, entry: Entry, context: RuleContext
) -> Problems:
    """Some areas are inspected without a grade. (Domain rule 4; the frameworks' own lists.)"""
    framework = frameworks().get(event.framework)
    graded = not framework or not framework.complete or framework.grades(event.area, entry.rules)
    if framework and not graded and event.grade not in ("not-graded", None):
        what = f"{framework.title} does not grade '{framework.areas[event.area].title}'"
        yield Problem(what, "write not-graded, or check the area", "grade")


@refuses
def its_inspection_is_on_record(event: Judgement | TallyGiven | FindingRecorded, context: RuleContext) -> Problems:
    """The inspection that a judgement, a tally or a finding is of is on record for the body. The grades of one
    inspection are of one framework.
    """
    if event.inspection is None:
        return
    inspection = context.inspection(event.body, event.inspection)
    if inspection is None:
        what = f"no inspection '{event.inspection}' of this body is on record"
        known = (published.inspection for published in context.inspections(event.body))
        yield Problem(what, or_like(event.inspection, known, "use `inspection publish` first"), "inspection")
    elif not isinstance(event, FindingRecorded) and inspection.framework != event.framework:
        what = f"inspection '{event.inspection}' was graded by {inspection.framework}"
        yield Problem(what, "change one of the two", "framework")


@refuses
def an_inspection_judges_what_it_covers(event: Judgement, context: RuleContext) -> Problems:
    """An area is judged, or its judgement carried forward, by an inspection that covers it. (Domain rule 4.)"""
    inspection, framework = context.inspection(event.body, event.inspection), frameworks().get(event.framework)
    if inspection and framework and not is_covered(framework.programme, event.area, inspection.covers):
        what = f"inspection '{event.inspection}' covers {', '.join(inspection.covers)}, not {event.area}"
        yield Problem(what, "name the inspection that does, or correct what this one covers", "inspection")


@warns
def a_tally_that_does_not_add_up(event: TallyGiven, context: RuleContext) -> Problems:
    """A tally may have been misread: it should add up to the areas graded, and cover the judgements on record."""
    inspection = context.inspection(event.body, event.inspection)
    total = event.areas_graded or sum(event.counts.values())
    if inspection and inspection.areas_graded not in (None, total) and "areas_graded" not in event.not_stated:
        what = f"the tally counts {total} areas, the inspection graded {inspection.areas_graded}"
        yield Problem(what, "check both", "counts")
    facts = [other.event for other in context.in_force(event.matter)]
    judged = [fact for fact in facts if isinstance(fact, JudgementGiven) and fact.inspection == event.inspection]
    given = [fact.grade for fact in judged if isinstance(fact.grade, Grade)]
    for grade in sorted(set(given)):
        if given.count(grade) > event.counts.get(grade, 0) and not (event.is_partial and grade not in event.counts):
            what = f"on record as {grade}: {given.count(grade)}, in the tally: {event.counts.get(grade, 0)}"
            yield Problem(what, "check both", "counts")
