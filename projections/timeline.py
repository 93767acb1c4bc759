"""What changed when: every change of a subject from one state to another, by date."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from events import Entry
from projections.body import BodySpells
from projections.spell import Spell, certain, on, positions
from projections.subject import subject_in_words
from projections.summary import entries_of, in_words


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one subject: on a day within ``span``, by these entries."""

    day: date
    span: str
    subject: str
    before: str
    after: str
    entries: tuple[Entry, ...]

    def to_json(self) -> dict[str, Any]:
        """The change as the timeline document lists it."""
        return {
            "date": self.span,
            "subject": self.subject,
            "from": self.before,
            "to": self.after,
            "entries": positions(self.entries),
        }


def timeline(body: BodySpells) -> list[Change]:
    """Every change of every subject of a body, the earliest first."""
    changes = [change for key, spells in body.spells.items() for change in _changes(subject_in_words(key), spells)]
    return sorted(changes, key=lambda change: (change.day, _rank(change), change.subject))


def words_on(body: BodySpells, day: date) -> dict[str, str]:
    """The state of every subject of a body on a day, in a few words each."""
    return {subject_in_words(key): in_words(on(spells, day)) for key, spells in body.spells.items()}


def _changes(subject: str, spells: Sequence[Spell[Any]]) -> Iterator[Change]:
    for before, after in pairwise(certain(spells)):
        was, now = in_words(before.state), in_words(after.state)
        if was != now:
            earlier, entries = entries_of(before.state), entries_of(after.state)
            new = tuple(entry for entry in entries if entry not in earlier)
            yield Change(after.since, after.begins, subject, was, now, new or entries)


def _rank(change: Change) -> int:
    """The place of a change within its day: the natural rank of its kinds of event."""
    return min(entry.event.rank for entry in change.entries)
