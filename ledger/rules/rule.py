"""What a rule is, and how the rules that bear on an entry are asked. The list of all rules is in `ledger.rules`.

A rule is a function of an event, its entry, and what is on record with the new entries among it (`RuleContext`). It
yields a Problem for each thing that is wrong. Its docstring is a paragraph of docs/rules.md.

    @refuses(ConcernClosed)
    def a_closure_cites_something(event: ConcernClosed, entry: Entry, context: RuleContext) -> Iterator[Problem]: ...

mypy checks that the first parameter fits the classes that the decorator names.
"""

from collections.abc import Callable, Iterator
from functools import cache, update_wrapper
from typing import Any, Generic, TypeVar, overload
from zoneinfo import ZoneInfo

from events import Entry, Event
from ledger.errors import Problem
from ledger.rules.context import RuleContext

E = TypeVar("E", bound=Event)
A = TypeVar("A", bound=Event)
B = TypeVar("B", bound=Event)
C = TypeVar("C", bound=Event)
D = TypeVar("D", bound=Event)
F = TypeVar("F", bound=Event)
Check = Callable[[E, Entry, RuleContext], Iterator[Problem]]

LONDON = ZoneInfo("Europe/London")
"""A day begins and ends at midnight there."""


class Rule:
    """A function that is asked about each new entry whose event is of these classes."""

    __name__: str

    def __init__(self, classes: tuple[type[Event], ...], check: Check[Any]) -> None:
        update_wrapper(self, check)
        self.classes, self._check = classes, check

    def __call__(self, entry: Entry, context: RuleContext) -> Iterator[Problem]:
        return self._check(entry.event, entry, context)


class Refusal(Rule):
    """A rule that keeps the entry out."""


class Caution(Rule):
    """A rule that lets the entry in, and says what may have been overlooked."""


R = TypeVar("R", bound=Rule)


class _Decorator(Generic[R]):
    def __init__(self, form: type[R]) -> None:
        self._form = form

    @overload
    def __call__(self, a: type[A], /) -> Callable[[Check[A]], R]: ...
    @overload
    def __call__(self, a: type[A], b: type[B], /) -> Callable[[Check[A | B]], R]: ...
    @overload
    def __call__(self, a: type[A], b: type[B], c: type[C], /) -> Callable[[Check[A | B | C]], R]: ...
    @overload
    def __call__(self, a: type[A], b: type[B], c: type[C], d: type[D], /) -> Callable[[Check[A | B | C | D]], R]: ...
    @overload
    def __call__(
        self, a: type[A], b: type[B], c: type[C], d: type[D], f: type[F], /
    ) -> Callable[[Check[A | B | C | D | F]], R]: ...
    def __call__(self, *classes: type[Event]) -> Callable[[Check[Any]], R]:
        return lambda check: self._form(classes, check)


refuses = _Decorator(Refusal)
warns = _Decorator(Caution)

REFUSALS: list[Refusal] = []
WARNINGS: list[Caution] = []
"""`ledger.rules` fills both. They are here because the rules on amendments ask the other rules again."""


@cache
def refusals_on(class_: type[Event]) -> list[Refusal]:
    """The rules that may refuse an event of a class, in the order in which they are asked."""
    return [rule for rule in REFUSALS if issubclass(class_, rule.classes)]


@cache
def warnings_on(class_: type[Event]) -> list[Caution]:
    """The rules that may warn of an event of a class, in the order in which they are asked."""
    return [rule for rule in WARNINGS if issubclass(class_, rule.classes)]


def refusals(entry: Entry, context: RuleContext) -> list[Problem]:
    """What is wrong with a new entry. If the first rule, on duplicates, fires, the others are skipped."""
    first, *rest = refusals_on(type(entry.event))
    return list(first(entry, context)) or [problem for rule in rest for problem in rule(entry, context)]


def warnings(entry: Entry, context: RuleContext) -> list[Problem]:
    """What may have been overlooked with a new entry."""
    return [problem for rule in warnings_on(type(entry.event)) for problem in rule(entry, context)]
