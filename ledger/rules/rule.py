"""The register of rules. A rule looks at one new entry in the RuleContext, where it already stands among what is on
record, and yields a Problem for each thing that is wrong. The rules on signing look at a submission whole, and at who
was authorised when; an entry that is judged again, because another is amended, is not asked again who signed it.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from events import Entry, Event, WorldEvent
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.statements import Submission
from projections.authority import Authority

Rule = Callable[[Entry, RuleContext], Iterator[Problem]]
Findings = Iterator[tuple[Entry | None, Problem]]
"""What is wrong, each with its entry; None where it is wrong with the submission whole."""
SigningRule = Callable[[Submission, Authority], Findings]
Rules = list[tuple[tuple[type[Event], ...], Rule]]
E = TypeVar("E", bound=Event)
LONDON = ZoneInfo("Europe/London")
"""Days are days there."""

REFUSALS: Rules = []
WARNINGS: Rules = []
SIGNING: list[SigningRule] = []


def refuses(*classes: type[Event]) -> Callable[[Rule], Rule]:
    """Register a rule that keeps out what it finds wrong with events of these classes."""
    return _registrar(REFUSALS, classes)


def warns(*classes: type[Event]) -> Callable[[Rule], Rule]:
    """Register a rule that lets an entry in, and says what may have been overlooked."""
    return _registrar(WARNINGS, classes)


def signing(rule: SigningRule) -> SigningRule:
    """Register a rule on who may sign a submission, and with whose approval."""
    SIGNING.append(rule)
    return rule


def refusals(entry: Entry, context: RuleContext) -> list[Problem]:
    """What is wrong with a new entry. If it tells a recorded fact in other words, that is all there is to say."""
    first, *rest = rules_on(type(entry.event))
    return list(first(entry, context)) or [problem for rule in rest for problem in rule(entry, context)]


def wrongly_signed(submission: Submission, authority: Authority) -> list[tuple[Entry | None, Problem]]:
    """What is wrong with who signs a submission. If their key is not authorised, that is all there is to say."""
    first, *rest = SIGNING
    return list(first(submission, authority)) or [found for rule in rest for found in rule(submission, authority)]


def warnings(entry: Entry, context: RuleContext) -> list[Problem]:
    """What may have been overlooked with a new entry."""
    return [problem for rule in rules_on(type(entry.event), warning=True) for problem in rule(entry, context)]


def said(entry: Entry, class_: type[E]) -> E:
    """The event of an entry, as one of the class that a rule is registered for."""
    assert isinstance(entry.event, class_)
    return entry.event


def when(entry: Entry) -> str:
    """The effective date of an entry of the world, as the source gives it."""
    return str(said(entry, WorldEvent).effective)


def _registrar(register: Rules, classes: tuple[type[Event], ...]) -> Callable[[Rule], Rule]:
    def add(rule: Rule) -> Rule:
        register.append((classes, rule))
        return rule

    return add


@cache
def rules_on(class_: type[Event], *, warning: bool = False) -> list[Rule]:
    """The rules that look at events of a class, in their order."""
    return [rule for classes, rule in (WARNINGS if warning else REFUSALS) if issubclass(class_, classes)]
