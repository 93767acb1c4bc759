"""Reading spells: what counts on a day, since when, and what else is possible."""

from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from events import Entry
from projections.spell import FIRST_DAY, LAST_DAY, Spell

S = TypeVar("S", bound=Hashable)
V = TypeVar("V", bound=Hashable)


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
