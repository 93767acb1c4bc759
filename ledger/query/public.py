"""What the public could know of bodies, where that is not all that was on record. The read model says of which matters
not all was certainly public; only these are replayed.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from events.dates import PartialDate, london_day
from ledger.store.reader import Reader
from projections.body import BodySpells, body_of
from projections.handover import Ties
from projections.lookup import Otherwise, not_certainly_public, published_dates
from projections.public import DocumentDates, PublicDocuments
from projections.subject import has_any


@dataclass(frozen=True)
class AsPublic:
    """What the public could know. ``matters`` are those of which the read model has more than was certainly public, or
    that need such a matter; ``replayed`` has, by body, their spells from what was or may have been public."""

    matters: frozenset[str]
    replayed: Mapping[str, BodySpells]

    @classmethod
    def of(
        cls,
        reader: Reader,
        model: sqlite3.Connection,
        ties: Ties,
        bodies: Sequence[str],
        day: date,
        position: int,
        subjects: Collection[str],
    ) -> "AsPublic":
        """Of these bodies on a day, as known at a position; of these subjects alone."""
        own = (matter for body in bodies for matter in ties.of(body) if has_any(matter, subjects))
        tied = {matter: (matter, *ties.needs(matter)) for matter in own}
        others = {body for needed in tied.values() for body in map(body_of, needed) if body}
        known = map(_dates, published_dates(model, {*bodies, *others}, position))
        documents = PublicDocuments.on(day, known)
        found = not_certainly_public(model, bodies, position, documents.certain, documents.possible, subjects)
        read: dict[str, dict[str, None]] = {body: {} for body in bodies}
        for matter in (matter for matter, may_be in found.items() if may_be and matter not in tied):
            read[body_of(matter) or ""][matter] = None
        for matter, needed in tied.items():
            read[body_of(matter) or ""].update(dict.fromkeys(needed))
        recorded = reader.matters({matter for own in read.values() for matter in own})
        entries = {body: [entry for matter in own for entry in recorded[matter]] for body, own in read.items()}
        spells = {body: BodySpells.of(body, own, documents, subjects) for body, own in entries.items() if own}
        return cls(frozenset([*found, *recorded]), spells)

    def on(self, as_of: date) -> Otherwise:
        """The states on a day."""
        days = {body: spells.on_day(as_of, {}) for body, spells in self.replayed.items()}
        return Otherwise(self.matters, days, {body: own.cited_as_reports for body, own in self.replayed.items()})


def _dates(row: tuple[Any, ...]) -> DocumentDates:
    document, *dates, recorded_at = row
    published, dated, retrieved = (text and PartialDate.parse(text) for text in dates)
    return DocumentDates(document, published, dated, retrieved, london_day(datetime.fromisoformat(recorded_at)))
