"""Amendments: what may be corrected, retracted, corroborated, contradicted, withheld. (Domain rule 10.)

Entries that depend on the target are checked again: those of its matter, and those that refer to it directly.
"""

import json
from collections.abc import Iterable
from string import Formatter
from typing import Any

from events import Entry
from events.amendment import (
    Amendment,
    EntryContradicted,
    EntryCorrected,
    EntryCorroborated,
    EntryRetracted,
    EntryWithheld,
)
from events.entry import ContentMissing
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.every_entry import an_amendments_documents_are_registered
from ledger.rules.rule import Problems, refusals, refuses, structure, warnings, warns
from projections.amendments import Versions
from projections.fact import dated, documents_of
from projections.solver import Solver
from projections.subject import numbers

_ONLY_RETRACTED = (EntryRetracted.kind, EntryCorroborated.kind, EntryContradicted.kind)


@structure(EntryCorrected, EntryRetracted, EntryCorroborated, EntryContradicted)
def only_what_is_in_force_is_amended(entry: Entry, context: RuleContext) -> Problems:
    """An amendment is of the version in force: the first entry, or its latest correction. So the versions of an entry
    never fork. The first entry can be retracted after it was corrected too: that takes the fact back. (Domain rule
    10.)
    """
    id, target, before = _amended(entry), _target(entry, context), Versions(_before(entry, context))
    if target is None:
        yield _no_such_target(entry)
    elif not before.is_in_force(id) and not _taken_back(entry, before):
        now, retracted = before.position(id), before.retraction_of(id)
        word = f"was retracted (#{retracted.position})" if retracted else "is no longer in force"
        if now is not None:
            remedy = f"name #{now}"
        elif retracted:
            remedy = f"to restore it, `retract '#{retracted.position}'`"
        else:
            remedy = f"nothing is in force in its place; see `force-ledger show {entry.matter}`"
        yield Problem(f"#{target.position} {word}", remedy, "target")
    elif target.kind == EntryWithheld.kind:
        yield Problem(f"what #{target.position} withholds was removed", "leave it out", "target")
    elif entry.kind != EntryRetracted.kind and target.kind in _ONLY_RETRACTED:
        what = f"#{target.position} is itself an amendment ({target.kind})"
        yield Problem(what, "it can only be retracted", "target")


@structure(Amendment)
def the_ledgers_own_record_is_not_amended(entry: Entry, context: RuleContext) -> Problems:
    """The opening of a ledger and the authority of its recorders are not amended or withheld: they count from their
    position in the log. A keeper authorises and revokes. (docs/format.md)
    """
    if entry.matter.split("/")[0] in ("ledger", "recorder"):
        remedy = "a keeper can use `keys authorise`, `keys revoke` and `policy set`"
        yield Problem("the ledger's own record is not amended", remedy, "target")


@structure(EntryWithheld)
def only_what_is_no_longer_in_force_is_withheld(entry: Entry, context: RuleContext) -> Problems:
    """Only what has been retracted or corrected is withheld, only once, and only if it was recorded in an earlier
    submission. (docs/format.md)
    """
    target, before = _target(entry, context), Versions(_before(entry, context))
    if target is None:
        yield _no_such_target(entry)
    elif context.is_new(target):
        yield Problem(f"#{target.position} is of the same submission", "record neither", "target")
    elif before.withholding_of(target.event_id):
        yield Problem(f"#{target.position} is withheld already", "leave it out", "target")
    elif before.is_in_force(target.event_id):
        yield Problem(f"#{target.position} is in force", "retract or correct it first", "target")


@structure(EntryRetracted)
def what_is_withheld_is_not_restored(entry: Entry, context: RuleContext) -> Problems:
    """A retraction that would restore what was withheld is refused: its data were removed. That may be a version, or a
    corroboration or contradiction of it."""
    before, after = Versions(_before(entry, context)), Versions([*_before(entry, context), entry])
    for other in _before(entry, context):
        if before.withholding_of(other.event_id) and after.is_in_force(other.event_id):
            what = f"without it, #{other.position} would be in force again, which is withheld"
            yield Problem(what, "correct it instead", "target")


@refuses
def a_correction_keeps_its_kind_and_matter(event: EntryCorrected, entry: Entry, context: RuleContext) -> Problems:
    """A correction is of the same kind and matter as the first version. To replace a fact by another, retract it and
    record the other.
    """
    before = Versions(_before(entry, context))
    kind, new = before.kind_of(entry), event.replacement.event
    if before.now(event.target) is None:
        return
    if new.kind != kind:
        what = f"#{before.position(event.target)} is a {kind}, not a {new.kind}"
        yield Problem(what, "retract it, and record the other", "replacement")
    elif new.matter != entry.matter:
        names = [name for _, name, *_ in Formatter().parse(new.matter_form) if name]
        changed = [name for name in names if str(getattr(new, name)) not in entry.matter.split("/")]
        yield _another_fact(" and ".join(changed) or "its matter", event, before)


@refuses
def a_correction_keeps_the_fact(event: EntryCorrected, entry: Entry, context: RuleContext) -> Problems:
    """A correction is of the same fact: its identifying fields stay, its day apart. Something changes, unless it
    settles a contradiction by keeping what is on record."""
    before = Versions(_before(entry, context))
    old, new = before.now(event.target), event.replacement.event
    if old is None or new.kind != old.kind or new.matter != entry.matter:
        return
    identity = [name for name in old.event.identity or () if name != "effective"]
    if changed := [name for name in identity if getattr(new, name) != getattr(old.event, name)]:
        yield _another_fact(" and ".join(changed), event, before)
    elif new.data() == old.event.data() and event.type != "conflict-resolved":
        yield Problem("nothing would change", "leave the correction out, or change the replacement", "replacement")
    elif new.data() == old.event.data() and not old.contradicted:
        what = "nothing contradicts it, so nothing would change"
        yield Problem(what, "record what does first (`contradict`), or change the replacement", "replacement")


@refuses
def what_a_correction_rests_on(event: EntryCorrected, entry: Entry, context: RuleContext) -> Problems:
    """A correction cites a document, unless it corrects an error of our own in recording, or keeps what is on record.
    (Domain rule 10.)"""
    if event.type != "recording-error" and not event.documents and not _keeps_the_old(event, entry, context):
        if event.type == "conflict-resolved":
            what = "a resolution that changes what is on record rests on a document"
            yield Problem(what, "name it (`--document`), or keep what is on record (`resolve --keep`)", "documents")
        else:
            yield Problem(f"a correction of the type {event.type} rests on a document", "cite it", "documents")


@refuses
def a_refined_date_lies_within_the_old(event: EntryCorrected, entry: Entry, context: RuleContext) -> Problems:
    """A refined date is within the date that it refines. (Domain rule 10.)"""
    old = Versions(_before(entry, context)).now(event.target)
    if old is None or event.type != "precision-refined":
        return
    for new in _in_its_place(entry, context):
        (first, last), (new_first, new_last) = dated(old), dated(new)
        if new_first < first or new_last > last:
            remedy = "give the type that it is, such as source-erratum"
            yield Problem("the new date is outside the old one", remedy, "type")


@refuses
def a_replacement_keeps_the_rules(event: EntryCorrected, entry: Entry, context: RuleContext) -> Problems:
    """The replacement of a correction is checked as if it were recorded now."""
    for now in _in_its_place(entry, context):
        yield from refusals(now, context)


@warns
def corroborated_by_the_same_document(event: EntryCorroborated, entry: Entry, context: RuleContext) -> Problems:
    """An entry is corroborated by another document, not by one that it cites already. (Domain rule 10.)"""
    now = Versions(_before(entry, context)).now(event.target)
    cited = documents_of(now) if now else []
    for citation in event.documents:
        if citation.document in cited:
            yield Problem(f"the entry rests on '{citation.document}' already", "cite another document", "documents")


@warns
def a_correction_that_cites_what_was_contradicted(
    event: EntryCorrected, entry: Entry, context: RuleContext
) -> Problems:
    """A replacement that says something else after a contradiction cites the document that says so, and no longer the
    one that was contradicted."""
    old = Versions(_before(entry, context)).now(event.target)
    if old is None or _keeps_the_old(event, entry, context):
        return
    against = {it for other in old.contradicted if other.amends for it in other.amends.documents}
    for document in documents_of(old) if against else ():
        if document not in against and document in _cited_in(event):
            named = numbers(other.position for other in old.contradicted)
            remedy = "this is allowed; if it does not say what now stands, name those that do: documents=…"
            yield Problem(f"the replacement still cites '{document}', which {named} contradicts", remedy, "replacement")


@warns
def what_may_be_overlooked_in_a_replacement(event: EntryCorrected, entry: Entry, context: RuleContext) -> Problems:
    """The replacement of a correction is checked for warnings like any other event, unless it says the same as
    before."""
    for now in [] if _keeps_the_old(event, entry, context) else _in_its_place(entry, context):
        yield from warnings(now, context)


@structure(EntryCorrected, EntryRetracted)
def what_depends_on_it_still_keeps_the_rules(entry: Entry, context: RuleContext) -> Problems:
    """Entries of the same matter, and entries that refer directly to the target or to its matter, are checked again; so
    is what a retraction restores, with its amendments. Entries that refer to those are not. (Domain rule 10.)
    """
    yield from _same_matter(entry, context)
    if entry.kind == EntryRetracted.kind:
        yield from _resting_on_it(entry, context)
        yield from _documents_of_amendments(context.recorded(entry.matter), context)
    yield from _referring_to_its_matter(entry, context)


def _same_matter(entry: Entry, context: RuleContext) -> Problems:
    tied = (entry.matter, *context.ties.needed_by(entry.matter))
    broken = [solver for matter in tied for solver in _solvers(matter, context) if solver.first_violation]
    reported = {event_id for solver in broken for event_id in solver.by_event_id}
    for other in context.in_force(entry.matter):
        if other.event_id not in reported and not context.is_new(other):
            yield from _no_longer_allowed(other, refusals(other, context))
    without = "without it" if entry.kind == EntryRetracted.kind else "with this"
    for solver in broken:
        if solver.first_violation and entry.event_id not in solver.by_event_id:  # else the replacement is refused
            at, violation = solver.first_violation
            what = f"{without}, #{at.position} ({at.kind}) would break a rule: {violation.message}"
            yield Problem(what, f"retract #{at.position} too", "target")


def _solvers(matter: str, context: RuleContext) -> Iterable[Solver[Any]]:
    """The lawful histories of a matter; none if it had something that was withheld since. Then the guards are asked of
    each entry, and each is excused."""
    try:
        return context.solvers_of(matter).values()
    except ContentMissing:
        return ()


def _resting_on_it(entry: Entry, context: RuleContext) -> Problems:
    target = _amended(entry)
    if any(now.event_id == target for now in context.in_force(entry.matter)):
        return
    gone = _taken_back(entry, Versions(_before(entry, context))) or [target]
    for other in (other for id in gone for other in context.referring_to(id)):
        now = context.now(other)
        if now and not now.is_withheld and {*gone} & {*getattr(now.event, "because", ())}:
            yield Problem(f"#{other.position} ({other.kind}) rests on it", f"retract #{other.position} too", "target")


def _referring_to_its_matter(entry: Entry, context: RuleContext) -> Problems:
    for others, part in context.parts_referring_to(entry.matter):
        for other in others:
            now = part.now(other)
            if now is None or other.matter == entry.matter or part.is_new(other):
                continue
            yield from _no_longer_allowed(other, refusals(now, part))
            yield from _documents_of_amendments([other], part)


def _documents_of_amendments(entries: Iterable[Entry], context: RuleContext) -> Problems:
    """Whether the amendments among these that are in force beside or as a version cite registered documents."""
    for other in entries:
        if other.amends and context.now(other) and context.is_in_force(other) and not context.is_new(other):
            yield from _no_longer_allowed(other, an_amendments_documents_are_registered(other, context))


def _no_longer_allowed(entry: Entry, problems: Iterable[Problem]) -> Problems:
    for problem in problems:
        what = f"#{entry.position} ({entry.kind}) would break a rule: {problem.message}"
        yield Problem(what, f"correct or retract #{entry.position} first", "target")


def _before(entry: Entry, context: RuleContext) -> list[Entry]:
    """The entries of its matter before an entry."""
    return [other for other in context.recorded(entry.matter) if other.position < entry.position]


def _amended(entry: Entry) -> str:
    """The event id of what an amendment is about."""
    assert entry.amends, "it is an amendment"
    return entry.amends.target


def _taken_back(entry: Entry, before: Versions) -> list[str]:
    """The event ids of the versions of a fact, the first one first, if an entry retracts that."""
    now = before.now(_amended(entry)) if entry.kind == EntryRetracted.kind else None
    versions = [*now.replaced, now.event_id] if now else []
    return versions if versions[:1] == [_amended(entry)] else []


def _target(entry: Entry, context: RuleContext) -> Entry | None:
    return next((other for other in _before(entry, context) if other.event_id == _amended(entry)), None)


def _no_such_target(entry: Entry) -> Problem:
    return Problem(f"no entry of {entry.matter} has that id", "name it as #12, or leave `stream` out", "target")


def _keeps_the_old(event: EntryCorrected, entry: Entry, context: RuleContext) -> bool:
    """Whether the replacement says the same as before, as when a contradiction is settled by keeping the entry."""
    old = Versions(_before(entry, context)).now(event.target)
    return old is not None and old.content is not None and event.replacement.data == old.content.data()


def _in_its_place(entry: Entry, context: RuleContext) -> list[Entry]:
    """What a correction puts in the place of its target, where that is in force."""
    return [now for now in context.in_force(entry.matter) if now.event_id == entry.event_id]


def _another_fact(changed: str, event: EntryCorrected, before: Versions) -> Problem:
    what = f"{changed} would change: that is another fact"
    return Problem(what, _as_a_new_fact(event, before), "replacement")


def _cited_in(event: EntryCorrected) -> set[str]:
    return {citation.document for citation in getattr(event.replacement.event, "documents", ())}


def _as_a_new_fact(event: EntryCorrected, before: Versions) -> str:
    """The batch that retracts the entry, with its corrections, and records the other fact."""
    fields = [("reason", event.reason), *event.replacement.data.items()]
    reason, *others = (f"    {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in fields)
    retraction = ["  - kind: entry.retracted", f"    target: '#{before.first(event.target).position}'", reason]
    return "\n".join(["record this batch instead:", *retraction, f"  - kind: {event.replacement.kind}", *others])
