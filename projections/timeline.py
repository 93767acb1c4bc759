"""What changed when: every step from one state of a matter to the next, in the order of the world."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import singledispatch
from itertools import pairwise
from typing import Any

from events import Entry
from projections.body import BodyHistory, subject
from projections.concern import Concern
from projections.history import FIRST_DAY, Spell
from projections.identity import Merger, Oversight, Territory
from projections.inspection import AreaState, TallyState
from projections.monitoring import Monitoring
from projections.reading import on, span
from projections.standing import Standing

NOTHING = "nothing recorded"


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
            "entries": sorted({position for e in self.entries for position in (e.position, *e.mended)}),
        }


def timeline(history: BodyHistory) -> list[Change]:
    """Every change of every subject of a body, the earliest first."""
    changes = [change for key, spells in history.spells.items() for change in _steps(subject(key), spells)]
    return sorted(changes, key=lambda change: (change.day, _rank(change), change.subject))


def labels(history: BodyHistory, day: date) -> dict[str, str]:
    """The state of every subject of a body on a day, in a few words each; for showing what an append would change."""
    return {subject(key): in_words(on(spells, day)) for key, spells in history.spells.items()}


def behind(state: Any) -> tuple[Entry, ...]:
    """The entries that a state rests on."""
    if isinstance(state, Monitoring):
        return (*state.entries, *state.pending_entries)
    return () if isinstance(state, str) else tuple(state.entries)


@singledispatch
def in_words(state: Any) -> str:
    """A state in a few words."""
    raise TypeError(f"no words for {type(state).__name__}")


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


@in_words.register
def _standing(state: Standing) -> str:
    if state.status == "none":
        return "not on record"
    title = state.entries[0].event.data().get("title")
    return f"{state.status}: {title}" if title else state.status


@in_words.register
def _oversight(state: Oversight) -> str:
    return f"{state.name} ({state.holder})" if state.holder else state.name or NOTHING


@in_words.register
def _phase(state: Monitoring) -> str:
    phase = "Scan (presumed)" if state.presumed else state.phase.capitalize()
    return f"{phase}, move to {state.pending.capitalize()} pending" if state.pending else phase


@in_words.register
def _concern(state: Concern) -> str:
    if state.status != "open":
        return {"none": "not on record"}.get(state.status, state.status)
    number = state.recommendations_open
    return f"open, recommendations open: {'not stated' if number is None else number}"


@in_words.register
def _grade(state: AreaState) -> str:
    return f"{state.current.grade} ({state.current.framework})" if state.current else "none known"


@in_words.register
def _tally(state: TallyState) -> str:
    counted = ", ".join(f"{number} {grade}" for grade, number in state.counts)
    return f"{counted} ({state.framework})" if counted else "none known"


@in_words.register
def _territory(state: Territory) -> str:
    return state.territory or NOTHING


@in_words.register
def _merger(state: Merger) -> str:
    return state.into or "a body of its own"


@in_words.register
def _name(state: str) -> str:
    return state
