"""What is due: reviews, responses under section 55, recommendations with a deadline.

A missing record is not a failure. If nobody recorded it by the due date, the answer is "nothing recorded by …". Only a
recorded search makes it "not found" on the day of the search. (Domain rule 7.)
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from events import Entry
from events.document import DocumentRegistered, DocumentSought
from events.review import ReviewScheduled
from events.values import due_on
from projections.body import BodySpells
from projections.section55 import RESPONSE_DAYS, owed_by
from projections.spell import dated, on
from projections.summary import in_words

_FIRST_YEAR = 2017  # responses to earlier reports are not called overdue


@dataclass(frozen=True, slots=True)
class Due:
    """Something that is due: its matter, who owes it, the last day, and what is on record."""

    body: str
    matter: str
    title: str
    owed_by: str
    due: date
    status: str
    entries: tuple[Entry, ...]

    def to_json(self) -> dict[str, Any]:
        """As the `due` document lists it."""
        return {
            "body": self.body,
            "matter": self.matter,
            "title": self.title,
            "owed_by": self.owed_by,
            "due": self.due.isoformat(),
            "status": self.status,
            "entries": sorted(entry.position for entry in self.entries),
        }


def due(body: BodySpells, reports: Iterable[Entry], as_of: date, *, kind: str) -> list[Due]:
    """What is due on a day from or to a body, and is not on record as done; the earliest first.

    ``reports`` are the registrations of documents about the body. ``kind`` is its type: section 55 is about police
    forces.
    """
    handed_over = dict(on(body.merger, as_of).fates)
    found = [d for d in (*_reviews(body, as_of), *_recommendations(body, as_of)) if d.matter not in handed_over]
    if kind == "police-force":
        found += [item for report in reports if (item := _response(body, report, as_of))]
    return sorted(found, key=lambda item: (item.due, item.matter))


def _response(body: BodySpells, entry: Entry, as_of: date) -> Due | None:
    report = entry.event
    assert isinstance(report, DocumentRegistered)
    published = report.published
    if not report.type.calls_for_response or published is None or published.latest.year < _FIRST_YEAR:
        return None
    spells = body.each("response").get(report.document)
    if published.latest > as_of or (spells and on(spells, as_of).entries):
        return None
    last_day = published.latest + timedelta(days=RESPONSE_DAYS)
    matter = f"response/{report.document}"
    return Due(
        body.body,
        matter,
        f"comments on: {report.title}",
        owed_by(in_words(on(body.oversight, published.latest))),
        last_day,
        _status(body, matter, last_day, as_of),
        (entry,),
    )


def _reviews(body: BodySpells, as_of: date) -> Iterable[Due]:
    for id, spells in body.each("review").items():
        state = on(spells, as_of)
        likely = state if state.entries else next((s.state for s in spells if s.possible_on(as_of)), state)
        scheduled = likely.entries[0].event if likely.status == "scheduled" else None
        if isinstance(scheduled, ReviewScheduled) and scheduled.due:
            matter, last_day = f"review/{id}", scheduled.due.latest
            status = _status(body, matter, last_day, as_of)
            if not state.entries:
                status = f"possibly promised by then, {status}"
            yield Due(body.body, matter, scheduled.title, "HMICFRS", last_day, status, likely.entries)


def _recommendations(body: BodySpells, as_of: date) -> Iterable[Due]:
    for id, spells in body.concerns.items():
        state = on(spells, as_of)
        if state.status != "open" or state.issued_by is None:
            continue
        ended = {recommendation for recommendation, _ in state.ended}
        for item in state.recommendations:
            last_day = due_on(item.deadline, dated(state.issued_by)[1]) if item.deadline else None
            if last_day and item.id not in ended:
                matter = f"concern/{id}"
                status = _status(body, matter, last_day, as_of)
                if state.closed_unnamed:
                    status += f" ({state.closed_unnamed} of {state.issued} closed, which: not stated)"
                title = f"recommendation {item.id}: {item.text or 'text not stated'}"
                yield Due(body.body, matter, title, body.name(as_of), last_day, status, (state.issued_by,))


def _status(body: BodySpells, matter: str, last_day: date, as_of: date) -> str:
    searches = [
        entry.event.effective
        for entry in body.sought
        if isinstance(entry.event, DocumentSought)
        and entry.event.sought == matter
        and last_day < entry.event.effective.earliest
        and entry.event.effective.latest <= as_of
    ]
    if searches:
        return f"sought and not found on {max(searches, key=lambda day: day.latest)}"
    return f"nothing recorded by {last_day}" if last_day < as_of else "not yet due"
