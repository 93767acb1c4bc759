"""What every entry needs, whatever it is about."""

from collections.abc import Iterator

from events import Entry, Event, WorldEvent
from events.body import BodyRegistered
from events.entry import LONGEST
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import LONDON, refuses, said, when
from projections.concern import ENDS


@refuses(Event)
def one_fact_is_recorded_once(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """The same fact is recorded once. Where a second record of it says something else, the first is corrected,
    not contradicted by a twin. (House plan, identity: each kind names the fields that identify the fact.)
    """
    for other in context.in_force(entry.matter):
        if other.sequence < entry.sequence and other.event.same_fact_as(entry.event):
            ours, theirs = entry.event.data(), other.event.data()
            fields = sorted(name for name in ours | theirs if ours.get(name) != theirs.get(name))
            if other.kind == "concern.issued" and _is_over(entry, context):
                return  # the law of concerns says more: closed is final
            if not fields:
                yield Problem(f"#{other.position} records this fact already, in the same words", "leave it out")
                continue
            known = f"another {other.kind} of this batch" if context.is_new(other) else f"#{other.position}"
            wrong = "if one is wrong leave it out" if context.is_new(other) else f"if {known} is wrong correct it"
            yield Problem(
                f"{known} records this fact already, and differs in {', '.join(fields)}",
                f"{wrong}; if this is another fact, give it another "
                f"{' or '.join(name for name in entry.event.identity or () if name != 'body')}",
                fields[0],
            )


@refuses(WorldEvent)
def its_body_is_registered(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """An event is about a body that is registered. (Domain rule 13: a body has one id for life.)"""
    event = said(entry, WorldEvent)
    if context.body(event.body) is None:
        yield Problem(
            f"no body '{event.body}' is registered", "see `force-ledger forces list`, or use `body register`", "body"
        )


@refuses(WorldEvent, BodyRegistered)
def its_documents_are_registered(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """Whatever an event cites is registered, so that a reader can tell what it rests on. (Domain rule 8.)"""
    event = entry.event
    assert isinstance(event, WorldEvent | BodyRegistered)
    for citation in event.documents:
        if context.document(citation.document) is None:
            yield Problem(
                f"no document '{citation.document}' is registered",
                "use `document register` first, or mend the id",
                "documents",
            )


@refuses(WorldEvent)
def what_it_rests_on_is_on_record(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """An event can rest only on entries that this ledger has. (House plan: references are event ids.)"""
    for event_id in said(entry, WorldEvent).because:
        if not context.on_record(event_id):
            yield Problem(
                f"no entry has the event id {event_id[:12]}…", "write #12 for the entry at position 12", "because"
            )


@refuses(WorldEvent)
def nothing_has_happened_yet_that_lies_ahead(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """What takes effect after the day of its recording has not happened. A decision about it has: record that.
    (Domain rule 9; days are Europe/London.)
    """
    event, day = said(entry, WorldEvent), entry.recorded_at.astimezone(LONDON).date()
    if event.effective.earliest > day:
        yield Problem(
            f"{event.effective} lies after today, {day}",
            "mend the date; for a move to come use `monitoring decide-move`",
            "effective",
        )


@refuses(WorldEvent)
def the_order_of_the_world(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """With the new entry in its place, the matter still has a lawful history: some choice of days within the
    dates given in which each fact may follow what was before it. (Domain rules 1 to 4, and 2 on dates.)
    """
    for substream in context.substreams(entry):
        if substream.first_violation is None:
            continue
        at, violation = substream.first_violation
        if at is entry:
            yield Problem(violation.message, violation.hint, violation.field)
        elif not context.is_new(at):
            yield Problem(
                f"with this, #{at.position} ({at.kind} of {when(at)}) could not have followed: {violation.message}",
                f"mend the date, or correct #{at.position}",
                "effective",
            )


@refuses(WorldEvent)
def the_order_within_a_day(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """Of two facts of one day, whose order would change the state, the sources must say which came first: by a
    declared order, or by the natural rank of their kinds. Never the order of the file or of recording.
    (Domain rule 11.)
    """
    for substream in context.substreams(entry):
        if substream.undecided and any(fact is entry for fact in substream.undecided):
            other = next(fact for fact in substream.undecided if fact is not entry)
            if context.is_new(other) and other.position > entry.position:
                continue  # say it once
            yield Problem(
                f"it is of the same day as {_name(other, context)}, and which came first changes the state",
                "give both an `order` (1, 2, …) if one document says so, or more precise dates",
                "order",
            )


def too_long(entry: Entry) -> Problem | None:
    """An entry has at most 65,535 bytes; a document goes by its hash. (C2SP tlog-tiles, entry bundles.)"""
    if len(entry.data) <= LONGEST:
        return None
    return Problem(
        f"the entry would have {len(entry.data):,} bytes, more than {LONGEST:,}",
        "shorten the texts; a document is kept by its hash",
    )


def _is_over(entry: Entry, context: RuleContext) -> bool:
    return any(other.kind in ENDS for other in context.in_force(entry.matter))


def _name(entry: Entry, context: RuleContext) -> str:
    return f"another {entry.kind} of this batch" if context.is_new(entry) else f"#{entry.position} ({entry.kind})"
