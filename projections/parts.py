"""The parts of a state: what one subject of a body amounts to on a day, as the JSON that scripts build on.

A part is a function of the spells of its own subject and of nothing else, so it stays the same over a *stretch* of
days, and what is recorded elsewhere never changes it. A state joins parts; see `projections.state`.

What is not there has words of its own: ``not-stated`` (the source leaves it out), ``unknown`` (it follows from
nothing on record), ``not-inspected`` (an earlier judgement is carried forward), ``not-graded``.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import singledispatch
from itertools import pairwise
from typing import Any

from events import Entry, WorldEvent
from events.amendment import Amendment, Withheld
from events.concern import ConcernClosed
from events.finding import FindingRecorded
from events.plan import PlanAnnounced
from events.review import ReviewScheduled
from events.statement import StatementMade
from events.statistic import StatisticReported
from events.values import due_on
from projections.concern import ENDS, Concern
from projections.documents import Document
from projections.identity import Merger, Name, Oversight, Territory
from projections.inspection import AreaState, Judged, TallyState
from projections.items import OVER, Item
from projections.monitoring import Monitoring
from projections.spell import FIRST_DAY, LAST_DAY, Alternative, Run, Spell, dated, on, run, span
from projections.subject import SubjectState
from projections.wording import in_words

Json = dict[str, Any]
Spells = Sequence[Spell[Any]]
_OVER = OVER | frozenset(ENDS.values())
_EVERY_EVENT = frozenset(WorldEvent.model_fields) - {"note"}


def summary_on(spells: Spells, day: date) -> SubjectState | None:
    """What a subject amounts to on a day; None where nothing is on record of it, or possibly so.

    Its days are those between the nearest changes of any spell: it may say the same for longer.
    """
    bounds = _bounds(spells)
    after = bisect_right(bounds, day)
    return _summary(spells, bounds[after - 1], bounds[after] if after < len(bounds) else LAST_DAY)


def intervals(spells: Spells) -> Iterator[SubjectState]:
    """What a subject amounts to, the earliest first: each for the longest interval in which it says the same."""
    last: SubjectState | None = None
    for first, until in pairwise(_bounds(spells)):
        state = _summary(spells, first, until)
        if last is not None and last == state:
            state = replace(last, until=until)
        elif last is not None:
            yield last
        last = state
    if last is not None:
        yield last


def _bounds(spells: Spells) -> list[date]:
    """The days on which any spell begins or ends: between them nothing changes."""
    return sorted({FIRST_DAY} | {day for s in spells for day in (s.earliest, s.since, s.until) if day is not None})


def _summary(spells: Spells, first: date, until: date) -> SubjectState | None:
    state = on(spells, first)
    if _on_record(state) or any(spell.possible_on(first) and _on_record(spell.state) for spell in spells):
        return replace(_part(state, spells, first), first=first, until=until)
    return None


def behind(state: Any) -> tuple[Entry, ...]:
    """The entries that a state rests on."""
    if isinstance(state, Monitoring):
        return (*state.entries, *state.pending_entries)
    return tuple(state.entries)


def _on_record(state: Any) -> bool:
    """Whether anything is on record that a state amounts to."""
    if isinstance(state, AreaState):
        return state.last is not None
    if isinstance(state, Document):  # what is left where its registration was withheld
        return state.registered is not None
    return bool(behind(state))


# Each state, as a part.


@singledispatch
def _part(state: Any, spells: Spells, day: date) -> SubjectState:
    raise TypeError(f"no part for {type(state).__name__}")


@_part.register
def _monitoring(state: Monitoring, spells: Spells, day: date) -> SubjectState:
    phase = _run(spells, day, lambda state: state.phase)
    pending = state.pending and {
        "phase": state.pending,
        "takes_effect": state.takes_effect,
        "entries": _positions(state.pending_entries),
    }
    said = {
        "phase": phase.value,
        **_since(phase, certainty="presumed" if state.presumed else "certain"),
        "presumed": state.presumed,
        **_behind(state.entries),
        "pending": pending,
    }
    return SubjectState(in_words(state), said, cites=_cites(state.entries))


@_part.register
def _concern(state: Concern, spells: Spells, day: date) -> SubjectState:
    status = _run(spells, day, lambda state: state.status)
    over = state.status in _OVER
    said = {
        "title": _likely(state, spells, day).title,
        "status": _status(state),
        **_since(status),
        "last_evidence": _last_evidence(state.entries),
        **_behind(state.entries),
        "recommendations": _recommendations(state, over=over),
        "recommendations_issued": _number(state, state.issued, "not-stated"),
        "recommendations_open": _number(state, state.recommendations_open, "unknown"),
    }
    last = state.entries[-1].event if state.entries else None
    if isinstance(last, ConcernClosed):
        said |= {"reason": last.reason, "remaining": list(last.remaining)}
    if over:
        said["until"] = status.since
    return SubjectState(in_words(state), said, over, _cites(state.entries))


@_part.register
def _grade(state: AreaState, spells: Spells, day: date) -> SubjectState:
    value = run(spells, day, lambda state: state.current, lambda state: state.current.entries if state.current else ())
    judged: Judged = _likely(state, spells, day).last
    said = {
        "framework": judged.framework,
        "inspection": judged.inspection,
        "area": judged.area,
        "grade": judged.grade if state.last else "not-yet",
        **_since(value, lambda judged: judged.grade if judged else None),
        "inspected": "not-inspected" if judged.carried else "inspected",
        **_behind(judged.entries if state.last else ()),
    }
    lapsed = state.last is not None and state.current is None
    if lapsed:
        said |= {"status": "lapsed", "since": span(*dated(judged.entries[0])), "until": value.since}
    return SubjectState(in_words(state), said, lapsed, _cites(judged.entries))


@_part.register
def _tally(state: TallyState, spells: Spells, day: date) -> SubjectState:
    value = _run(spells, day, lambda state: (state.framework, state.inspection, state.counts))
    said = {
        "framework": state.framework,
        "inspection": state.inspection,
        "counts": dict(state.counts),
        "areas": sum(number for _, number in state.counts),
        **_since(value, lambda tally: ", ".join(f"{number} {grade}" for grade, number in tally[2]) or None),
        **_behind(state.entries),
    }
    over = not state.counts and not value.alternatives
    return SubjectState(in_words(state), said, over, _cites(state.entries))


@_part.register
def _standing(state: Item, spells: Spells, day: date) -> SubjectState:
    likely = _likely(state, spells, day)
    said = {
        "status": _status(state),
        **_since(_run(spells, day, lambda state: state.status)),
        **_fields(likely.entries),
        **_behind(likely.entries),
    }
    over = state.status in _OVER
    if over:
        said["until"] = said["since"]
    return SubjectState(in_words(state), said, over, _cites(likely.entries))


@_part.register
def _oversight(state: Oversight, spells: Spells, day: date) -> SubjectState:
    held = _run(spells, day, lambda state: (state.name, state.holder))
    said = {
        "status": "recorded" if state.name else "not-yet",
        "office": state.office or "unknown",
        "name": state.name or "unknown",
        "holder": state.holder or "not-stated",
        **_since(held, lambda who: _held(*who)),
        **_behind(state.entries),
    }
    return SubjectState(in_words(state), said, cites=_cites(state.entries))


@_part.register
def _territory(state: Territory, spells: Spells, day: date) -> SubjectState:
    served = _run(spells, day, lambda state: state.territory)
    said = {"territory": state.territory or "nothing-recorded", **_since(served), **_behind(state.entries)}
    return SubjectState(in_words(state), said, cites=_cites(state.entries))


@_part.register
def _merger(state: Merger, spells: Spells, day: date) -> SubjectState:
    merged = _run(spells, day, lambda state: state.into)
    said = {"into": state.into or None, "fates": dict(state.fates), **_since(merged), **_behind(state.entries)}
    return SubjectState(in_words(state), said, cites=_cites(state.entries))


@_part.register
def _name(state: Name, spells: Spells, day: date) -> SubjectState:
    return named(state)


def named(state: Name) -> SubjectState:
    """What a body is called, and how it is registered."""
    said: Json = {"name": state.name, "names": list(state.names)}
    if registered := state.registered:
        said |= {name: getattr(registered, name) for name in ("code", "type", "nation", "region")}
        said |= {"aliases": list(registered.aliases)}
    return SubjectState(in_words(state), said)


@_part.register
def _document(state: Document, spells: Spells, day: date) -> SubjectState:
    registered = state.registered
    assert registered is not None
    said = registered.data() | {
        "basis": registered.type.basis.value,
        "addresses": list(state.addresses),
        "sha256": list(state.sha256),
        "entries": _positions(state.entries),
    }
    return SubjectState(in_words(state), said)


# What the parts are made of.


def _run(spells: Spells, day: date, value: Callable[[Any], Any]) -> Run[Any]:
    return run(spells, day, value, lambda state: tuple(state.entries))


def _likely(state: Any, spells: Spells, day: date) -> Any:
    """The state that counts; before anything is on record, the first that is possible."""
    if _on_record(state):
        return state
    return next(spell.state for spell in spells if spell.possible_on(day) and _on_record(spell.state))


def _status(state: Any) -> str:
    return "not-yet" if state.status == "none" else str(state.status)


def _since(value: Run[Any], words: Callable[[Any], Any] = lambda value: value, certainty: str = "certain") -> Json:
    """Since when, how sure that is, and what else the sources leave possible."""
    since: Json = {"since": value.since or None, "certainty": certainty}
    if value.alternatives:
        others = [_alternative(other, words(other.value)) for other in value.alternatives]
        since |= {"certainty": "possible", "alternatives": others}
    return since


def _alternative(other: Alternative, words: Any) -> Json:
    return {
        "value": words,
        "from": other.first.isoformat(),
        "to": other.last.isoformat(),
        "entries": _positions(other.entries),
    }


def _behind(entries: Iterable[Entry]) -> Json:
    """The entries that a part rests on, with their mending, and those that sources dispute."""
    entries = list(entries)
    differ = sorted({other.position for entry in entries for other in entry.contradicted})
    return {"entries": _positions(entries), **({"sources_differ": differ} if differ else {})}


def _positions(entries: Iterable[Entry]) -> list[int]:
    return sorted({position for entry in entries for position in (entry.position, *entry.amended_by)})


def _cites(entries: Iterable[Entry]) -> tuple[str, ...]:
    """The documents that these entries cite, or others that say the same."""
    said = (part.event for entry in entries for part in (entry, *entry.corroborated))
    cited = (
        c.document for event in said if isinstance(event, WorldEvent | Amendment | Withheld) for c in event.documents
    )
    return tuple(dict.fromkeys(cited))


def _last_evidence(entries: Sequence[Entry]) -> str | None:
    return span(*dated(max(entries, key=lambda entry: dated(entry)[1]))) if entries else None


def _number(state: Concern, number: int | None, otherwise: str) -> int | str | None:
    """A number of recommendations, or the word for why there is none; None before any is issued."""
    if state.issued_by is None:
        return None
    return otherwise if number is None else number


def _recommendations(state: Concern, *, over: bool) -> list[Json]:
    ended = dict(state.ended)
    rest = "closed" if over else "not-stated" if state.closed_unnamed else "open"
    if state.closed_unnamed and state.recommendations_open == 0:
        rest = "closed"
    published = dated(state.issued_by)[1] if state.issued_by else date.max
    listed: list[Json] = []
    for item in state.recommendations:
        due = due_on(item.deadline, published) if item.deadline else None
        listed.append(
            {
                "id": item.id,
                "text": item.text or "not-stated",
                "status": ended.get(item.id, rest),
                "deadline": item.deadline or "not-stated",
                "due": due and due.isoformat(),
            }
        )
    return listed


def _fields(entries: Sequence[Entry]) -> Json:
    """What the events say in fields of their own; what a statistic leaves out is said to be not stated."""
    fields: Json = {}
    for entry in entries:
        data = entry.event.data()
        id_field = entry.matter.split("/")[1] if entry.kind != "response.published" else "responds_to"
        fields |= {name: value for name, value in data.items() if name not in _EVERY_EVENT and name != id_field}
        fields |= {"about": data["about"]} if "about" in data else {}
    if isinstance(entries[0].event, StatisticReported):
        fields |= {name: fields.get(name, "not-stated") for name in ("value", "period", "geography")}
    if isinstance(entries[0].event, ReviewScheduled | PlanAnnounced):
        when = "due" if isinstance(entries[0].event, ReviewScheduled) else "planned_for"
        fields[when] = fields.get(when, "not-stated")
    if isinstance(entries[0].event, StatementMade | FindingRecorded):
        fields["by"] = entries[0].event.decided_by.value
        fields["by_name"] = entries[0].event.decided_by_name or "not-stated"
    return fields


def _held(name: str, holder: str | None) -> str:
    return f"{name} ({holder})" if holder else name
