"""What changed when: every change of a subject from one state to another, by date."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from operator import itemgetter
from typing import Any

from events import Entry
from projections.body import BodySpells
from projections.days import FIRST_DAY, Days, span
from projections.spell import Spells, rests_on
from projections.subject import NONE_KNOWN, NOT_ON_RECORD, SubjectKey, subject_in_words
from projections.summary import in_words, told_beside, value_of
from projections.told import Value

Telling = tuple[Value, str]
"""A value, and in words."""


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one subject: on one of these days, by these entries, from one of several values. It is ``certain`` if
    every lawful history has what it led to on one day at least; that lasted at least and at most so many days, up to
    the day of the question.
    """

    days: Days
    key: SubjectKey
    before: tuple[Telling, ...]
    after: Telling
    certain: bool
    lasted: tuple[int, int | None]
    entries: tuple[Entry, ...]

    @property
    def words(self) -> str:
        """The change in words, without its day."""
        before = " or ".join(words for _, words in self.before)
        first = "" if before in (NONE_KNOWN, NOT_ON_RECORD) else f"{before} -> "
        return f"{subject_in_words(self.key)}: {first}{self.after[1]}"

    def to_json(self) -> dict[str, Any]:
        """The change as the timeline document lists it."""
        (value, _), *others = self.before
        return {
            "date": span(*self.days),
            "subject": self.key[0],
            "id": self.key[1],
            "from": value,
            "from_possibly": [other for other, _ in others],
            "to": self.after[0],
            "certainty": "certain" if self.certain else "possible",
            "days_at_least": self.lasted[0],
            "days_at_most": self.lasted[1],
            "words": self.words,
            **rests_on(self.entries),
        }


def timeline(body: BodySpells, as_of: date) -> list[Change]:
    """Every change of every subject of a body that can have happened by a day, the earliest first."""
    changes = [
        (change.days.latest, rank, place, change)
        for place, (key, spells) in enumerate(body.spells.items())
        for rank, change in _changes(key, spells.settled(), as_of)
    ]
    return [change for *_, change in sorted(changes, key=itemgetter(0, 1, 2))]


def _changes(key: SubjectKey, spells: Spells[Any], as_of: date) -> Iterator[tuple[int, Change]]:
    """The changes of a subject, and of what it has beside its value while it has that."""
    yield from _of_value(key, spells, lambda state: (value_of(state), in_words(state)), as_of)
    for name in told_beside(spells[0].state):
        for rank, change in _of_value((name, key[1]), spells, partial(_beside, name), as_of):
            if change.after[0] is not None:
                yield rank, change


def _beside(name: str, state: Any) -> Telling:
    return told_beside(state)[name]


def _of_value(
    key: SubjectKey, spells: Spells[Any], value: Callable[[Any], Telling], as_of: date
) -> Iterator[tuple[int, Change]]:
    """The changes, each with its place within its day: by the natural rank of its kinds of event, and after those that
    come first."""
    day, rank = FIRST_DAY, 0
    for stay in spells.stays(value):
        began, own = stay.began.by(as_of), min(entry.event.rank for entry in stay.entries)
        rank = max(rank, own) if began.latest == day else own
        day = began.latest
        if began.earliest <= as_of:
            certain = stay.certain and stay.began.latest <= as_of
            yield rank, Change(began, key, stay.before, stay.value, certain, stay.lasted(as_of), stay.entries)
