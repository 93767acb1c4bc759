"""Searches in which nothing was found: only these make silence "not found" on their day."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from events import Entry
from events.dates import PartialDate
from events.document import DocumentSought
from projections.amendments import Public, in_force
from projections.fact import rests_on


class Search(NamedTuple):
    """A search for a matter of a body in which nothing was found: its day, and the entries that say so."""

    matter: str
    day: PartialDate
    entries: tuple[int, ...]


def searches_in(recorded: Iterable[Entry], public: Public | None = None) -> list[Search]:
    """The searches in force among these entries, as far as they were public."""
    return [
        Search(entry.content.sought, entry.content.effective, tuple(rests_on([entry])["entries"]))
        for entry in in_force(recorded, public)
        if isinstance(entry.content, DocumentSought)
    ]


def last_search(searches: Iterable[Search], matter: str, after: date, by: date) -> Search | None:
    """The last search for a matter that was after a day, and by another."""
    found = (one for one in searches if one.matter == matter and after < one.day.earliest and one.day.latest <= by)
    return max(found, key=lambda one: one.day.latest, default=None)
