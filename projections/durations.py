"""How long a body was in Engage, and how long its causes of concern were open.

Imprecise dates give a minimum and a maximum. The minimum counts from the latest possible beginning to the earliest
possible end; the maximum from the earliest beginning to the latest end.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from events import Entry
from projections.body import BodySpells
from projections.spell import LAST_DAY, Spell, certain, joined, positions, span
from projections.summary import entries_of


@dataclass(frozen=True, slots=True)
class Duration:
    """A time in Engage, or with a concern open: its beginning and end as partial dates (no end: it lasts on the day of
    the question), and the minimum and maximum of days. The day of the end is not counted."""

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
            "entries": positions(self.entries),
        }


def durations(body: BodySpells, as_of: date) -> list[Duration]:
    """The times of a body in Engage, and those of its open concerns, up to a day; the earliest first."""
    found = [*_times(body, "engage", "", body.monitoring, lambda state: state.phase == "engage", as_of)]
    for id, spells in body.concerns.items():
        found += _times(body, "concern", id, spells, lambda state: state.status == "open", as_of)
    return sorted(found, key=lambda time: (time.since, time.subject, time.id))


def _times(
    body: BodySpells,
    subject: str,
    id: str,
    spells: Sequence[Spell[Any]],
    holds: Callable[[Any], bool],
    as_of: date,
) -> Iterator[Duration]:
    for time, following in pairwise([*joined(spells, holds), None]):
        if time is None or not time.state or time.since > as_of:
            continue
        until = min(as_of, time.until)
        ended = min(as_of, following.earliest) if following else as_of
        happened = [
            spell for spell in certain(spells) if time.since <= spell.since <= time.until and spell.earliest <= as_of
        ]
        yield Duration(
            body.body, subject, id,
            since=time.begins,
            until="" if time.until > as_of or time.until == LAST_DAY else span(ended, until),
            at_least=max((ended - time.since).days, 0),
            at_most=(until - time.earliest).days,
            entries=tuple(dict.fromkeys(entry for spell in happened for entry in entries_of(spell.state))),
        )  # fmt: skip
