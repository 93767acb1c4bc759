"""What an event concerns (`about`): the links that make threads."""

from events import WorldEvent
from events.frameworks import frameworks
from events.statement import StatementMade
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import Problems, refuses, warns


@refuses
def what_it_concerns_is_on_record(event: WorldEvent, context: RuleContext) -> Problems:
    """A concern, finding, statement, review, plan or statistic that an event is about is on record for the body."""
    for subject in event.about:
        matter = f"{event.body}/{subject}"
        if matter == event.matter:
            yield Problem("an event is not about itself", "leave the link out", "about")
        elif not subject.startswith("area/") and not context.in_force(matter):
            what = f"no {subject.replace('/', ' ')} of this body is on record"
            yield Problem(what, "record it first, or check its id", "about")


@warns
def an_area_of_no_framework(event: WorldEvent, context: RuleContext) -> Problems:
    """An area that no framework lists may be a slip: a link to it joins nothing else."""
    for subject in event.about:
        part, _, area = subject.partition("/")
        if part == "area" and not any(area in framework.areas for framework in frameworks().values()):
            remedy = "see `force-ledger frameworks ID` for the areas"
            yield Problem(f"no framework has an area '{area}'", remedy, "about")


@warns
def a_claim_about_nothing(event: StatementMade, context: RuleContext) -> Problems:
    """A claim that something is done closes nothing, and is found again only by what it is about. (Domain rule 6.)"""
    if event.stance == "claims-done" and not event.about:
        yield Problem("it does not say which matter is claimed to be done", "give `about`, such as finding/ID", "about")
