"""What changed when: every change of a subject from one state to another, by date."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from events import Entry
from projections.body import BodySpells
from projections.days import FIRST_DAY, Days, span
from projections.spell import Spells, on, rests_on
from projections.subject import subject_in_words
from projections.summary import in_words


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one subject: on one of these days, by these entries. It is ``certain`` if every lawful history has
    what it led to on one day at least; that lasted at least and at most so many days, up to the day of the question.
    """

    days: Days
    subject: str
    before: str
    after: str
    certain: bool
    lasted: tuple[int, int | None]
    entries: tuple[Entry, ...]

    def to_json(self) -> dict[str, Any]:
        """The change as the timeline document lists it."""
        return {
            "date": span(*self.days),
            "subject": self.subject,
            "from": self.before,
            "to": self.after,
            "certainty": "certain" if self.certain else "possible",
            "days_at_least": self.lasted[0],
            "days_at_most": self.lasted[1],
            **rests_on(self.entries),
        }


def timeline(body: BodySpells, as_of: date) -> list[Change]:
    """Every change of every subject of a body that can have happened by a day, the earliest first."""
    changes = [
        (change.days.latest, rank, subject, change)
        for key, spells in body.spells.items()
        for subject in [subject_in_words(key)]
        for rank, change in _changes(subject, spells, as_of)
    ]
    return [change for *_, change in sorted(changes, key=lambda change: change[:3])]


def words_on(body: BodySpells, day: date) -> dict[str, str]:
    """The state of every subject of a body on a day, in a few words each."""
    return {subject_in_words(key): in_words(on(spells, day)) for key, spells in body.spells.items()}


def _changes(subject: str, spells: Spells[Any], as_of: date) -> Iterator[tuple[int, Change]]:
    """The changes, each with its place within its day: by the natural rank of its kinds of event, and after those that
    come first."""
    day, rank = FIRST_DAY, 0
    for stay in spells.settled().stays(in_words):
        began, own = stay.began.by(as_of), min(entry.event.rank for entry in stay.entries)
        rank = max(rank, own) if began.latest == day else own
        day = began.latest
        if began.earliest <= as_of:
            before, certain = " or ".join(stay.before), stay.certain and stay.began.latest <= as_of
            yield rank, Change(began, subject, before, stay.value, certain, stay.lasted(as_of), stay.entries)
