"""Write docs/rules.md from the docstrings of the guards and rules: `make docs`. A test keeps it true."""

import inspect
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from ledger.rules import REFUSALS, RULES, SIGNING, WARNINGS
from projections.body import MACHINES

HEAD = f"""# What may be recorded

*Made from the docstrings by `make docs`; do not edit.* This is rule set {RULES}. Domain rules are numbered as in the
field notes that the project started from; each rule names its source.
"""


def rules_page() -> str:
    """The page, whole."""
    guards = [(kind, law) for machine in MACHINES for kind, own in machine.guards.items() for law in own]
    refusals = [(_kinds(classes), rule) for classes, rule in REFUSALS]
    warnings = [(_kinds(classes), rule) for classes, rule in WARNINGS]
    return "\n".join(
        [
            HEAD,
            "## What may follow what\n",
            "Laws of one matter, judged in the order of the world: an entry is refused if no choice of days within the",
            "dates given makes a lawful history. The projections order imprecise facts by them.\n",
            *_entries(guards),
            "## What else keeps an entry out\n",
            *_entries(refusals),
            "## Who may sign\n",
            "Asked of a submission whole, by what stood on record before it.\n",
            *_entries(("every submission", rule) for rule in SIGNING),
            "## What only warns\n",
            "The entry is recorded all the same.\n",
            *_entries(warnings),
        ]
    )


def _entries(rules: Iterable[tuple[str, Callable[..., Any]]]) -> list[str]:
    by_rule: dict[Callable[..., Any], list[str]] = {}
    for kinds, rule in rules:
        by_rule.setdefault(rule, []).append(kinds)
    return [
        f"**{rule.__name__.replace('_', ' ')}**  \n{inspect.getdoc(rule)}  \n*for {', '.join(kinds)}*\n"
        for rule, kinds in by_rule.items()
    ]


def _kinds(classes: tuple[type, ...]) -> str:
    names = {"Event": "every entry", "WorldEvent": "every event of the world", "Amendment": "every mending"}
    return ", ".join(names.get(class_.__name__) or class_.kind for class_ in classes)  # type: ignore[attr-defined]


if __name__ == "__main__":
    Path(__file__).with_name("rules.md").write_text(rules_page(), "utf-8")
