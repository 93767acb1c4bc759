"""What a rule is, and how an entry is checked. The list of all rules is in `ledger.rules`.

A rule is a function of an event, of its entry where it needs that, and of what is on record with the new entries among
it (`RuleContext`). It yields a Problem for each thing that is wrong. The annotation of its first parameter says which
events it is about. Its docstring is a paragraph of docs/rules.md.

    @refuses
    def a_closure_cites_something(event: ConcernClosed | FindingClosed, context: RuleContext) -> Problems: ...

An audit applies the rules of the day to a ledger from which data were withheld since. A rule is excused for one entry
only if it asks what an entry says that was in force at that moment and is withheld now. Every other rule counts, and so
does what the rule had found already. Whatever corrects or retracts an entry checks again what depended on it. So all
that is in force was checked in full. A rule of structure reads envelopes only, and is never excused:

    @structure(EntryRetracted)
    def what_is_withheld_is_not_restored(entry: Entry, context: RuleContext) -> Problems: ...
"""

from collections.abc import Callable, Iterator
from functools import cache, update_wrapper
from inspect import signature
from typing import Any, get_args

from events import Entry, Event, latest
from events.entry import ContentMissing
from events.rules import RULES, holds
from ledger.errors import Problem
from ledger.rules.context import RuleContext

Problems = Iterator[Problem]
Check = Callable[[Any, RuleContext], Problems] | Callable[[Any, Entry, RuleContext], Problems]


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
        return self._check(entry.event, entry, context) if self._takes_entry else self._check(entry.event, context)


class Refusal(Rule):
    """A rule that refuses the entry."""


class Structure(Refusal):
    """A rule that refuses the entry by what the envelopes say, also if data were withheld."""

    def __init__(self, check: Callable[[Entry, RuleContext], Problems], classes: tuple[type[Event], ...]) -> None:
        update_wrapper(self, check)
        self.classes = classes
        self._check_entry = check

    def __call__(self, entry: Entry, context: RuleContext) -> Problems:
        return self._check_entry(entry, context)


def structure(*classes: type[Event]) -> Callable[[Callable[[Entry, RuleContext], Problems]], Structure]:
    """Make a rule of structure on the entries of these classes."""
    return lambda check: Structure(check, classes)


class Caution(Rule):
    """A rule that allows the entry, and says what may have been overlooked."""


refuses, warns = Refusal, Caution

REFUSALS: list[Refusal] = []
WARNINGS: list[Caution] = []
"""`ledger.rules` fills both. They are here because the rules on amendments check other entries again."""


@cache
def rules_on(class_: type[Event], number: int = RULES) -> tuple[list[Refusal], list[Caution]]:
    """The rules of a number that may refuse an event of a class, and all those that may warn of it, in order."""
    refusals = [rule for rule in REFUSALS if issubclass(class_, rule.classes) and holds(rule, number)]
    return refusals, [rule for rule in WARNINGS if issubclass(class_, rule.classes)]


def refusals(entry: Entry, context: RuleContext) -> list[Problem]:
    """What is wrong with an entry, by the rules of its day. If the first rule, on duplicates, fires, the others are
    skipped."""
    first, *rest = rules_on(_class_of(entry), entry.rules)[0]
    return _found(first, entry, context) or [problem for rule in rest for problem in _found(rule, entry, context)]


def warnings(entry: Entry, context: RuleContext) -> list[Problem]:
    """What may have been overlooked in a new entry."""
    return [problem for rule in rules_on(_class_of(entry))[1] for problem in rule(entry, context)]


def _class_of(entry: Entry) -> type[Event]:
    return latest(entry.kind) if entry.content is None else type(entry.content)


def _found(rule: Refusal, entry: Entry, context: RuleContext) -> list[Problem]:
    """What a rule finds, as far as it can be asked. Raises ContentMissing for a rule that is not excused."""
    found: list[Problem] = []
    try:
        for problem in rule(entry, context):
            found.append(problem)  # noqa: PERF402 - what was found before the error counts
    except ContentMissing as error:
        if isinstance(rule, Structure) or not _was_in_force(error.entry, entry, context):
            raise
        if not entry.is_withheld:
            context.excused.append(entry)
    return found


def _was_in_force(version: Entry, checked: Entry, context: RuleContext) -> bool:
    """Whether a version was in force when an entry was checked: just before it, or with it and its whole submission."""
    return (
        version.event_id == checked.event_id
        or context.is_in_force(version)
        or context.is_in_force(version, checked.position)
    )
