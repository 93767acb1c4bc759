"""What the public could know on a day: which documents were public then, certainly or possibly.

A document is public from its publication. If that is not recorded, it is certainly public from the day on which it
was retrieved, else from that of its recording; and possibly from the day that it bears itself, else from the earliest
day of the fact that cites it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, combinations
from typing import NamedTuple

from events import Entry, WorldEvent
from events.dates import PartialDate, london_day
from events.document import DocumentRegistered
from projections.amendments import Public, in_force
from projections.days import FIRST_DAY
from projections.fact import dated

_MOST_OPEN = 3
"""The most documents of which every combination is tried: more would take too long. Of more, none, each one and all."""


class DocumentDates(NamedTuple):
    """What is known of when a document was public: its dates, and the day on which it was recorded."""

    document: str
    published: PartialDate | None
    dated: PartialDate | None
    retrieved: PartialDate | None
    recorded: date


def dates_of(recorded: Iterable[Entry]) -> Iterator[DocumentDates]:
    """From the entries of documents: of each that is registered."""
    recorded = list(recorded)
    first_known = {entry.position: london_day(entry.recorded_at) for entry in recorded}
    for entry in in_force(recorded):
        said = entry.event
        if isinstance(said, DocumentRegistered):
            day = first_known[entry.position]
            yield DocumentDates(said.document, said.published, said.dated, said.retrieved, day)


@dataclass(frozen=True)
class PublicDocuments:
    """The documents that were certainly public on a day; and those that possibly were, with the day from which on: None
    if that is the earliest day of the fact."""

    day: date
    certain: frozenset[str]
    possible: dict[str, date | None]

    @classmethod
    def on(cls, day: date, known: Iterable[DocumentDates]) -> "PublicDocuments":
        certain, possible = set[str](), dict[str, date | None]()
        for one in known:
            seen = one.retrieved.latest if one.retrieved else one.recorded
            since = one.published or one.dated
            if (min(one.published.latest, seen) if one.published else seen) <= day:
                certain.add(one.document)
            elif since is None or since.earliest <= day:
                possible[one.document] = since.earliest if since else None
        return cls(day, frozenset(certain), possible)

    def readings(self, entries: Iterable[Entry]) -> Iterator[Public]:
        """What can have been public of these entries: first what certainly was; then every combination with the
        documents that possibly were."""
        cited = chain.from_iterable(_cited(entry) for entry in entries)
        open_ones = [document for document in dict.fromkeys(cited) if document in self.possible]
        sizes = range(len(open_ones) + 1) if len(open_ones) <= _MOST_OPEN else (0, 1, len(open_ones))
        for chosen in chain.from_iterable(combinations(open_ones, size) for size in sizes):
            yield self._with(frozenset(chosen))

    def _with(self, chosen: frozenset[str]) -> Public:
        def public(entry: Entry, documents: Iterable[str]) -> bool:
            first = dated(entry)[0] if entry.content else FIRST_DAY
            return any(
                document in self.certain or (document in chosen and (self.possible[document] or first) <= self.day)
                for document in documents
            )

        return public


def _cited(entry: Entry) -> Iterable[str]:
    if entry.amends:
        return entry.amends.documents
    return [it.document for it in entry.content.documents] if isinstance(entry.content, WorldEvent) else ()
