"""A spell: the days on which a matter is in one state. Also how the dates of entries become such days.
`projections.solver` makes the spells of a matter from its entries; all answers come from spells.
"""

from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Generic, NamedTuple, TypeVar

from events import Entry, WorldEvent

S = TypeVar("S", bound=Hashable)
V = TypeVar("V", bound=Hashable)
FIRST_DAY, LAST_DAY = date.min, date.max


class Spell(NamedTuple, Generic[S]):
    """A state, and the days on which a matter is in it: from ``since`` up to, not including, ``until``.

    From ``earliest`` up to ``since`` the state is possible, not certain. Where ``since`` equals ``until`` it is certain
    on no day.
    """

    state: S
    earliest: date
    since: date
    until: date

    def holds_on(self, day: date) -> bool:
        """Whether this is the state that counts on that day."""
        return self.since <= day < self.until

    def possible_on(self, day: date) -> bool:
        """Whether this state is possible on that day, but not the one that counts."""
        return self.earliest <= day < self.until and not self.holds_on(day)

    @property
    def begins(self) -> str:
        """The days on which it can have begun, as a partial date; empty if it has no beginning."""
        return span(self.earliest, self.since)


def certain(spells: Iterable[Spell[S]]) -> list[Spell[S]]:
    """The spells that count on at least one day. They follow each other without a gap."""
    return [spell for spell in spells if spell.since < spell.until]


def on(spells: Iterable[Spell[S]], day: date) -> S:
    """The state that counts on a day."""
    return next(spell.state for spell in spells if spell.holds_on(day))


def joined(spells: Iterable[Spell[S]], value: Callable[[S], V]) -> Iterator[Spell[V]]:
    """The certain spells of a value of the state: neighbours with the same value are joined."""
    for same, group in groupby(certain(spells), key=lambda spell: value(spell.state)):
        own = list(group)
        yield Spell(same, own[0].earliest, own[0].since, own[-1].until)


def label(entry: Entry) -> str:
    """The name of an entry in messages: "#12", or "this batch" before it is recorded."""
    return f"#{entry.position}" if entry.envelope else "this batch"


def dated(entry: Entry) -> tuple[date, date]:
    """The earliest and latest day on which an entry's event took effect."""
    event = entry.event
    return (event.effective.earliest, event.effective.latest) if isinstance(event, WorldEvent) else (FIRST_DAY,) * 2


def by_date(entry: Entry) -> tuple[date, date, int, int, bytes]:
    """A sort key: by latest day, then by the natural rank of their kinds; a tie is broken by what they say."""
    earliest, latest = dated(entry)
    order = entry.event.order if isinstance(entry.event, WorldEvent) else None
    return latest, earliest, entry.event.rank, order or 0, entry.data


def positions(entries: Iterable[Entry]) -> list[int]:
    """The positions of entries and of their amendments."""
    return sorted({position for entry in entries for position in (entry.position, *entry.amended_by)})


def span(first: date, last: date) -> str:
    """A span of days as the shortest partial date: a day, a month, a year, or first/last. Empty for FIRST_DAY."""
    if last == FIRST_DAY:
        return ""
    if first == last:
        return last.isoformat()
    next_month = date(last.year + last.month // 12, last.month % 12 + 1, 1) if last < LAST_DAY else last
    if first.day == 1 and (next_month - last).days == 1:
        if (first.year, first.month) == (last.year, last.month):
            return f"{first:%Y-%m}"
        if (first.month, last.month) == (1, 12) and first.year == last.year:
            return f"{first:%Y}"
    return f"{first.isoformat()}/{last.isoformat()}"
