"""What a rule is, and how an entry is checked. The list of all rules is in `ledger.rules`.

A rule is a function of an event, of its entry where it needs that, and of what is on record with the new entries among
it (`RuleContext`). It yields a Problem for each thing that is wrong. The annotation of its first parameter says which
events it is about. Its docstring is a paragraph of docs/rules.md.

    @refuses
    def a_closure_cites_something(event: ConcernClosed | FindingClosed, context: RuleContext) -> Problems: ...
"""

from collections.abc import Callable, Iterator
from functools import cache, update_wrapper
from inspect import signature
from typing import Any, get_args
from zoneinfo import ZoneInfo

from events import Entry, Event
from ledger.errors import Problem
from ledger.rules.context import RuleContext

Problems = Iterator[Problem]
Check = Callable[[Any, RuleContext], Problems] | Callable[[Any, Entry, RuleContext], Problems]

LONDON = ZoneInfo("Europe/London")
"""A day begins and ends at midnight there."""


class Rule:
    """A function that checks each new entry with an event of these classes."""

    __name__: str

    def __init__(self, check: Check) -> None:
        update_wrapper(self, check)
        first, *others = signature(check).parameters.values()
        self.classes: tuple[type[Event], ...] = get_args(first.annotation) or (first.annotation,)
        self._check: Callable[..., Problems] = check
        self._takes_entry = len(others) == 2

    def __call__(self, entry: Entry, context: RuleContext) -> Problems:
        return self._check(entry.event, *([entry] if self._takes_entry else []), context)


class Refusal(Rule):
    """A rule that refuses the entry."""


class Caution(Rule):
    """A rule that allows the entry, and says what may have been overlooked."""


refuses, warns = Refusal, Caution

REFUSALS: list[Refusal] = []
WARNINGS: list[Caution] = []
"""`ledger.rules` fills both. They are here because the rules on amendments check other entries again."""


@cache
def rules_on(class_: type[Event]) -> tuple[list[Refusal], list[Caution]]:
    """The rules that may refuse an event of a class, and those that may warn of it, in order."""
    refusals = [rule for rule in REFUSALS if issubclass(class_, rule.classes)]
    return refusals, [rule for rule in WARNINGS if issubclass(class_, rule.classes)]


def refusals(entry: Entry, context: RuleContext) -> list[Problem]:
    """What is wrong with a new entry. If the first rule, on duplicates, fires, the others are skipped."""
    first, *rest = rules_on(type(entry.event))[0]
    return list(first(entry, context)) or [problem for rule in rest for problem in rule(entry, context)]


def warnings(entry: Entry, context: RuleContext) -> list[Problem]:
    """What may have been overlooked in a new entry."""
    return [problem for rule in rules_on(type(entry.event))[1] for problem in rule(entry, context)]
