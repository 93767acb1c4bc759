"""The tables of the read model: one disposable SQLite file, meant to be opened with sqlite-utils or Datasette.

    entries     the audit history: every entry, with full-text search
    spells      what was true when, as known when: each part of a state, over a stretch of days and of positions
    rectangles  an R-tree over the spells, in valid time and positions, so that a question costs what its answer does
    phases, concerns, documents …   views: the spells as known now, for one part each

A spell holds on the days from ``valid_from`` up to, not including, ``valid_to``; it was known from position
``known_from`` up to, not including, ``known_to``; empty means still. Of one subject there is never more than one on
a day at a position. An entry rewrites only the spells of its own matter.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlite_utils import Database

from events import Entry, WorldEvent
from events.correction import Mending
from events.dates import instant
from projections.body import Strand, body_of, strands
from projections.course import Course
from projections.mending import Lines, standing
from projections.part import Key
from projections.parts import stretches
from projections.rectangles import FIRST, SHELF, STILL, body_number, ordinal, shelf_of
from projections.spell import FIRST_DAY, LAST_DAY, dated

_VIEWS = {
    "phases": ("monitoring", ("phase", "since", "certainty")),
    "concerns": ("concern", ("title", "status", "since", "certainty", "recommendations_open", "last_evidence")),
    "grades": ("grade", ("framework", "inspection", "area", "grade", "since", "certainty", "inspected")),
    "tallies": ("tally", ("framework", "inspection", "counts", "since")),
    "findings": ("finding", ("type", "title", "status", "since", "certainty")),
    "statements": ("statement", ("stance", "title", "by", "by_name", "since")),
    "statistics": ("statistic", ("metric", "value", "unit", "period", "geography", "since")),
    "responses": ("response", ("status", "since")),
    "reviews": ("review", ("title", "status", "due", "since", "certainty")),
    "plans": ("plan", ("title", "status", "planned_for", "since", "certainty")),
    "oversight": ("oversight", ("office", "name", "holder", "since", "certainty")),
    "documents": ("document", ("type", "basis", "title", "publisher", "published", "addresses", "sha256")),
}

_ONE_OF_A_KIND = ("monitoring", "oversight", "grade", "tally")  # their fields say which it is

Row = dict[str, Any]
Same = tuple[Any, ...]
"""What a spell says, wherever it is stored and whenever it was known."""


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
    database.table("spells").create(
        {
            "spell": int, "matter": str, "body": str, "part": str, "subject": str, "value": str, "valid_from": str,
            "valid_to": str, "known_from": int, "known_to": int, "over": int, "said": str, "cites": str,
        },
        pk="spell",
    )  # fmt: skip
    database.table("spells").create_index(["matter", "known_to"])
    database.table("spells").create_index(["part", "known_to", "subject"])
    database.execute(
        "CREATE VIRTUAL TABLE rectangles USING rtree_i32(spell, "
        "body_from, body_to, shelf_from, shelf_to, valid_from, valid_to, known_from, known_to)"
    )
    for view, (part, fields) in _VIEWS.items():
        told = ", ".join(f"said ->> '{field}' AS {field}" for field in fields)
        which = "" if part in _ONE_OF_A_KIND else f"subject AS {part}, "
        database.create_view(
            view,
            f"SELECT body, {which}{told}, valid_from, valid_to, said ->> 'entries' AS entries FROM spells "
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


def apply(database: Database, entries: Sequence[Entry], matters: Mapping[str, Sequence[Entry]]) -> None:
    """Bring the tables up to these entries, in the open transaction. ``matters`` are their matters, up to them."""
    _insert(database, "entries", map(entry_row, entries))
    (spell,) = next(database.execute("SELECT coalesce(max(spell), 0) FROM spells"))
    ended: list[Row] = []
    begun: list[Row] = []
    for matter, own in matters.items():
        since = next(entry.position for entry in own if entry.position >= entries[0].position)
        if any(isinstance(entry.event, Mending) for entry in own if entry.position >= since):
            lines = Lines(own)
            stands = [(int(lines.stands(entry.event_id)), entry.position) for entry in own]
            database.conn.executemany("UPDATE entries SET stands = ? WHERE position = ?", stands)
        stored = database.query("SELECT * FROM spells WHERE matter = ? AND known_to IS NULL", [matter])
        for row in turns(matter, own, since, stored):
            (ended if "spell" in row else begun).append(row)
    for row in ended:
        database.execute("UPDATE spells SET known_to = ? WHERE spell = ?", [row["known_to"], row["spell"]])
        database.execute("UPDATE rectangles SET known_to = ? WHERE spell = ?", [row["known_to"], row["spell"]])
    begun = [{"spell": number, **row} for number, row in enumerate(begun, spell + 1)]
    _insert(database, "spells", begun)
    database.conn.executemany("INSERT INTO rectangles VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", map(rectangle, begun))


def _insert(database: Database, table: str, rows: Iterable[Row]) -> None:
    """Add rows, which name every column; for so many, sqlite-utils takes longer than SQLite."""
    columns = ", ".join(f":{column.name}" for column in database.table(table).columns)
    database.conn.executemany(f"INSERT INTO {table} VALUES ({columns})", rows)


def turns(matter: str, own: Sequence[Entry], since: int = 0, stored: Iterable[Row] = ()) -> Iterator[Row]:
    """What ends and what begins in a matter with its entries from a position on, where these spells are stored as
    known still: what is no longer so as known from an entry on is ended there; what has a number is stored already.
    Of a matter from its beginning, all its spells."""
    known: dict[Key, dict[Same, Row]] = {}
    for row in stored:
        known.setdefault((row["part"], row["subject"]), {})[_same(row)] = row
    before = list(strands(matter, standing(entry for entry in own if entry.position < since)))
    for number, entry in enumerate(own, 1):
        if entry.position < since:
            continue
        now = list(strands(matter, standing(own[:number])))
        for key, course, facts in _changed(before, now):
            was, new = known.get(key, {}), {_same(row): row for row in _spells(matter, key, course, facts)}
            yield from (was[same] | {"known_to": entry.position} for same in was if same not in new)
            begun = {"known_from": entry.position, "known_to": None}
            known[key] = {same: was.get(same) or new[same] | begun for same in new}
        before = now
    yield from (row for rows in known.values() for row in rows.values() if "spell" not in row)


def _changed(before: Iterable[Strand], now: Iterable[Strand]) -> Iterator[Strand]:
    """The strands that are not what they were; of those that are no more, without facts."""
    had = {key: (course, facts) for key, course, facts in before}
    for key, course, facts in now:
        if had.pop(key, (course, None))[1] != facts:
            yield key, course, facts
    yield from ((key, course, []) for key, (course, _) in had.items())


def _spells(matter: str, key: Key, course: Course[Any], facts: Iterable[Entry]) -> list[Row]:
    """The spells of a subject with these facts, without the positions that bound their knowledge."""
    part, id = key
    return [
        {
            "matter": matter,
            "body": body_of(matter),
            "part": part,
            "subject": id,
            "value": stretch.part.told,
            "valid_from": _day(stretch.first),
            "valid_to": _day(stretch.until),
            "over": int(stretch.part.over),
            "said": json.dumps(stretch.part.said, ensure_ascii=False),
            "cites": json.dumps(stretch.part.cites),
        }
        for stretch in stretches(course.spells(facts))
    ]


def rectangle(row: Row) -> tuple[int, ...]:
    """A spell as the R-tree has it."""
    body, shelf = body_number(row["body"]), shelf_of(row["part"], over=row["over"])
    days = (ordinal(row["valid_from"]), ordinal(row["valid_to"]))
    known = (row["known_from"], STILL if row["known_to"] is None else row["known_to"])
    return (row["spell"], body, body + 1, shelf, shelf + SHELF, *days, *known)


def _same(row: Row) -> Same:
    return tuple(row[name] for name in ("part", "subject", "value", "valid_from", "valid_to", "over", "said", "cites"))


def _day(day: date) -> str:
    """A day as text; the first and the last of all days as what sorts before and after every other."""
    return FIRST if day == FIRST_DAY else "9999-12-31" if day == LAST_DAY else day.isoformat()


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
