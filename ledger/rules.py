"""What may be recorded. Each rule is a small function; its docstring is the rule, with its source.

A rule looks at one new entry in the Book, where it already stands among what is on record, and yields a Problem for
each thing that is wrong. ``@refuses`` rules keep the submission out; ``@warns`` rules let it in and say what a clerk
may have overlooked: couplings that look true and are false are never enforced. What may follow what within one
matter is said by the laws beside the projections; `order_of_the_world` enforces them.

RULES is the number of this set of rules; it is recorded with each submission, so that an audit judges an entry by the
rules of its day.
"""

from collections.abc import Callable, Iterator
from typing import TypeVar
from zoneinfo import ZoneInfo

from events import Entry, Event, WorldEvent
from events.body import BodyRegistered
from events.concern import ConcernClosed, ConcernIssued, ConcernReaffirmed, ConcernSuperseded, RecommendationClosed
from events.document import DocumentRegistered, DocumentRevised
from events.entry import LONGEST
from events.frameworks import frameworks
from events.inspection import InspectionPublished, JudgementCarriedForward, JudgementGiven, TallyGiven
from events.monitoring import ConcernAdded, Engaged, ReturnedToScan
from events.recorder import LedgerOpened, RecorderAuthorised, RecorderRevoked
from events.values import DocumentType, Grade
from ledger.book import Bodies, Book
from ledger.errors import Problem
from projections.body import on, strands
from projections.concern import CONCERN, Concern
from projections.history import dated
from projections.inspection import TALLIES, area_course, lanes
from projections.monitoring import MONITORING, Monitoring

RULES = 1

Rule = Callable[[Entry, Book], Iterator[Problem]]
REFUSALS: list[tuple[tuple[type[Event], ...], Rule]] = []
WARNINGS: list[tuple[tuple[type[Event], ...], Rule]] = []

E = TypeVar("E", bound=Event)
LONDON = ZoneInfo("Europe/London")


def refuses(*classes: type[Event]) -> Callable[[Rule], Rule]:
    """Register a rule that keeps out what it finds wrong with events of these classes."""
    return _register(REFUSALS, classes)


def warns(*classes: type[Event]) -> Callable[[Rule], Rule]:
    """Register a rule that lets an entry in, and says what may have been overlooked."""
    return _register(WARNINGS, classes)


def _register(
    register: list[tuple[tuple[type[Event], ...], Rule]], classes: tuple[type[Event], ...]
) -> Callable[[Rule], Rule]:
    def add(rule: Rule) -> Rule:
        register.append((classes, rule))
        return rule

    return add


def refusals(entry: Entry, book: Book) -> list[Problem]:
    """What is wrong with a new entry."""
    return _ask(REFUSALS, entry, book)


def warnings(entry: Entry, book: Book) -> list[Problem]:
    """What may have been overlooked with a new entry."""
    return _ask(WARNINGS, entry, book)


def _ask(rules: list[tuple[tuple[type[Event], ...], Rule]], entry: Entry, book: Book) -> list[Problem]:
    return [problem for classes, rule in rules if isinstance(entry.event, classes) for problem in rule(entry, book)]


# What every entry needs


@refuses(Event)
def one_fact_is_recorded_once(entry: Entry, book: Book) -> Iterator[Problem]:
    """The same fact is recorded once. Where a second record of it says something else, the first is corrected,
    not contradicted by a twin. (House plan, identity: each kind names the fields that identify the fact.)
    """
    for other in book.history(entry.matter):
        if other.sequence < entry.sequence and other.event.same_fact_as(entry.event):
            ours, theirs = entry.event.data(), other.event.data()
            fields = sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name))
            yield Problem(
                f"differs from #{other.position} in {', '.join(fields)}",
                f"it is the same fact: if #{other.position} is wrong, correct it; else mend the identifying fields "
                f"({', '.join(entry.event.identity or ())})",
                fields[0],
            )


@refuses(WorldEvent)
def its_body_is_registered(entry: Entry, book: Book) -> Iterator[Problem]:
    """An event is about a body that is registered. (Domain rule 13: a body has one id for life.)"""
    event = _of(entry, WorldEvent)
    if book.body(event.body) is None:
        yield Problem(
            f"no body '{event.body}' is registered", "see `force-ledger forces list`, or use `body register`", "body"
        )


@refuses(WorldEvent, BodyRegistered)
def its_documents_are_registered(entry: Entry, book: Book) -> Iterator[Problem]:
    """Whatever an event cites is registered, so that a reader can tell what it rests on. (Domain rule 8.)"""
    event = entry.event
    assert isinstance(event, WorldEvent | BodyRegistered)
    for citation in event.documents:
        if book.document(citation.document) is None:
            yield Problem(
                f"no document '{citation.document}' is registered",
                "use `document register` first, or mend the id",
                "documents",
            )


@refuses(WorldEvent)
def what_it_rests_on_is_on_record(entry: Entry, book: Book) -> Iterator[Problem]:
    """An event can rest only on entries that this ledger has. (House plan: references are event ids.)"""
    for event_id in _of(entry, WorldEvent).because:
        if not book.on_record(event_id):
            yield Problem(
                f"no entry has the event id {event_id[:12]}…", "write #12 for the entry at position 12", "because"
            )


@refuses(WorldEvent)
def nothing_has_happened_yet_that_lies_ahead(entry: Entry, book: Book) -> Iterator[Problem]:
    """What takes effect after the day of its recording has not happened. A decision about it has: record that.
    (Domain rule 9; days are Europe/London.)
    """
    event, day = _of(entry, WorldEvent), entry.recorded_at.astimezone(LONDON).date()
    if event.effective.earliest > day:
        yield Problem(
            f"{event.effective} lies after today, {day}",
            "mend the date; for a move to come use `monitoring decide-move`",
            "effective",
        )


@refuses(WorldEvent)
def the_order_of_the_world(entry: Entry, book: Book) -> Iterator[Problem]:
    """With the new entry in its place, the matter still has a lawful history: some choice of days within the
    dates given in which each fact may follow what was before it. (Domain rules 1 to 4, and 2 on dates.)
    """
    for course, entries in strands(entry.matter, book.history(entry.matter)):
        if entry not in entries or not (found := course.hindrance(entries)):
            continue
        at, obstacle = found
        if at == entry:
            yield Problem(obstacle.message, obstacle.hint, obstacle.field)
        elif not book.is_new(at):
            yield Problem(
                f"with this, #{at.position} ({at.kind} of {_when(at)}) could not have followed: {obstacle.message}",
                f"mend the date, or correct #{at.position}",
                "effective",
            )


@refuses(WorldEvent)
def the_order_within_a_day(entry: Entry, book: Book) -> Iterator[Problem]:
    """Of two facts of one day, whose order would change the state, the sources must say which came first: by a
    declared order, or by the natural rank of their kinds. Never the order of the file or of recording.
    (Domain rule 11.)
    """
    for course, entries in strands(entry.matter, book.history(entry.matter)):
        if entry not in entries or not (found := course.undecided(entries)):
            continue
        if entry in found:
            other = found[0] if found[1] == entry else found[1]
            if book.is_new(other) and other.position > entry.position:
                continue  # say it once
            yield Problem(
                f"it is of the same day as {_name(other, book)}, and which came first changes the state",
                "give both an `order` (1, 2, …) if one document says so, or more precise dates",
                "order",
            )


# Documents


@refuses(RecommendationClosed, ConcernClosed, ConcernSuperseded)
def a_closure_rests_on_a_later_document(entry: Entry, book: Book) -> Iterator[Problem]:
    """A closure that cites only documents older than the concern is refused. (Domain rule 8.)"""
    event = entry.event
    assert isinstance(event, WorldEvent)
    issued = [e for e in book.history(entry.matter) if e.kind == "concern.issued"]
    dates = [document.published for document in book.cited(event)]
    if issued and dates and all(d is not None and d.latest < dated(issued[0])[0] for d in dates):
        yield Problem(
            f"every document cited is older than the concern, issued on {_when(issued[0])}",
            "cite the document that closes it, such as the inspectorate's letter",
            "documents",
        )


@refuses(RecommendationClosed, ConcernClosed, ConcernSuperseded)
def a_closure_rests_on_a_document_about_the_body(entry: Entry, book: Book) -> Iterator[Problem]:
    """A closure that cites a document about another body is refused. (Domain rule 8.)"""
    yield from _about_another(entry, book)


@warns(WorldEvent)
def a_document_about_another_body(entry: Entry, book: Book) -> Iterator[Problem]:
    """A document that is registered as being about other bodies may have been cited by mistake."""
    if not isinstance(entry.event, RecommendationClosed | ConcernClosed | ConcernSuperseded):
        yield from _about_another(entry, book)


@warns(WorldEvent)
def a_document_older_than_the_fact(entry: Entry, book: Book) -> Iterator[Problem]:
    """A document published before the fact took effect can announce it, not report it: a date may be wrong."""
    event = _of(entry, WorldEvent)
    dates = [document.published for document in book.cited(event)]
    if dates and all(d is not None and d.latest < event.effective.earliest for d in dates):
        yield Problem(
            f"every document cited was published before {event.effective}",
            "check the dates, or cite a later document too",
            "documents",
        )


@refuses(DocumentRevised)
def only_a_registered_document_is_revised(entry: Entry, book: Book) -> Iterator[Problem]:
    """A revision is that of a registered document."""
    event = _of(entry, DocumentRevised)
    if book.document(event.document) is None:
        yield Problem(f"no document '{event.document}' is registered", "use `document register`", "document")


@refuses(DocumentRegistered)
def a_document_is_registered_once(entry: Entry, book: Book) -> Iterator[Problem]:
    """The same bytes are one document, whatever its address. (Domain section 5.)"""
    event = _of(entry, DocumentRegistered)
    for other in book.referring_to(f"sha256:{event.sha256}") if event.sha256 else ():
        if other.position < entry.position:
            yield Problem(
                f"the same bytes are registered as '{_of(other, DocumentRegistered).document}' (#{other.position})",
                "cite that id",
                "sha256",
            )


@warns(DocumentRegistered)
def a_document_of_the_same_title_and_date(entry: Entry, book: Book) -> Iterator[Problem]:
    """A document of the same title and date may be the same document, found at another address. (Domain section 5.)"""
    event = _of(entry, DocumentRegistered)
    for other in book.referring_to(event.same_title):
        if other.position < entry.position:
            yield Problem(
                f"#{other.position} is a document of the same title and date, '{_of(other, DocumentRegistered).document}'",
                "if it is the same one cite that id",
                "title",
            )


# Bodies


@refuses(BodyRegistered)
def a_body_is_known_by_names_of_its_own(entry: Entry, book: Book) -> Iterator[Problem]:
    """No two bodies are known by the same name, code or alias, so that a reader can tell which is meant."""
    event = _of(entry, BodyRegistered)
    others = Bodies(e for e in book.under("body/") if e.event_id != entry.event_id)
    for field, text in (("name", event.name), ("code", event.code), *(("aliases", alias) for alias in event.aliases)):
        if text and (other := others.known(text)):
            yield Problem(
                f"'{text}' is known as {', '.join(sorted(other))}", "leave it out, or write it in full", field
            )


# Inspections and grades


@refuses(InspectionPublished, JudgementGiven, JudgementCarriedForward, TallyGiven)
def the_framework_is_known(entry: Entry, book: Book) -> Iterator[Problem]:
    """Every cycle has a framework version of its own, with its own areas and its own scale. (Domain rule 4.)"""
    name = entry.event.framework  # type: ignore[attr-defined]
    if name not in frameworks():
        yield Problem(f"no framework '{name}' is known", f"it is one of {', '.join(frameworks())}", "framework")


@refuses(JudgementGiven, JudgementCarriedForward)
def the_area_is_one_of_the_framework(entry: Entry, book: Book) -> Iterator[Problem]:
    """An area can be judged only in a framework version that has it. (Domain rule 4.)"""
    event = entry.event
    assert isinstance(event, JudgementGiven | JudgementCarriedForward)
    framework = frameworks().get(event.framework)
    if framework and framework.complete and event.area not in framework.areas:
        yield Problem(f"{framework.title} has no area '{event.area}'", f"it has {', '.join(framework.areas)}", "area")


@warns(JudgementGiven, JudgementCarriedForward)
def an_area_that_is_not_listed(entry: Entry, book: Book) -> Iterator[Problem]:
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
def the_grade_is_on_the_scale(entry: Entry, book: Book) -> Iterator[Problem]:
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
def only_a_graded_area_has_a_grade(entry: Entry, book: Book) -> Iterator[Problem]:
    """Some areas are inspected without a grade. (Domain rule 4; the frameworks' own lists.)"""
    event = _of(entry, JudgementGiven)
    framework = frameworks().get(event.framework)
    area = framework.areas.get(event.area) if framework and framework.complete else None
    if framework and area and not area.graded and event.grade != "not-graded":
        yield Problem(f"{framework.title} does not grade '{area.title}'", "write not-graded, or mend the area", "grade")


@refuses(JudgementGiven, JudgementCarriedForward, TallyGiven)
def a_judgement_belongs_to_a_published_inspection(entry: Entry, book: Book) -> Iterator[Problem]:
    """A judgement is given in an inspection whose report is on record, graded by the same framework."""
    event = entry.event
    assert isinstance(event, JudgementGiven | JudgementCarriedForward | TallyGiven)
    published = [e.event for e in book.history(entry.matter) if isinstance(e.event, InspectionPublished)]
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
def a_tally_that_does_not_add_up(entry: Entry, book: Book) -> Iterator[Problem]:
    """A tally may have been misread: it should add up to the areas graded, and cover the judgements on record."""
    event = _of(entry, TallyGiven)
    history = [e.event for e in book.history(entry.matter)]
    total = sum(event.counts.values())
    for published in history:
        if isinstance(published, InspectionPublished) and published.inspection == event.inspection:
            if published.areas_graded not in (None, total):
                yield Problem(
                    f"the tally counts {total} areas, the inspection graded {published.areas_graded}",
                    "check both",
                    "counts",
                )
    judged = [e for e in history if isinstance(e, JudgementGiven) and e.inspection == event.inspection]
    given = [e.grade for e in judged if isinstance(e.grade, Grade)]
    for grade in sorted(set(given)):
        if given.count(grade) > event.counts.get(grade, 0):
            yield Problem(
                f"{given.count(grade)} areas are on record as {grade}, the tally counts {event.counts.get(grade, 0)}",
                "check both",
                "counts",
            )


# Concerns


@refuses(ConcernIssued)
def a_report_states_its_recommendations(entry: Entry, book: Book) -> Iterator[Problem]:
    """A cause of concern carries at least one recommendation; only a document other than the inspectorate's report
    may leave them unstated. (Domain rule 2; HMICFRS glossary, cause of concern.)
    """
    event = _of(entry, ConcernIssued)
    if event.recommendations or event.recommendations_issued:
        return
    if any(document.type == DocumentType.INSPECTORATE_REPORT for document in book.cited(event)):
        yield Problem(
            "the inspectorate's report is cited, and it states the recommendations",
            "give them, or (recommendations_issued) how many; or cite the letter or press report that leaves them out",
            "recommendations",
        )


@refuses(ConcernIssued, ConcernSuperseded, Engaged, ConcernAdded)
def a_concern_that_is_named_is_on_record(entry: Entry, book: Book) -> Iterator[Problem]:
    """Whatever concern an event names, as its successor, its predecessor or its reason, is on record for the body."""
    match entry.event:
        case ConcernIssued() as event:
            named = [("recurrence_of", event.recurrence_of)]
        case ConcernSuperseded() as event:
            named = [("superseded_by", event.superseded_by)]
        case Engaged() | ConcernAdded() as event:
            named = [("concerns", concern) for concern in event.concerns]
        case _:
            return
    for field, concern in named:
        if concern and not book.history(f"{event.body}/concern/{concern}"):
            yield Problem(f"no concern '{concern}' of this body is on record", "record it first, or mend its id", field)
        elif concern and f"{event.body}/concern/{concern}" == entry.matter:
            yield Problem("a concern cannot name itself", "mend the id", field)


@warns(ConcernIssued)
def a_recurrence_of_what_still_stands(entry: Entry, book: Book) -> Iterator[Problem]:
    """A concern recurs after it was closed; if the earlier one is still open it may be the same."""
    event = _of(entry, ConcernIssued)
    if event.recurrence_of and (earlier := _concern(book, event, event.recurrence_of)).status == "open":
        yield Problem(
            f"'{event.recurrence_of}' ({earlier.title}) is still open on that date",
            "if it is the same use `concern reaffirm`",
            "recurrence_of",
        )


@warns(ConcernReaffirmed)
def a_revisit_that_found_things_worse(entry: Entry, book: Book) -> Iterator[Problem]:
    """A revisit need not bring progress: one found that things had become worse. (Domain, false couplings.)"""
    if _of(entry, ConcernReaffirmed).progress == "worse":
        yield Problem("recorded: the revisit found matters worse", "check that the source says so", "progress")


@warns(RecommendationClosed)
def all_recommendations_closed(entry: Entry, book: Book) -> Iterator[Problem]:
    """When all its recommendations are closed, a concern still stands: its closure is a decision of its own.
    (Domain rule 3.)
    """
    event = _of(entry, RecommendationClosed)
    state = _concern(book, event, event.concern)
    if state.status == "open" and state.recommendations_open == 0:
        yield Problem(
            "all recommendations are closed, the concern itself is still open",
            "if the document closes it too record `concern close`",
            "recommendations",
        )


# Monitoring: couplings that look true and are false


@warns(Engaged)
def engaged_without_an_inadequate_grade(entry: Entry, book: Book) -> Iterator[Problem]:
    """Entering Engage takes no inadequate grade, and an inadequate grade does not bring it. (Domain, false couplings.)"""
    event = _of(entry, Engaged)
    grades = [
        state.current.grade
        for lane, own in lanes(book.history(f"{event.body}/inspection")).items()
        if lane[1] != TALLIES and (state := on(area_course(lane).spells(own), event.effective.latest)).current
    ]
    if grades and "inadequate" not in grades:
        yield Problem(
            "no inadequate grade is in force for this body", "that is lawful; check the body and the date", "effective"
        )


@warns(Engaged)
def engaged_before_a_concern_was_issued(entry: Entry, book: Book) -> Iterator[Problem]:
    """Engage needs no published cause of concern, nor need concerns be its basis: West Midlands entered it four
    weeks before the report. (Domain, false couplings.)
    """
    event = _of(entry, Engaged)
    if not event.concerns:
        yield Problem(
            "no cause of concern is named as its basis", "that is lawful; name them if the source does", "concerns"
        )
    for concern in event.concerns:
        if (state := _concern(book, event, concern)).status != "open":
            yield Problem(
                f"the concern '{concern}' is {_not_open(state)} on that date",
                "that is lawful; check the dates",
                "concerns",
            )


@warns(ConcernAdded)
def added_to_engage_before_it_was_issued(entry: Entry, book: Book) -> Iterator[Problem]:
    """Concern and Engage have no fixed order. (Domain, false couplings.)"""
    event = _of(entry, ConcernAdded)
    for concern in event.concerns:
        if (state := _concern(book, event, concern)).status != "open":
            yield Problem(
                f"the concern '{concern}' is {_not_open(state)} on that date",
                "that is lawful; check the dates",
                "concerns",
            )


@warns(ReturnedToScan)
def returned_with_a_concern_open(entry: Entry, book: Book) -> Iterator[Problem]:
    """Leaving Engage does not mean that all concerns are closed: West Midlands left it with one open.
    (Domain, false couplings.)
    """
    event = _of(entry, ReturnedToScan)
    before = [e for e in book.history(entry.matter) if e != entry]
    for concern in on(MONITORING.spells(before), event.effective.latest).concerns:
        if _concern(book, event, concern).status == "open":
            yield Problem(
                f"the concern '{concern}' is still open",
                "that is lawful; it stays open until it is closed itself",
                "effective",
            )


@warns(ConcernClosed)
def closed_with_the_body_still_in_engage(entry: Entry, book: Book) -> Iterator[Problem]:
    """When all concerns of an Engage process are closed, the body is still in Engage until it is moved.
    (Domain, false couplings.)
    """
    event = _of(entry, ConcernClosed)
    monitoring = _monitoring(book, event)
    if monitoring.phase == "engage" and event.concern in monitoring.concerns:
        others = [_concern(book, event, concern) for concern in monitoring.concerns]
        if all(state.status != "open" for state in others):
            yield Problem(
                "all concerns of this Engage process are closed, the body is still in Engage",
                "that is lawful; if it was moved record `monitoring return`",
                "effective",
            )


@warns(JudgementGiven)
def inadequate_in_scan(entry: Entry, book: Book) -> Iterator[Problem]:
    """An inadequate grade does not bring Engage. (Domain, false couplings.)"""
    event = _of(entry, JudgementGiven)
    monitoring = _monitoring(book, event)
    if event.grade == "inadequate" and monitoring.phase == "scan" and not monitoring.presumed:
        yield Problem(
            "the body is in Scan on that date", "that is lawful; a move to Engage is a decision of its own", "grade"
        )


# The ledger's own record


@refuses(LedgerOpened)
def a_ledger_is_opened_once(entry: Entry, book: Book) -> Iterator[Problem]:
    """The opening is the first entry, and there is only one."""
    if entry.position:
        yield Problem("the ledger is open already", "leave it out", "kind")


@refuses(Event)
def its_recorder_is_authorised(entry: Entry, book: Book) -> Iterator[Problem]:
    """Who may record is itself on record: an entry is signed by a key that was authorised before it and not revoked.
    The first submission authorises the key that signs it. (House plan, section 6.)
    """
    history = book.history(f"recorder/{entry.recorded_by}")
    authorised = [e for e in history if isinstance(e.event, RecorderAuthorised)]
    first = any(e.position <= 1 for e in authorised)
    if not authorised or (book.is_new(authorised[0]) and not first):
        yield Problem(
            f"the key {entry.recorded_by} is not authorised here", "ask a keeper for `keys authorise`", "recorded_by"
        )
    elif any(isinstance(e.event, RecorderRevoked) and not book.is_new(e) for e in history):
        yield Problem(
            f"the key {entry.recorded_by} has been revoked", "sign with a key that is authorised", "recorded_by"
        )


@refuses(RecorderAuthorised, RecorderRevoked)
def only_a_keeper_changes_who_may_record(entry: Entry, book: Book) -> Iterator[Problem]:
    """Recorders are authorised and revoked by a keeper. (House plan, section 6.)"""
    history = book.history(f"recorder/{entry.recorded_by}")
    if not any(isinstance(e.event, RecorderAuthorised) and e.event.role == "keeper" for e in history):
        yield Problem(f"the key {entry.recorded_by} is not a keeper's", "ask a keeper", "recorded_by")


def too_long(entry: Entry) -> Problem | None:
    """An entry has at most 65,535 bytes; a document goes by its hash. (C2SP tlog-tiles, entry bundles.)"""
    if len(entry.data) <= LONGEST:
        return None
    return Problem(
        f"the entry would have {len(entry.data):,} bytes, more than {LONGEST:,}",
        "shorten the texts; keep documents as evidence",
        "note",
    )


def _of(entry: Entry, class_: type[E]) -> E:
    assert isinstance(entry.event, class_)
    return entry.event


def _about_another(entry: Entry, book: Book) -> Iterator[Problem]:
    event = _of(entry, WorldEvent)
    for document in book.cited(event):
        if document.bodies and event.body not in document.bodies:
            yield Problem(
                f"'{document.document}' is about {', '.join(document.bodies)}, not {event.body}",
                "cite a document about this body",
                "documents",
            )


def _concern(book: Book, event: WorldEvent, concern: str) -> Concern:
    return on(CONCERN.spells(book.history(f"{event.body}/concern/{concern}")), event.effective.latest)


def _monitoring(book: Book, event: WorldEvent) -> Monitoring:
    return on(MONITORING.spells(book.history(f"{event.body}/monitoring")), event.effective.latest)


def _not_open(state: Concern) -> str:
    return {"none": "not on record", "announced": "announced, not yet issued"}.get(state.status, state.status)


def _when(entry: Entry) -> str:
    return str(_of(entry, WorldEvent).effective)


def _name(entry: Entry, book: Book) -> str:
    return f"another {entry.kind} of this batch" if book.is_new(entry) else f"#{entry.position} ({entry.kind})"
