"""Inspections, grades and tallies. (Domain rule 4.)"""

from collections.abc import Iterator

from events import Entry
from events.frameworks import frameworks
from events.inspection import InspectionPublished, JudgementCarriedForward, JudgementGiven, TallyGiven
from events.terms import Grade
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import refuses, warns

Judgement = JudgementGiven | JudgementCarriedForward


@refuses(InspectionPublished, JudgementGiven, JudgementCarriedForward, TallyGiven)
def the_framework_is_known(
    event: InspectionPublished | Judgement | TallyGiven, entry: Entry, context: RuleContext
) -> Iterator[Problem]:
    """Every cycle has a framework version of its own, with its own areas and its own scale. (Domain rule 4.)"""
    if event.framework not in frameworks():
        what = f"no framework '{event.framework}' is known"
        yield Problem(what, f"it is one of {', '.join(frameworks())}", "framework")


@refuses(InspectionPublished, JudgementGiven, JudgementCarriedForward, TallyGiven)
def a_police_framework_is_for_police_forces(
    event: InspectionPublished | Judgement | TallyGiven, entry: Entry, context: RuleContext
) -> Iterator[Problem]:
    """PEEL and crime data integrity inspect police forces. Fire and rescue services have frameworks of their own, which
    are not listed here. (HMICFRS, what we inspect.)
    """
    body = context.body(event.body)
    if body and body.type != "police-force":
        remedy = "the frameworks listed here are those of police forces"
        yield Problem(f"{body.name} is no police force", remedy, "framework")


@refuses(JudgementGiven, JudgementCarriedForward)
def the_area_is_one_of_the_framework(event: Judgement, entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """An area can be judged only in a framework version that has it. (Domain rule 4.)"""
    framework = frameworks().get(event.framework)
    if framework and framework.complete and event.area not in framework.areas:
        yield Problem(f"{framework.title} has no area '{event.area}'", f"it has {', '.join(framework.areas)}", "area")


@warns(JudgementGiven, JudgementCarriedForward)
def an_area_that_is_not_listed(event: Judgement, entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """Where our list of a framework's areas is known to be incomplete, an area off the list may be right."""
    framework = frameworks().get(event.framework)
    if framework and not framework.complete and event.area not in framework.areas:
        what = f"'{event.area}' is not among the areas of {framework.title} that are listed here"
        yield Problem(what, "check the spelling; the list is known to be incomplete", "area")


@refuses(JudgementGiven, TallyGiven)
def the_grade_is_on_the_scale(
    event: JudgementGiven | TallyGiven, entry: Entry, context: RuleContext
) -> Iterator[Problem]:
    """A grade is a value of that framework version's scale: "adequate" came with 2021/22. (Domain rule 4.)"""
    framework = frameworks().get(event.framework)
    field, grades = ("grade", [event.grade]) if isinstance(event, JudgementGiven) else ("counts", [*event.counts])
    for grade in grades:
        if framework and grade not in framework.scale and grade != "not-graded":
            what = f"{framework.title} has no grade '{grade}'"
            yield Problem(what, f"its grades are {', '.join(framework.scale)}", field)


@refuses(JudgementGiven)
def only_a_graded_area_has_a_grade(event: JudgementGiven, entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """Some areas are inspected without a grade. (Domain rule 4; the frameworks' own lists.)"""
    framework = frameworks().get(event.framework)
    area = framework.areas.get(event.area) if framework and framework.complete else None
    if framework and area and not area.graded and event.grade != "not-graded":
        yield Problem(f"{framework.title} does not grade '{area.title}'", "write not-graded, or mend the area", "grade")


@refuses(JudgementGiven, JudgementCarriedForward, TallyGiven)
def a_judgement_belongs_to_a_published_inspection(
    event: Judgement | TallyGiven, entry: Entry, context: RuleContext
) -> Iterator[Problem]:
    """A judgement is given in an inspection whose report is on record, graded by the same framework."""
    inspection = context.inspection(event.body, event.inspection)
    if inspection is None:
        what = f"no inspection '{event.inspection}' of this body is on record"
        yield Problem(what, "use `inspection publish` first", "inspection")
    elif inspection.framework != event.framework:
        what = f"inspection '{event.inspection}' was graded by {inspection.framework}"
        yield Problem(what, "mend one of the two", "framework")


@warns(TallyGiven)
def a_tally_that_does_not_add_up(event: TallyGiven, entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A tally may have been misread: it should add up to the areas graded, and cover the judgements on record."""
    total, inspection = sum(event.counts.values()), context.inspection(event.body, event.inspection)
    if inspection and inspection.areas_graded not in (None, total):
        what = f"the tally counts {total} areas, the inspection graded {inspection.areas_graded}"
        yield Problem(what, "check both", "counts")
    facts = [other.event for other in context.in_force(entry.matter)]
    judged = [fact for fact in facts if isinstance(fact, JudgementGiven) and fact.inspection == event.inspection]
    given = [fact.grade for fact in judged if isinstance(fact.grade, Grade)]
    for grade in sorted(set(given)):
        if given.count(grade) > event.counts.get(grade, 0):
            what = f"on record as {grade}: {given.count(grade)}, in the tally: {event.counts.get(grade, 0)}"
            yield Problem(what, "check both", "counts")
