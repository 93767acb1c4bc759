"""The tables of the read model: one disposable SQLite file, meant to be opened with sqlite-utils or Datasette.

    entries    the audit history: every entry, with full-text search
    spells     what was true when, as known when: a rectangle of valid time and positions for each state of each subject
    documents  what entries cite
    phases, concerns, grades, reviews …   views: the spells as known now, for one subject each

A spell counts on the days from ``certain_from`` up to, not including, ``until``, and is possible from
``possible_from``; where ``certain_from`` is empty it is only possible. It was known from position ``known_from`` up
to, not including, ``known_to``; empty means still. An entry rewrites only the rectangles of its own matter.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlite_utils import Database

from events import Entry, WorldEvent
from events.correction import Mending
from events.document import DocumentRegistered
from events.entry import instant
from projections.body import body_of, strands, subject
from projections.history import FIRST_DAY, LAST_DAY, dated
from projections.mending import Lines, standing
from projections.timeline import behind, in_words

VERSION = 3
"""The version of these tables; a file of another version is thrown away and made anew."""

_VIEWS = {
    "phases": "monitoring", "concerns": "concern", "grades": "grade", "tallies": "tally", "findings": "finding",
    "statements": "statement", "statistics": "statistic", "responses": "response", "reviews": "review",
    "plans": "plan", "oversight": "oversight",
}  # fmt: skip

Row = dict[str, Any]


def create(database: Database) -> None:
    """Make the tables, indexes and views in an empty database."""
    database.table("entries").create(
        {
            "position": int, "recorded_at": str, "recorded_by": str, "kind": str, "body": str, "matter": str,
            "sequence": int, "effective": str, "effective_from": str, "effective_to": str, "stands": int, "text": str,
            "data": str, "event_id": str,
        },
        pk="position",
    )  # fmt: skip
    database.table("entries").create_index(["matter", "sequence"])
    database.table("entries").create_index(["body", "effective_from"])
    database.table("entries").enable_fts(["kind", "text"], tokenize="porter unicode61", create_triggers=True)
    database.table("documents").create(
        {
            "document": str,
            "type": str,
            "title": str,
            "publisher": str,
            "published": str,
            "addresses": str,
            "position": int,
        },
        pk="document",
    )
    database.table("spells").create(
        {
            "matter": str, "body": str, "part": str, "subject": str, "value": str, "possible_from": str,
            "certain_from": str, "until": str, "known_from": int, "known_to": int, "entries": str,
        }
    )  # fmt: skip
    database.table("spells").create_index(["matter", "known_to"])
    database.table("spells").create_index(["body", "known_to", "possible_from"])
    for view, part in _VIEWS.items():
        database.create_view(
            view,
            "SELECT body, subject, value, possible_from, certain_from, until, entries FROM spells "
            f"WHERE part = '{part}' AND known_to IS NULL",
        )


def entry_row(entry: Entry) -> Row:
    """An entry as a row of the audit history; ``text`` is what the full-text search looks through."""
    event, data = entry.event, entry.event.data()
    first, last = dated(entry) if isinstance(event, WorldEvent) else (None, None)
    return {
        "position": entry.position,
        "recorded_at": instant(entry.recorded_at),
        "recorded_by": entry.recorded_by,
        "kind": entry.kind,
        "body": body_of(entry.matter),
        "matter": entry.matter,
        "sequence": entry.sequence,
        "effective": event.effective.text if isinstance(event, WorldEvent) else None,
        "effective_from": first and first.isoformat(),
        "effective_to": last and last.isoformat(),
        "stands": 1,
        "text": " ".join(_texts(data)),
        "data": json.dumps(data, ensure_ascii=False),
        "event_id": entry.event_id,
    }


def document_row(entry: Entry) -> Row | None:
    """A document as what stands says of it; None for an entry of another kind."""
    event = entry.event
    if not isinstance(event, DocumentRegistered):
        return None
    return {
        "document": event.document,
        "type": event.type.value,
        "title": event.title,
        "publisher": event.publisher,
        "published": event.published.text if event.published else None,
        "addresses": json.dumps(list(event.addresses)),
        "position": entry.position,
    }


def spell_rows(matter: str, entries: Iterable[Entry]) -> list[Row]:
    """The spells of a matter as far as these entries are known, without the positions that bound their knowledge."""
    rows = []
    for key, course, own in strands(matter, standing(entries)):
        for spell in course.spells(own):
            if spell.until == spell.earliest or (not behind(spell.state) and key[0] != "name"):
                continue  # before anything is on record
            rows.append(
                {
                    "matter": matter,
                    "body": body_of(matter),
                    "part": key[0],
                    "subject": subject(key),
                    "value": in_words(spell.state),
                    "possible_from": _day(spell.earliest),
                    "certain_from": None if spell.since is None else _day(spell.since),
                    "until": _day(spell.until),
                    "entries": json.dumps(sorted({n for e in behind(spell.state) for n in (e.position, *e.mended)})),
                }
            )
    return rows


def apply(database: Database, entry: Entry, matter: list[Entry]) -> None:
    """Bring the tables up to an entry, in the open transaction. ``matter`` are the entries of its matter, up to it."""
    database.table("entries").insert(entry_row(entry))
    if entry.matter.startswith("document/"):
        database.execute("DELETE FROM documents WHERE document = ?", [entry.matter.removeprefix("document/")])
        for now in standing(matter):
            if row := document_row(now):
                database.table("documents").upsert(row, pk="document")
    if isinstance(entry.event, Mending):
        lines = Lines(matter)
        for other in matter:
            database.table("entries").update(other.position, {"stands": int(lines.stands(other.event_id))})
    if isinstance(entry.event, WorldEvent | Mending) or entry.matter.startswith("body/"):
        _advance(database, entry, spell_rows(entry.matter, matter))


def _advance(database: Database, entry: Entry, rows: list[Row]) -> None:
    """End what is no longer so as known from this entry on, and begin what is."""
    query = "SELECT rowid, * FROM spells WHERE matter = ? AND known_to IS NULL"
    known = {_same(row): row["rowid"] for row in database.query(query, [entry.matter])}
    new = {_same(row): row for row in rows}
    for rowid in (rowid for key, rowid in known.items() if key not in new):
        database.execute("UPDATE spells SET known_to = ? WHERE rowid = ?", [entry.position, rowid])
    database.table("spells").insert_all(
        {**row, "known_from": entry.position, "known_to": None} for key, row in new.items() if key not in known
    )


def _same(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in ("subject", "value", "possible_from", "certain_from", "until", "entries"))


def _day(day: Any) -> str:
    """A day as text; the first and the last of all days as what sorts before and after every other."""
    return "0000-00-00" if day == FIRST_DAY else "9999-12-31" if day == LAST_DAY else day.isoformat()


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in value.values():
                yield from _texts(item)
        case list():
            for item in value:
                yield from _texts(item)
