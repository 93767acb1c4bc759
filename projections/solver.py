"""From the entries of a matter to its spells: the one fold that rules, replay and the read model share.

Sources give imprecise dates, and entries are recorded in any order. So a matter can have several possible histories:

- A *fact* is an entry in force. Its source allows it a range of days.
- A *history* is one choice: an exact day for every fact, and an order. It respects what is known of the order.
- A history is *lawful* if no guard of the state machine refuses a fact in the state that it meets.

The ledger answers with the lawful history whose days are the latest, the last fact compared first. So a fact counts
from its latest possible day; a later fact that depends on it can make that day earlier. A state that occurs only in
other lawful histories is a *possible* spell beside the certain ones.

There can be very many histories, so the solver does not list them. It searches sets of facts, "these have happened, the
rest have not" (a set is an int: bit i is fact i). On a day D a set is possible if

- some lawful history begins with it,
- each of its facts can have happened by D: their earliest days are all <= D,
- each of the rest can still be ahead: their latest days are all > D.

Start at `Solver.spells`. Most matters have only one order and need no search.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property
from itertools import combinations
from typing import Generic, NamedTuple

from events import Entry, WorldEvent
from projections.days import FIRST_DAY, LAST_DAY, Days
from projections.fact import by_date, dated
from projections.machine import StateMachine, Violation
from projections.spell import Link, S, Spell, Spells

_Node = tuple[int, S]
"""A set of facts that have happened, and the state after them."""
MOST_OPEN = 10
"""The most facts whose order nothing gives. The search doubles with each: above this limit it would not terminate."""
MOST_FACTS = 250
"""The most facts in a matter if any order or day is open: the search recurses once for each."""

_TOO_OPEN = Violation(
    "effective",
    f"with this, the order of more than {MOST_OPEN} facts is open at once",
    "give more precise dates, or an `order` if one document says so; what one document closes together is one event",
)


class Solver(Generic[S]):
    """The lawful histories of one matter. Everything is computed once, on first use."""

    def __init__(self, machine: StateMachine[S], entries: Iterable[Entry]) -> None:
        self.machine = machine
        self.facts = sorted(entries, key=by_date)
        self.ranges = [dated(fact) for fact in self.facts]
        self.totally_ordered = all(map(_comes_before, self.facts, self.ranges, self.facts[1:], self.ranges[1:]))
        """Whether dates and ranks alone give one order. This is the common case."""
        self._completions: dict[_Node[S], _Completion | None] = {}

    @cached_property
    def spells(self) -> Spells[S]:
        """The spells: first the certain ones in the order of time, then those that are only possible."""
        chosen, done = self._chosen, 0
        numbers = {(done, self.machine.start): 0}
        states = [Spell(self.machine.start, FIRST_DAY, FIRST_DAY, min(chosen.days, default=LAST_DAY))]
        for n, (j, state) in enumerate(zip(chosen.order, chosen.states, strict=True)):
            done |= 1 << j
            numbers[done, state] = n + 1
            since, until = states[-1].until, chosen.days[n + 1] if n + 1 < len(chosen.days) else LAST_DAY
            states.append(Spell(state, min(max(states[-1].earliest, self.ranges[j][0]), since), since, until))
        if chosen.violation or not self._is_searched:
            return Spells(states, [Link(n, (self.facts[j],), n + 1) for n, j in enumerate(chosen.order)])
        return self._with_alternatives(states, numbers)

    @property
    def whole(self) -> Spells[S]:
        """The spells of the matter with any body: others than `spells` only if it was handed over to this one."""
        return self.spells

    @property
    def first_violation(self) -> tuple[Entry, Violation] | None:
        """The fact that cannot follow in any history, and why; None where there is a lawful history."""
        if self.too_open:
            return max(self.facts, key=lambda fact: fact.position), _TOO_OPEN
        return self._chosen.violation

    def could_follow(self, entry: Entry) -> Entry | None:
        """The first fact that is dated later than a fact that cannot follow, and that it could follow; None if there is
        none: another date would not help."""
        state = self.machine.start
        for fact, (earliest, _) in zip(self.facts, self.ranges, strict=True):
            if fact is not entry:
                state = self.machine.apply(state, fact)
                if earliest > dated(entry)[1] and self.machine.violation(state, entry) is None:
                    return fact
        return None

    @cached_property
    def undecided(self) -> tuple[Entry, Entry] | None:
        """Two facts of one day whose order nothing gives, and would change the state; None if there are none."""
        if self.totally_ordered:
            return None
        order, states = list(self._chosen.order), self._chosen.states
        for p, q in sorted(combinations(range(len(order)), 2), key=lambda pair: pair[1] - pair[0]):
            i, j, between = order[p], order[q], order[p + 1 : q]
            if self.ranges[i] == self.ranges[j] and self._has_a_known_day(i):
                for swapped in ([j, i, *between], [*between, j, i]):
                    other = self._run([*order[:p], *swapped, *order[q + 1 :]])
                    if other.violation is None and other.states[q] != states[q]:
                        return self.facts[i], self.facts[j]
        return self._undecided_together()

    @cached_property
    def by_event_id(self) -> dict[str, Entry]:
        """Its facts, as they are now that others have amended them."""
        return {fact.event_id: fact for fact in self.facts}

    @property
    def too_open(self) -> bool:
        """Whether the search would not terminate."""
        return self._openness > MOST_OPEN or (len(self.facts) > MOST_FACTS and not self._has_one_history)

    # What is known of the order

    @cached_property
    def _before(self) -> list[int]:
        """For each fact, the set of those that come before it."""
        numbers = range(len(self.facts))
        if self.totally_ordered:
            return [(1 << j) - 1 for j in numbers]
        return [sum(1 << i for i in numbers if i != j and self._precedes(i, j)) for j in numbers]

    def _precedes(self, i: int, j: int) -> bool:
        """Whether fact i comes before fact j: by date, by declared order, or by rank on one known day."""
        (earliest_i, latest_i), (earliest_j, latest_j) = self.ranges[i], self.ranges[j]
        if latest_i < earliest_j or latest_j < earliest_i:
            return latest_i < earliest_j
        a, b = self.facts[i].event, self.facts[j].event
        if not (isinstance(a, WorldEvent) and isinstance(b, WorldEvent)):
            return self.facts[i].sequence < self.facts[j].sequence
        if a.order is not None and b.order is not None and a.order != b.order and _share_a_document(a, b):
            return a.order < b.order
        return earliest_i == latest_i == earliest_j == latest_j and a.rank < b.rank

    def _is_open(self, i: int, j: int) -> bool:
        """Whether nothing says which of two facts came first."""
        return not (self._before[i] >> j & 1 or self._before[j] >> i & 1)

    def _has_a_known_day(self, j: int) -> bool:
        return self.ranges[j][0] == self.ranges[j][1]

    @property
    def _is_searched(self) -> bool:
        """Whether there may be another history, and the search for it terminates."""
        return not (self.totally_ordered or self._has_one_history or self.too_open)

    @cached_property
    def _has_one_history(self) -> bool:
        return self._openness <= 1 and all(map(self._has_a_known_day, range(len(self.facts))))

    @cached_property
    def _openness(self) -> int:
        """The largest number of facts that can share a day and whose order is open relative to one of them, including
        that one."""
        return 1 if self.totally_ordered else max(self._open_facts(day) for day, _ in self.ranges)

    def _open_facts(self, day: date) -> int:
        facts = [i for i, (earliest, latest) in enumerate(self.ranges) if earliest <= day <= latest]
        return max(sum(self._is_open(i, j) for j in facts) for i in facts)

    # The search: which facts have happened, and the state after them

    def _next(self, done: int) -> list[int]:
        """The facts that can happen next after these: no other must come before them."""
        return [
            j for j in range(len(self.facts))
            if not done >> j & 1 and self._before[j] & done == self._before[j]
        ]  # fmt: skip

    def _complete(self, done: int, state: S) -> "_Completion | None":
        """The latest lawful completion from here; None where there is none."""
        if done == (1 << len(self.facts)) - 1:
            return _Completion((), ())
        if (done, state) not in self._completions:
            ways = (self._complete_with(j, done, state) for j in self._next(done))
            self._completions[done, state] = max(filter(None, ways), key=_Completion.lateness, default=None)
        return self._completions[done, state]

    def _complete_with(self, j: int, done: int, state: S) -> "_Completion | None":
        """The same, with fact j as the next."""
        if self.machine.violation(state, self.facts[j]):
            return None
        rest = self._complete(done | 1 << j, self.machine.apply(state, self.facts[j]))
        if rest is None:
            return None
        latest = self.ranges[j][1]
        return _Completion((j, *rest.order), (min(latest, rest.days[0]) if rest.days else latest, *rest.days))

    # The history with the latest days, and what others add

    @cached_property
    def _chosen(self) -> "_Choice[S]":
        """The lawful history whose days are the latest; where none is lawful, the facts in the order of their dates."""
        order = range(len(self.facts)) if self.totally_ordered else self._in_order()
        latest = [self.ranges[j][1] for j in order]
        choice = self._run(order, latest)
        if choice.violation is None and latest == sorted(latest):
            return choice  # each fact on its latest day: no history is later
        best = self._complete(0, self.machine.start) if self._is_searched else None
        if best is None:  # a declared order can contradict the dates; then no day may be later than the next
            return self._run(order, [min(latest[k:]) for k in range(len(latest))])
        return self._run(best.order, best.days)

    def _in_order(self) -> list[int]:
        """The facts by date, as far as what is known of their order allows."""
        order: list[int] = []
        done = 0
        while len(order) < len(self.facts):
            follow = self._next(done) or [j for j in range(len(self.facts)) if not done >> j & 1]
            order.append(follow[0])
            done |= 1 << follow[0]
        return order

    def _run(self, order: Sequence[int], days: Sequence[date] = ()) -> "_Choice[S]":
        """Run the facts through the machine in this order."""
        state, done = self.machine.start, 0
        states: list[S] = []
        violation: tuple[Entry, Violation] | None = None
        for j in order:
            fact = self.facts[j]
            if violation is None and (found := self._violation(j, done, state)):
                violation = fact, found
            state, done = self.machine.apply(state, fact), done | 1 << j
            states.append(state)
        return _Choice(order, days, states, violation)

    def _violation(self, j: int, done: int, state: S) -> Violation | None:
        found = self.machine.violation(state, self.facts[j])
        if found is None and not self.totally_ordered and self._before[j] & done != self._before[j]:
            return Violation("order", "its declared order contradicts the dates", "change `order` or `effective`")
        return found

    def _with_alternatives(self, states: list[Spell[S]], numbers: dict[_Node[S], int]) -> Spells[S]:
        """The spells that count, with the states that only other lawful histories have, and all ways between them."""
        nodes: dict[_Node[S], None] = {(0, self.machine.start): None}
        links: list[tuple[_Node[S], int, _Node[S]]] = []
        todo = [*nodes]
        for done, state in todo:  # it grows: first those after one fact, then those after two …
            for j in self._next(done):
                if self._complete_with(j, done, state) is not None:
                    reached = done | 1 << j, self.machine.apply(state, self.facts[j])
                    links.append(((done, state), j, reached))
                    if reached not in nodes:
                        nodes[reached] = None
                        todo.append(reached)
        found = [(*self._possible_days(node[0]), node) for node in nodes if node not in numbers]
        for earliest, until, node in sorted(found, key=lambda found: found[:2]):
            numbers[node] = len(states)
            states.append(Spell(node[1], earliest, until, until))
        return Spells(states, [Link(numbers[start], (self.facts[j],), numbers[end]) for start, j, end in links])

    def _possible_days(self, done: int) -> tuple[date, date]:
        """The first and the last day on which exactly these facts can have happened."""
        happened = [earliest for i, (earliest, _) in enumerate(self.ranges) if done >> i & 1]
        ahead = [latest for i, (_, latest) in enumerate(self.ranges) if not done >> i & 1]
        return max(happened), min(ahead, default=LAST_DAY)

    def _undecided_together(self) -> tuple[Entry, Entry] | None:
        """Like `undecided`, if two facts can only change places together with others. This needs the search."""
        if not all(map(self._has_a_known_day, range(len(self.facts)))):
            return None  # if days are open too, an alternative does not show the order within a day
        for spell in (spell for spell in self.spells if spell.since == spell.until):
            of_the_day = [j for j, (day, _) in enumerate(self.ranges) if day == spell.earliest]
            for i, j in combinations(of_the_day, 2):
                if self._is_open(i, j):
                    return self.facts[i], self.facts[j]
        return None


class _Choice(NamedTuple, Generic[S]):
    """A history: the facts in an order and on days, the state after each, and the first fact that cannot follow."""

    order: Sequence[int]
    days: Sequence[date]
    states: list[S]
    violation: tuple[Entry, Violation] | None


class _Completion(NamedTuple):
    """The end of a history: the facts that remain, in their order, and their latest days."""

    order: tuple[int, ...]
    days: tuple[date, ...]

    def lateness(self) -> tuple[tuple[date, ...], tuple[int, ...]]:
        """A sort key, larger if later: the last day is compared first. Facts sort by date, so a tie preserves that
        order."""
        return self.days[::-1], self.order[::-1]


def _comes_before(fact: Entry, days: Days, other: Entry, others_days: Days) -> bool:
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
