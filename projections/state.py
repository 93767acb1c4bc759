"""The state of a body on a day, and the board of all bodies, as the JSON documents that scripts build on.

``phase`` and ``status`` are the values that count on the day; ``certainty`` is ``certain``, ``possible`` (the
sources leave another value open, listed under ``alternatives``) or ``presumed`` (nothing is recorded).

What is not there has words of its own: ``not-stated`` (the source leaves it out), ``unknown`` (it follows from
nothing on record), ``not-inspected`` (an earlier judgement is carried forward), ``not-graded``, ``none`` (there is
said to be none, as of a deadline), ``nothing-recorded`` (the ledger has no such entry).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from events import Entry, WorldEvent
from events.concern import ConcernClosed
from events.correction import Mending
from events.document import DocumentRegistered
from events.finding import FindingRecorded
from events.plan import PlanAnnounced
from events.review import ReviewScheduled
from events.statement import StatementMade
from events.statistic import StatisticReported
from events.values import Basis, due_on
from projections.body import BodyHistory
from projections.concern import ENDS, Concern
from projections.due import owed_by, response_status
from projections.history import Spell, dated
from projections.monitoring import Monitoring
from projections.reading import Alternative, Run, on, run, span
from projections.standing import OVER, Standing

Json = dict[str, Any]
_OVER = OVER | frozenset(ENDS.values())
_EVERY_EVENT = frozenset(WorldEvent.model_fields) - {"note"}
Documents = Mapping[str, DocumentRegistered]
"""The registration of each document that is cited or answered, by its id."""


def body_state(history: BodyHistory, as_of: date, documents: Documents, *, ended: bool = False) -> Json:
    """What is true of a body on a day. With ``ended`` what no longer holds is listed too, not only counted."""
    concerns = [concern_state(id, spells, as_of, documents) for id, spells in sorted(history.concerns.items())]
    listed = [concern for concern in concerns if concern is not None]
    judgements, lapsed = _judgements(history, as_of, documents)
    standing = {f"{subject}s": _standing(spells, as_of, documents) for subject, spells in history.standing.items()}
    _tell_timeliness(standing["responses"], history, as_of, documents)
    _hand_over({"concerns": listed, **standing}, history, as_of)
    over = {
        subject: Counter(item["status"] for item in items if item["status"] in _OVER)
        for subject, items in standing.items()
    }
    return {
        "body": history.body,
        "name": history.name(as_of),
        "monitoring": monitoring_state(history.monitoring, as_of, documents),
        "concerns": [concern for concern in listed if ended or concern["status"] not in _OVER],
        "judgements": judgements + (lapsed if ended else []),
        "tallies": _tallies(history, as_of, documents),
        **{
            subject: [item for item in items if ended or item["status"] not in _OVER]
            for subject, items in standing.items()
        },
        "oversight": _oversight(history, as_of, documents),
        "territory": on(history.territory, as_of).territory or "nothing-recorded",
        "merged_into": on(history.merger, as_of).into or None,
        "ended": {
            "concerns": dict(Counter(concern["status"] for concern in listed if concern["status"] in _OVER)),
            "judgements": len(lapsed),
            **{subject: dict(counts) for subject, counts in over.items() if counts},
        },
    }


def board_row(history: BodyHistory, as_of: date, documents: Documents) -> Json:
    """A body's line on the board."""
    state = body_state(history, as_of, documents)
    concerns = [concern for concern in state["concerns"] if concern["status"] == "open"]
    return {
        "body": history.body,
        "name": state["name"],
        "phase": state["monitoring"]["phase"],
        "since": state["monitoring"]["since"],
        "certainty": state["monitoring"]["certainty"],
        "open_concerns": len(concerns),
        "overdue": sum(
            item["status"] == "open" and (item["due"] or "9999") < as_of.isoformat()
            for concern in concerns
            for item in concern["recommendations"]
        ),
    }


def monitoring_state(spells: Sequence[Spell[Monitoring]], as_of: date, documents: Documents) -> Json:
    """The phase of a body on a day, and a move that is decided but not yet in effect."""
    phase = run(spells, as_of, lambda state: state.phase, lambda state: state.entries)
    state = on(spells, as_of)
    pending = state.pending and {
        "phase": state.pending,
        "takes_effect": state.takes_effect,
        "entries": _positions(state.pending_entries),
    }
    return {
        "phase": phase.value,
        "since": phase.since or None,
        **_certainty(phase, presumed=state.presumed),
        "presumed": state.presumed,
        **_behind(state.entries, documents),
        "pending": pending,
    }


def concern_state(id: str, spells: Sequence[Spell[Concern]], as_of: date, documents: Documents) -> Json | None:
    """A concern on a day; None before it is first on record, or possibly so."""
    status = run(spells, as_of, lambda state: state.status, lambda state: state.entries)
    state = on(spells, as_of)
    if state.status == "none" and not status.alternatives:
        return None
    over = state.status in _OVER
    likely = state if state.entries else next(s.state for s in spells if s.possible_on(as_of))
    document = {
        "id": id,
        "title": likely.title,
        "status": "not-yet" if state.status == "none" else state.status,
        "since": status.since or None,
        **_certainty(status),
        "last_evidence": _last_evidence(state.entries),
        **_behind(state.entries, documents),
        "recommendations": _recommendations(state, over=over),
        "recommendations_issued": _number(state, state.issued, "not-stated"),
        "recommendations_open": _number(state, state.recommendations_open, "unknown"),
    }
    last = state.entries[-1].event if state.entries else None
    if isinstance(last, ConcernClosed):
        document |= {"reason": last.reason, "remaining": list(last.remaining)}
    if over:
        document["until"] = status.since
    return document


def _number(state: Concern, number: int | None, otherwise: str) -> int | str | None:
    """A number of recommendations, or the word for why there is none; None before any is issued."""
    if state.issued_by is None:
        return None
    return otherwise if number is None else number


def _behind(entries: Iterable[Entry], documents: Documents) -> Json:
    """What a value rests on: the strongest basis, the entries with their mending, and those that sources dispute."""
    entries = list(entries)
    differ = sorted({other.position for entry in entries for other in entry.contradicted})
    return {
        "basis": basis(entries, documents),
        "entries": _positions(entries),
        **({"sources_differ": differ} if differ else {}),
    }


def basis(entries: Iterable[Entry], documents: Documents) -> str | None:
    """The strongest basis of the documents that these entries cite, or that say the same; None where there are none."""
    said = [part.event for entry in entries for part in (entry, *entry.corroborated)]
    cited = {
        documents[citation.document].type.basis
        for event in said
        if isinstance(event, WorldEvent | Mending)
        for citation in event.documents
        if citation.document in documents
    }
    return next((level.value for level in Basis if level in cited), None)


def _certainty(value: Run[Any], *, presumed: bool = False) -> Json:
    if not value.alternatives:
        return {"certainty": "presumed" if presumed else "certain"}
    return {"certainty": "possible", "alternatives": [_alternative(other) for other in value.alternatives]}


def _alternative(other: Alternative) -> Json:
    return {
        "value": other.value,
        "from": other.first.isoformat(),
        "to": other.last.isoformat(),
        "entries": _positions(other.entries),
    }


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


def _judgements(history: BodyHistory, as_of: date, documents: Documents) -> tuple[list[Json], list[Json]]:
    """The judgements in force, and those that no longer are."""
    in_force, lapsed = [], []
    for spells in history.areas.values():
        value = run(
            spells, as_of, lambda state: state.current, lambda state: state.current.entries if state.current else ()
        )
        state = on(spells, as_of)
        judged = state.current or state.last
        if judged is None:
            continue
        document = {
            "framework": judged.framework,
            "inspection": judged.inspection,
            "area": judged.area,
            "grade": judged.grade,
            "since": value.since if state.current else span(*dated(judged.entries[0])),
            **_certainty(_words(value)),
            "inspected": "not-inspected" if judged.carried else "inspected",
            **_behind(judged.entries, documents),
        }
        if state.current:
            in_force.append(document)
        else:
            lapsed.append(document | {"status": "lapsed", "until": value.since})
    return sorted(in_force, key=_by_area), sorted(lapsed, key=_by_area)


def _words(value: Run[Any]) -> Run[Any]:
    """The alternatives of an area by grade."""
    others = tuple(
        Alternative(other.value.grade if other.value else None, other.first, other.last, other.entries)  # type: ignore[attr-defined]
        for other in value.alternatives
    )
    return Run(value.value, value.since, value.until, others)


def _tallies(history: BodyHistory, as_of: date, documents: Documents) -> list[Json]:
    found = []
    for spells in history.tallies.values():
        state = on(spells, as_of)
        if not state.counts:
            continue
        value = run(spells, as_of, lambda state: (state.inspection, state.counts), lambda state: state.entries)
        found.append(
            {
                "framework": state.framework,
                "inspection": state.inspection,
                "counts": dict(state.counts),
                "areas": sum(number for _, number in state.counts),
                "since": value.since,
                **_behind(state.entries, documents),
            }
        )
    return found


def _standing(subjects: Mapping[str, Sequence[Spell[Standing]]], as_of: date, documents: Documents) -> list[Json]:
    """The findings, reviews, plans, statements, statistics or responses that are on record on a day, or possibly so."""
    found = []
    for id, spells in subjects.items():
        status = run(spells, as_of, lambda state: state.status, lambda state: state.entries)
        state = on(spells, as_of)
        if state.status == "none" and not status.alternatives:
            continue
        likely = state if state.entries else next(s.state for s in spells if s.possible_on(as_of))
        found.append(
            {
                "id": id,
                "status": "not-yet" if state.status == "none" else state.status,
                "since": status.since or None,
                **_certainty(status),
                **_said(likely.entries),
                **_behind(likely.entries, documents),
            }
        )
    return sorted(found, key=lambda item: (item["since"] or "9999", item["id"]))


def _tell_timeliness(responses: list[Json], history: BodyHistory, as_of: date, documents: Documents) -> None:
    """Add to each response whether it came in time, and who owed it."""
    for response in responses:
        report = documents.get(response["id"])
        if report and report.published:
            response["timeliness"] = response_status(history, report, as_of)
            response["owed_by"] = owed_by(history, report.published.latest)


def _hand_over(items: Mapping[str, list[Json]], history: BodyHistory, as_of: date) -> None:
    """Where the body was merged into another, say what became of each open matter."""
    merger = on(history.merger, as_of)
    since = run(history.merger, as_of, lambda state: state.into, lambda state: state.entries).since
    for matter, fate in merger.fates:
        subject, id = matter.split("/")
        for item in items[f"{subject}s"]:
            if item["id"] == id:
                item |= {"status": fate, "since": since}
                item["entries"] = sorted({*item["entries"], *_positions(merger.entries)})
                if subject == "concern":
                    item["until"] = since


def _said(entries: Sequence[Entry]) -> Json:
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


def _oversight(history: BodyHistory, as_of: date, documents: Documents) -> Json:
    """Who oversees the body on a day."""
    value = run(history.oversight, as_of, lambda state: (state.name, state.holder), lambda state: state.entries)
    value = replace(value, alternatives=tuple(replace(o, value=_held(o.value)) for o in value.alternatives))
    state = on(history.oversight, as_of)
    if not state.name and not value.alternatives:
        return {"status": "nothing-recorded"}
    return {
        "status": "recorded" if state.name else "not-yet",
        "office": state.office or "unknown",
        "name": state.name or "unknown",
        "holder": state.holder or "not-stated",
        "since": value.since or None,
        **_certainty(value),
        **_behind(state.entries, documents),
    }


def _held(value: Any) -> str:
    name, holder = value
    return f"{name} ({holder})" if holder else name


def _by_area(judgement: Json) -> tuple[str, str]:
    return judgement["framework"], judgement["area"]


def _positions(entries: Iterable[Entry]) -> list[int]:
    return sorted({position for entry in entries for position in (entry.position, *entry.mended)})


def _last_evidence(entries: Sequence[Entry]) -> str | None:
    if not entries:
        return None
    last = max(entries, key=lambda entry: dated(entry)[1])
    return span(*dated(last))
