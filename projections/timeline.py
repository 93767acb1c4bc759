"""What was recorded of a body, by date: every change of a subject from one state to another, and the evidence that
changed none: a reaffirmation, a continuation, the same grade given again."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from operator import itemgetter
from typing import Any

from events import Entry, WorldEvent
from events.body import BodyRegistered
from projections.body import BodySpells
from projections.days import ALWAYS, FIRST_DAY, LAST_DAY, Days, span
from projections.fact import claims, rests_on
from projections.monitoring import MONITORING
from projections.phase import established
from projections.shown import beside_in_words
from projections.spell import Spells
from projections.subject import NOT_ESTABLISHED, SubjectKey, Value, kind_in_words, subject_in_words
from projections.summary import beside, entries_of, summary_on, value_of

Worded = tuple[Value, str]
"""A value, and in words."""
NOTHING_ELSE: Worded = ("recorded", "")
"""The value of what has no other than that it was recorded."""
_PRESUMED: Worded = value_of(MONITORING.start)
_NOT_YET: Worded = ("none", NOT_ESTABLISHED)
_PHASE: SubjectKey = ("monitoring", "")


@dataclass(frozen=True, slots=True)
class Change:
    """A change of one subject: on one of these days, by these entries, from one of several values. It ``happened`` if
    every lawful history has it, and is ``certain`` if every one has what it led to on one day at least; that lasted at
    least and at most so many days, up to the day of the question. If ``lasted`` is None, the entries are evidence that
    changed nothing.
    """

    days: Days
    key: SubjectKey
    before: tuple[Worded, ...]
    after: Worded
    certain: bool
    happened: bool
    lasted: tuple[int, int | None] | None
    entries: tuple[Entry, ...]

    @property
    def words(self) -> str:
        """The change in words, without its day."""
        before = " or ".join(words for _, words in self.before)
        first = "" if all(value is None for value, _ in self.before) else f"{before} -> "
        if self.lasted is None:
            kinds = ", ".join(kind_in_words(entry.kind) for entry in self.entries)
            first = kinds if self.after == NOTHING_ELSE else f"{kinds}: still "
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
            "happened": "certain" if self.happened else "possible",
            "days_at_least": self.lasted[0] if self.lasted else None,
            "days_at_most": self.lasted[1] if self.lasted else None,
            "words": self.words,
            **rests_on(self.entries),
            "events": [{"position": e.position, "kind": e.kind, **e.event.data()} for e in self.entries],
        }


def timeline(body: BodySpells, as_of: date) -> list[Change]:
    """Every change of every subject of a body that can have happened by a day, and all evidence; the earliest first."""
    name = summary_on(body.spells["name", ""], as_of)
    begun = established(name.data) if name else ALWAYS
    changes = [(change.days.latest, 0, -1, change) for change in _established(body, begun, as_of)]
    changes += [
        (change.days.latest, rank, place, change if key != _PHASE else _as_established(change, begun))
        for place, (key, spells) in enumerate(body.spells.items())
        for rank, change in _changes(key, spells, as_of)
    ]
    shown = {entry.event_id for *_, change in changes for entry in change.entries}
    for entry in (*body.entries, *body.possible):
        (of, subject, *id), event = entry.matter.split("/", 2), entry.event
        if of == body.body and entry.event_id not in shown and isinstance(event, WorldEvent):
            days, certain = body.days(entry), entry not in body.possible
            evidence = _evidence_of((subject, "".join(id)), entry, [NOTHING_ELSE], days, certain, as_of)
            changes += [(one.days.latest, event.rank, len(body.spells), one) for one in evidence]
    return [change for *_, change in sorted(changes, key=itemgetter(0, 1, 2))]


def _established(body: BodySpells, begun: Days, as_of: date) -> Iterator[Change]:
    """That a body came into being, and is presumed in Scan until its first move, if that is not before."""
    spells, name = body.spells[_PHASE], body.spells["name", ""].on(as_of)
    moved = [spell.earliest for spell in spells.states if value_of(spell.state) != _PRESUMED]
    ended = Days(min(moved, default=LAST_DAY), max(s.until for s in spells.states if value_of(s.state) == _PRESUMED))
    if begun != ALWAYS and begun.earliest <= as_of and begun.earliest < ended.latest:
        least = min(ended.earliest, as_of) - min(begun.latest, as_of)
        most = min(ended.latest, as_of) - begun.earliest
        by_then = begun.latest <= as_of
        yield Change(
            begun.by(as_of), _PHASE, (_NOT_YET,), _PRESUMED,
            certain=by_then and begun.latest < ended.earliest,
            happened=by_then and begun.latest <= ended.earliest,
            lasted=(max(least.days, 0), most.days),
            entries=tuple(entry for entry in name.entries if entry.kind == BodyRegistered.kind),
        )  # fmt: skip


def _as_established(change: Change, begun: Days) -> Change:
    """A change of the phase, or evidence of it; before the body is established, Scan is not presumed."""
    values = [_PRESUMED] if begun.earliest <= change.days.latest else []
    values += [_NOT_YET] if begun.latest > change.days.earliest else []
    before = dict.fromkeys(one for value in change.before for one in (values if value == _PRESUMED else [value]))
    return replace(change, before=(*before,))


def _changes(key: SubjectKey, spells: Spells[Any], as_of: date) -> Iterator[tuple[int, Change]]:
    """The changes of a subject, and of what it has beside its value while it has that; then the evidence. What a report
    ends and gives anew on one day is one change."""
    all_states, spells = spells, spells.settled()
    changes = [*_of_value(key, spells if key[0] in ("judgement", "tally") else all_states, value_of, as_of)]
    for name in beside(spells[0].state):
        found = _of_value((name, key[1]), spells, partial(_beside, name), as_of)
        changes += [(rank, change) for rank, change in found if change.after[0] is not None]
    yield from changes
    shown = {entry.event_id for _, change in changes for entry in change.entries}
    certain_by_then = (s for s in spells.stays(value_of) if s.certain and s.began.latest <= as_of)
    lasting = {stay.value for stay in certain_by_then} | {value_of(spells[0].state)}
    for entry, values in _evidence(spells):
        if entry.event_id not in shown:
            certain, days = len(values) == 1 and values[0] in lasting, spells.dates[entry.event_id]
            for change in _evidence_of(key, entry, values, days, certain, as_of):
                yield entry.event.rank, change


def _evidence(spells: Spells[Any]) -> Iterator[tuple[Entry, list[Worded]]]:
    """The entries that states rest on, each with what these tell, in all histories."""
    found: dict[str, tuple[Entry, list[Worded]]] = {}
    for link in spells.links:
        state = spells.states[link.end].state
        new = any(entry in entries_of(state) for entry in link.entries)
        for entry in link.entries:
            if new and (value := value_of(state))[0] is not None:
                values = found.setdefault(entry.event_id, (entry, []))[1]
                values += [] if value in values else [value]
    yield from found.values()


def _evidence_of(
    key: SubjectKey, entry: Entry, values: Sequence[Worded], days: Days, certain: bool, as_of: date
) -> Iterator[Change]:
    if days.earliest > as_of:
        days = next((claimed for claimed, _ in claims(entry) if claimed.earliest <= as_of), days)
        certain = False
    if days.earliest <= as_of and days != ALWAYS:
        words = " or ".join(words for _, words in values)
        same, certain = (values[0][0], words), certain and days.latest <= as_of
        yield Change(days.by(as_of), key, (same,), same, certain, certain, None, (entry,))


def _beside(name: str, state: Any) -> Worded:
    value = beside(state)[name]
    return value, beside_in_words(name, value)


def _of_value(
    key: SubjectKey, spells: Spells[Any], value: Callable[[Any], Worded], as_of: date
) -> Iterator[tuple[int, Change]]:
    """The changes, each with its place within its day: by the natural rank of its kinds of event, and after those that
    come first."""
    day, rank = FIRST_DAY, 0
    for stay in spells.stays(value):
        began, own = stay.began_by(as_of), min(entry.event.rank for entry in stay.entries)
        if began and began != ALWAYS:  # a registration has no day
            rank = max(rank, own) if began.latest == day else own
            day, by_then = began.latest, stay.began.latest <= as_of
            lasted, certain, happened = stay.lasted(as_of), stay.certain and by_then, stay.happened and by_then
            yield rank, Change(began, key, stay.before, stay.value, certain, happened, lasted, stay.entries)
