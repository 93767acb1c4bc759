"""Spells of valid time, and how entries stand in it: the words of the fold (see `projections.solver`)."""

from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from events import Entry, WorldEvent

S = TypeVar("S", bound=Hashable)
V = TypeVar("V", bound=Hashable)
FIRST_DAY, LAST_DAY = date.min, date.max


class Violation(NamedTuple):
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


class Run(NamedTuple, Generic[V]):
    """A stretch of spells on end that agree in one value: from when (as a span of days), until when, and what else
    is possible on the day that was asked for."""

    value: V
    since: str
    until: date
    alternatives: tuple["Alternative", ...]


class Alternative(NamedTuple):
    """Another value that the sources leave possible: between which days, and the entries that it rests on."""

    value: object
    first: date
    last: date
    entries: tuple[Entry, ...]


def on(spells: Sequence[Spell[S]], day: date) -> S:
    """The state that counts on a day."""
    return next(spell.state for spell in spells if spell.holds_on(day))


def run(
    spells: Sequence[Spell[S]], day: date, value: Callable[[S], V], behind: Callable[[S], tuple[Entry, ...]]
) -> Run[V]:
    """The stretch around a day in which a value of the state stays the same."""
    certain = [spell for spell in spells if spell.since is not None and spell.since < spell.until]
    here = next(i for i, spell in enumerate(certain) if spell.holds_on(day))
    first = last = here
    now = value(certain[here].state)
    while first and value(certain[first - 1].state) == now:
        first -= 1
    while last + 1 < len(certain) and value(certain[last + 1].state) == now:
        last += 1
    since = certain[first].since
    assert since is not None
    others = tuple(
        Alternative(value(spell.state), spell.earliest, spell.until, behind(spell.state))
        for spell in spells
        if spell.possible_on(day) and value(spell.state) != now
    )
    return Run(now, span(certain[first].earliest, since), certain[last].until, others)


def span(first: date, last: date) -> str:
    """A span of days in the shortest form of a partial date: a day, a month, a year, or first/last."""
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
