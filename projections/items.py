"""Items: what is recorded once and ends at most once (findings, recommendations, reviews, plans, undertakings), or is
only recorded (other statements, statistics, responses)."""

from dataclasses import dataclass, field, replace
from typing import ClassVar

from events import Entry, Event
from projections import handover
from projections.fact import day_and_source, subject_of
from projections.handover import Escalated, HandedOver
from projections.machine import StateMachine, Violation


@dataclass(frozen=True, slots=True)
class Item:
    """``status`` is ``none`` before the item is on record, then the word for its last event. ``entries`` are those
    that it rests on, the first one first."""

    status: str = "none"
    entries: tuple[Entry, ...] = field(default=(), compare=False)


def machine(begin: str, began: str, ends: dict[str, str]) -> StateMachine[Item]:
    """A machine that one kind of event begins, and each of the others ends; with the status after each."""
    made: StateMachine[Item] = StateMachine(Item())
    words = {begin: began, **ends}

    @made.step(*words)
    def _step(state: Item, event: Event, entry: Entry) -> Item:
        return Item(words[entry.kind], (*state.entries, entry))

    @made.step(HandedOver.kind)
    def _handed_over(state: Item, event: HandedOver, entry: Entry) -> Item:
        return Item(event.fate, (*state.entries, entry)) if state.status not in ("none", *OVER) else state

    @made.step(Escalated.kind)
    def _escalated(state: Item, event: Escalated, entry: Entry) -> Item:
        return Item("escalated", (*state.entries, entry)) if state.entries else state

    made.guard(*ends)(only_an_open_item_ends)
    return made


def only_an_open_item_ends(state: Item, event: Event, entry: Entry) -> Violation | None:
    """A finding or a recommendation is closed, a review held or cancelled, a plan revoked or fulfilled, an undertaking
    kept or withdrawn once, and only after it is on record. (Domain rules 7 and 9.)
    """
    subject = subject_of(entry)
    if state.status == "none":
        return Violation(
            subject, f"no such {subject} is on record on that date", f"record the {subject} first, or check the id"
        )
    if state.status not in OVER:
        return None
    return Violation(
        subject,
        f"it was {state.status} {day_and_source(state.entries[-1])}",
        "leave it out, or check the id and the date",
    )


ITEMS: dict[str, StateMachine[Item]] = {
    "finding": machine("finding.recorded", "open", {"finding.closed": "closed"}),
    "recommendation": machine("recommendation.issued", "open", {"recommendation.ended": "closed"}),
    "review": machine("review.scheduled", "scheduled", {"review.held": "held", "review.cancelled": "cancelled"}),
    "plan": machine("plan.announced", "planned", {"plan.revoked": "revoked", "plan.fulfilled": "fulfilled"}),
    "statement": machine("statement.made", "made", {"statement.kept": "kept", "statement.withdrawn": "withdrawn"}),
    "statistic": machine("statistic.reported", "reported", {}),
    "response": machine("response.published", "published", {}),
}
"""The machine of each subject, as its matters name it: ``west-midlands/review/…``."""
INSPECTION = machine("inspection.published", "published", {})
"""The machine of one inspection; all of a body are in one matter, with their judgements."""
SOUGHT = machine("document.sought", "not-found", {})
"""The machine of what was sought in vain, once or several times."""
UNREAD = {why: machine(why, why, {}) for why in ("withheld", "unknown")}
"""The machines of an entry that cannot be read, by the reason: its data were withheld since it was in force, or a later
version of this program wrote them."""
OVER = frozenset(
    {"closed", "held", "cancelled", "revoked", "fulfilled", "escalated", "kept", "withdrawn", *handover.OVER}
)
"""The statuses of an item that has ended."""


class Unread(Event):
    """What readers see in place of an event that they cannot read. Nobody can record one."""

    kind: ClassVar[str] = "unread"
    version: ClassVar[int] = 1
    rank: ClassVar[int] = 0
    identity: ClassVar[tuple[str, ...] | None] = None

    was: str


def as_unread(entry: Entry, why: str) -> Entry:
    """An entry that cannot be read, with such an event as its content, and the reason as its kind."""
    return replace(entry, kind=why, content=Unread(was=entry.kind))
