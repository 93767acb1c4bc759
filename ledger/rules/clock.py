"""Corrections of a clock that ran ahead. (docs/format.md)"""

from events import Entry
from events.recorder import ClockCorrected
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.rule import Problems, refuses


@refuses
def a_clock_is_corrected_alone(event: ClockCorrected, entry: Entry, context: RuleContext) -> Problems:
    """A correction of a clock is alone in its submission, as its time is earlier than that of the entry before it."""
    if not context.is_alone(entry):
        yield Problem("a correction of a clock is recorded alone", "record the rest afterwards", "kind")


@refuses
def a_clock_correction_names_the_first_later_entry(
    event: ClockCorrected, entry: Entry, context: RuleContext
) -> Problems:
    """A correction of a clock names the first entry that is later than the correction itself. All after that are later
    too, and are dated by it.
    """
    first = context.first_later_than(entry)
    if first == entry.position:
        yield Problem("no entry is later than this clock says it is", "leave it out, or check this clock", "since")
    elif event.since != first:
        now = f"{entry.recorded_at:%Y-%m-%d %H:%M} UTC"
        what = f"#{first} is the first entry that is later than this clock says it is ({now})"
        yield Problem(what, f"name #{first}, or check this clock", "since")
