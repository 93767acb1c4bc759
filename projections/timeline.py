"""What changed when: every step from one state of a matter to the next, in the order of the world."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from events import Entry
from projections.body import BodySpells
from projections.parts import behind
from projections.spell import FIRST_DAY, Spell, on, span
from projections.subject import subject_in_words
from projections.wording import in_words


@dataclass(frozen=True, slots=True)
class Change:
    """A step of one subject from one state to another: on the days of ``span``, by these entries."""

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
            "entries": sorted({position for e in self.entries for position in (e.position, *e.amended_by)}),
        }


def timeline(history: BodySpells) -> list[Change]:
    """Every change of every subject of a body, the earliest first."""
    changes = [change for key, spells in history.spells.items() for change in _steps(subject_in_words(key), spells)]
    return sorted(changes, key=lambda change: (change.day, _rank(change), change.subject))


def labels(history: BodySpells, day: date) -> dict[str, str]:
    """The state of every subject of a body on a day, in a few words each; for showing what an append would change."""
    return {subject_in_words(key): in_words(on(spells, day)) for key, spells in history.spells.items()}


def _steps(name: str, spells: Sequence[Spell[Any]]) -> Iterator[Change]:
    certain = [spell for spell in spells if spell.since is not None and spell.since < spell.until]
    for before, after in pairwise(certain):
        was, now = in_words(before.state), in_words(after.state)
        if was != now and after.since is not None and after.since > FIRST_DAY:
            earlier = behind(before.state)
            new = tuple(entry for entry in behind(after.state) if entry not in earlier)
            yield Change(after.since, span(after.earliest, after.since), name, was, now, new or behind(after.state))


def _rank(change: Change) -> int:
    return min((entry.event.rank for entry in change.entries), default=99)
