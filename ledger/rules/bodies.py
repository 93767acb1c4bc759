"""Bodies and their names."""

from collections.abc import Iterator

from events import Entry
from events.body import BodyRegistered
from ledger.book import Bodies, Book
from ledger.errors import Problem
from ledger.rules.register import refuses, said


@refuses(BodyRegistered)
def a_body_is_known_by_names_of_its_own(entry: Entry, book: Book) -> Iterator[Problem]:
    """No two bodies are known by the same name, code or alias, so that a reader can tell which is meant."""
    event = said(entry, BodyRegistered)
    others = Bodies(e for e in book.under("body/") if e.event_id != entry.event_id)
    for field, text in (("name", event.name), ("code", event.code), *(("aliases", alias) for alias in event.aliases)):
        if text and (other := others.known(text)):
            yield Problem(
                f"'{text}' is known as {', '.join(sorted(other))}", "leave it out, or write it in full", field
            )
