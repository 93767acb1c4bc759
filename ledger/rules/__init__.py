"""What may be recorded. Each rule is a small function; its docstring is the rule, with its source.

``@refuses`` rules keep a submission out, ``@signing`` rules one that its recorder may not sign. ``@warns`` rules let
it in and say what a clerk may have overlooked: couplings that look true and are false are never enforced. What may
follow what within one matter is said by the guards beside the projections; `every_entry.the_order_of_the_world`
enforces them.

RULES is the number of this set of rules; it is recorded with each submission, so that an audit judges an entry by the
rules of its day.
"""

from ledger.rules import every_entry  # noqa: I001 - first: its first rule is asked before all others
from ledger.rules import (
    bodies,
    concerns,
    documents,
    inspections,
    links,
    amendments,
    monitoring,
    recorders,
    responses,
    signatures,
)
from ledger.rules.every_entry import too_long
from ledger.rules.recorders import no_longer_in_force
from ledger.rules.rule import REFUSALS, SIGNING, WARNINGS, refusals, refuses, warnings, warns, wrongly_signed

RULES = 1

__all__ = [
    "REFUSALS",
    "RULES",
    "SIGNING",
    "WARNINGS",
    "amendments",
    "bodies",
    "concerns",
    "documents",
    "every_entry",
    "inspections",
    "links",
    "monitoring",
    "no_longer_in_force",
    "recorders",
    "refusals",
    "refuses",
    "responses",
    "signatures",
    "too_long",
    "warnings",
    "warns",
    "wrongly_signed",
]
