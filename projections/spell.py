"""Spells of valid time, and how entries stand in it: the words of the fold (see `projections.history`)."""

from collections.abc import Hashable
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from events import Entry, WorldEvent

S = TypeVar("S", bound=Hashable)
FIRST_DAY, LAST_DAY = date.min, date.max


class Obstacle(NamedTuple):
    """Why a fact cannot follow the state that it meets, and what to do about it."""

    field: str
    message: str
    hint: str


class Spell(NamedTuple, Generic[S]):
    """A span of valid time in which a matter was in one state: the days from ``since`` up to, not including,
    ``until``. From ``earliest`` to ``since`` it is possible, not certain; where ``since`` is None, at no time certain.
    """

    state: S
    earliest: date
    since: date | None
    until: date

    def holds_on(self, day: date) -> bool:
        """Whether this is the state that counts on that day."""
        return self.since is not None and self.since <= day < self.until

    def possible_on(self, day: date) -> bool:
        """Whether this is a state that the sources leave possible on that day."""
        return self.earliest <= day < self.until and not self.holds_on(day)


def named(entry: Entry) -> str:
    """An entry as people point to it: #12; one that is not yet recorded, as of this batch."""
    return f"#{entry.position}" if entry.data else "this batch"


def dated(entry: Entry) -> tuple[date, date]:
    """The earliest and latest day on which an entry's event took effect."""
    event = entry.event
    return (event.effective.earliest, event.effective.latest) if isinstance(event, WorldEvent) else (FIRST_DAY,) * 2


def by_date(entry: Entry) -> tuple[date, date, int, int, str]:
    """The order in which a reader would tell the facts: by latest day, then the natural rank of the kinds."""
    earliest, latest = dated(entry)
    order = entry.event.order if isinstance(entry.event, WorldEvent) else None
    return latest, earliest, entry.event.rank, order or 0, entry.event_id
