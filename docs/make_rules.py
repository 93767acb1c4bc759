"""Write docs/rules.md from the docstrings of the guards and rules: `make docs`. A test compares the two."""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from events import Event
from ledger.rules import REFUSALS, RULES, SIGNING, WARNINGS
from projections.body import MACHINES

PAGE = """# What may be recorded

*Made from the docstrings by `make docs`; do not edit.* This is rule set {rules}. Domain rules are numbered as in
[domain.md](domain.md).

A new entry must keep two kinds of rule. **Guards** say what may follow what within one matter: a concern that is closed
cannot be closed again. They stand beside the state machine that they guard, in `projections/`. All other **rules** look
at anything on record: the body, the documents cited, other matters, the keys. They are in `ledger/rules/`, and
`ledger/rules/__init__.py` lists them in the order in which they are asked, which is the order of this page.

## What may follow what

A date may be imprecise (2019, or a range), so the days of a matter can be chosen in more than one way. An entry is
refused if every choice breaks a guard. The projections use the same guards to put imprecise facts in order.

{guards}
## What else keeps an entry out

{refusals}
## Who may sign

These rules are asked of a submission as a whole, by what was on record before it.

{signing}
## What only warns

The entry is recorded all the same.

{warnings}"""
CLASSES = {"Event": "every entry", "WorldEvent": "every event of the world", "Amendment": "every amendment"}


def rules_page() -> str:
    """The text of the page."""
    return PAGE.format(
        rules=RULES,
        guards=_paragraphs((kind, guard) for m in MACHINES for kind, guards in m.guards.items() for guard in guards),
        refusals=_paragraphs((_name(class_), rule) for rule in REFUSALS for class_ in rule.classes),
        signing=_paragraphs(("every submission", rule) for rule in SIGNING),
        warnings=_paragraphs((_name(class_), rule) for rule in WARNINGS for class_ in rule.classes),
    )


def _paragraphs(rules: Iterable[tuple[str, Callable[..., Any]]]) -> str:
    by_rule: dict[Callable[..., Any], list[str]] = {}
    for kind, rule in rules:
        by_rule.setdefault(rule, []).append(kind)
    return "\n".join(
        f"**{rule.__name__.replace('_', ' ')}**  \n{inspect.getdoc(rule)}  \n*for {', '.join(kinds)}{_numbers(rule)}*\n"
        for rule, kinds in by_rule.items()
    )


def _numbers(rule: Callable[..., Any]) -> str:
    first, last = getattr(rule, "numbers", (1, None))
    until = f" to {last}" if last else " on"
    return "" if (first, last) == (1, None) else f", by rule sets {first}{until}"


def _name(class_: type[Event]) -> str:
    return CLASSES.get(class_.__name__) or class_.kind


if __name__ == "__main__":
    Path(__file__).with_name("rules.md").write_text(rules_page(), "utf-8")
