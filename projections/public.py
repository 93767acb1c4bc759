"""What the public could know on a day: which documents were public then, certainly or possibly.

A document is public from its publication. If that is not recorded, it is certainly public from the day on which it
was retrieved, else from that of its recording; and possibly from the day that it bears itself, else from the earliest
day of the fact that cites it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain, combinations

from events import Entry, WorldEvent
from events.dates import london_day
from events.document import DocumentRegistered
from projections.amendments import Public, in_force
from projections.days import FIRST_DAY
from projections.spell import dated

_MOST_OPEN = 3
"""The most documents of which every combination is tried: more would take too long. Of more, none, each one and all."""


@dataclass(frozen=True)
class PublicDocuments:
    """The documents that were certainly public on a day; and those that possibly were, with the day from which on: None
    if that is the earliest day of the fact."""

    day: date
    certain: frozenset[str]
    possible: dict[str, date | None]

    @classmethod
    def on(cls, day: date, recorded: Iterable[Entry]) -> "PublicDocuments":
        """From the entries of all documents."""
        recorded = list(recorded)
        first_known = {entry.position: london_day(entry.recorded_at) for entry in recorded}
        certain, possible = set[str](), dict[str, date | None]()
        for entry in in_force(recorded):
            said = entry.event
            if isinstance(said, DocumentRegistered):
                seen = said.retrieved.latest if said.retrieved else first_known[entry.position]
                since = said.published or said.dated
                if (min(said.published.latest, seen) if said.published else seen) <= day:
                    certain.add(said.document)
                elif since is None or since.earliest <= day:
                    possible[said.document] = since.earliest if since else None
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
