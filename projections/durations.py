"""How long: the times that a body was in Engage, and that its causes of concern were open.

Imprecise dates give a least and a most: from the latest day on which it can have begun to the earliest on which it
can have ended, and the other way round.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import Any

from events import Entry
from projections.body import BodySpells
from projections.parts import behind
from projections.spell import LAST_DAY, Spell, span


@dataclass(frozen=True, slots=True)
class Duration:
    """A time in which something held: since when, until when (empty: still, on the day asked for), and how many days
    at the least and at the most; the day of its end is not counted."""

    body: str
    subject: str
    id: str
    since: str
    until: str
    at_least: int
    at_most: int
    entries: tuple[Entry, ...]

    def to_json(self) -> dict[str, Any]:
        """As the `durations` document lists it."""
        return {
            "body": self.body,
            "subject": self.subject,
            "id": self.id,
            "since": self.since,
            "until": self.until or None,
            "days_at_least": self.at_least,
            "days_at_most": self.at_most,
            "entries": sorted({n for entry in self.entries for n in (entry.position, *entry.amended_by)}),
        }


def durations(history: BodySpells, as_of: date) -> list[Duration]:
    """The times of a body in Engage, and those of its open concerns, up to a day; the earliest first."""
    found = [*_times(history, "engage", "", history.monitoring, lambda state: state.phase == "engage", as_of)]
    for id, spells in history.concerns.items():
        found += _times(history, "concern", id, spells, lambda state: state.status == "open", as_of)
    return sorted(found, key=lambda time: (time.since, time.subject, time.id))


def _times(
    history: BodySpells,
    subject: str,
    id: str,
    spells: Sequence[Spell[Any]],
    holds: Callable[[Any], bool],
    as_of: date,
) -> Iterator[Duration]:
    certain = [spell for spell in spells if spell.since is not None and spell.since < spell.until]
    runs = [list(run) for _, run in groupby(certain, key=lambda spell: holds(spell.state))]
    for run, following in pairwise([*runs, []]):
        begun, last = run[0], run[-1]
        if not holds(begun.state) or begun.since is None or begun.since > as_of:
            continue
        still = last.until > as_of
        until = min(as_of, last.until)
        ended = min(as_of, following[0].earliest) if following else as_of
        happened = [spell for spell in (*run, *following[:1]) if spell.earliest <= as_of]
        yield Duration(
            history.body, subject, id,
            since=span(begun.earliest, begun.since),
            until="" if still or last.until == LAST_DAY else span(ended, until),
            at_least=max((ended - begun.since).days, 0),
            at_most=(until - begun.earliest).days,
            entries=tuple(dict.fromkeys(entry for spell in happened for entry in behind(spell.state))),
        )  # fmt: skip
