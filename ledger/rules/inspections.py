"""Inspections, grades and tallies. (Domain rule 4.)"""

from collections.abc import Iterator

from events import Entry, WorldEvent
from events.frameworks import frameworks
from events.inspection import InspectionPublished, JudgementCarriedForward, JudgementGiven, TallyGiven
from events.terms import Grade
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import refuses, said, warns


@refuses(InspectionPublished, JudgementGiven, JudgementCarriedForward, TallyGiven)
def the_framework_is_known(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """Every cycle has a framework version of its own, with its own areas and its own scale. (Domain rule 4.)"""
    name = entry.event.framework  # type: ignore[attr-defined]
    if name not in frameworks():
        yield Problem(f"no framework '{name}' is known", f"it is one of {', '.join(frameworks())}", "framework")


@refuses(InspectionPublished, JudgementGiven, JudgementCarriedForward, TallyGiven)
def a_police_framework_is_for_police_forces(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """PEEL and crime data integrity inspect police forces; fire and rescue services have frameworks of their own, which
    are not listed here. (Domain section 1; HMICFRS, what we inspect.)
    """
    event = said(entry, WorldEvent)
    body = context.body(event.body)
    if body and body.type != "police-force":
        yield Problem(
            f"{body.name} is no police force", "the frameworks listed here are those of police forces", "framework"
        )


@refuses(JudgementGiven, JudgementCarriedForward)
def the_area_is_one_of_the_framework(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """An area can be judged only in a framework version that has it. (Domain rule 4.)"""
    event = entry.event
    assert isinstance(event, JudgementGiven | JudgementCarriedForward)
    framework = frameworks().get(event.framework)
    if framework and framework.complete and event.area not in framework.areas:
        yield Problem(f"{framework.title} has no area '{event.area}'", f"it has {', '.join(framework.areas)}", "area")


@warns(JudgementGiven, JudgementCarriedForward)
def an_area_that_is_not_listed(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """Where our list of a framework's areas is known to be incomplete, an area off the list may be right."""
    event = entry.event
    assert isinstance(event, JudgementGiven | JudgementCarriedForward)
    framework = frameworks().get(event.framework)
    if framework and not framework.complete and event.area not in framework.areas:
        yield Problem(
            f"'{event.area}' is not among the areas of {framework.title} that are listed here",
            "check the spelling; the list is known to be incomplete",
            "area",
        )


@refuses(JudgementGiven, TallyGiven)
def the_grade_is_on_the_scale(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A grade is a value of that framework version's scale: "adequate" came with 2021/22. (Domain rule 4.)"""
    event = entry.event
    assert isinstance(event, JudgementGiven | TallyGiven)
    framework = frameworks().get(event.framework)
    grades = [event.grade] if isinstance(event, JudgementGiven) else list(event.counts)
    for grade in grades:
        if framework and grade not in framework.scale and grade != "not-graded":
            yield Problem(
                f"{framework.title} has no grade '{grade}'",
                f"its grades are {', '.join(framework.scale)}",
                "grade" if isinstance(event, JudgementGiven) else "counts",
            )


@refuses(JudgementGiven)
def only_a_graded_area_has_a_grade(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """Some areas are inspected without a grade. (Domain rule 4; the frameworks' own lists.)"""
    event = said(entry, JudgementGiven)
    framework = frameworks().get(event.framework)
    area = framework.areas.get(event.area) if framework and framework.complete else None
    if framework and area and not area.graded and event.grade != "not-graded":
        yield Problem(f"{framework.title} does not grade '{area.title}'", "write not-graded, or mend the area", "grade")


@refuses(JudgementGiven, JudgementCarriedForward, TallyGiven)
def a_judgement_belongs_to_a_published_inspection(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A judgement is given in an inspection whose report is on record, graded by the same framework."""
    event = entry.event
    assert isinstance(event, JudgementGiven | JudgementCarriedForward | TallyGiven)
    published = [e.event for e in context.in_force(entry.matter) if isinstance(e.event, InspectionPublished)]
    own = [p for p in published if p.inspection == event.inspection]
    if not own:
        yield Problem(
            f"no inspection '{event.inspection}' of this body is on record",
            "use `inspection publish` first",
            "inspection",
        )
    elif own[0].framework != event.framework:
        yield Problem(
            f"inspection '{event.inspection}' was graded by {own[0].framework}", "mend one of the two", "framework"
        )


@warns(TallyGiven)
def a_tally_that_does_not_add_up(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A tally may have been misread: it should add up to the areas graded, and cover the judgements on record."""
    event = said(entry, TallyGiven)
    history = [e.event for e in context.in_force(entry.matter)]
    total = sum(event.counts.values())
    inspections = [e for e in history if isinstance(e, InspectionPublished) and e.inspection == event.inspection]
    for inspection in inspections:
        if inspection.areas_graded not in (None, total):
            yield Problem(
                f"the tally counts {total} areas, the inspection graded {inspection.areas_graded}",
                "check both",
                "counts",
            )
    judged = [e for e in history if isinstance(e, JudgementGiven) and e.inspection == event.inspection]
    given = [e.grade for e in judged if isinstance(e.grade, Grade)]
    for grade in sorted(set(given)):
        if given.count(grade) > event.counts.get(grade, 0):
            yield Problem(
                f"on record as {grade}: {given.count(grade)}, in the tally: {event.counts.get(grade, 0)}",
                "check both",
                "counts",
            )
