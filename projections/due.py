"""What is due: reviews, responses under section 55, recommendations with a deadline, plans and undertakings with one.

A missing record is not a failure. If nobody recorded it by the due date, the answer is "nothing recorded by …". Only a
recorded search makes it "not found" on the day of the search. (Domain rule 7.) What may have been done by the day is
"possibly published", "possibly held"; it is never said to be overdue.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from events.terms import NOT_RECORDED, NOT_STATED, DocumentType, Office
from projections.days import Days, span, when
from projections.searches import Search, last_search
from projections.section55 import FIRST_YEAR, RESPONSE_DAYS, overseen, owed_by
from projections.state import OUTSTANDING, BodyOnDay
from projections.subject import BEHIND, SubjectState

Json = dict[str, Any]
_WORDS = {"not-stated": "one of those closed"}
_NOT_YET = {"not-yet-owed": "not yet owed", "not-yet": "not yet on record"}
_A_DAY = timedelta(days=1)
_OF_THE_BODY = (Office.FORCE, Office.CHIEF_OFFICER)


class DueState(NamedTuple):
    """What is on record of something that is due: ``not-due`` before its last day is over; ``nothing-recorded``, or
    ``not-found`` where it was sought in vain, by this search last; ``unknown`` if it may have been done, or be not owed
    yet. The same in words."""

    status: str
    words: str
    sought: Search | None = None


@dataclass(frozen=True)
class BodyWithReports:
    """What is on record of a body on a day, as far as something can be due from or to it: the states of its subjects,
    the documents about it by their ids, the searches, and the same of the bodies that may have been merged into it."""

    body: BodyOnDay
    reports: Mapping[str, SubjectState] = field(default_factory=dict)
    searches: Sequence[Search] = ()
    merged: Sequence["BodyWithReports"] = ()


class _Comments(NamedTuple):
    """Comments that a body owes on a report of this force: when it came to owe them, what else is possible, and the
    parts of states that say so."""

    report: SubjectState
    on: str
    since: Days
    possibly: dict[str, str | None]
    behind: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is due: its matter, who owes it, the last day, and what is on record. ``possibly`` is what else it
    can be by the day, and since when; without that it is certainly due. ``behind`` are the parts of states that say so.
    ``closed`` is how many recommendations of its concern were closed by a source that does not say which: it may be one
    of them. ``report_on`` is the force that a report to respond to is on: another one if that was merged into it."""

    body: str
    subject: str
    id: str
    title: str
    owed_by: str
    due: date
    state: DueState
    behind: tuple[Json, ...]
    possibly: Mapping[str, str | None]
    closed: int = 0
    report_on: str | None = None

    @property
    def matter(self) -> str:
        """What it is about, within its body; of a recommendation of a concern, that."""
        return _matter(self.subject, self.id)

    @property
    def is_overdue(self) -> bool:
        """Whether its last day is over, and nothing of it can have been recorded."""
        return not self.closed and self.state.status in ("nothing-recorded", "not-found")

    def to_json(self) -> Json:
        """As the `due` document lists it."""
        sought = self.state.sought
        behind = [*(part["entries"] for part in self.behind), sought.entries if sought else ()]
        return {
            "body": self.body,
            "subject": self.subject,
            "id": self.id,
            "matter": self.matter,
            "title": self.title,
            "report_on": self.report_on,
            "owed_by": self.owed_by,
            "due": self.due.isoformat(),
            "status": self.state.status,
            "overdue_since": (self.due + _A_DAY).isoformat() if self.is_overdue else None,
            "sought": str(sought.day) if sought else None,
            "closed_unnamed": self.closed,
            "certainty": "possible" if self.possibly or self.closed else "certain",
            "possibly": [{"value": value, "since": since} for value, since in self.possibly.items()],
            "words": self.state.words,
            "entries": sorted({position for positions in behind for position in positions}),
            "sources_differ": sorted({position for part in self.behind for position in part["sources_differ"]}),
        }


def due(of: BodyWithReports, *, kind: str | None, public_at: date | None = None) -> list[Due]:
    """What is due on a day from or to a body, and is not on record as done; the earliest first.

    Of its reports, those published by ``public_at`` count, if it is given. ``kind`` is its type: section 55 is about
    police forces.
    """
    found = [*_items(of), *_recommendations(of)]
    if kind == "police-force":
        found += _responses(of, min(of.body.as_of, public_at or of.body.as_of))
    return sorted(found, key=lambda item: (item.due, item.matter, item.report_on or ""))


def owed_since(of: BodyWithReports) -> dict[str, Days]:
    """When a body came to owe comments on each of these reports: on the day of publication, or from the day on which
    the force that the report is on was merged into it."""
    return {id: owed.since for id, owed in (*_handed_over(of), *_own_comments(of))}


def reports_by_framework(of: BodyWithReports) -> Counter[tuple[str, bool]]:
    """How many of its reports call for a response, by the framework of the inspections of the body that cite them
    (empty for none), and by whether they have a date of publication: without one nothing is listed as due."""
    found: Counter[tuple[str, bool]] = Counter()
    for id, _, published in _calling_for_response(of):
        citing = {state.data["framework"] for _, state in of.body.each("inspection") if id in state.cites}
        found.update((framework, published is not None) for framework in citing or {""})
    return found


def _calling_for_response(of: BodyWithReports) -> Iterator[tuple[str, SubjectState, Days | None]]:
    """The reports on a body that call for a response, each with its date of publication, if it has one."""
    for id, report in of.reports.items():
        published = Days.parse(report.data["published"]) if "published" in report.data else None
        calls = DocumentType(report.data["type"]).calls_for_response
        if calls and (published is None or published.latest.year >= FIRST_YEAR):
            yield id, report, published


def _matter(subject: str, id: str) -> str:
    concern, of, _ = id.partition("/")
    return f"concern/{concern}" if of else f"{subject}/{id}"


def _responses(of: BodyWithReports, day: date) -> Iterator[Due]:
    body, mergers = of.body, _mergers(of.body)
    if mergers and _merger_is_certain(body):
        return  # the successor owes them
    since = [part["since"] for part in mergers.values()]
    left: dict[str, str | None] = {"transferred": since[0]} if since else {}
    for id, owed in _comments(of):
        if owed.since.earliest <= day:
            not_yet = {"not-yet-owed": span(owed.since.earliest, day)} if owed.since.latest > day else {}
            possibly, title = {**not_yet, **owed.possibly, **left}, owed.report.data["title"]
            offices = overseen(body.offices, owed.since)
            last_day = Days.parse(owed.report.data["published"]).latest + timedelta(days=RESPONSE_DAYS)
            behind = [*owed.behind, *(_behind(part) for part in mergers.values())]
            behind += [{"entries": [], "sources_differ": list(differ)} for differ in offices.values()]
            state = _state_of(of, f"response/{id}", last_day, possibly)
            owing = owed_by(offices)
            yield Due(
                body.body, "response", id, title, owing, last_day, state, tuple(behind), possibly, report_on=owed.on
            )  # fmt: skip


def _comments(of: BodyWithReports) -> Iterator[tuple[str, _Comments]]:
    """The comments that a body owes, with the id of each report: also on reports on the bodies that were merged into
    it, or may have been, unless these made them."""
    for id, owed in (*_own_comments(of), *_handed_over(of)):
        if state := of.body.by_key.get(("response", id)):
            possibly = _values(state.data)
            if "not-yet" not in possibly:
                continue
            del possibly["not-yet"]
            behind = (*owed.behind, *_entries_behind(state.data))
            owed = owed._replace(possibly={**owed.possibly, **possibly}, behind=behind)
        yield id, owed


def _own_comments(of: BodyWithReports) -> Iterator[tuple[str, _Comments]]:
    for id, report, published in _calling_for_response(of):
        if published:
            yield id, _Comments(report, of.body.body, published, {}, (_behind(report.data),))


def _handed_over(of: BodyWithReports) -> Iterator[tuple[str, _Comments]]:
    for before in of.merged:
        if part := _mergers(before.body).get(of.body.body):
            merged = Days.parse(part["since"])
            not_yet = {} if _merger_is_certain(before.body) else {"not-yet-owed": part["since"]}
            for id, owed in _comments(before):
                since = Days(max(owed.since.earliest, merged.earliest), max(owed.since.latest, merged.latest))
                possibly, behind = {**owed.possibly, **not_yet}, (*owed.behind, _behind(part))
                yield id, owed._replace(since=since, possibly=possibly, behind=behind)


def _mergers(body: BodyOnDay) -> dict[str, Json]:
    """The bodies that this one was merged into, or may have been, each with the part of its state that says so."""
    told = state.data if (state := body.one("merger")) else {}
    parts = [{"value": told["into"], **told}, *told.get("alternatives", ())] if told else []
    return {part["value"]: part for part in parts if part["value"]}


def _merger_is_certain(body: BodyOnDay) -> bool:
    return all(state.data["certainty"] == "certain" for _, state in body.each("merger"))


def _items(of: BodyWithReports) -> Iterator[Due]:
    """The reviews, recommendations without a concern, plans and undertakings that are outstanding and have a date."""
    body = of.body
    for subject, outstanding in OUTSTANDING.items():
        for id, state in body.each(subject):
            told, possibly = state.data, _values(state.data)
            day = told.get("due") or told.get("planned_for")
            if outstanding in possibly and day and day[0].isdigit():
                del possibly[outstanding]
                last_day, owing = Days.parse(day).latest, _owing(body, subject, told["by"])
                state_now = _state_of(of, f"{subject}/{id}", last_day, possibly)
                title = str(told["title"])
                yield Due(body.body, subject, id, title, owing, last_day, state_now, _entries_behind(told), possibly)


def _owing(body: BodyOnDay, subject: str, by: str) -> str:
    """Who owes an item: the inspectorate a review, the body what is recommended to it, an office what it undertook."""
    if subject == "review":
        return "HMICFRS"
    if subject == "recommendation" or by in _OF_THE_BODY:
        return body.name
    return (f"an office that is {by}" if by in (NOT_STATED, NOT_RECORDED) else by).replace("-", " ")


def _recommendations(of: BodyWithReports) -> Iterator[Due]:
    """The recommendations of concerns that have a deadline, and are open, or may be one of those that are."""
    body = of.body
    for concern, state in body.each("concern"):
        told = state.data
        for item in told["recommendations"]:
            possibly = _values(item)
            outstanding = "open" if "open" in possibly else "not-stated"
            if outstanding not in possibly or not item["due"]:
                continue
            del possibly[outstanding]
            last_day, id, closed = date.fromisoformat(item["due"]), f"{concern}/{item['id']}", 0
            state_now = _state_of(of, _matter("recommendation", id), last_day, possibly)
            if item["status"] == "not-stated":
                named = sum(one["status"] not in ("open", "not-stated") for one in told["recommendations"])
                left = told["recommendations_open"]
                closed = told["recommendations_issued"] - left - named if isinstance(left, int) else 1
                which = f" ({closed} of {told['recommendations_issued']} closed, which: not stated)"
                state_now = state_now._replace(words=state_now.words + which)
            title, owing, behind = item["text"], body.name, _entries_behind(item)
            yield Due(body.body, "recommendation", id, title, owing, last_day, state_now, behind, possibly, closed)


def _values(part: Json) -> dict[str, str | None]:
    """Every status that is possible, and since when; first the one that counts."""
    others = {other["value"]: other["since"] for other in part.get("alternatives", ())}
    return {part["status"]: part["since"], **others}


def _entries_behind(told: Json) -> tuple[Json, ...]:
    """A state and its alternatives: what it rests on."""
    return tuple(map(_behind, (told, *told.get("alternatives", ()))))


def _behind(part: Json) -> Json:
    return {name: part[name] for name in BEHIND}


def _state_of(of: BodyWithReports, matter: str, last_day: date, possibly: Mapping[str, str | None]) -> DueState:
    if possibly:
        told = [f"possibly {_in_words(value, since)}" for value, since in possibly.items()]
        return DueState("unknown", ", ".join(told))
    if sought := last_search(of.searches, matter, last_day, of.body.as_of):
        return DueState("not-found", f"sought and not found on {sought.day}", sought)
    if last_day < of.body.as_of:
        return DueState("nothing-recorded", f"nothing recorded by {last_day}")
    return DueState("not-due", "not yet due")


def _in_words(value: str, since: str | None) -> str:
    if value in _NOT_YET or since is None:
        return _NOT_YET.get(value, value)
    return f"{_WORDS.get(value, value)} ({when(Days.parse(since))})"
