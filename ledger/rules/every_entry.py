"""What every entry needs, and what it may link to (`about`)."""

from collections.abc import Iterable, Iterator

from events import Entry, Event, WorldEvent
from events.amendment import Amendment
from events.body import BodyRegistered
from events.dates import PartialDate, financial_year, london_day
from events.document import DocumentRegistered, DocumentSought
from events.entry import LONGEST
from events.frameworks import frameworks
from events.monitoring import Engaged, ReturnedToScan
from events.statement import StatementMade
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.documents import same_document
from ledger.rules.rule import Problems, refuses, structure, warns
from projections.concern import ENDS
from projections.fact import dated, day_and_source, documents_of


@refuses
def one_fact_is_recorded_once(event: Event, entry: Entry, context: RuleContext) -> Problems:
    """The same fact is recorded once. Each kind of event names the fields that identify the fact. Where a second record
    of it differs, the first is corrected instead.
    """
    for other in context.recording(event):
        if other.sequence >= entry.sequence:
            continue
        ours, theirs = event.data(), other.event.data()
        fields = sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name))
        if other.kind == "concern.issued" and any(e.kind in ENDS for e in context.in_force(entry.matter)):
            return  # the guards of concerns say more: closed is final
        known = f"{other.kind} {day_and_source(other)}" if isinstance(other.event, WorldEvent) else f"#{other.position}"
        told = fields
        if context.is_new(other):
            known, said = context.another(other), {name: text for name, text in theirs.items() if isinstance(text, str)}
            told = [f"{name} ('{said[name]}' there)" if name in said else name for name in fields]
        if not fields:
            yield Problem(f"{known} records this fact already, in the same words", "leave it out")
            continue
        if unknown := [*_not_registered(documents_of(entry), context)]:
            yield from unknown  # what to do about the fact may name them, and commands need them registered
            return
        what = f"{known} records this fact already, and differs in {', '.join(told)}"
        yield Problem(what, "; ".join(_what_to_do(entry, other, fields, context)), fields[0])


def _what_to_do(entry: Entry, other: Entry, fields: list[str], context: RuleContext) -> Iterator[str]:
    """What to do about an entry that tells what another tells, in other words."""
    number, cited = f"'#{other.position}'", documents_of(other)
    if context.is_new(other):
        yield "if one is wrong leave it out"
    else:
        for document in (it for it in documents_of(entry) if it not in cited):
            if (twin := same_document(document, context)) in cited:
                yield f"if '{document}' is '{twin}', whose title and date it has, leave out both, and cite {twin}"
            yield f"if '{document}' says so too `corroborate {number} --document {document}`"
        yield f"if #{other.position} is wrong `correct {number} {'=… '.join(fields)}=…`, else leave this out"
    if identity := [name for name in entry.event.identity or () if name != "body"]:
        yield f"if this is another fact, write another {' or '.join(identity)}"


@refuses
def its_body_is_registered(event: WorldEvent | DocumentSought, context: RuleContext) -> Problems:
    """An event, or a search for a document, is about a body that is registered. (Domain rule 14.)"""
    if not context.has(BodyRegistered.kind, f"body/{event.body}"):
        remedy = "see `force-ledger forces list`, or use `body register`"
        yield Problem(f"no body '{event.body}' is registered", remedy, "body")


@refuses
def its_documents_are_registered(event: WorldEvent | BodyRegistered, context: RuleContext) -> Problems:
    """Whatever an event cites is registered, so that a reader can tell what it rests on. (Domain rule 8.)"""
    yield from _not_registered((citation.document for citation in event.documents), context)


@structure(Amendment)
def an_amendments_documents_are_registered(entry: Entry, context: RuleContext) -> Problems:
    """Whatever an amendment cites is registered. (Domain rule 8.)"""
    yield from _not_registered(entry.amends.documents if entry.amends else (), context)


def _not_registered(documents: Iterable[str], context: RuleContext) -> Problems:
    for document in documents:
        if not context.has(DocumentRegistered.kind, f"document/{document}"):
            what = f"no document '{document}' is registered"
            remedy = context.or_near(f"document/{document}", "use `document register` first, or check the id")
            yield Problem(what, remedy, "documents")


@refuses
def what_it_rests_on_is_on_record(event: WorldEvent, context: RuleContext) -> Problems:
    """The entries that an event rests on (`because`) are in this ledger."""
    for event_id in event.because:
        if not context.on_record(event_id):
            what = f"no entry has the event id {event_id[:12]}…"
            yield Problem(what, "write #12 for the entry at position 12", "because")


@refuses
def no_fact_is_in_the_future(event: WorldEvent | DocumentSought, entry: Entry, context: RuleContext) -> Problems:
    """A fact takes effect, and a search is made, on the day of its recording or before. Record the decision about a
    future change instead. Days are days in London. (Domain rules 7 and 9.)
    """
    today = london_day(entry.recorded_at)
    if event.effective.earliest > today:
        move = "; for a future move use `monitoring decide-move`" if isinstance(event, Engaged | ReturnedToScan) else ""
        yield Problem(f"{event.effective} is after today, {today}", f"check the date{move}", "effective")


@warns
def a_month_that_may_be_a_financial_year(event: WorldEvent | DocumentRegistered, context: RuleContext) -> Problems:
    """`2009-10`, `2010-11` and `2011-12` are months. They are also how UK financial years are written, so what was
    meant should be checked.
    """
    for field, value in event:
        if isinstance(value, PartialDate) and (year := financial_year(value.text)):
            what = f"'{value}' is read as a month, {value.earliest} to {value.latest}"
            yield Problem(what, f"this is allowed; if the financial year is meant, write {year}", field)


@refuses
def the_guards_allow_it(event: WorldEvent, entry: Entry, context: RuleContext) -> Problems:
    """The guards above allow the whole matter with the new entry in it: at least one choice of days, within the dates
    given, breaks none of them. (Domain rules 1 to 4.)
    """
    for solver, own in context.solvers_with(entry):
        if solver.first_violation is None:
            continue
        at, violation = solver.first_violation
        same = violation.same if at is own else at if violation.same is own else None
        remedies = [_if_of_another_source(event, entry, same)] if same and not context.is_new(same) else []
        if at is own and (later := solver.could_follow(own)):
            what = f"{violation.message}; it is of {event.effective}, before {later.kind} {day_and_source(later)}"
            remedies.append("check both days")
            if not context.is_new(later):
                remedies.append(f"if that of #{later.position} is wrong, `correct '#{later.position}' effective=…`")
            yield Problem(what, "; ".join(remedies), "effective")
        elif at is own:
            alone = [own] == solver.facts and entry.matter.count("/") == 2
            remedies.append(context.or_near(entry.matter, violation.hint) if alone else violation.hint)
            yield Problem(violation.message, "; ".join(remedies), violation.field)
        elif not context.is_new(at) and isinstance(at.event, WorldEvent):
            fact = f"#{at.position} ({at.kind} of {at.event.effective})"
            what = f"with this, {fact} could not have followed: {violation.message}"
            remedies.append(f"check the date, or correct #{at.position}")
            yield Problem(what, "; ".join(remedies), "effective")


def _if_of_another_source(event: WorldEvent, entry: Entry, same: Entry) -> str:
    """What to do about an event, if it is a fact on record as another source tells it."""
    (first, last), (earliest, latest) = dated(same), dated(entry)
    agree = earliest <= last and first <= latest
    command = (
        f"corroborate '#{same.position}'" if agree else f"contradict '#{same.position}' --effective {event.effective}"
    )
    return f"if it is #{same.position} as another source tells it, `{command}`"


@refuses
def the_order_within_a_day(event: WorldEvent, entry: Entry, context: RuleContext) -> Problems:
    """Where the order of two facts of one day would change the state, the sources must say which came first: by a
    declared `order`, or by the natural rank of their kinds. The order of a file or of recording never counts.
    (Domain rule 11.)
    """
    for solver, own in context.solvers_with(entry):
        if not solver.undecided or own not in solver.undecided:
            continue
        other = next(fact for fact in solver.undecided if fact is not own)
        if context.is_new(other) and other.position > entry.position:
            continue  # the problem is reported of the other
        name = context.another(other) if context.is_new(other) else f"#{other.position} ({other.kind})"
        what = f"it is of the same day as {name}, and the state depends on which was first"
        yield Problem(what, "give both an `order` (1, 2, …) if one document says so, or more precise dates", "order")


@refuses
def what_it_concerns_is_on_record(event: WorldEvent, context: RuleContext) -> Problems:
    """A concern, finding, recommendation, statement, review, plan or statistic that an event is about is on record for
    the body."""
    for subject in event.about:
        matter = f"{event.body}/{subject}"
        if matter == event.matter:
            yield Problem("an event is not about itself", "leave the link out", "about")
        elif not subject.startswith("area/") and not context.facts(matter):
            what = f"no {subject.replace('/', ' ')} of this body is on record"
            yield Problem(what, context.or_near(matter, "record it first, or check its id"), "about")


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
    """A claim that something is done closes nothing. Say what it is about, so that readers find it. (Domain rule 6.)"""
    if event.stance == "claims-done" and not event.about:
        yield Problem("it does not say which matter is claimed to be done", "give `about`, such as finding/ID", "about")


@warns
def a_kind_that_was_withheld_here(event: Event, entry: Entry, context: RuleContext) -> Problems:
    """What was withheld cannot be compared with what is recorded now: it may be the same fact, said again."""
    for other in context.withheld(entry.matter):
        if other.kind == entry.kind:
            what = f"#{other.position}, of the same kind and matter, was withheld"
            yield Problem(what, "check that this does not say again what must not be said", "kind")
            return


def too_long(entry: Entry) -> Problem | None:
    """An entry has at most 65,535 bytes, and so have its data; longer documents are referred to by their hash. (C2SP
    tlog-tiles.)"""
    longest = max(len(entry.envelope), len(entry.salted or b""))
    if longest <= LONGEST:
        return None
    what = f"the entry would have {longest:,} bytes, more than {LONGEST:,}"
    return Problem(what, "shorten the texts; refer to a document by its hash")
