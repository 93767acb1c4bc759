"""From the spells of a subject to its `SubjectState`: its state in words and as JSON.

Start at `summary_on` (one day) or `intervals` (all days). A summary depends on the spells of its own subject alone, so
an entry elsewhere never changes it. `projections.state` joins the summaries of a body.

Missing values have words of their own: ``not-stated`` (the source leaves it open), ``not-recorded`` (the clerk gave
nothing), ``unknown`` (it does not follow from what is on record), ``not-inspected`` (an earlier judgement is carried
forward), ``not-graded``.
"""

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache, partial
from itertools import chain, pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from events import Entry, WorldEvent
from events.frameworks import title_of
from events.inspection import InspectionPublished
from events.plan import PlanAnnounced
from events.recommendation import RecommendationIssued
from events.review import ReviewScheduled
from events.statistic import StatisticReported
from events.terms import NOT_RECORDED, NOT_STATED
from events.values import due_on
from projections.concern import (
    OPEN,
    OUTSTANDING,
    Concern,
    recommendation_status,
    says_open,
    says_status,
    says_status_of,
)
from projections.concern import OVER as CONCERN_OVER
from projections.days import FIRST_DAY, LAST_DAY, span
from projections.documents import Document
from projections.fact import dated, rests_on, say_so, subject_of
from projections.identity import Merger, Name, Oversight, Territory
from projections.inspection import AreaState, Counted, Judged, TallyState
from projections.items import OVER, Item
from projections.monitoring import Monitoring
from projections.shown import PENDING, RECOMMENDATIONS
from projections.spell import Spell, Spells
from projections.subject import NONE_IN_FORCE, NOTHING, PRESUMED, SubjectState, Value, tell_evidence

Json = dict[str, Any]
# Each value is read by one function for all days: `Spells.since` computes once for each function.
_PHASE, _STATUS = attrgetter("phase"), attrgetter("status")
_PENDING, _PENDING_ENTRIES = attrgetter("pending"), attrgetter("pending_entries")
_NAME, _TERRITORY, _INTO = attrgetter("name"), attrgetter("territory"), attrgetter("into")
_HELD = attrgetter("name", "holder")
NO_PHASE = "no phase: merged into another body"

_EVERY_EVENT = frozenset(WorldEvent.model_fields) - {"note"}
_ALWAYS_TOLD: dict[type, tuple[str, ...]] = {
    InspectionPublished: ("scope", "fieldwork", "areas_inspected", "areas_graded"),
    StatisticReported: ("value", "period", "geography"),
    ReviewScheduled: ("due",),
    PlanAnnounced: ("planned_for",),
    RecommendationIssued: ("deadline",),
}
"""The fields that are ``not-stated`` or ``not-recorded`` in a summary if an event leaves them out."""
_TOLD_APART = {("concern.announced", "title"), ("concern.issued", "title"), ("concern.issued", "recommendations")}
"""The fields of events that the evidence of a concern leaves out: the concern has them itself."""


def summary_on(spells: Spells[Any], day: date) -> SubjectState | None:
    """The state of a subject on a day; None if nothing is on record of it, not even possibly. Its days are those
    between the nearest bounds of any spell; the state may last longer.
    """
    bounds = _bounds(spells)
    after = bisect_right(bounds, day)
    until = bounds[after] if after < len(bounds) else LAST_DAY
    state = _summary(spells, bounds[after - 1], until, _ended(spells))
    if state:
        tell_evidence(state.data, evidence_of(spells))
    return state


def intervals(spells: Spells[Any]) -> Iterator[SubjectState]:
    """The states of a subject, the earliest first, each for the longest interval in which it is so."""
    evidence = evidence_of(spells)
    for state in intervals_without_evidence(spells):
        tell_evidence(state.data, evidence)
        yield state


def intervals_without_evidence(spells: Spells[Any], start: date = FIRST_DAY) -> Iterator[SubjectState]:
    """The same from a day on, as the read model stores them: of their evidence they have the positions alone."""
    last, ended = None, _ended(spells)
    for first, until in pairwise([start, *(day for day in _bounds(spells) if day > start)]):
        state = _summary(spells, first, until, ended)
        if last is not None and last == state:
            state = replace(last, until=until)
        elif last is not None:
            yield last
        last = state
    if last is not None:
        yield last


def evidence_of(spells: Spells[Any]) -> dict[int, Json]:
    """What each fact of a phase or a concern records, besides what a summary tells itself, by its position: when, a
    reason, who decided, the progress …"""
    if not isinstance(spells.states[0].state, Monitoring | Concern):
        return {}
    return {
        entry.position: {
            "date": span(*spells.dates[entry.event_id]) or None,
            "kind": entry.kind,
            "cites": spells.said_by[entry],
            **_recorded_in(entry),
        }
        for link in spells.links
        for entry in link.entries
    }


def entries_of(state: Any) -> tuple[Entry, ...]:
    """The entries that a state rests on."""
    if isinstance(state, Monitoring):
        return (*state.entries, *state.pending_entries)
    return tuple(state.entries)


def name_summary(state: Name) -> SubjectState:
    """The name of a body, with its registration."""
    data: Json = {"name": state.name, "names": list(state.names), **rests_on(state.entries)}
    if registered := state.registered:
        data |= {name: getattr(registered, name) for name in ("code", "type", "nation", "region")}
        data |= {"aliases": list(registered.aliases)}
        data |= {"established": registered.established and registered.established.text}
    return SubjectState(*value_of(state), data, cites=_together(map(say_so, state.entries)))


def value_of(state: Any) -> tuple[Value, str]:
    """The value of a state, and the same in a few words: a phase, a grade, "open"."""
    match state:
        case Monitoring(phase=phase, presumed=presumed):
            return phase, NO_PHASE if phase == "none" else PRESUMED if presumed else phase.capitalize()
        case Concern(status="none") | Item(status="none"):
            return None, NOTHING
        case Concern(status=status):
            return status, "not known whether still open" if status == "unknown" else status
        case Item(status=status, entries=(first, *_)):
            title = getattr(first.event, "title", None)
            return status, f"{status}: {title}" if title else status
        case AreaState(current=given) | TallyState(current=given):
            if (told := _grade(given)) is None or given is None:
                return None, NONE_IN_FORCE
            return told, f"{told.replace('-', ' ')} ({title_of(given.framework)})"
        case Oversight():
            told = _holder(state.name, state.holder)
        case Territory():
            told = state.territory
        case Merger():
            return (state.into, state.into) if state.into else (None, "a body of its own")
        case Name():
            told = state.name
        case Document():
            told = state.title
        case _:
            raise TypeError(f"no value for {type(state).__name__}")
    return (told, told) if told else (None, NOTHING)


def beside(state: Any) -> dict[str, Value]:
    """What a state has beside its value: see `projections.shown`."""
    match state:
        case Monitoring():
            return {PENDING: state.pending}
        case Concern():
            return {RECOMMENDATIONS: _open(state)}
    return {}


def _bounds(spells: Spells[Any]) -> list[date]:
    """The days on which any spell begins or ends, or sources begin or cease to differ. Between them nothing changes."""
    disputed = [bound for days, *_ in spells.disputes for bound in (days.earliest, _day_after(days.latest))]
    return sorted({FIRST_DAY, *disputed} | {day for s in spells for day in (s.earliest, s.since, s.until)})


def _day_after(day: date) -> date:
    return day + timedelta(days=1) if day < LAST_DAY else day


def _summary(spells: Spells[Any], first: date, until: date, ended: Sequence["_Ended"]) -> SubjectState | None:
    state, possible = spells.on(first), spells.possible_on(first)
    disputed = [(claimed, by) for days, claimed, by in spells.disputes if days.earliest <= first <= days.latest]
    lawful = [one for one in (state, *(spell.state for spell in possible)) if _is_on_record(one)]
    on_record = [*lawful, *(claimed for claimed, _ in disputed if _is_on_record(claimed))]
    if not on_record:
        return None
    around = _Around(spells, first, possible, on_record[0], ended)
    told = _subject_state(state, around)
    told.first, told.until = first, until
    for part in (told.data, *told.data.get("recommendations", ())) if not lawful else ():
        part["certainty"] = "possible" if part["certainty"] == "certain" else part["certainty"]
    told.data["sources_differ"] = sorted({*told.data["sources_differ"], *(by for _, by in disputed)})
    told.over = told.over and "alternatives" not in told.data and not told.data["sources_differ"]
    return told


def _subject_state(state: Any, around: "_Around") -> SubjectState:
    match state:
        case Name():
            told = name_summary(state)
            told.data |= around.since(_NAME)
            return told
        case Document():
            return SubjectState(*value_of(state), _document(state))
    data, entries, over = _data(state, around)
    return SubjectState(*value_of(state), data, over, _cites(entries, around.spells))


def _is_on_record(state: Any) -> bool:
    if isinstance(state, AreaState | TallyState):
        return state.last is not None
    if isinstance(state, Document):  # a revision may be all that is left, if its registration was withheld
        return state.registered is not None
    return bool(entries_of(state))


class _Ended(NamedTuple):
    """A judgement or tally that ended, and the latest day on which it can have."""

    day: date
    entries: tuple[Entry, ...]
    data: Json


class _Around(NamedTuple):
    """The spells of a subject, those possible on a day, and the likely state: the one that counts; if nothing is on
    record by then, the first that is possible. ``ended`` are the judgements or tallies of any day that ended."""

    spells: Spells[Any]
    day: date
    possible: Sequence[Spell[Any]]
    likely: Any
    ended: Sequence[_Ended]

    def since(
        self,
        value: Callable[[Any], Any],
        words: Callable[[Any], Any] = lambda value: value,
        certainty: str = "certain",
        entries: Callable[[Any], tuple[Entry, ...]] = lambda state: tuple(state.entries),
    ) -> Json:
        """Since when the value is in effect, how certain that is, and which other values are possible."""
        counts = value(self.spells.on(self.day))
        others: dict[Any, list[Spell[Any]]] = {}
        for spell in self.possible:
            if (other := value(spell.state)) != counts:
                others.setdefault(other, []).append(spell)
        alternatives = [
            {
                "value": words(other),
                "since": self.began(value, other),
                "from": span(*[min(spell.earliest for spell in own)] * 2) or None,
                "to": self.spells.lasts(value, other, self.day).isoformat(),
                **self.behind(dict.fromkeys(entry for spell in own for entry in entries(spell.state))),
            }
            for other, own in others.items()
        ]
        since: Json = {"since": self.began(value, counts), "certainty": "possible" if others else certainty}
        return since | ({"alternatives": alternatives} if others else {})

    def behind(self, entries: Collection[Entry]) -> Json:
        """What a part of a summary rests on, with the documents of its own."""
        return {"cites": [*_cites(entries, self.spells)], **rests_on(entries)}

    def said_by(self, entries: Sequence[Entry]) -> Json:
        """The documents that say the value, if these are fewer than those that the state rests on."""
        fewer = entries != entries_of(self.spells.on(self.day))
        return {"said_by": [*_cites(entries, self.spells)]} if fewer else {}

    def days_of(self, entry: Entry) -> str | None:
        """The days on which a fact can have happened."""
        return span(*self.spells.dates[entry.event_id]) or None

    def began(self, value: Callable[[Any], Any], wanted: Any) -> str | None:
        """The days on which a value can have begun that is possible on the day."""
        return span(*self.spells.since(value, wanted, self.day)) or None


# Each kind of state: its data, the entries whose documents it cites, and whether it is over


def _data(state: Any, around: _Around) -> tuple[Json, Iterable[Entry], bool]:
    match state:
        case Monitoring():
            return _monitoring(state, around), state.entries, False
        case Concern():
            return _concern(state, around), state.entries, state.status in CONCERN_OVER
        case AreaState() | TallyState():
            data = _assessed(state, around)
            return data, around.likely.last.entries, "until" in data
        case Item():
            return _item(state, around), around.likely.entries, state.status in OVER
        case Oversight():
            return _oversight(state, around), state.entries, False
        case Territory():
            status, territory = ("recorded", state.territory) if state.territory else ("not-yet", "unknown")
            data = {"status": status, "territory": territory, **around.since(_TERRITORY)}
        case Merger():
            data = {"into": state.into or None, "fates": dict(state.fates), **around.since(_INTO)}
        case _:
            raise TypeError(f"no summary for {type(state).__name__}")
    return data | rests_on(state.entries), state.entries, False


def _monitoring(state: Monitoring, around: _Around) -> Json:
    pending: Json | None
    pending = {
        "phase": state.pending,
        "takes_effect": state.takes_effect if state.pending else None,
        **around.since(_PENDING, entries=_PENDING_ENTRIES),
        **around.behind(state.pending_entries),
        "evidence": [entry.position for entry in state.pending_entries],
    }
    if pending["phase"] is None and pending["certainty"] == "certain":
        pending = None
    return {
        "phase": state.phase,
        **around.since(_PHASE, certainty="presumed" if state.presumed else "certain"),
        "presumed": state.presumed,
        "last_known": around.days_of(state.entries[-1]) if state.entries else None,
        "concerns": list(dict.fromkeys(state.concerns)),
        **rests_on(state.entries),
        "evidence": [entry.position for entry in state.entries],
        "pending": pending,
    }


def _concern(state: Concern, around: _Around) -> Json:
    since = around.since(_STATUS, _status, entries=says_status)
    numbers = around.since(_open, entries=says_open)
    issued_by = state.issued_by
    last_open = next((entry for entry in reversed(state.entries) if entry.kind in OPEN), None)
    data = {
        "title": around.likely.title,
        "status": _status(state.status),
        **since,
        "last_known_open": last_open and around.days_of(last_open),
        **around.said_by(says_status(state)),
        **rests_on(state.entries),
        "evidence": [entry.position for entry in state.entries],
        "recommendations": _recommendations(around),
        "recommendations_issued": state.issued or (issued_by and _stated(issued_by, "recommendations_issued")),
        "recommendations_open": _open(state),
        "recommendations_open_since": numbers["since"],
        "issued": around.began(_is_issued, True) if issued_by else None,
    }
    if others := numbers.get("alternatives"):
        data["recommendations_open_possibly"] = others
    if issued_by and (together := issued_by.event.data().get("counted_with")):
        data |= {"counted_with": together}
    if state.parts_ended:
        data |= {"parts_ended": [{"element": element, "outcome": outcome} for element, outcome in state.parts_ended]}
    if state.status in CONCERN_OVER:
        reason = _recorded_in(state.entries[-1]).get("reason", NOT_RECORDED)
        data |= {"reason": reason, "until": since["since"]}
    return data


def _recorded_in(entry: Entry) -> Json:
    told = {name: value for name, value in _fields([entry]).items() if (entry.kind, name) not in _TOLD_APART}
    return told | rests_on([entry])


def _in_force(state: AreaState | TallyState) -> Judged | Counted | None:
    """The judgement or tally in force. It began when it was given, also if it was carried forward since."""
    return state.current and state.current.given


def _grade(given: Judged | Counted | None) -> str | None:
    """A grade, or the grades that a tally counts."""
    if not isinstance(given, Counted):
        return given.grade if given else None
    of = f" of {given.areas_graded}" if isinstance(given.areas_graded, int) else ""
    return ", ".join(f"{number} {grade}" for grade, number in given.counts) + of


def _assessed(state: AreaState | TallyState, around: _Around) -> Json:
    given, on_record = around.likely.last, state.last is not None
    since = around.since(
        _in_force, _grade, entries=lambda state: state.current.entries if state.current else state.entries
    )
    behind = () if not on_record else given.entries if state.current else (*given.entries, *state.entries)
    data = {**_given(given, around.spells), **since, **rests_on(behind)}
    if not on_record and "alternatives" not in since and (ended := _only_possibly(given, around)):
        data |= ended
    elif isinstance(given, Judged) and not on_record:
        data |= {"grade": "not-yet", "inspected": "not-yet"}
    elif not on_record:
        data |= {"counts": {}, "areas": 0}
    elif state.current is None:
        data |= {"since": span(*around.spells.dates[given.entries[0].event_id]), "until": since["since"]}
    return {"status": "lapsed" if "until" in data else "in-force", **data, "earlier": _earlier(given, around)}


def _given(given: Judged | Counted, spells: Spells[Any]) -> Json:
    """A judgement or tally as it was given."""
    told: Json = {"framework": given.framework, "inspection": given.inspection}
    if isinstance(given, Counted):
        areas = sum(number for _, number in given.counts)
        return told | {"counts": dict(given.counts), "areas": areas, "areas_graded": given.areas_graded}
    return told | {
        "area": given.area,
        "grade": given.grade,
        "inspected": "not-inspected" if given.carried else "inspected",
        "inspected_since": span(*spells.dates[given.entries[-1].event_id]) or None,
    }


def _earlier(latest: Judged | Counted, around: _Around) -> list[Json]:
    """The judgements or tallies before the latest one, that are in force no more, with both their ends."""
    ended = (one for one in around.ended if one.day <= around.day and latest.entries[0] not in one.entries)
    return [{**one.data} for one in ended]


def _only_possibly(given: Judged | Counted, around: _Around) -> Json:
    """How what is only possibly on record ended, if it did in every history that has it; else nothing."""
    ended = (one for one in around.ended if one.day <= around.day and given.entries[0] in one.entries)
    return next(({name: told for name, told in one.data.items() if name != "cites"} for one in ended), {})


def _ended(spells: Spells[Any]) -> list[_Ended]:
    """Every judgement of an area, or tally, that ended."""
    if not isinstance(spells.states[0].state, AreaState | TallyState):
        return []
    in_force = [_in_force(spell.state) for spell in spells.states]
    if all(in_force[link.start] in (None, in_force[link.end]) for link in spells.links):
        return []  # most often so
    found = []
    for stay in spells.settled().stays(_in_force):
        own = [spell.state.current for spell in stay.spells if spell.state.current]
        own = [judged for judged in own if judged.given == stay.value]
        if stay.ended.latest < LAST_DAY:
            replaced = any(s.state.current and s.state.current.given != stay.value for s in stay.spells)
            told = {
                **_given(own[-1], spells),
                "since": span(*stay.began) or None,
                "certainty": "certain" if stay.certain else "possible",
                "cites": [*_cites(own[-1].entries, spells)],
                **rests_on(own[-1].entries),
                "until": span(*stay.ended),
                "status": "superseded" if replaced else "lapsed",
            }
            found.append(_Ended(stay.ended.latest, own[-1].entries, told))
    return found


def _item(state: Item, around: _Around) -> Json:
    entries, since = around.likely.entries, around.since(_STATUS, _status, entries=_says_status)
    said_by = around.said_by(_says_status(state)) if state.entries else {}
    data = {"status": _status(state.status), **since, **_fields(entries), **said_by, **rests_on(entries)}
    if isinstance(first := entries[0].event, RecommendationIssued):
        due = due_on(first.deadline, dated(entries[0])[1]) if first.deadline else None
        data |= {"due": due and due.isoformat()}
    return data | ({"until": data["since"]} if state.status in OVER else {})


def _says_status(state: Item) -> tuple[Entry, ...]:
    """The entries that say the status of an item: of one that has ended the last."""
    return state.entries[-1:] if state.status in OVER else state.entries


def _oversight(state: Oversight, around: _Around) -> Json:
    return {
        "status": "recorded" if state.name else "not-yet",
        "office": state.office or "unknown",
        "name": state.name or "unknown",
        "holder": _stated(state.entries[0], "holder") if state.entries else "unknown",
        **around.since(_HELD, lambda held: _holder(*held) or NOTHING),
        **rests_on(state.entries),
    }


def _document(state: Document) -> Json:
    registered = state.registered
    assert registered is not None
    return registered.data() | {
        "basis": registered.type.basis.value,
        "addresses": list(state.addresses),
        "sha256": list(state.sha256),
        **rests_on(state.entries),
    }


def _status(status: str) -> str:
    return "not-yet" if status == "none" else status


def _holder(name: str, holder: str | None) -> str:
    return f"{name} ({holder})" if holder else name


def _cites(entries: Iterable[Entry], spells: Spells[Any]) -> tuple[str, ...]:
    """The documents that say what these entries say."""
    return _together(map(spells.said_by.__getitem__, entries))


def _together(documents: Iterable[Sequence[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(documents)))


def _stated(entry: Entry, name: str) -> Any:
    event = entry.event
    assert isinstance(event, WorldEvent)
    return event.stated(name)


def _open(state: Concern) -> int | str | None:
    """How many recommendations are open, or ``unknown``; None before the concern is issued."""
    if state.issued_by is None:
        return None
    return "unknown" if state.recommendations_open is None else state.recommendations_open


def _is_issued(state: Concern) -> bool:
    return state.issued_by is not None


@cache
def _status_of(recommendation: str) -> Callable[[Concern], str]:
    """The status of a recommendation, as one function for all days."""
    return partial(recommendation_status, id=recommendation)


def _recommendations(around: _Around) -> list[Json]:
    """The recommendations, each with its status, and when it is due: by the latest day on which it can be issued."""
    state, published = around.spells.on(around.day), around.spells.since(_is_issued, True, around.day).latest
    listed: list[Json] = []
    possible = (around.likely, *(spell.state for spell in around.possible))
    for item in next((state.recommendations for state in possible if state.recommendations), ()):
        due = due_on(item.deadline, published) if item.deadline and published > FIRST_DAY else None
        status = recommendation_status(state, item.id)
        since = around.since(_status_of(item.id), entries=partial(says_status_of, id=item.id))
        listed.append(
            {
                "id": item.id,
                "text": item.stated("text"),
                "status": status,
                **since,
                **around.behind(says_status_of(state, item.id)),
                "deadline": item.stated("deadline"),
                "due": due and due.isoformat(),
                **({"until": since["since"]} if status not in OUTSTANDING else {}),
            }
        )
    return listed


def _fields(entries: Sequence[Entry]) -> Json:
    """The fields of the events, by their names."""
    first = entries[0].event
    if not isinstance(first, WorldEvent):
        return entries[-1].event.data()  # of the last search; of an entry that cannot be read, what it was
    fields: Json = {name: first.stated(name) for name in _ALWAYS_TOLD.get(type(first), ())}
    for entry in entries:
        data = entry.event.data() | dict.fromkeys(getattr(entry.event, "not_stated", ()), NOT_STATED)
        id_field = subject_of(entry) if entry.kind != "response.published" else "responds_to"
        fields |= {name: value for name, value in data.items() if name not in _EVERY_EVENT and name != id_field}
        fields |= {"about": data["about"]} if "about" in data else {}
    if isinstance(first, StatisticReported) and first.comparator:
        fields["comparator"] = {"name": first.comparator.name, "value": first.comparator.stated("value")}
    return fields | {"by": first.stated("decided_by"), "by_name": first.stated("decided_by_name")}
