"""What changed when: every step from one state of a matter to the next, in the order of the world."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from events import Entry
from projections.body import BodyHistory
from projections.concern import Concern
from projections.history import FIRST_DAY, Spell
from projections.identity import Oversight
from projections.inspection import AreaState, TallyState
from projections.monitoring import Monitoring
from projections.reading import span
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
    changes = [
        change
        for subject, spells, words, behind in _subjects(history)
        for change in _steps(subject, spells, words, behind)
    ]
    return sorted(changes, key=lambda change: (change.day, _rank(change), change.subject))


def labels(history: BodyHistory, day: date) -> dict[str, str]:
    """The state of every subject of a body on a day, in a few words each; for showing what an append would change."""
    return {
        subject: words(next(spell.state for spell in spells if spell.holds_on(day)))
        for subject, spells, words, _ in _subjects(history)
    }


def _subjects(
    history: BodyHistory,
) -> Iterator[tuple[str, Sequence[Spell[Any]], Callable[[Any], str], Callable[[Any], tuple[Entry, ...]]]]:
    yield "monitoring", history.monitoring, _phase, lambda state: (*state.entries, *state.pending_entries)
    for id, concern in sorted(history.concerns.items()):
        yield f"concern {id}", concern, _concern, lambda state: state.entries
    for (programme, area), judged in sorted(history.areas.items()):
        yield f"grade {programme}/{area}", judged, _grade, lambda state: state.entries
    for programme, tally in sorted(history.tallies.items()):
        yield f"tally {programme}", tally, _tally, lambda state: state.entries
    for subject, of_subject in history.standing.items():
        for id, standing in sorted(of_subject.items()):
            yield f"{subject} {id}", standing, _standing, lambda state: state.entries
    yield "oversight", history.oversight, _oversight, lambda state: state.entries
    yield "territory", history.territory, lambda state: state.territory or NOTHING, lambda state: state.entries
    yield "merger", history.merger, lambda state: state.into or "a body of its own", lambda state: state.entries
    yield "name", history.names, lambda name: name, lambda name: ()


def _steps(
    subject: str, spells: Sequence[Spell[Any]], words: Callable[[Any], str], behind: Callable[[Any], tuple[Entry, ...]]
) -> Iterator[Change]:
    certain = [spell for spell in spells if spell.since is not None and spell.since < spell.until]
    for before, after in pairwise(certain):
        was, now = words(before.state), words(after.state)
        if was != now and after.since is not None and after.since > FIRST_DAY:
            new = tuple(entry for entry in behind(after.state) if entry not in behind(before.state))
            yield Change(after.since, span(after.earliest, after.since), subject, was, now, new or behind(after.state))


def _rank(change: Change) -> int:
    return min((entry.event.rank for entry in change.entries), default=99)


def _standing(state: Standing) -> str:
    if state.status == "none":
        return "not on record"
    title = state.entries[0].event.data().get("title")
    return f"{state.status}: {title}" if title else state.status


def _oversight(state: Oversight) -> str:
    return f"{state.name} ({state.holder})" if state.holder else state.name or NOTHING


def _phase(state: Monitoring) -> str:
    phase = "Scan (presumed)" if state.presumed else state.phase.capitalize()
    return f"{phase}, move to {state.pending.capitalize()} pending" if state.pending else phase


def _concern(state: Concern) -> str:
    if state.status != "open":
        return {"none": "not on record"}.get(state.status, state.status)
    number = state.recommendations_open
    return f"open, recommendations open: {'not stated' if number is None else number}"


def _grade(state: AreaState) -> str:
    return f"{state.current.grade} ({state.current.framework})" if state.current else "none known"


def _tally(state: TallyState) -> str:
    counted = ", ".join(f"{number} {grade}" for grade, number in state.counts)
    return f"{counted} ({state.framework})" if counted else "none known"
