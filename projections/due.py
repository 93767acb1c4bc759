"""What is due: reviews, responses under section 55, recommendations with a deadline, plans and undertakings with one.

A missing record is not a failure. If nobody recorded it by the due date, the answer is "nothing recorded by …". Only a
recorded search makes it "not found" on the day of the search. (Domain rule 7.) What may have been done by the day is
"possibly published", "possibly held"; it is never said to be overdue.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from events.dates import PartialDate
from events.terms import NOT_RECORDED, NOT_STATED, DocumentType, Office
from projections.days import Days, span, when
from projections.section55 import FIRST_YEAR, RESPONSE_DAYS, overseen, owed_by
from projections.state import BodyOnDay
from projections.subject import SubjectState, sources_differ

Json = dict[str, Any]
_WORDS = {"not-stated": "one of those closed"}
_NOT_YET = {"not-yet-owed": "not yet owed", "not-yet": "not yet on record"}
_A_DAY = timedelta(days=1)
OUTSTANDING = {"review": "scheduled", "recommendation": "open", "plan": "planned", "statement": "made"}
"""The status of an item while it is due."""
_OF_THE_BODY = (Office.FORCE, Office.CHIEF_OFFICER)


class Search(NamedTuple):
    """A search for a matter of a body in which nothing was found."""

    matter: str
    day: PartialDate


class DueState(NamedTuple):
    """What is on record of something that is due: ``not-due`` before its last day is over; ``nothing-recorded``, or
    ``not-found`` where it was sought in vain, on this day last; ``unknown`` if it may have been done, or be not owed
    yet. The same in words."""

    status: str
    words: str
    sought: str | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is due: its matter, who owes it, the last day, and what is on record. ``possibly`` is what else it
    can be by the day, and since when; without that it is certainly due. ``behind`` are the parts of states that say so.
    ``closed`` is how many recommendations of its concern were closed by a source that does not say which: it may be one
    of them."""

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
        return {
            "body": self.body,
            "subject": self.subject,
            "id": self.id,
            "matter": self.matter,
            "title": self.title,
            "owed_by": self.owed_by,
            "due": self.due.isoformat(),
            "status": self.state.status,
            "overdue_since": (self.due + _A_DAY).isoformat() if self.is_overdue else None,
            "sought": self.state.sought,
            "closed_unnamed": self.closed,
            "certainty": "possible" if self.possibly or self.closed else "certain",
            "possibly": [{"value": value, "since": since} for value, since in self.possibly.items()],
            "words": self.state.words,
            "entries": sorted({position for part in self.behind for position in part["entries"]}),
            "sources_differ": sources_differ(*self.behind),
        }


def due(
    body: BodyOnDay,
    reports: Mapping[str, SubjectState],
    searches: Iterable[Search],
    *,
    kind: str | None,
    public_at: date | None = None,
) -> list[Due]:
    """What is due on a day from or to a body, and is not on record as done; the earliest first.

    ``reports`` are the documents about the body, by their ids; those published by ``public_at`` count, if it is given.
    ``kind`` is its type: section 55 is about police forces.
    """
    searches = [*searches]
    found = [*_items(body, searches), *_recommendations(body, searches)]
    if kind == "police-force":
        day = min(body.as_of, public_at or body.as_of)
        found += [item for id, report in reports.items() if (item := _response(body, id, report, searches, day))]
    return sorted(found, key=lambda item: (item.due, item.matter))


def reports_by_framework(body: BodyOnDay, reports: Mapping[str, SubjectState]) -> Counter[tuple[str, bool]]:
    """How many of these reports call for a response, by the framework of the inspections of the body that cite them
    (empty for none), and by whether they have a date of publication: without one nothing is listed as due."""
    found: Counter[tuple[str, bool]] = Counter()
    for id, report in reports.items():
        dated = PartialDate.parse(report.data["published"]) if "published" in report.data else None
        calls = DocumentType(report.data["type"]).calls_for_response
        if calls and (dated is None or dated.latest.year >= FIRST_YEAR):
            citing = {state.data["framework"] for _, state in body.each("inspection") if id in state.cites}
            found.update((framework, dated is not None) for framework in citing or {""})
    return found


def _matter(subject: str, id: str) -> str:
    concern, of, _ = id.partition("/")
    return f"concern/{concern}" if of else f"{subject}/{id}"


def _response(body: BodyOnDay, id: str, report: SubjectState, searches: Iterable[Search], day: date) -> Due | None:
    told = report.data
    if not DocumentType(told["type"]).calls_for_response or "published" not in told:
        return None
    published = PartialDate.parse(told["published"])
    if published.latest.year < FIRST_YEAR or published.earliest > day:
        return None
    possibly, behind = dict[str, str | None](), [{name: told[name] for name in ("entries", "sources_differ")}]
    if state := body.by_key.get(("response", id)):
        possibly, behind = _values(state.data), [*behind, *_entries_behind(state.data)]
        if "not-yet" not in possibly:
            return None
        del possibly["not-yet"]
    if published.latest > day:
        possibly = {"not-yet-owed": span(published.earliest, day), **possibly}
    last_day = published.latest + timedelta(days=RESPONSE_DAYS)
    offices = overseen(body.offices, Days(published.earliest, published.latest))
    behind += [{"entries": [], "sources_differ": list(differ)} for differ in offices.values()]
    state_now, owing = _state_of(body, f"response/{id}", last_day, possibly, searches), owed_by(offices)
    return Due(body.body, "response", id, told["title"], owing, last_day, state_now, tuple(behind), possibly)


def _items(body: BodyOnDay, searches: Iterable[Search]) -> Iterator[Due]:
    """The reviews, recommendations without a concern, plans and undertakings that are outstanding and have a date."""
    for subject, outstanding in OUTSTANDING.items():
        for id, state in body.each(subject):
            told, possibly = state.data, _values(state.data)
            day = told.get("due") or told.get("planned_for")
            if outstanding in possibly and day and day[0].isdigit():
                del possibly[outstanding]
                last_day, owing = PartialDate.parse(day).latest, _owing(body, subject, told["by"])
                state_now = _state_of(body, f"{subject}/{id}", last_day, possibly, searches)
                title = str(told["title"])
                yield Due(body.body, subject, id, title, owing, last_day, state_now, _entries_behind(told), possibly)


def _owing(body: BodyOnDay, subject: str, by: str) -> str:
    """Who owes an item: the inspectorate a review, the body what is recommended to it, an office what it undertook."""
    if subject == "review":
        return "HMICFRS"
    if subject == "recommendation" or by in _OF_THE_BODY:
        return body.name
    return (f"an office that is {by}" if by in (NOT_STATED, NOT_RECORDED) else by).replace("-", " ")


def _recommendations(body: BodyOnDay, searches: Iterable[Search]) -> Iterator[Due]:
    """The recommendations of concerns that have a deadline, and are open, or may be one of those that are."""
    for concern, state in body.each("concern"):
        told = state.data
        for item in told["recommendations"]:
            possibly = _values(item)
            outstanding = "open" if "open" in possibly else "not-stated"
            if outstanding not in possibly or not item["due"]:
                continue
            del possibly[outstanding]
            last_day, id, closed = date.fromisoformat(item["due"]), f"{concern}/{item['id']}", 0
            state_now = _state_of(body, _matter("recommendation", id), last_day, possibly, searches)
            if item["status"] == "not-stated":
                named = sum(one["status"] not in ("open", "not-stated") for one in told["recommendations"])
                left = told["recommendations_open"]
                closed = told["recommendations_issued"] - left - named if isinstance(left, int) else 1
                which = f" ({closed} of {told['recommendations_issued']} closed, which: not stated)"
                state_now = state_now._replace(words=state_now.words + which)
            behind = (*_entries_behind(told), *item.get("alternatives", ()))
            title, owing = item["text"], body.name
            yield Due(body.body, "recommendation", id, title, owing, last_day, state_now, behind, possibly, closed)


def _values(part: Json) -> dict[str, str | None]:
    """Every status that is possible, and since when; first the one that counts."""
    others = {other["value"]: other["since"] for other in part.get("alternatives", ())}
    return {part["status"]: part["since"], **others}


def _entries_behind(told: Json) -> tuple[Json, ...]:
    """A state and its alternatives: what it rests on."""
    own = {name: told[name] for name in ("entries", "sources_differ")}
    return own, *({name: other[name] for name in own} for other in told.get("alternatives", ()))


def _state_of(
    body: BodyOnDay, matter: str, last_day: date, possibly: Mapping[str, str | None], searches: Iterable[Search]
) -> DueState:
    if possibly:
        told = [f"possibly {_in_words(value, since)}" for value, since in possibly.items()]
        return DueState("unknown", ", ".join(told))
    days = [s.day for s in searches if s.matter == matter and last_day < s.day.earliest and s.day.latest <= body.as_of]
    if days:
        sought = str(max(days, key=lambda day: day.latest))
        return DueState("not-found", f"sought and not found on {sought}", sought)
    if last_day < body.as_of:
        return DueState("nothing-recorded", f"nothing recorded by {last_day}")
    return DueState("not-due", "not yet due")


def _in_words(value: str, since: str | None) -> str:
    if value in _NOT_YET or since is None:
        return _NOT_YET.get(value, value)
    return f"{_WORDS.get(value, value)} ({when(Days.parse(since))})"
