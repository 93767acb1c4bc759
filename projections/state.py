"""The state of a body on a day, and its row on the board, as the JSON documents of docs/json.md. `BodyOnDay` has the
state of each subject, from a replay or from the read model. `body_state` adds what needs more than one subject: the
basis of each (from the documents that it cites), and whether a response came in time (from the report that it answers).

``phase`` and ``status`` are the values that count on the day; ``certainty`` is ``certain``, ``possible`` (the sources
leave another value open, listed under ``alternatives``) or ``presumed`` (nothing is recorded); ``nothing-recorded``
means that the ledger has no such entry.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property, lru_cache
from operator import itemgetter
from typing import Any

from events.frameworks import Framework, frameworks
from events.terms import NOT_RECORDED, Basis
from projections.days import Days, span
from projections.phase import phase_on
from projections.section55 import overseen, owed_by, timeliness
from projections.subject import ITEM_SUBJECTS, SubjectKey, SubjectState, sources_differ

Json = dict[str, Any]
_AS_COUNTED = ("areas_inspected", "areas_graded")
A_YEAR = timedelta(days=365)
_DATES = (
    *("since", "until", "date", "issued", "recommendations_open_since", "inspected_since", "last_known"),
    "last_known_open",
)
_WITH_OWN_DATES = ("alternatives", "recommendations", "recommendations_open_possibly", "evidence", "earlier")
"""The fields with parts that have dates, and documents, of their own; a statement's recommendations are ids."""
_LEVELS = tuple(level.value for level in Basis)
OUTSTANDING = {"review": "scheduled", "recommendation": "open", "plan": "planned", "statement": "made"}
"""The status of an item while it is due."""


@dataclass(frozen=True)
class BodyOnDay:
    """The state of each subject of a body on a day; the documents that these cite or answer; and the states of its
    oversight on all days. ``owed_since`` is when it came to owe comments on a report on a body that was merged into it,
    by the document."""

    body: str
    as_of: date
    by_key: Mapping[SubjectKey, SubjectState]
    documents: Mapping[str, SubjectState]
    offices: Iterable[SubjectState]
    owed_since: Mapping[str, Days] | None = None

    def __post_init__(self) -> None:
        for state in self.by_key.values():
            _limit(state.data, self.as_of)

    def each(self, subject: str) -> Iterator[tuple[str, SubjectState]]:
        """The states of one subject with their ids, in the order of the ids."""
        return iter(self._by_subject.get(subject, ()))

    def one(self, subject: str) -> SubjectState | None:
        """The state of a subject of which a body has only one."""
        return self.by_key.get((subject, ""))

    @cached_property
    def phase(self) -> SubjectState:
        """The phase of the body on the day, also if none is recorded."""
        found = phase_on(self.as_of, self.one("monitoring"), self.one("name"))
        _limit(found.data, self.as_of)
        return found

    @property
    def states(self) -> dict[SubjectKey, SubjectState]:
        """The state of each subject, with the phase, as `body_state` has it."""
        states = {**self.by_key, ("monitoring", ""): self.phase}
        return {key: replace(state, data=_data(key, state, self)) for key, state in states.items()}

    @property
    def name(self) -> str:
        """The name of the body on the day; empty where it is not registered yet."""
        name = self.one("name")
        return name.summary if name else ""

    @cached_property
    def _by_subject(self) -> dict[str, list[tuple[str, SubjectState]]]:
        found: dict[str, list[tuple[str, SubjectState]]] = {}
        for (subject, id), state in sorted(self.by_key.items(), key=itemgetter(0)):
            found.setdefault(subject, []).append((id, state))
        return found


def body_state(body: BodyOnDay, *, ended: bool = False) -> Json:
    """The `state` document of a body on a day. With ``ended``, what has ended is listed too, not only counted."""
    concerns = [{"id": id, **_data(("concern", id), state, body)} for id, state in body.each("concern")]
    listed = {f"{subject}s": _in_order(body, subject) for subject in ITEM_SUBJECTS}
    assessed = {subject: _assessed(body, of) for subject, of in (("judgements", "judgement"), ("tallies", "tally"))}
    matters = {"concerns": concerns, **assessed, **listed}
    over = {subject: Counter(item["status"] for item in items if is_over(item)) for subject, items in matters.items()}
    shown = {subject: [i for i in items if ended or not is_over(i)] for subject, items in matters.items()}
    grades, tallies = ([one for one in own if one["status"] == "in-force"] for own in assessed.values())
    oversight, territory, merger = body.one("oversight"), body.one("territory"), body.one("merger")
    return {
        "body": body.body,
        "name": body.name,
        "registration": with_basis(name, body.documents) if (name := body.one("name")) else None,
        "monitoring": with_basis(body.phase, body.documents),
        "concerns": shown.pop("concerns"),
        "judgements": shown.pop("judgements"),
        "graded": _graded(grades, tallies, shown["inspections"], body.as_of),
        **shown,
        **{why: found for why in ("sought", "withheld", "unknown") if (found := _in_order(body, why))},
        "oversight": with_basis(oversight, body.documents) if oversight else {"status": "nothing-recorded"},
        "territory": with_basis(territory, body.documents) if territory else {"status": "nothing-recorded"},
        "merger": with_basis(merger, body.documents) if merger else None,
        "ended": {
            **{of: dict(counts) for of, counts in over.items() if counts or of in ("concerns", "judgements")},
            "sources_differ": {
                subject: differ
                for subject, items in matters.items()
                if (differ := sources_differ([item for item in items if is_over(item)]))
            },
        },
    }


def _data(key: SubjectKey, state: SubjectState, body: BodyOnDay) -> Json:
    """The data of a state, with their basis, and with what follows from the day or from the report that it answers:
    whether it is overdue, and whether it came in time."""
    (subject, id), told = key, with_basis(state, body.documents)
    if subject == "concern":
        told["recommendations"] = [
            item | _overdue(item, "recommendation", body.as_of) for item in told["recommendations"]
        ]
    if subject == "response":
        _add_timeliness(id, told, body)
    return told | (_overdue(told, subject, body.as_of) if subject in OUTSTANDING else {})


def _overdue(item: Json, subject: str, day: date) -> Json:
    """Since when an item is overdue, if it is certainly outstanding after its last day."""
    due = item.get("due") or item.get("planned_for") or ""
    last_day = Days.parse(due).latest if due[:1].isdigit() else day
    is_overdue = last_day < day and certainty(item, OUTSTANDING[subject]) == "certain"
    return {"overdue_since": (last_day + timedelta(days=1)).isoformat()} if is_overdue else {}


def board_row(body: BodyOnDay) -> Json:
    """A body's row on the board."""
    monitoring, name = with_basis(body.phase, body.documents), body.one("name")
    concerns = [{"id": id, **state.data} for id, state in body.each("concern")]
    others = [state.data for _, state in body.each("recommendation")]
    pending = monitoring["pending"] or {"phase": None}
    statuses = {
        status: Counter(certainty(concern, status) for concern in concerns)
        for status in ("open", "announced", "unknown")
    }
    still_open = [concern for concern in concerns if certainty(concern, "open")]
    overdue = Counter(
        "possible" if item["status"] == "not-stated" else certainty(item, "open")
        for items in (*(concern["recommendations"] for concern in still_open), others)
        for item in items
        if (item.get("due") or "9999") < body.as_of.isoformat()
    )
    return {
        "body": body.body,
        "name": body.name,
        "type": name.data.get("type") if name else None,
        "region": name.data.get("region") if name else None,
        **{field: monitoring[field] for field in ("phase", "since", "certainty")},
        "alternatives": monitoring.get("alternatives", []),
        "basis": monitoring["basis"],
        "pending": pending["phase"],
        "possibly_pending": sorted(possible_values(pending, "phase") - {None, pending["phase"]}),
        "open_concerns": statuses["open"]["certain"] if concerns else None,
        "possibly_open": statuses["open"]["possible"],
        "announced": statuses["announced"]["certain"],
        "possibly_announced": statuses["announced"]["possible"],
        "unknown_concerns": statuses["unknown"]["certain"],
        "overdue": overdue["certain"],
        "possibly_overdue": overdue["possible"],
        **_last_known(concerns, monitoring, body.as_of),
        "sought": [*_sought(body, still_open, monitoring)],
        "withheld": len([*body.each("withheld")]),
        "sources_differ": sources_differ(name.data if name else {}, monitoring, *concerns, *others),
        "unknown": len([*body.each("unknown")]),
    }


def _sought(body: BodyOnDay, still_open: Iterable[Json], monitoring: Json) -> Iterator[Json]:
    """The last searches in vain for an exit, where the body may be in Engage, and for the ends of open concerns."""
    lasting = {f"concern/{one['id']}": one["since"] for one in still_open}
    if "engage" in possible_values(monitoring, "phase"):
        lasting["monitoring/exit"] = monitoring["since"]
    for id, state in body.each("sought"):
        told = state.data
        if id in lasting and told["status"] == "not-found":
            day, since = Days.parse(told["effective"]), lasting[id]
            if not since or day.earliest > Days.parse(since).latest:
                yield {"id": id, "date": told["effective"], "entries": told["entries"]}


def _last_known(concerns: Iterable[Json], monitoring: Json, day: date) -> Json:
    """The latest evidence of the phase, and that a concern was open; and how many that are open were so within a year
    of the day. Silence is not open."""
    still_open = [Days.parse(one["last_known_open"]) for one in concerns if certainty(one, "open") == "certain"]
    latest = max(still_open, key=lambda days: days.latest, default=None)
    return {
        "last_known": monitoring["last_known"],
        "last_known_open": span(*latest.by(day)) if latest else None,
        "open_within_a_year": sum(days.earliest > day - A_YEAR for days in still_open),
    }


def possible_values(part: Json, field: str) -> set[Any]:
    """The value of a part of a state that counts, and those that are possible."""
    return {part[field], *(other["value"] for other in part.get("alternatives", ()))}


def is_there(monitoring: Json) -> bool:
    """Whether a body may be in a phase: before it is established, and after it was merged into another, it is not."""
    return possible_values(monitoring, "phase") != {"none"}


def certainty(part: Json, *statuses: str) -> str | None:
    """``certain`` if a concern or recommendation has one of these statuses in every lawful history, ``possible`` if in
    one, else None."""
    told = possible_values(part, "status")
    return None if told.isdisjoint(statuses) else "certain" if told.issubset(statuses) else "possible"


def with_basis(state: SubjectState, documents: Mapping[str, SubjectState]) -> Json:
    """The data of a state, and of each part in it that cites documents, with the strongest basis of these."""
    return _with_basis({**state.data, "cites": state.cites}, documents)


def _with_basis(told: Json, documents: Mapping[str, SubjectState]) -> Json:
    found: Json = {}
    for field, value in told.items():
        if field in ("cites", "said_by"):
            continue
        if field == "entries" and "cites" in told:
            said_by = told["said_by" if "said_by" in told else "cites"]
            bases = {documents[one].data["basis"] for one in said_by if one in documents}
            found["basis"] = next((level for level in _LEVELS if level in bases), None)
        if field in _WITH_OWN_DATES and value:
            value = [_with_basis(one, documents) if isinstance(one, dict) else one for one in value]
        found[field] = _with_basis(value, documents) if field == "pending" and value else value
    return found


def _assessed(body: BodyOnDay, subject: str) -> list[Json]:
    """The grades of the areas, or the tallies: on the day, and the earlier ones; those in force first."""
    found = []
    for _, state in body.each(subject):
        told = with_basis(state, body.documents)
        earlier = told.pop("earlier")
        found += [told, *earlier]
    return sorted(found, key=lambda one: ("until" in one, one["framework"], one.get("area", "")))


def _graded(judgements: list[Json], tallies: list[Json], inspections: list[Json], day: date) -> list[Json]:
    """Of each framework with a grade or tally in force: how many grades are on record, of how many; the worst, over
    both, and how many areas have at least that; and the later frameworks of its programme that have begun, of which
    nothing is on record."""
    rows, names = [], dict.fromkeys(one["framework"] for one in (*judgements, *tallies))
    for name in names:
        framework, counted = frameworks().get(name), [one for one in inspections if one["framework"] == name]
        scale = [str(grade) for grade in framework.scale] if framework else []
        own = [tally for tally in tallies if tally["framework"] == name]
        given = Counter(one["grade"] for one in judgements if one["framework"] == name)
        every = [{grade: given[grade] for grade in scale}, *(tally["counts"] for tally in own)]
        worst = next((grade for grade in reversed(scale) if any(one.get(grade) for one in every)), None)
        row = {"framework": name, "graded": max(sum(one.values()) for one in every), "worst": worst}
        row["worst_areas"] = max(one.get(worst, 0) for one in every) if worst else 0
        row["areas"] = sum(a.graded for a in framework.areas.values()) if framework and framework.complete else None
        ended = framework.ended if framework else None
        row["programme_ended"] = ended if ended and Days.parse(ended).latest < day else None
        row["later_not_on_record"] = _later(framework, {*names, *(one["framework"] for one in inspections)}, day)
        row |= {key: _last_recorded(one[key] for one in counted) for key in _AS_COUNTED}
        if row["areas_graded"] == NOT_RECORDED:
            of_tallies = ((tally["areas_graded"], tally["areas"]) for tally in own)
            row["areas_graded"] = _last_recorded(areas if of == NOT_RECORDED else of for of, areas in of_tallies)
        rows.append(row)
    return rows


def _later(framework: Framework | None, recorded: set[str], day: date) -> list[str]:
    same = [one for one in frameworks().values() if framework and one.programme == framework.programme]
    latest = max((one.first_year for one in same if one.framework in recorded), default=0)
    return [one.framework for one in same if latest < one.first_year < day.year]


def _last_recorded(values: Iterable[Any]) -> Any:
    return next((value for value in reversed([*values]) if value != NOT_RECORDED), NOT_RECORDED)


def _in_order(body: BodyOnDay, subject: str) -> list[Json]:
    found = ({"id": id, **_data((subject, id), state, body)} for id, state in body.each(subject))
    return sorted(found, key=lambda item: (item["since"] or "9999", item["id"]))


def is_over(item: Json) -> bool:
    """Whether an item, or a grade, has certainly ended."""
    return "until" in item and "alternatives" not in item


def _add_timeliness(id: str, response: Json, body: BodyOnDay) -> None:
    """Add to a response whether it came in time, and who owed it. ``id`` is that of the report."""
    report = body.documents.get(id)
    if report and "published" in report.data:
        published = Days.parse(report.data["published"])
        came = Days.parse(response["since"]) if response["status"] == "published" else None
        response["timeliness"] = timeliness(came, published) if came else "unknown"
        since = (body.owed_since or {}).get(id, published)
        offices = overseen(body.offices, since)
        response["owed_by"] = owed_by(offices)
        differ = (response["sources_differ"], report.data["sources_differ"], *offices.values())
        response["sources_differ"] = sorted({position for own in differ for position in own})


def _limit(told: Json, day: date) -> None:
    """Limit when values began to a day on which they are told: what is so by then cannot have begun later."""
    for part in _dated_parts(told):
        for field in _DATES:
            if text := part.get(field):
                part[field] = _limited(text, day)


@lru_cache(1024)  # many values of a body have the same few days
def _limited(text: str, day: date) -> str | None:
    days = Days.parse(text)
    return span(*days.by(day)) if days.earliest <= day else None


def dates_in(told: Json) -> Iterator[Days]:
    """When each value began or ended that a state tells, or its evidence is from."""
    yield from (Days.parse(text) for part in _dated_parts(told) for field in _DATES if (text := part.get(field)))


def cited_in(states: Iterable[SubjectState]) -> set[str]:
    """The documents that these states cite, and the parts of each."""
    parts = (part.get("cites", ()) for state in states for part in _dated_parts(state.data))
    return {id for cited in (*(state.cites for state in states), *parts) for id in cited}


def _dated_parts(told: Json) -> Iterator[Json]:
    """What is told, and the parts within it that have dates of their own."""
    yield told
    parts = [told["pending"]] if told.get("pending") else []
    for field in _WITH_OWN_DATES:
        parts += told.get(field) or ()
    for part in parts:
        if isinstance(part, dict):
            yield from _dated_parts(part)
