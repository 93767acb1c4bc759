"""Searches in which nothing was found: only these make silence "not found" on their day. This module imports little, so
that a query need not load the kinds of event.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from events.dates import PartialDate


class Search(NamedTuple):
    """A search for a matter of a body in which nothing was found: its day, and the entries that say so."""

    matter: str
    day: PartialDate
    entries: tuple[int, ...]


def last_search(searches: Iterable[Search], matter: str, after: date, by: date) -> Search | None:
    """The last search for a matter that was after a day, and by another."""
    found = (one for one in searches if one.matter == matter and after < one.day.earliest and one.day.latest <= by)
    return max(found, key=lambda one: one.day.latest, default=None)
