"""Amendment: what may be corrected, retracted, corroborated, contradicted. (Domain rule 10.)

Whatever depends on the target is judged again, one step: its own matter, and the entries that refer to it.
"""

import json
from collections.abc import Iterable, Iterator

from events import Entry
from events.amendment import (
    Amendment,
    EntryContradicted,
    EntryCorrected,
    EntryCorroborated,
    EntryRetracted,
    EntryWithheld,
)
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import refusals, refuses, said, warnings, warns
from projections.amendments import Versions
from projections.spell import dated


@refuses(EntryCorrected, EntryRetracted, EntryCorroborated, EntryContradicted)
def what_is_mended_stands(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """Amendment is of what now stands: the first entry of a line, or its latest correction; so a line never forks.
    (Domain rule 10; house plan, corrections.)
    """
    event = said(entry, Amendment)
    target = next((other for other in _earlier(entry, context) if other.event_id == event.target), None)
    lines = Versions(_earlier(entry, context))
    if target is None:
        yield Problem(f"no entry of {entry.matter} has that id", "name it as #12, or leave `stream` out", "target")
    elif not lines.is_in_force(event.target):
        now, gone = lines.position(event.target), lines.retraction_of(event.target)
        word = f"was retracted (#{gone.position})" if gone else "no longer stands"
        if now is not None:
            remedy = f"name #{now}"
        elif gone:
            remedy = f"nothing stands in its place; to bring it back retract #{gone.position}"
        else:
            remedy = f"nothing stands in its place; see `force-ledger show {entry.matter}`"
        yield Problem(f"#{target.position} {word}", remedy, "target")
    elif isinstance(target.event, EntryWithheld):
        yield Problem(f"what #{target.position} withholds is gone", "leave it out", "target")
    elif not isinstance(event, EntryRetracted) and _only_retractable(target):
        yield Problem(f"#{target.position} is itself a mending ({target.kind})", "it can only be retracted", "target")


@refuses(Amendment)
def who_may_record_is_not_mended(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """The opening of a ledger and the authority of its recorders are facts about it, and hold by position: a keeper
    authorises and revokes. Nobody mends them. (House plan, section 6.)
    """
    if entry.matter.split("/")[0] in ("ledger", "recorder"):
        yield Problem(
            "the ledger's own record is not amended",
            "a keeper can use `keys authorise`, `keys revoke` and `policy set`",
            "target",
        )


@refuses(EntryWithheld)
def only_what_no_longer_stands_is_withheld(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """Only what is already retracted or corrected is withheld, and only once. (House plan, corrections.)"""
    event = said(entry, EntryWithheld)
    earlier = _earlier(entry, context)
    target = next((other for other in earlier if other.event_id == event.target), None)
    if target is None:
        yield Problem(f"no entry of {entry.matter} has that id", "name it as #12, or leave `stream` out", "target")
    elif event.target in _withheld(earlier):
        yield Problem(f"#{target.position} is withheld already", "leave it out", "target")
    elif Versions(earlier).is_in_force(event.target):
        yield Problem(f"#{target.position} stands", "retract or correct it first", "target")


@refuses(EntryRetracted)
def what_is_withheld_does_not_stand_again(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A retraction that would bring back what was withheld is refused: nothing is left to bring back."""
    gone = _withheld(_earlier(entry, context))
    for now in context.in_force(entry.matter):
        if now.event_id in gone:
            yield Problem(
                f"without it, #{now.position} would stand again, which is withheld", "correct it instead", "target"
            )


@refuses(EntryCorrected)
def a_correction_keeps_the_fact(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A correction says the same fact otherwise: its kind, its matter and its identifying fields stay, its day apart.
    Another fact is retracted, and recorded anew. (House plan, corrections.)
    """
    event = said(entry, EntryCorrected)
    before = Versions(_earlier(entry, context))
    old, new = before.now(event.target), event.replacement.event
    if old is None:
        return
    if new.kind != old.kind:
        yield Problem(
            f"#{old.position} is a {old.kind}, not a {new.kind}", "retract it, and record the other", "replacement"
        )
        return
    changed = [
        name
        for name in old.event.identity or ()
        if name != "effective" and getattr(new, name) != getattr(old.event, name)
    ]
    if changed or new.matter != old.matter:
        yield Problem(
            f"{' and '.join(changed) or 'its matter'} would change: that is another fact",
            _properly(before.position(event.target), event),
            "replacement",
        )
    elif new.data() == old.event.data():
        yield Problem("nothing would change", "leave the correction out, or mend the replacement", "replacement")


@refuses(EntryCorrected)
def what_a_correction_rests_on(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """An error of the source, a preferred claim and a refined date rest on a document; only an error of our own in
    recording needs none. (Domain rule 10.)
    """
    event = said(entry, EntryCorrected)
    if event.type != "recording-error" and not event.documents:
        yield Problem(f"a correction of the type {event.type} rests on a document", "cite it", "documents")


@refuses(Amendment)
def the_documents_of_a_mending_are_registered(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """Whatever a mending cites is registered. (Domain rule 8.)"""
    for citation in said(entry, Amendment).documents:
        if context.document(citation.document) is None:
            yield Problem(
                f"no document '{citation.document}' is registered", "use `document register` first", "documents"
            )


@refuses(EntryCorrected)
def a_refined_date_lies_within_the_old(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """To refine a date is to say more exactly what was said: the new days lie within the old ones. (Domain rule 10.)"""
    event = said(entry, EntryCorrected)
    before = Versions(_earlier(entry, context))
    old = before.now(event.target)
    if old is None or event.type != "precision-refined":
        return
    for new in _in_its_place(entry, context):
        (first, last), (new_first, new_last) = dated(old), dated(new)
        if new_first < first or new_last > last:
            yield Problem(
                "the new date lies outside the old one", "give the type that it is, such as source-erratum", "type"
            )


@refuses(EntryCorrected)
def what_stands_instead_is_lawful(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """What a correction puts in place is judged as if it were recorded now."""
    for now in _in_its_place(entry, context):
        yield from refusals(now, context)


@warns(EntryCorroborated)
def another_document_is_another(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A document that an entry already rests on adds nothing by saying it again. (Domain rule 10.)"""
    event = said(entry, EntryCorroborated)
    before = Versions(_earlier(entry, context))
    now = before.now(event.target)
    cited = {citation.document for citation in getattr(now.event, "documents", ())} if now else set()
    for citation in event.documents:
        if citation.document in cited:
            yield Problem(f"the entry rests on '{citation.document}' already", "cite another document", "documents")


@warns(EntryCorrected)
def what_may_be_overlooked_in_its_place(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """What a correction puts in place may have been overlooked like anything else that is recorded."""
    for now in _in_its_place(entry, context):
        yield from warnings(now, context)


@refuses(EntryCorrected, EntryRetracted)
def what_depends_on_it_still_holds(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """What stands beside a corrected or retracted entry, and what refers to it or to its matter, is judged again, one
    step; so is what a retraction restores. (Domain rule 10.)
    """
    yield from _what_stands_beside_it(entry, context)
    if isinstance(entry.event, EntryRetracted):
        yield from _what_rests_on_it(entry, context)
    yield from _what_refers_to_its_matter(entry, context)


def _what_stands_beside_it(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    substreams = context.substreams_of(entry.matter).values()
    stuck = {event_id for substream in substreams if substream.first_violation for event_id in substream.entries}
    for other in context.in_force(entry.matter):
        if other.event_id not in stuck and not context.is_new(other):
            yield from _could_not_stand(other, refusals(other, context))
    for substream in substreams if isinstance(entry.event, EntryRetracted) else ():
        if substream.first_violation:
            at, violation = substream.first_violation
            yield Problem(
                f"without it, #{at.position} ({at.kind}) could not stand: {violation.message}",
                f"retract #{at.position} too",
                "target",
            )


def _what_rests_on_it(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    target = said(entry, EntryRetracted).target
    if any(now.event_id == target for now in context.in_force(entry.matter)):
        return
    for other in context.referring_to(target):
        if target in _because(other) and context.is_in_force(other):
            yield Problem(f"#{other.position} ({other.kind}) rests on it", f"retract #{other.position} too", "target")


def _what_refers_to_its_matter(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    for other in context.referring_to(entry.matter):
        if other.matter != entry.matter and context.is_in_force(other) and not context.is_new(other):
            yield from _could_not_stand(other, refusals(context.now(other), context))
            if isinstance(other.event, Amendment) and Versions(context.recorded(other.matter)).is_in_force(
                other.event_id
            ):
                yield from _could_not_stand(other, the_documents_of_a_mending_are_registered(other, context))


def _earlier(entry: Entry, context: RuleContext) -> list[Entry]:
    """What its matter held before an entry."""
    return [other for other in context.recorded(entry.matter) if other.position < entry.position]


def _withheld(entries: Iterable[Entry]) -> set[str]:
    """The event ids of what was withheld; by the decisions, for the bytes go later."""
    return {entry.event.target for entry in entries if isinstance(entry.event, EntryWithheld)}


def _in_its_place(entry: Entry, context: RuleContext) -> list[Entry]:
    """What a correction puts in the place of its target, where it is in force."""
    return [now for now in context.in_force(entry.matter) if now.event_id == entry.event_id]


def _could_not_stand(entry: Entry, problems: Iterable[Problem]) -> Iterator[Problem]:
    for problem in problems:
        yield Problem(
            f"#{entry.position} ({entry.kind}) could not stand: {problem.message}",
            f"mend #{entry.position} first",
            "target",
        )


def _only_retractable(entry: Entry) -> bool:
    return isinstance(entry.event, Amendment) and not isinstance(entry.event, EntryCorrected)


def _because(entry: Entry) -> tuple[str, ...]:
    because: tuple[str, ...] = getattr(entry.event, "because", ())
    return because


def _properly(position: int | None, event: EntryCorrected) -> str:
    """The batch that would do what the correction was meant to do."""
    fields = "".join(f"\n    {name}: {_yaml(value)}" for name, value in event.replacement.data.items())
    return (
        "record this batch instead:\n"
        f"  - kind: entry.retracted\n    target: '#{position}'\n"
        f"    reason: {_yaml(event.reason)}\n"
        f"  - kind: {event.replacement.kind}{fields}"
    )


def _yaml(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
