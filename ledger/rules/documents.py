"""Documents, what is cited for what, and quotes."""

from collections.abc import Iterator

from events import Entry, WorldEvent
from events.amendment import Amendment
from events.body import BodyRegistered
from events.concern import ConcernClosed, ConcernIssued, ConcernSuperseded, RecommendationClosed
from events.document import DocumentRegistered, DocumentRevised, DocumentSought
from events.finding import FindingClosed, FindingRecorded
from events.recommendation import RecommendationEnded, RecommendationIssued
from ledger.errors import Problem
from ledger.evidence.quotes import QuoteStatus, quotes_of
from ledger.rules.context import RuleContext
from ledger.rules.rule import Problems, refuses, warns
from projections.days import span
from projections.fact import dated

Citing = WorldEvent | BodyRegistered | Amendment
Closure = RecommendationClosed | ConcernClosed | ConcernSuperseded | FindingClosed | RecommendationEnded


@refuses
def a_closure_rests_on_a_later_document(event: Closure, context: RuleContext) -> Problems:
    """A closure that cites only documents older than the concern, finding or recommendation is refused. (Domain rule
    8.)"""
    facts = [other.event for other in context.facts(event.matter)]
    opened = next(
        (fact for fact in facts if isinstance(fact, ConcernIssued | FindingRecorded | RecommendationIssued)), None
    )
    dates = [document.published for document in context.cited(event)]
    if opened and dates and all(d is not None and d.latest < opened.effective.earliest for d in dates):
        yield Problem(
            f"every document cited is older than what is closed, which dates from {opened.effective}",
            "cite the document that closes it, such as the inspectorate's letter",
            "documents",
        )


@refuses
def a_closure_rests_on_a_document_about_the_body(event: Closure, context: RuleContext) -> Problems:
    """A closure that cites a document about another body is refused. (Domain rule 8.)"""
    yield from _about_another_body(event, context, "cite a document about this body")


@warns
def a_document_about_another_body(event: WorldEvent, context: RuleContext) -> Problems:
    """A document that is registered as being about other bodies may have been cited by mistake."""
    if not isinstance(event, Closure):
        yield from _about_another_body(event, context, "this is allowed; check which document is meant")


def _about_another_body(event: WorldEvent, context: RuleContext, remedy: str) -> Problems:
    for document in context.cited(event):
        if document.bodies and event.body not in document.bodies:
            what = f"'{document.document}' is about {', '.join(document.bodies)}, not {event.body}"
            yield Problem(what, remedy, "documents")


@warns
def a_document_older_than_the_fact(event: WorldEvent, context: RuleContext) -> Problems:
    """A document published before the fact took effect can announce it, not report it: a date may be wrong."""
    dates = [document.published for document in context.cited(event)]
    if dates and all(d is not None and d.latest < event.effective.earliest for d in dates):
        what = f"every document cited was published before {event.effective}"
        yield Problem(what, "this is allowed, if it announced the fact; check the dates", "documents")


@warns
def a_document_that_limits_the_date(event: WorldEvent, context: RuleContext) -> Problems:
    """What a document reports has happened by its own day, so a vague date need not reach beyond it."""
    effective = event.effective
    dates = [(document, document.dated or document.published) for document in context.cited(event)]
    limits = [(d.latest, document.document, d) for document, d in dates if d and d.latest >= effective.earliest]
    if limits and min(limits)[0] < effective.latest:
        last, document, day = min(limits)
        write = span(effective.earliest, last)
        what = f"{effective} goes on beyond {day}, the day of '{document}'"
        yield Problem(
            what, f"if that tells what had happened by then, write {write}; else this is allowed", "effective"
        )


@refuses
def only_a_registered_document_is_revised(event: DocumentRevised, context: RuleContext) -> Problems:
    """A revision is of a document that is registered."""
    if not context.has(DocumentRegistered.kind, event.matter):
        yield Problem(f"no document '{event.document}' is registered", "use `document register`", "document")


@refuses
def a_documents_id_is_no_number(event: DocumentRegistered, _: RuleContext) -> Problems:
    """`show 12` is the entry #12, so a document's id is not digits alone."""
    if event.document.isdecimal():
        what = f"'{event.document}' is the number of an entry"
        yield Problem(what, "name the document by publisher, date and subject: hmicfrs-2023-12-22-kent", "document")


@refuses
def a_document_is_registered_once(event: DocumentRegistered, entry: Entry, context: RuleContext) -> Problems:
    """The same bytes are one document, whatever its address."""
    for other, twin in _registered(f"sha256:{event.sha256}", entry, context) if event.sha256 else ():
        what = f"the same bytes are registered as '{twin.document}' (#{other.position})"
        yield Problem(what, "cite that id", "sha256")


@warns
def a_document_of_the_same_title_and_date(event: DocumentRegistered, entry: Entry, context: RuleContext) -> Problems:
    """A document of the same title and date, about the same body, may be the same document, found at another site. Two
    pages of one site are two documents.
    """
    for other, twin in _twins(event, entry, context):
        what = f"#{other.position} is a document of the same title and date, '{twin.document}'"
        yield Problem(what, f"if it is the same one, leave this out and cite {twin.document}", "title")
        return


def same_document(document: str, context: RuleContext) -> str | None:
    """The document registered earlier that a document may be, by its title and date."""
    for entry in context.in_force(f"document/{document}"):
        if isinstance(entry.event, DocumentRegistered):
            return next((twin.document for _, twin in _twins(entry.event, entry, context)), None)
    return None


def _twins(event: DocumentRegistered, entry: Entry, context: RuleContext) -> Iterator[tuple[Entry, DocumentRegistered]]:
    for other, twin in (found for key in event.same_titles for found in _registered(key, entry, context)):
        if twin.addresses == event.addresses or _sites(twin).isdisjoint(_sites(event)):
            yield other, twin


def _sites(event: DocumentRegistered) -> set[str]:
    return {address.split("/")[2] for address in event.addresses}


def _registered(target: str, entry: Entry, context: RuleContext) -> Iterator[tuple[Entry, DocumentRegistered]]:
    """The registrations of other documents that refer to a target; of the batch only those before the entry."""
    for other in context.in_force_citing(target, but_in=entry.matter):
        later = context.is_new(other) and other.position > entry.position
        if isinstance(other.event, DocumentRegistered) and not later:
            yield other, other.event


@warns
def sought_and_yet_on_record(event: DocumentSought, context: RuleContext) -> Problems:
    """What was sought may have been recorded meanwhile: then it was found. So was an exit from Engage (monitoring/exit)
    if it was recorded for that day or before.
    """
    matter, kinds = f"{event.body}/{event.sought}", ("response.published",)
    if event.sought.startswith("monitoring/"):
        matter, kinds = f"{event.body}/monitoring", ("monitoring.returned",)
    for found in context.facts(matter):
        if found.kind in kinds and dated(found)[1] <= event.effective.latest:
            what = f"it is on record (#{found.position})"
            yield Problem(what, "check whether it was the same that was sought", "sought")
            return


@refuses
def a_quote_is_found_in_its_document(event: Citing, entry: Entry, context: RuleContext) -> Problems:
    """A quote is found in its document word for word, where there is evidence of the document. A quote on record is
    checked again only where its document is amended; `evidence check` checks all, since files change without an entry.
    (docs/evidence.md)
    """
    if context.is_new(entry) and entry.amended_by:
        return  # the correction that puts it in place is checked
    for quote in quotes_of(event):
        if context.is_new(entry) or any(map(context.is_new, context.recorded(f"document/{quote.document}"))):
            verdict = context.verdict(quote)
            if verdict.status is QuoteStatus.NOT_FOUND:
                yield Problem(verdict.why, "quote the document word for word, or leave the quote out", quote.field)


@warns
def a_quote_that_is_not_checked(event: Citing, entry: Entry, context: RuleContext) -> Problems:
    """A quote is recorded unchecked where there is no evidence of its document, or its text cannot be read. There is
    one warning for each document of a submission. (docs/evidence.md)
    """
    for quote in quotes_of(event):
        unchecked = context.unchecked(quote.document)
        if unchecked[:1] == [(entry, quote)]:
            verdict = context.verdict(quote)
            count = f"{len(unchecked)} quotes are" if len(unchecked) > 1 else "the quote is"
            add = "evidence add FILE" if verdict.sha256 else f"document revise --document {quote.document} --file FILE"
            hint = f"use `{add}`, if you have it" if verdict.status is QuoteStatus.MISSING else ""
            yield Problem(f"{count} unchecked: {verdict.why}", hint, quote.field)
