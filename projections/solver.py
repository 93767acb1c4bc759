"""From the entries of a matter to spells: the one fold that rules, replay and read models share.

Facts carry imprecise dates, and are recorded in any order. A *history* gives every fact of a matter a day
within its range, and an order; it is lawful if each fact may follow the state that it meets. The fold takes
the lawful history whose days are the latest, compared from the last fact backwards: so a fact counts from its
latest possible day, and a later fact that depends on it tightens its range. What another lawful history
would have is a *possible* spell beside it.

Both follow from one picture. On a day D the facts of some set have happened and the rest have not: that is
possible if the set is the beginning of a lawful history, the earliest days of its facts are all <= D, and the
latest days of the rest are all > D.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from itertools import combinations
from typing import Generic, NamedTuple, Protocol

from events import Entry, WorldEvent
from projections.spell import FIRST_DAY, LAST_DAY, S, Spell, Violation, by_date, dated

MOST_OPEN, MOST_FACTS = 10, 250
"""The most facts whose order may be open at once, and the most in a matter where any is: beyond, no walk would end."""

_TOO_OPEN = Violation(
    "effective",
    f"with this, the order of more than {MOST_OPEN} facts is open at once",
    "give more precise dates, or an `order` if one document says so; what one document closes together is one event",
)


class Machine(Protocol[S]):
    """What the solver asks of a state machine: see `projections.machine`."""

    @property
    def start(self) -> S: ...
    def apply(self, state: S, entry: Entry) -> S: ...
    def violation(self, state: S, entry: Entry) -> Violation | None: ...


class Solver(Generic[S]):
    """What became of a matter: its lawful histories, walked as sets of facts that have happened. Folded once, however
    often it is asked."""

    def __init__(self, machine: Machine[S], entries: Iterable[Entry]) -> None:
        self.machine = machine
        self.facts = sorted(entries, key=by_date)
        self.days = [dated(fact) for fact in self.facts]
        self.totally_ordered = all(map(_comes_before, self.facts, self.days, self.facts[1:], self.days[1:]))
        """Whether dates and ranks alone put them in one order: the common case."""
        self._best: dict[tuple[int, S], _Rest | None] = {}

    @cached_property
    def before(self) -> list[int]:
        """Of each fact, the set of those that come before it."""
        numbers = range(len(self.facts))
        if self.totally_ordered:
            return [(1 << j) - 1 for j in numbers]
        return [sum(1 << i for i in numbers if i != j and self._precedes(i, j)) for j in numbers]

    @cached_property
    def one_way(self) -> bool:
        """Whether every fact has a known day, and there is but one order."""
        return self._openness <= 1 and all(earliest == latest for earliest, latest in self.days)

    @property
    def too_open(self) -> bool:
        """Whether no walk would end."""
        return self._openness > MOST_OPEN or (len(self.facts) > MOST_FACTS and not self.one_way)

    @cached_property
    def entries(self) -> frozenset[str]:
        """The event ids of its facts."""
        return frozenset(fact.event_id for fact in self.facts)

    @cached_property
    def _openness(self) -> int:
        """How many facts may be of one day without anything said of their order; the walk doubles with each."""
        return 1 if self.totally_ordered else max(self._unordered(self._possible_on(day)) for day, _ in self.days)

    def _possible_on(self, day: date) -> list[int]:
        return [i for i, (earliest, latest) in enumerate(self.days) if earliest <= day <= latest]

    def _unordered(self, facts: Sequence[int]) -> int:
        """The most of some facts whose order is open against one of them, itself counted."""
        return max(sum(self._is_open(i, j) for j in facts) for i in facts)

    def _is_open(self, i: int, j: int) -> bool:
        """Whether nothing says which of two facts came first."""
        return not (self.before[i] >> j & 1 or self.before[j] >> i & 1)

    def _precedes(self, i: int, j: int) -> bool:
        """Whether the sources put fact i before fact j: by date, by declared order, or as known facts of one day."""
        (earliest_i, latest_i), (earliest_j, latest_j) = self.days[i], self.days[j]
        if latest_i < earliest_j or latest_j < earliest_i:
            return latest_i < earliest_j
        a, b = self.facts[i].event, self.facts[j].event
        if not (isinstance(a, WorldEvent) and isinstance(b, WorldEvent)):
            return self.facts[i].sequence < self.facts[j].sequence
        if a.order is not None and b.order is not None and a.order != b.order and _share_a_document(a, b):
            return a.order < b.order
        return earliest_i == latest_i == earliest_j == latest_j and a.rank < b.rank

    def _next(self, done: int) -> list[int]:
        return [
            j for j in range(len(self.facts))
            if not done >> j & 1 and self.before[j] & done == self.before[j]
        ]  # fmt: skip

    def _rest(self, done: int, state: S) -> "_Rest | None":
        """The latest lawful way to go on from here; None where there is none."""
        if done == (1 << len(self.facts)) - 1:
            return _Rest((), ())
        if (done, state) not in self._best:
            ways = (self._through(j, done, state) for j in self._next(done))
            self._best[done, state] = max(filter(None, ways), key=_Rest.lateness, default=None)
        return self._best[done, state]

    def _through(self, j: int, done: int, state: S) -> "_Rest | None":
        if self.machine.violation(state, self.facts[j]):
            return None
        rest = self._rest(done | 1 << j, self.machine.apply(state, self.facts[j]))
        if rest is None:
            return None
        latest = self.days[j][1]
        return _Rest((j, *rest.facts), (min(latest, rest.days[0]) if rest.days else latest, *rest.days))

    def _in_order(self) -> list[int]:
        """The facts by date, as far as what is known of their order allows."""
        order: list[int] = []
        done = 0
        while len(order) < len(self.facts):
            follow = self._next(done) or [j for j in range(len(self.facts)) if not done >> j & 1]
            order.append(follow[0])
            done |= 1 << follow[0]
        return order

    @cached_property
    def _chosen(self) -> "_Ordering[S]":
        """The latest lawful history; the facts by date, where none is lawful."""
        order = range(len(self.facts)) if self.totally_ordered else self._in_order()
        latest = [self.days[j][1] for j in order]
        told = self._tell(order, latest)
        if told.stuck is None and latest == sorted(latest):
            return told  # the common case: each fact on its own latest day; no choice is later
        rest = None if self.too_open else self._rest(0, self.machine.start)
        if rest is None:  # no day is later than one that follows, whatever order was declared
            return self._tell(order, [min(latest[k:]) for k in range(len(latest))])
        return self._tell(rest.facts, rest.days)

    def _tell(self, order: Sequence[int], days: Sequence[date] = ()) -> "_Ordering[S]":
        """The facts in this order, on these days: the state after each, and the first that cannot follow, with why."""
        state, done = self.machine.start, 0
        states: list[S] = []
        stuck: tuple[Entry, Violation] | None = None
        for j in order:
            fact = self.facts[j]
            if stuck is None and (found := self._violation(j, done, state)):
                stuck = fact, found
            state, done = self.machine.apply(state, fact), done | 1 << j
            states.append(state)
        return _Ordering(order, days, states, stuck)

    def _violation(self, j: int, done: int, state: S) -> Violation | None:
        found = self.machine.violation(state, self.facts[j])
        if found is None and not self.totally_ordered and self.before[j] & done != self.before[j]:
            return Violation("order", "its declared order contradicts the dates", "mend `order` or `effective`")
        return found

    @cached_property
    def spells(self) -> list[Spell[S]]:
        """The spells, the certain ones first, in the order of time."""
        told = self._chosen
        starts, certain = [(FIRST_DAY, FIRST_DAY, self.machine.start)], []
        for j, day, state in zip(told.order, told.days, told.states, strict=True):
            starts.append((max(starts[-1][0], self.days[j][0]), day, state))
        ends = [*told.days, LAST_DAY]
        for (first, since, state), until in zip(starts, ends, strict=True):
            if first < until:  # a state that begins and ends on one day was never the state of a day
                certain.append(Spell(state, min(first, since), since, until))
        return certain + self._alternative_spells()

    def _alternative_spells(self) -> list[Spell[S]]:
        """The states that only other lawful histories pass through."""
        if self.totally_ordered or self.too_open or self.one_way:
            return []
        chain, done = {(0, self.machine.start)}, 0
        for j, state in zip(self._chosen.order, self._chosen.states, strict=True):
            done |= 1 << j
            chain.add((done, state))
        found, seen, todo = [], {(0, self.machine.start)}, [(0, self.machine.start)]
        while todo:
            done, state = todo.pop()
            for j in self._next(done):
                if self._through(j, done, state) is None:
                    continue
                reached = (done | 1 << j, self.machine.apply(state, self.facts[j]))
                if reached in seen:
                    continue
                seen.add(reached)
                todo.append(reached)
                if reached not in chain:
                    first = max(self.days[i][0] for i in range(len(self.facts)) if reached[0] >> i & 1)
                    last = min(
                        (self.days[i][1] for i in range(len(self.facts)) if not reached[0] >> i & 1), default=LAST_DAY
                    )
                    if first < last:
                        found.append(Spell(reached[1], first, None, last))
        return sorted(found, key=lambda spell: (spell.earliest, spell.until))

    @property
    def first_violation(self) -> tuple[Entry, Violation] | None:
        """The entry that no lawful history can hold, and why; None where there is a lawful history."""
        if self.too_open:
            return max(self.facts, key=lambda fact: fact.position), _TOO_OPEN
        return self._chosen.stuck

    @cached_property
    def undecided(self) -> tuple[Entry, Entry] | None:
        """Two facts of one day whose order would change the state and is given by nothing; None without such."""
        if self.totally_ordered:
            return None
        order, states = list(self._chosen.order), self._chosen.states
        for p, q in sorted(combinations(range(len(order)), 2), key=lambda pair: pair[1] - pair[0]):
            i, j, between = order[p], order[q], order[p + 1 : q]
            if self.days[i] == self.days[j] and self.days[i][0] == self.days[i][1]:
                for turned in ([j, i, *between], [*between, j, i]):
                    other = self._tell([*order[:p], *turned, *order[q + 1 :]])
                    if other.stuck is None and other.states[q] != states[q]:
                        return self.facts[i], self.facts[j]
        return self._turned_together()

    def _turned_together(self) -> tuple[Entry, Entry] | None:
        """The same, where to turn them round asks for turning others too: so it takes a walk to find."""
        if any(earliest < latest for earliest, latest in self.days):
            return None  # where days are open more is possible than orders of one day
        for spell in self._alternative_spells():
            of_the_day = [j for j, day in enumerate(self.days) if day[0] == spell.earliest]
            for i, j in combinations(of_the_day, 2):
                if self._is_open(i, j):
                    return self.facts[i], self.facts[j]
        return None


class _Ordering(NamedTuple, Generic[S]):
    """The facts in an order, and on days; the state after each; and the first that cannot follow, with why."""

    order: Sequence[int]
    days: Sequence[date]
    states: list[S]
    stuck: tuple[Entry, Violation] | None


class _Rest(NamedTuple):
    """The remaining facts of a history in their order, and their latest days."""

    facts: tuple[int, ...]
    days: tuple[date, ...]

    def lateness(self) -> tuple[tuple[date, ...], tuple[int, ...]]:
        return self.days[::-1], self.facts[::-1]


def _comes_before(fact: Entry, days: tuple[date, date], other: Entry, others_days: tuple[date, date]) -> bool:
    """Whether the dates alone, or the natural ranks within a known day, put one fact before another."""
    (earliest, latest), (others_earliest, others_latest) = days, others_days
    if latest < others_earliest:
        return True
    a, b = fact.event, other.event
    return (
        earliest == latest == others_earliest == others_latest
        and isinstance(a, WorldEvent) and isinstance(b, WorldEvent)
        and a.order is None and b.order is None and a.rank < b.rank
    )  # fmt: skip


def _share_a_document(a: WorldEvent, b: WorldEvent) -> bool:
    return bool({c.document for c in a.documents} & {c.document for c in b.documents})
