"""What is due: reviews, responses under section 55, recommendations with a deadline, plans and undertakings with one.

A missing record is not a failure. If nobody recorded it by the due date, the answer is "nothing recorded by …". Only a
recorded search makes it "not found" on the day of the search. (Domain rule 7.) What may have been done by the day is
"possibly published", "possibly held"; it is never said to be overdue.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple

from events import Entry, WorldEvent
from events.document import DocumentRegistered, DocumentSought
from events.inspection import InspectionPublished
from events.plan import PlanAnnounced
from events.recommendation import RecommendationIssued
from events.review import ReviewScheduled
from events.statement import StatementMade
from events.terms import Office
from events.values import due_on
from projections.body import BodySpells
from projections.concern import recommendation_status
from projections.days import Days, span, when
from projections.items import ITEMS
from projections.section55 import FIRST_YEAR, RESPONSE_DAYS, overseen, owed_by
from projections.solver import Solver
from projections.spell import Spells, on, rests_on
from projections.summary import entries_of, intervals

_WORDS = {"not-stated": "one of those closed"}
_NOT_YET = {"none": "not yet on record", "not-yet": "not yet issued", "not-yet-owed": "not yet owed"}
_A_DAY = timedelta(days=1)
_OUTSTANDING = {"review": "scheduled", "recommendation": "open", "plan": "planned", "statement": "made"}
"""The status of an item while it is due."""
_OF_THE_BODY = (Office.FORCE, Office.CHIEF_OFFICER)


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
    can be by the day, and since when; without that it is certainly due. ``closed`` is how many recommendations of its
    concern were closed by a source that does not say which: it may be one of them; ``differ`` are the positions of what
    contradicts who owes it."""

    body: str
    subject: str
    id: str
    title: str
    owed_by: str
    due: date
    state: DueState
    entries: tuple[Entry, ...]
    possibly: Mapping[str, Days]
    closed: int = 0
    differ: tuple[int, ...] = ()

    @property
    def matter(self) -> str:
        """What it is about, within its body; of a recommendation of a concern, that."""
        concern, of, _ = self.id.partition("/")
        return f"concern/{concern}" if of else f"{self.subject}/{self.id}"

    @property
    def is_overdue(self) -> bool:
        """Whether its last day is over, and nothing of it can have been recorded."""
        return not self.closed and self.state.status in ("nothing-recorded", "not-found")

    def to_json(self) -> dict[str, Any]:
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
            "possibly": [{"value": value, "since": span(*days) or None} for value, days in self.possibly.items()],
            "words": self.state.words,
            **rests_on(self.entries, self.differ),
        }


def due(body: BodySpells, reports: Iterable[Entry], as_of: date, *, kind: str) -> list[Due]:
    """What is due on a day from or to a body, and is not on record as done; the earliest first.

    ``reports`` are the registrations of documents about the body. ``kind`` is its type: section 55 is about police
    forces.
    """
    found = [*_items(body, as_of), *_recommendations(body, as_of)]
    if kind == "police-force":
        found += [item for report in reports if (item := _response(body, report, as_of))]
    return sorted(found, key=lambda item: (item.due, item.matter))


def cited_as_reports(body: BodySpells) -> list[str]:
    """The documents that the inspections and concerns of a body cite: a report among them calls for a response."""
    cited = (
        entry.event
        for entry in body.entries
        if entry.matter.startswith((f"{body.body}/inspection", f"{body.body}/concern/"))
    )
    return list(dict.fromkeys(c.document for event in cited if isinstance(event, WorldEvent) for c in event.documents))


def reports_by_framework(body: BodySpells, reports: Iterable[Entry]) -> Counter[tuple[str, bool]]:
    """How many of these reports call for a response, by the framework of the inspections of the body that cite them
    (empty for none), and by whether they have a date of publication: without one nothing is listed as due."""
    inspections = [e.event for e in body.entries if isinstance(e.event, InspectionPublished)]
    found: Counter[tuple[str, bool]] = Counter()
    for event in (entry.event for entry in reports):
        assert isinstance(event, DocumentRegistered)
        dated = event.published
        if event.type.calls_for_response and (dated is None or dated.latest.year >= FIRST_YEAR):
            citing = {i.framework for i in inspections if event.document in {c.document for c in i.documents}}
            found.update((framework, dated is not None) for framework in citing or {""})
    return found


def _response(body: BodySpells, entry: Entry, as_of: date) -> Due | None:
    report = entry.event
    assert isinstance(report, DocumentRegistered)
    published = report.published
    if not report.type.calls_for_response or published is None or published.latest.year < FIRST_YEAR:
        return None
    if published.earliest > as_of:
        return None
    spells = body.each("response").get(report.document, Solver(ITEMS["response"], ()).spells)
    possibly = spells.possible(lambda state: state.status, as_of)
    if "none" not in possibly:
        return None
    del possibly["none"]
    if published.latest > as_of:
        possibly = {"not-yet-owed": Days(published.earliest, as_of), **possibly}
    last_day = published.latest + timedelta(days=RESPONSE_DAYS)
    offices = overseen(intervals(body.oversight), Days(published.earliest, published.latest))
    differ = tuple(position for own in offices.values() for position in own)
    state = _state_of(body, f"response/{report.document}", last_day, as_of, possibly)
    behind, of = _behind(spells, as_of, entry), report.document
    return Due(
        body.body, "response", of, report.title, owed_by(offices), last_day, state, behind, possibly, differ=differ
    )


def _items(body: BodySpells, as_of: date) -> Iterable[Due]:
    """The reviews, recommendations without a concern, plans and undertakings that are outstanding and have a date."""
    for subject, outstanding in _OUTSTANDING.items():
        for id, spells in body.each(subject).items():
            possibly = spells.possible(lambda state: state.status, as_of)
            first = next((s.state.entries[0] for s in spells if s.state.status == outstanding), None)
            if first is None or not possibly.pop(outstanding, None):
                continue
            last_day, owing = _last_day(body, first), _owing(body, first, as_of)
            if last_day:
                title, behind = str(first.event.data()["title"]), _behind(spells, as_of, first)
                state = _state_of(body, f"{subject}/{id}", last_day, as_of, possibly)
                yield Due(body.body, subject, id, title, owing, last_day, state, behind, possibly)


def _last_day(body: BodySpells, entry: Entry) -> date | None:
    """The last day on which an item is to be done; None if it has no date."""
    match entry.event:
        case ReviewScheduled(due=day) | StatementMade(due=day) | PlanAnnounced(planned_for=day):
            return day.latest if day else None
        case RecommendationIssued(deadline=str(deadline)):
            return due_on(deadline, body.days(entry).latest)
    return None


def _owing(body: BodySpells, entry: Entry, as_of: date) -> str:
    """Who owes an item: the inspectorate a review, the body what is recommended to it, an office what it undertook."""
    match entry.event:
        case ReviewScheduled():
            return "HMICFRS"
        case PlanAnnounced(decided_by=office) | StatementMade(decided_by=office) if office not in _OF_THE_BODY:
            return (office or f"an office that is {entry.event.stated('decided_by')}").replace("-", " ")
    return body.name(as_of)


def _recommendations(body: BodySpells, as_of: date) -> Iterable[Due]:
    for id, spells in body.concerns.items():
        issued = next((spell.state for spell in spells if spell.state.issued_by), None)
        if issued is None or issued.issued_by is None:
            continue
        now = on(spells, as_of)
        for item in issued.recommendations:
            possibly = spells.possible(partial(recommendation_status, id=item.id), as_of)
            last_day = due_on(item.deadline, body.days(issued.issued_by).latest) if item.deadline else None
            outstanding = possibly.pop("open" if "open" in possibly else "not-stated", None)
            if last_day and outstanding:
                state = _state_of(body, f"concern/{id}", last_day, as_of, possibly)
                closed = 0 if item.id in now.known_open else now.closed_unnamed
                if closed:
                    which = f" ({closed} of {issued.issued} closed, which: not stated)"
                    state = state._replace(words=state.words + which)
                title, owing = item.stated("text"), body.name(as_of)
                behind = _behind(spells, as_of, issued.issued_by)
                of = f"{id}/{item.id}"
                yield Due(body.body, "recommendation", of, title, owing, last_day, state, behind, possibly, closed)


def _behind(spells: Spells[Any], as_of: date, entry: Entry) -> tuple[Entry, ...]:
    """The entry by which something is due, and all those on which its status on the day rests."""
    found = (one for s in spells if s.earliest <= as_of < s.until for one in entries_of(s.state))
    return tuple(dict.fromkeys([entry, *found]))


def _state_of(body: BodySpells, matter: str, last_day: date, as_of: date, possibly: Mapping[str, Days]) -> DueState:
    if possibly:
        told = [
            f"possibly {_NOT_YET.get(value) or f'{_WORDS.get(value, value)} ({when(days)})'}"
            for value, days in possibly.items()
        ]
        return DueState("unknown", ", ".join(told))
    searches = [
        entry.event.effective
        for entry in body.sought
        if isinstance(entry.event, DocumentSought)
        and entry.event.sought == matter
        and last_day < entry.event.effective.earliest
        and entry.event.effective.latest <= as_of
    ]
    if searches:
        sought = str(max(searches, key=lambda day: day.latest))
        return DueState("not-found", f"sought and not found on {sought}", sought)
    if last_day < as_of:
        return DueState("nothing-recorded", f"nothing recorded by {last_day}")
    return DueState("not-due", "not yet due")
