"""A second fold, for the tests only: it tries every history of a few facts, and looks at each day.

It shares nothing with the project: neither its dates, events, guards and steps, nor its way of thinking. A history
gives every fact a day and a place. It is kept if the places respect what is known of the order, and if each fact
may follow what was before it. Everything else is read off the list of histories that are kept. (The
docstring of `projections.solver`.)
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import combinations, permutations, product
from typing import Any, Generic, TypeVar

S = TypeVar("S")

RANKS = {
    "body.merged": 4,
    "inspection.published": 10, "judgement.given": 11, "judgement.carried_forward": 11,
    "concern.announced": 20, "concern.issued": 21, "concern.reaffirmed": 22, "recommendation.closed": 23,
    "concern.partly_ended": 23, "concern.left_unclear": 25,
    "concern.closed": 24, "concern.superseded": 24, "concern.rescinded": 24,
    "monitoring.move_decided": 49, "monitoring.engaged": 50, "monitoring.continued": 50,
    "monitoring.concern_added": 50, "monitoring.returned": 50,
}  # fmt: skip


@dataclass(frozen=True)
class Fact:
    """What is known of a fact: its kind, what it says, and the days that it may have been on, the earliest first.

    Of a long range a few days will do: its first and last, and those that begin or end the range of another fact.
    """

    kind: str
    days: tuple[date, ...]
    says: dict[str, Any] = field(default_factory=dict)
    order: int | None = None
    documents: frozenset[str] = frozenset({"letter"})


@dataclass(frozen=True)
class Rules(Generic[S]):
    """What may follow what in one kind of matter: the state after a fact, or None where it cannot be; and what a
    reader is told of a state."""

    start: S
    follow: Callable[[S, Fact], S | None]
    tell: Callable[[S], Hashable]


@dataclass(frozen=True)
class Solver:
    """The days of the facts, the first fact first, and the values before, between and after them."""

    days: tuple[date, ...]
    values: tuple[Hashable, ...]
    order: tuple[Fact, ...] = field(default=(), compare=False)

    def on(self, day: date) -> Hashable:
        """The value at the end of that day."""
        return self.values[sum(happened <= day for happened in self.days)]


def histories(rules: Rules[Any], facts: Sequence[Fact]) -> list[Solver]:
    """Every lawful history of the facts; none where they contradict each other."""
    found = []
    for order in permutations(facts):
        if any(known_to_precede(later, earlier) for earlier, later in combinations(order, 2)):
            continue
        values = _lived(rules, order)
        if values is not None:
            choices = product(*(fact.days for fact in order))
            found += [Solver(days, values, order) for days in choices if list(days) == sorted(days)]
    return found


def known_to_precede(a: Fact, b: Fact) -> bool:
    """Whether of two facts that may be of one day a is known to be the first: by the order declared in a document
    that both cite, else by the rank of the kinds, if both days are known."""
    if not set(a.days) & set(b.days):
        return False  # their days will tell
    if a.order is not None and b.order is not None and a.order != b.order and a.documents & b.documents:
        return a.order < b.order
    return len(a.days) == len(b.days) == 1 and RANKS[a.kind] < RANKS[b.kind]


@dataclass(frozen=True)
class Held:
    """A value in a history, from the fact that brought it about: the days on which it began and ended, if it did."""

    value: Hashable
    opened_by: int
    began: date
    ended: date | None


def runs(history: Solver, of: Callable[[Any], Hashable]) -> list[Held]:
    """Every run of a value of what a history tells."""
    told = [of(value) for value in history.values]
    starts = [n for n in range(1, len(told)) if told[n] != told[n - 1]]
    ends = [*starts[1:], None][: len(starts)]
    return [
        Held(told[n], id(history.order[n - 1]), history.days[n - 1], None if end is None else history.days[end - 1])
        for n, end in zip(starts, ends, strict=True)
    ]


def since(found: Sequence[Solver], of: Callable[[Any], Hashable], wanted: Hashable, day: date) -> set[date | None]:
    """When a value began, in each history that has it on a day; None where it always was so."""
    began: set[date | None] = set()
    for history in found:
        if of(history.on(day)) == wanted:
            earlier = [run for run in runs(history, of) if run.began <= day]
            began.add(earlier[-1].began if earlier else None)
    return began


def latest(found: Sequence[Solver], day: date) -> set[Hashable]:
    """The value on a day in the history whose days are the latest, compared from the last fact backwards; several
    values, where several histories have those days."""
    best = max(history.days[::-1] for history in found)
    return {history.on(day) for history in found if history.days[::-1] == best}


def possible(found: Sequence[Solver], day: date) -> set[Hashable]:
    """Every value that some lawful history has on a day."""
    return {history.on(day) for history in found}


def _lived(rules: Rules[S], order: Sequence[Fact]) -> tuple[Hashable, ...] | None:
    """The values that a reader would be told as the facts happen in this order; None where one of them cannot."""
    state = rules.start
    values = [rules.tell(state)]
    for fact in order:
        after = rules.follow(state, fact)
        if after is None:
            return None
        state = after
        values.append(rules.tell(state))
    return tuple(values)


Phase = tuple[str, str | None]
"""Presumed scan, scan or engage; and the move that is pending."""


def _phase(state: Phase, fact: Fact) -> Phase | None:
    engaged = state[0] == "engage"
    match fact.kind:
        case "monitoring.move_decided":
            elsewhere = fact.says["phase"] == ("scan" if engaged else "engage")
            return (state[0], fact.says["phase"]) if elsewhere else None
        case "monitoring.engaged":
            return None if engaged else ("engage", None)
        case "monitoring.returned":
            return ("scan", None) if engaged else None
        case _:  # continued, a concern added
            return state if engaged else None


MONITORING: Rules[Phase] = Rules(("presumed scan", None), _phase, lambda state: state)


@dataclass(frozen=True)
class Concern:
    status: str = "none"
    ids: frozenset[str] = frozenset()  # of the recommendations that are listed and not closed by their ids
    open: int | None = None  # how many recommendations are open, if stated


def _concern(state: Concern, fact: Fact) -> Concern | None:
    says = fact.says
    match fact.kind, state.status:
        case "concern.announced", "none":
            return replace(state, status="announced")
        case "concern.issued", "none" | "announced":
            ids = frozenset(says.get("recommendations", ()))
            return Concern("open", ids, len(ids) or says.get("recommendations_issued"))
        case "concern.reaffirmed", "open" | "unknown":
            return replace(state, status="open")
        case "concern.left_unclear", "open" | "unknown":
            return replace(state, status="unknown")
        case "recommendation.closed", "open" | "unknown":
            ids = frozenset(says.get("recommendations", ()))
            number = len(ids) or says["number"]
            if not ids <= state.ids or (state.open is not None and number > state.open):
                return None
            return replace(state, ids=state.ids - ids, open=None if state.open is None else state.open - number)
        case "concern.closed", "unknown":
            return Concern("closed", open=0)
        case "concern.closed", "open":
            return Concern("closed", open=0) if says.get("as_a_whole") or not state.open else None
        case ("concern.superseded" | "concern.rescinded") as kind, "announced" | "open" | "unknown":
            return Concern(kind.removeprefix("concern."), open=0)
        case _:
            return None


CONCERN: Rules[Concern] = Rules(
    Concern(), _concern, lambda state: (state.status, None if state.status == "unknown" else state.open)
)


def _left(state: Concern, fact: Fact) -> Concern | None:
    """With the body that is merged into another: what is open then is handed over."""
    if fact.kind != "body.merged":
        return _concern(state, fact)
    return replace(state, status="transferred", open=0) if state.status in ("announced", "open", "unknown") else state


def _inherited(state: tuple[bool, Concern], fact: Fact) -> tuple[bool, Concern] | None:
    """With the successor: whether it is there yet, and what it is."""
    here, own = state
    if fact.kind == "body.merged":
        return True, own
    after = _concern(own, fact)
    return (here, after) if after else None


LEFT: Rules[Concern] = Rules(Concern(), _left, CONCERN.tell)
INHERITED: Rules[tuple[bool, Concern]] = Rules(
    (False, Concern()), _inherited, lambda state: CONCERN.tell(state[1]) if state[0] else ("none", None)
)

Grades = tuple[str | None, str | None, str]
"""The grade in force, the last one that was given, and the inspection that gave it."""


def _area(state: Grades, fact: Fact) -> Grades | None:
    match fact.kind:
        case "inspection.published":
            if state[0] and state[2] == fact.says["inspection"]:
                return None  # a report comes before its judgements
            return state if fact.says.get("scope") == "reinspection" else (None, *state[1:])
        case "judgement.given":
            return fact.says["grade"], fact.says["grade"], fact.says["inspection"]
        case _:  # carried forward
            return None if state[1] is None else (state[1], *state[1:])


AREA: Rules[Grades] = Rules((None, None, ""), _area, lambda state: state[0])
