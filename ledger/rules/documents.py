"""Documents, and what is cited for what."""

from collections.abc import Iterator

from events import Entry, WorldEvent
from events.amendment import Amendment
from events.body import BodyRegistered
from events.concern import ConcernClosed, ConcernSuperseded, RecommendationClosed
from events.document import DocumentRegistered, DocumentRevised, DocumentSought
from events.finding import FindingClosed
from ledger.errors import Problem
from ledger.evidence.quotes import QuoteStatus, quotes_of
from ledger.rules.context import RuleContext
from ledger.rules.rule import LONDON, refuses, said, warns, when
from projections.spell import dated


@refuses(RecommendationClosed, ConcernClosed, ConcernSuperseded, FindingClosed)
def a_closure_rests_on_a_later_document(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A closure that cites only documents older than the concern or finding is refused. (Domain rule 8.)"""
    event = entry.event
    assert isinstance(event, WorldEvent)
    issued = [e for e in context.in_force(entry.matter) if e.kind in ("concern.issued", "finding.recorded")]
    dates = [document.published for document in context.cited(event)]
    if issued and dates and all(d is not None and d.latest < dated(issued[0])[0] for d in dates):
        yield Problem(
            f"every document cited is older than what is closed, which dates from {when(issued[0])}",
            "cite the document that closes it, such as the inspectorate's letter",
            "documents",
        )


@refuses(RecommendationClosed, ConcernClosed, ConcernSuperseded, FindingClosed)
def a_closure_rests_on_a_document_about_the_body(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A closure that cites a document about another body is refused. (Domain rule 8.)"""
    yield from _about_another(entry, context, "cite a document about this body")


@warns(WorldEvent)
def a_document_about_another_body(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A document that is registered as being about other bodies may have been cited by mistake."""
    if not isinstance(entry.event, RecommendationClosed | ConcernClosed | ConcernSuperseded | FindingClosed):
        yield from _about_another(entry, context, "that is lawful; check which document is meant")


@warns(WorldEvent)
def a_document_older_than_the_fact(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A document published before the fact took effect can announce it, not report it: a date may be wrong."""
    event = said(entry, WorldEvent)
    dates = [document.published for document in context.cited(event)]
    if dates and all(d is not None and d.latest < event.effective.earliest for d in dates):
        yield Problem(
            f"every document cited was published before {event.effective}",
            "that is lawful, if it announced the fact; check the dates",
            "documents",
        )


@refuses(DocumentRevised)
def only_a_registered_document_is_revised(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A revision is that of a registered document."""
    event = said(entry, DocumentRevised)
    if context.document(event.document) is None:
        yield Problem(f"no document '{event.document}' is registered", "use `document register`", "document")


@refuses(DocumentRegistered)
def a_document_is_registered_once(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """The same bytes are one document, whatever its address. (Domain section 5.)"""
    event = said(entry, DocumentRegistered)
    for other in _registered(f"sha256:{event.sha256}", entry, context) if event.sha256 else ():
        twin = said(other, DocumentRegistered)
        if twin.sha256 == event.sha256:
            yield Problem(
                f"the same bytes are registered as '{twin.document}' (#{other.position})",
                "cite that id",
                "sha256",
            )


@warns(DocumentRegistered)
def a_document_of_the_same_title_and_date(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A document of the same title and date may be the same document, found at another address. (Domain section 5.)"""
    event = said(entry, DocumentRegistered)
    for other in _registered(event.same_title, entry, context):
        twin = said(other, DocumentRegistered)
        if twin.same_title == event.same_title:
            yield Problem(
                f"#{other.position} is a document of the same title and date, '{twin.document}'",
                "if it is the same one cite that id",
                "title",
            )


def _registered(target: str, entry: Entry, context: RuleContext) -> Iterator[Entry]:
    """The registrations of other documents that refer to a target, as they stand; of a batch, only those before."""
    for other in context.in_force_citing(target, but_in=entry.matter):
        if isinstance(other.event, DocumentRegistered) and not (
            context.is_new(other) and other.position > entry.position
        ):
            yield other


def _about_another(entry: Entry, context: RuleContext, hint: str) -> Iterator[Problem]:
    event = said(entry, WorldEvent)
    for document in context.cited(event):
        if document.bodies and event.body not in document.bodies:
            yield Problem(
                f"'{document.document}' is about {', '.join(document.bodies)}, not {event.body}",
                hint,
                "documents",
            )


@refuses(DocumentSought)
def a_search_lies_behind(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """What was sought was sought for a registered body, on a day that has come. (Domain rule 7.)"""
    event, day = said(entry, DocumentSought), entry.recorded_at.astimezone(LONDON).date()
    if context.body(event.body) is None:
        yield Problem(f"no body '{event.body}' is registered", "see `force-ledger forces list`", "body")
    if event.effective.earliest > day:
        yield Problem(f"{event.effective} lies after today, {day}", "mend the date", "effective")


@warns(DocumentSought)
def sought_and_yet_on_record(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """What was sought may have been recorded meanwhile: then it was found."""
    event = said(entry, DocumentSought)
    if event.sought.startswith("response/") and (found := context.in_force(f"{event.body}/{event.sought}")):
        yield Problem(
            f"it is on record (#{found[0].position})", "check whether it was the same that was sought", "sought"
        )


@refuses(WorldEvent, BodyRegistered, Amendment)
def a_quote_stands_in_its_document(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """What is quoted from a document stands in it, word for word, as far as evidence of the document is kept. What is
    on record already is judged again only where its document is amended: files come and go without an entry, and
    `evidence check` tells. (House plan, section 6.)
    """
    if context.is_new(entry) and entry.amended_by:
        return  # what a correction puts in place is judged with the correction
    for quote in quotes_of(entry.event):
        if context.is_new(entry) or context.adds_to(f"document/{quote.document}"):
            verdict = context.verdict(quote)
            if verdict.status is QuoteStatus.NOT_FOUND:
                yield Problem(verdict.why, "quote what stands in the document, or leave the quote out", quote.field)


@warns(WorldEvent, BodyRegistered, Amendment)
def a_quote_that_is_not_checked(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A quote from a document that is not kept, or whose text cannot be had, is recorded unchecked. Said once for each
    document of a submission. (House plan, section 6.)
    """
    for quote in quotes_of(entry.event):
        unchecked = context.unchecked(quote.document)
        if unchecked[:1] == [(entry, quote)]:
            verdict = context.verdict(quote)
            count = f"{len(unchecked)} quotes are" if len(unchecked) > 1 else "the quote is"
            hint = "use `evidence add FILE`" if verdict.status is QuoteStatus.MISSING else ""
            yield Problem(f"{count} unchecked: {verdict.why}", hint, quote.field)
