"""What begins once, and ends at most once: findings, reviews, plans; and what is said once, and stands as said:
statements, statistics, responses."""

from dataclasses import dataclass, field

from events import Entry
from projections.course import Course
from projections.spell import Obstacle, named


@dataclass(frozen=True, slots=True)
class Standing:
    """``status`` is ``none`` before it is on record, then the word for the event that came last; ``entries`` are those
    behind it, the one that began it first."""

    status: str = "none"
    entries: tuple[Entry, ...] = field(default=(), compare=False)


def course(begin: str, began: str, ends: dict[str, str]) -> Course[Standing]:
    """A course that one kind of event begins, and each of the others ends; with the words for the states."""
    made: Course[Standing] = Course(Standing())
    words = {begin: began, **ends}

    @made.step(*words)
    def _step(state: Standing, entry: Entry) -> Standing:
        return Standing(words[entry.kind], (*state.entries, entry))

    made.law(*ends)(only_what_stands_ends)
    return made


def only_what_stands_ends(state: Standing, entry: Entry) -> Obstacle | None:
    """A finding is closed, a review held or cancelled, a plan revoked or fulfilled once, and only after it is on
    record. (Domain rules 7 and 9.)
    """
    subject = _subject(entry)
    if state.status == "none":
        return Obstacle(
            subject, f"no such {subject} is on record on that date", f"record the {subject} first, or mend the id"
        )
    if state.status not in OVER:
        return None
    return Obstacle(subject, f"it is {state.status} already ({named(state.entries[-1])})", "mend the id or the date")


def _subject(entry: Entry) -> str:
    return entry.matter.split("/")[1]


STANDING: dict[str, Course[Standing]] = {
    "finding": course("finding.recorded", "open", {"finding.closed": "closed"}),
    "review": course("review.scheduled", "scheduled", {"review.held": "held", "review.cancelled": "cancelled"}),
    "plan": course("plan.announced", "planned", {"plan.revoked": "revoked", "plan.fulfilled": "fulfilled"}),
    "statement": course("statement.made", "made", {}),
    "statistic": course("statistic.reported", "reported", {}),
    "response": course("response.published", "published", {}),
}
"""The course of each subject, by the middle part of its matters: ``west-midlands/review/…``."""
WITHHELD = course("withheld", "withheld", {})
"""The course of an entry that is left out because its bytes were removed, at a position where it still stood."""
OVER = frozenset({"closed", "held", "cancelled", "revoked", "fulfilled", "transferred", "ended"})
"""The words for what no longer stands."""
