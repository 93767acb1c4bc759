"""Which rules an entry must keep: those of its day, by the number that its submission records.

A rule that is made stricter is a new rule `of_rules` with the next number, beside the old one until that number; a
mistake in a rule is mended the same way. To allow more, change the rule and raise RULES. Warnings have no number.
"""

from collections.abc import Callable
from typing import Any, TypeVar

R = TypeVar("R", bound=Callable[..., Any])

RULES = 1
"""The number of today's rules. It never goes down along a log."""


def of_rules(first: int, last: int | None = None) -> Callable[[R], R]:
    """Let a rule or guard hold only for entries whose number is at least ``first``, and at most ``last``."""

    def numbered(rule: R) -> R:
        rule.numbers = (first, last)  # type: ignore[attr-defined]  # of any callable
        return rule

    return numbered


def holds(rule: Callable[..., Any], number: int) -> bool:
    """Whether a rule holds for entries of that number."""
    first, last = getattr(rule, "numbers", (1, None))
    return first <= number and (last is None or number <= last)
