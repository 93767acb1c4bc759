"""Inspections, grades and tallies. (Domain rule 4.)"""

from events.finding import FindingRecorded
from events.frameworks import frameworks
from events.inspection import InspectionPublished, JudgementCarriedForward, JudgementGiven, TallyGiven
from events.terms import Grade
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import Problems, refuses, warns

Judgement = JudgementGiven | JudgementCarriedForward
Graded = InspectionPublished | Judgement | TallyGiven


@refuses
def the_framework_is_known(event: Graded, context: RuleContext) -> Problems:
    """Every cycle has a framework version of its own, with its own areas and its own scale. (Domain rule 4.)"""
    if event.framework not in frameworks():
        what = f"no framework '{event.framework}' is known"
        yield Problem(what, f"it is one of {', '.join(frameworks())}", "framework")


@refuses
def a_police_framework_is_for_police_forces(event: Graded, context: RuleContext) -> Problems:
    """PEEL and crime data integrity inspect police forces. Fire and rescue services have frameworks of their own, which
    are not listed here. (HMICFRS, what we inspect.)
    """
    body = context.body(event.body)
    if body and body.type != "police-force":
        remedy = "the frameworks listed here are those of police forces"
        yield Problem(f"{body.name} is no police force", remedy, "framework")


@refuses
def the_area_is_one_of_the_framework(event: Judgement, context: RuleContext) -> Problems:
    """An area can be judged only in a framework version that has it. (Domain rule 4.)"""
    framework = frameworks().get(event.framework)
    if framework and framework.complete and event.area not in framework.areas:
        yield Problem(f"{framework.title} has no area '{event.area}'", f"it has {', '.join(framework.areas)}", "area")


@warns
def an_area_that_is_not_listed(event: Judgement, context: RuleContext) -> Problems:
    """Where our list of a framework's areas is known to be incomplete, an area off the list may be right."""
    framework = frameworks().get(event.framework)
    if framework and not framework.complete and event.area not in framework.areas:
        what = f"'{event.area}' is not among the areas of {framework.title} that are listed here"
        yield Problem(what, "check the spelling; the list is known to be incomplete", "area")


@refuses
def the_grade_is_on_the_scale(event: JudgementGiven | TallyGiven, context: RuleContext) -> Problems:
    """A grade is a value of that framework version's scale: "adequate" is new in 2021/22. (Domain rule 4.)"""
    framework = frameworks().get(event.framework)
    field, grades = ("grade", [event.grade]) if isinstance(event, JudgementGiven) else ("counts", [*event.counts])
    for grade in grades:
        if framework and grade not in framework.scale and grade != "not-graded":
            what = f"{framework.title} has no grade '{grade}'"
            yield Problem(what, f"its grades are {', '.join(framework.scale)}", field)


@refuses
def only_a_graded_area_has_a_grade(event: JudgementGiven, context: RuleContext) -> Problems:
    """Some areas are inspected without a grade. (Domain rule 4; the frameworks' own lists.)"""
    framework = frameworks().get(event.framework)
    area = framework.areas.get(event.area) if framework and framework.complete else None
    if framework and area and not area.graded and event.grade != "not-graded":
        yield Problem(
            f"{framework.title} does not grade '{area.title}'", "write not-graded, or check the area", "grade"
        )


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
        yield Problem(what, "use `inspection publish` first", "inspection")
    elif not isinstance(event, FindingRecorded) and inspection.framework != event.framework:
        what = f"inspection '{event.inspection}' was graded by {inspection.framework}"
        yield Problem(what, "change one of the two", "framework")


@warns
def a_tally_that_does_not_add_up(event: TallyGiven, context: RuleContext) -> Problems:
    """A tally may have been misread: it should add up to the areas graded, and cover the judgements on record."""
    total, inspection = sum(event.counts.values()), context.inspection(event.body, event.inspection)
    if inspection and inspection.areas_graded not in (None, total):
        what = f"the tally counts {total} areas, the inspection graded {inspection.areas_graded}"
        yield Problem(what, "check both", "counts")
    facts = [other.event for other in context.in_force(event.matter)]
    judged = [fact for fact in facts if isinstance(fact, JudgementGiven) and fact.inspection == event.inspection]
    given = [fact.grade for fact in judged if isinstance(fact.grade, Grade)]
    for grade in sorted(set(given)):
        if given.count(grade) > event.counts.get(grade, 0):
            what = f"on record as {grade}: {given.count(grade)}, in the tally: {event.counts.get(grade, 0)}"
            yield Problem(what, "check both", "counts")
