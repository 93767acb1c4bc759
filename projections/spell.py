"""A spell: the days on which a matter is in one state; `Spells`: those of all its lawful histories, and what they say
of a value of the state.

`projections.solver` makes the spells of a matter from its entries; all answers come from spells. On a day a value is
*certain* if every lawful history has it, and *possible* if one does.
"""

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, Generic, NamedTuple, TypeVar

from events import Entry
from projections.days import ALWAYS, FIRST_DAY, LAST_DAY, NEVER, Days
from projections.fact import claims, say_so

S = TypeVar("S", bound=Hashable)
V = TypeVar("V", bound=Hashable)


class Spell(NamedTuple, Generic[S]):
    """A state, and the days on which a matter is in it: from ``since`` up to, not including, ``until``.

    From ``earliest`` up to ``since`` the state is possible, not certain. Where ``since`` equals ``until`` it is certain
    on no day.
    """

    state: S
    earliest: date
    since: date
    until: date

    def possible_on(self, day: date) -> bool:
        """Whether this state is possible on that day, but not the one that counts."""
        return self.earliest <= day < self.since


class Link(NamedTuple):
    """The facts that lead from one state to another, in some lawful history: one, or several of one known day. The
    states are given by their numbers."""

    start: int
    entries: tuple[Entry, ...]
    end: int


@dataclass(frozen=True, slots=True)
class Stay(Generic[V]):
    """A value, from the facts that brought it about to what ended it, over all lawful histories in which that was so.

    ``before`` are the values that it can have followed. ``ways`` are when it can have begun and ended; there are
    several if the order of facts is open. ``spells`` are those of the states that it can go through, and of those that
    can end it. It ``happened`` if every history has it, and is ``certain`` if every history has it on one day at least.
    ``claimed`` is when other sources say that it began, and ``disputes`` are the days on which sources differ about its
    beginning or end, each with the position of the contradiction.
    """

    value: V
    before: tuple[V, ...]
    entries: tuple[Entry, ...]
    ways: tuple[tuple[Days, Days], ...]
    spells: tuple[Spell[Any], ...]
    happened: bool
    certain: bool
    claimed: Days | None
    disputes: tuple[tuple[Days, int], ...]

    def began_by(self, day: date) -> Days | None:
        """When it can have begun by a day; by other sources, if by them alone; None if it cannot have begun."""
        began = self.began if self.began.earliest <= day else self.claimed
        return began.by(day) if began and began.earliest <= day else None

    @property
    def began(self) -> Days:
        return Days.over(began for began, _ in self.ways)

    @property
    def ended(self) -> Days:
        return Days.over(ended for _, ended in self.ways)

    def lasted(self, as_of: date) -> tuple[int, int | None]:
        """The least and the most days that it lasted up to a day; None if nothing says when it can have begun. The day
        on which it ended is not counted."""
        if self.began.earliest > as_of and self.claimed:
            return 0, None if self.claimed.earliest == FIRST_DAY else (as_of - self.claimed.earliest).days
        least = min(min(ended.earliest, as_of) - min(began.latest, as_of) for began, ended in self.ways)
        most = max(min(ended.latest, as_of) - min(began.earliest, as_of) for began, ended in self.ways)
        return max(least.days, 0), None if self.began.earliest == FIRST_DAY else most.days


class Spells(list[Spell[S]]):
    """The spells of all lawful histories of a matter: first those that count, in the order of time; then those that are
    only possible. ``states`` also has what is no spell: a state that begins and ends on one known day. ``links`` lead
    from one to another, in an order in which they can happen.
    """

    def __init__(self, states: Sequence[Spell[S]], links: Sequence[Link]) -> None:
        super().__init__(spell for spell in states if spell.earliest < spell.until)
        self.states, self.links = states, links
        self._began_by: dict[Callable[[S], Any], tuple[list[Any], dict[int, Days]]] = {}
        """For each function: its value of each state, and when that can have begun."""

    def nothing_yet(self) -> "Spells[S]":
        """The spells of the same subject where no fact is known."""
        return Spells([Spell(self.states[0].state, FIRST_DAY, FIRST_DAY, LAST_DAY)], [])

    def or_else(self, others: Iterable["Spells[S]"]) -> "Spells[S]":
        """The same, where the histories of each of these others are possible too."""
        others = [*others]
        if not others:
            return self
        states, links, seen = [*self.states], [*self.links], {frozenset(self.dates)}
        for other in others:
            if (facts := frozenset(other.dates)) not in seen:
                seen.add(facts)
                n = len(states)
                states += [spell._replace(since=spell.until) for spell in other.states]
                links += [Link(n + link.start, link.entries, n + link.end) for link in other.links]
        return Spells(states, links)

    def on(self, day: date) -> S:
        """The state that counts on a day."""
        return self.states[self._number_that_counts(day)].state

    def possible_on(self, day: date) -> list[Spell[S]]:
        """The spells whose states are possible on a day, but do not count."""
        return [self.states[n] for n in self._numbers_possible_on(day)]

    def since(self, value: Callable[[S], V], wanted: V, day: date) -> Days:
        """When the value can have begun that a matter has on a day; ALWAYS if nothing need have brought it about. The
        links are followed once for each function: pass the same one for all days."""
        if value not in self._began_by:
            self._began_by[value] = self._began(value)
        values, began = self._began_by[value]
        numbers = [self._number_that_counts(day), *self._numbers_possible_on(day)]
        return _over(began.get(n, ALWAYS) for n in numbers if values[n] == wanted)

    def _began(self, value: Callable[[S], V]) -> tuple[list[V], dict[int, Days]]:
        """The value of each state, and when it can have begun."""
        values, began = [value(spell.state) for spell in self.states], dict[int, Days]()
        for link in self.links:
            same = values[link.start] == values[link.end]
            days = began.get(link.start, ALWAYS) if same else self._days(link)
            began[link.end] = _over([began[link.end], days]) if link.end in began else days
        return values, began

    def lasts(self, value: Callable[[S], V], wanted: V, day: date) -> date:
        """The latest day up to which a value that is possible on a day can last without a break."""
        same = [value(spell.state) == wanted for spell in self.states]
        start = [n for n, spell in enumerate(self.states) if same[n] and spell.earliest <= day < spell.until]
        return max(self.states[n].until for n in self._reached(start, lambda link: same[link.end]))

    @cached_property
    def dates(self) -> dict[str, Days]:
        """When each fact can have happened, by its event id."""
        found: dict[str, list[Days]] = {}
        for link in self.links:
            for entry in link.entries:
                found.setdefault(entry.event_id, []).append(self._days(link))
        return {event_id: Days.over(days) for event_id, days in found.items()}

    @cached_property
    def said_by(self) -> dict[Entry, list[str]]:
        """The documents that say what each fact says."""
        return {entry: say_so(entry) for link in self.links for entry in link.entries}

    @cached_property
    def disputes(self) -> list[tuple[Days, S, int]]:
        """The days between those of a fact and those that another source gives for it, with the state that it leads to
        and the position of the contradiction. A fact that leaves the state as it was is of no concern to it."""
        found = {}
        for link in self.links:
            before, after = self.states[link.start].state, self.states[link.end].state
            for days, position in self._disputes_of(link) if after is not before else ():
                found[position] = days, after, position
        return [*found.values()]

    def _disputes_of(self, link: Link) -> list[tuple[Days, int]]:
        """The days between those of the facts of a link and those that other sources give."""
        return [
            (Days.over([claimed, self.dates[entry.event_id]]), position)
            for entry in link.entries
            for claimed, position in claims(entry)
        ]

    def settled(self) -> "Spells[S]":
        """The same without the states that begin and end on one known day: what leads through them is one link."""
        numbers: dict[int, int] = {}
        for n, spell in enumerate(self.states):
            if spell.earliest < spell.until:
                numbers[n] = len(numbers)
        links: dict[tuple[int, int], Link] = {}
        for todo in ([link] for link in self.links if link.start in numbers):
            for start, entries, end in todo:  # it grows
                if end in numbers:
                    links.setdefault((numbers[start], numbers[end]), Link(numbers[start], entries, numbers[end]))
                else:
                    todo += [Link(start, entries + then.entries, then.end) for then in self._after.get(end, ())]
        return Spells(self, [*links.values()])

    def stays(self, value: Callable[[S], V]) -> list[Stay[V]]:
        """Every time that facts bring a value about, in an order in which they can follow each other. None is no value
        here."""
        values = [value(spell.state) for spell in self.states]
        opening: dict[tuple[V, frozenset[str]], list[Link]] = {}
        for link in self.links:
            reached = values[link.end]
            if reached is not None and values[link.start] != reached:
                facts = frozenset(entry.event_id for entry in link.entries)
                opening.setdefault((reached, facts), []).append(link)
        return [self._stay(wanted, values, links) for (wanted, _), links in opening.items()]

    def _stay(self, wanted: V, values: Sequence[V], opening: Sequence[Link]) -> Stay[V]:
        ways, through = list[tuple[Days, Days]](), set[int]()
        bounds = [*opening]
        for link in opening:
            began, reached = self._days(link), self._reached([link.end], lambda link: values[link.end] == wanted)
            leaving = [
                following for n in reached for following in self._after.get(n, ()) if following.end not in reached
            ]
            ways += [(began, self._days(following)) for following in leaving]
            ways += [(began, NEVER) for n in reached if n not in self._after]
            bounds += leaving
            through |= {*reached, *(following.end for following in leaving)}
        happened = all(n in self._after for n in self._reached(self._first, lambda link: link not in opening))
        claimed = [days for entry in opening[0].entries for days, _ in claims(entry)]
        return Stay(
            wanted,
            before=tuple(dict.fromkeys(values[link.start] for link in opening)),
            entries=opening[0].entries,
            ways=tuple(ways),
            spells=tuple(self.states[n] for n in sorted(through)),
            happened=happened,
            certain=happened and all(began.latest < ended.earliest for began, ended in ways),
            claimed=Days.over(claimed) if claimed else None,
            disputes=tuple(dict.fromkeys(dispute for link in bounds for dispute in self._disputes_of(link))),
        )

    def _reached(self, start: Iterable[int], along: Callable[[Link], bool]) -> set[int]:
        """The numbers of the states that can be reached along some links."""
        todo = [*start]
        seen = set(todo)
        while todo:
            new = {link.end for link in self._after.get(todo.pop(), ()) if along(link)} - seen
            seen |= new
            todo += new
        return seen

    def _days(self, link: Link) -> Days:
        return Days(self.states[link.end].earliest, self.states[link.start].until)

    def _number_that_counts(self, day: date) -> int:
        return self._numbers_that_count[bisect_right(self._first_days, day) - 1]

    def _numbers_possible_on(self, day: date) -> list[int]:
        return [n for n in self._possible_numbers if self.states[n].possible_on(day)]

    @cached_property
    def _numbers_that_count(self) -> list[int]:
        """The numbers of the states that count on some day, in the order of time."""
        return [n for n, spell in enumerate(self.states) if spell.since < spell.until]

    @cached_property
    def _first_days(self) -> list[date]:
        return [self.states[n].since for n in self._numbers_that_count]

    @cached_property
    def _possible_numbers(self) -> list[int]:
        """The numbers of the states that on some day are possible, but do not count."""
        return [n for n, spell in enumerate(self.states) if spell.earliest < spell.since]

    @cached_property
    def _first(self) -> list[int]:
        """The numbers of the states that follow no other; there are several where histories of others are possible."""
        following = {link.end for link in self.links}
        return [n for n in range(len(self.states)) if n not in following]

    @cached_property
    def _after(self) -> dict[int, list[Link]]:
        """The links from each state to others."""
        found: dict[int, list[Link]] = {}
        for link in self.links:
            found.setdefault(link.start, []).append(link)
        return found


def _over(several: Iterable[Days]) -> Days:
    """From the earliest of all to the latest of all; ALWAYS if one is, or there are none."""
    several = [*several]
    return ALWAYS if ALWAYS in several or not several else Days.over(several)
