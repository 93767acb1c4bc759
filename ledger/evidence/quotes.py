"""Quotes on record, looked up in the evidence folder. docs/evidence.md says what found and unchecked mean.

A quote may be in any version of its document: the bytes that were registered, or those of a revision. It is looked up
in the files that are stored now; what an entry says of an earlier check does not count.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from events import Event
from events.amendment import EntryCorrected
from events.document import DocumentRegistered, DocumentRevised
from ledger.errors import NotFound, NotVerified
from ledger.evidence.folder import Evidence
from ledger.evidence.text import LEAST_WORDS, NoText, fold, parts_of
from ledger.store.reader import Reader
from projections.amendments import Versions, in_force

_AT_ONCE = 500  # entries in one query


class QuoteStatus(StrEnum):
    """The result of looking for a quote."""

    FOUND = "found"
    NOT_FOUND = "not-found"
    MISSING = "not-kept"
    UNREADABLE = "not-readable"


class Quote(NamedTuple):
    """A quote in an event: its document, its text, and the field that holds it."""

    document: str
    text: str
    field: str


class Verdict(NamedTuple):
    """The status of a quote and the reason; the SHA-256 of the version in question, and the extractor that read it."""

    status: QuoteStatus
    why: str = ""
    sha256: str = ""
    extractor: str = ""

    @property
    def unchecked(self) -> bool:
        """Whether the document is missing or has no text that can be read."""
        return self.status in (QuoteStatus.MISSING, QuoteStatus.UNREADABLE)


class CheckedQuote(NamedTuple):
    """A quote on record: the position of its entry, and the verdict."""

    position: int
    quote: Quote
    verdict: Verdict


def quotes_of(event: Event) -> Iterator[Quote]:
    """The quotes in an event; of a correction, also those in its replacement."""
    for number, citation in enumerate(getattr(event, "documents", ())):
        if citation.quote is not None:
            yield Quote(citation.document, citation.quote, f"documents.{number}.quote")
    if isinstance(event, EntryCorrected):
        for quote in quotes_of(event.replacement.event):
            yield quote._replace(field=f"replacement.{quote.field}")


def versions(events: Iterable[Event]) -> list[str]:
    """The SHA-256 of each version of a document, from the events in force in its matter."""
    known = [e.sha256 for e in events if isinstance(e, DocumentRegistered | DocumentRevised) and e.sha256]
    return list(dict.fromkeys(known))


def verdict_on(quote: Quote, known: Sequence[str], evidence: Evidence) -> Verdict:
    """Whether a quote is in one of the versions of its document."""
    name = f"'{quote.document}'"
    doubt = None if known else Verdict(QuoteStatus.MISSING, f"the SHA-256 of {name} is not on record")
    for sha256 in known:
        version = f"(SHA-256 {sha256[:12]}…)"
        try:
            found = evidence.holds(sha256, quote.text)
        except NotFound:
            doubt = doubt or Verdict(QuoteStatus.MISSING, f"{name} is not in the evidence folder {version}", sha256)
        except NotVerified:
            doubt = Verdict(QuoteStatus.UNREADABLE, f"the evidence file of {name} has changed {version}", sha256)
        except NoText as error:
            doubt = Verdict(QuoteStatus.UNREADABLE, f"{name} cannot be read: {error}", sha256)
        else:
            if found:
                return Verdict(QuoteStatus.FOUND, sha256=sha256, extractor=found)
    how = f" (around an ellipsis, quote {LEAST_WORDS} words at least)" if not parts_of(fold(quote.text)) else ""
    return doubt or Verdict(QuoteStatus.NOT_FOUND, f"the quote was not found in {name}{how}")


def read_ahead(events: Iterable[Event], reader: Reader, evidence: Evidence) -> None:
    """Look up the quotes in these events before the write lock is taken: a long PDF takes seconds, and other writers
    should not wait for it. ``evidence`` has the answers from then on."""
    quotes, new = list[Quote](), dict[str, list[Event]]()
    for event in events:
        quotes += quotes_of(event)
        if isinstance(event, DocumentRegistered | DocumentRevised):
            new.setdefault(event.document, []).append(event)
    recorded = reader.matters({f"document/{quote.document}" for quote in quotes})
    for document, quoted in groupby(sorted(quotes), attrgetter("document")):
        own = (entry.event for entry in in_force(recorded[f"document/{document}"]))
        known = versions([*own, *new.get(document, ())])
        for quote in quoted:
            verdict_on(quote, known, evidence)


def check_quotes(reader: Reader, evidence: Evidence, since: int = 0) -> list[CheckedQuote]:
    """The verdict on every quote in force, in the order of positions; of entries from a position on. The text of one
    document at a time is in use."""
    checked: list[CheckedQuote] = []
    for document, quotes in groupby(
        sorted(_in_force(reader, since), key=lambda found: found[1]), lambda found: found[1].document
    ):
        known = versions(entry.event for entry in in_force(reader.matter(f"document/{document}")))
        checked += [CheckedQuote(position, quote, verdict_on(quote, known, evidence)) for position, quote in quotes]
    return sorted(checked)


def _in_force(reader: Reader, since: int) -> Iterator[tuple[int, Quote]]:
    """The quotes in force, each with the position of its entry."""
    size = reader.head().size
    for first in range(since, size, _AT_ONCE):
        entries = reader.entries_at(range(first, min(first + _AT_ONCE, size)))
        quoting = [entry for entry in entries if entry.content and any(quotes_of(entry.content))]
        of_matter = {name: Versions(own) for name, own in reader.matters({e.matter for e in quoting}).items()}
        for entry in quoting:
            if of_matter[entry.matter].is_in_force(entry.event_id):
                yield from ((entry.position, quote) for quote in quotes_of(entry.event))
