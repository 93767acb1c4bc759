"""What an event concerns: the links that make threads. (House plan, section 3: `about`.)"""

from collections.abc import Iterator

from events import Entry, WorldEvent
from events.finding import FindingRecorded
from events.frameworks import frameworks
from events.inspection import InspectionPublished
from events.statement import StatementMade
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import refuses, said, warns


@refuses(WorldEvent)
def what_it_concerns_is_on_record(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A concern, finding, statement, review, plan or statistic that an event is about is on record for the body."""
    event = said(entry, WorldEvent)
    for subject in event.about:
        matter = f"{event.body}/{subject}"
        if matter == entry.matter:
            yield Problem("an event is not about itself", "leave the link out", "about")
        elif not subject.startswith("area/") and not context.in_force(matter):
            yield Problem(
                f"no {subject.replace('/', ' ')} of this body is on record", "record it first, or mend its id", "about"
            )


@warns(WorldEvent)
def an_area_of_no_framework(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A question area that no framework lists may be a slip; a link to it joins nothing else."""
    for subject in said(entry, WorldEvent).about:
        part, _, area = subject.partition("/")
        if part == "area" and not any(area in framework.areas for framework in frameworks().values()):
            yield Problem(
                f"no framework has an area '{area}'", "see `force-ledger frameworks ID` for the areas", "about"
            )


@refuses(FindingRecorded)
def a_finding_belongs_to_a_published_inspection(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """The inspection that a finding names is on record for the body."""
    event = said(entry, FindingRecorded)
    published = [
        e.event for e in context.in_force(f"{event.body}/inspection") if isinstance(e.event, InspectionPublished)
    ]
    if event.inspection is not None and all(event.inspection != p.inspection for p in published):
        yield Problem(
            f"no inspection '{event.inspection}' of this body is on record",
            "use `inspection publish` first",
            "inspection",
        )


@warns(StatementMade)
def a_claim_about_nothing(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A claim that a matter is done closes nothing, and is found again only by what it is about. (Domain section 1,
    claims; rule 6.)
    """
    event = said(entry, StatementMade)
    if event.stance == "claims-done" and not event.about:
        yield Problem("it does not say which matter is claimed to be done", "give `about`, such as finding/ID", "about")
