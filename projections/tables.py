"""The tables of the read model: one disposable SQLite file, meant to be opened with sqlite-utils or Datasette.

    entries     the audit history: every entry, with full-text search
    tellings    what was ever told of a subject: a part of a state
    rectangles  where a telling is so: an R-tree in matters, valid time and positions, so that a question costs what
                its answer does
    spells      a view of both: what was true when, as known when
    phases, concerns, documents …   views: the spells as known now, for one part each

A spell holds on the days from ``valid_from`` up to, not including, ``valid_to``; it was known from position
``known_from`` up to, not including, ``known_to``; empty means still. Of one subject there is never more than one on
a day at a position. An entry rewrites only the spells of its own matter. In the R-tree days are counted from the year
1, and what is known still is known up to the last of all positions.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import count
from operator import itemgetter
from typing import Any

import orjson

from events import Entry, WorldEvent
from events.amendment import Amendment
from events.dates import instant
from projections.amendments import Versions
from projections.body import Substream, body_of, substreams
from projections.machine import StateMachine
from projections.rectangles import OPEN_ENDED, matter_number, shelf_of, shelves_of
from projections.solver import Solver
from projections.spell import dated
from projections.subject import SubjectKey
from projections.summary import intervals

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

TELLING = ("matter", "body", "part", "subject", "value", "over", "said", "cites")
_STORED = ("spell", "telling", *TELLING, "valid_from", "valid_to", "known_from")
KNOWN_OPEN_ENDED = f"""
    SELECT {", ".join(_STORED)} FROM rectangles JOIN tellings USING (telling)
    WHERE matter_from = ? AND known_to = {OPEN_ENDED} AND matter = ?
"""

Row = dict[str, Any]
Same = tuple[Any, ...]

told_in = itemgetter(*TELLING)  # what is said, on whatever days
_same = itemgetter(*TELLING, "valid_from", "valid_to")  # what a spell says, whenever it was known


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, indexes and views in an empty database."""
    from sqlite_utils import Database  # loaded where it is needed, for it takes longer than to follow an append

    database = Database(connection)
    database.table("entries").create(
        {
            "position": int, "recorded_at": str, "recorded_by": str, "kind": str, "body": str, "matter": str,
            "sequence": int, "effective": str, "effective_from": str, "effective_to": str, "stands": int, "data": str,
            "event_id": bytes,
        },
        pk="position",
    )  # fmt: skip
    database.table("entries").create_index(["body"])
    a_hash = "length(value) = 64 AND value NOT GLOB '*[^0-9a-f]*'"  # nobody looks for one, or likes to read it
    text = f"SELECT group_concat(value, ' ') FROM json_tree(data) WHERE type = 'text' AND NOT ({a_hash})"
    database.create_view("texts", f"SELECT position, kind, ({text}) AS text FROM entries")
    database.execute(
        "CREATE VIRTUAL TABLE entries_fts USING fts5("
        "kind, text, content='texts', content_rowid='position', tokenize='porter unicode61')"
    )
    database.table("tellings").create(
        {
            "telling": int, "matter": str, "body": str, "part": str, "subject": str, "value": str, "over": int,
            "said": str, "cites": str,
        },
        pk="telling",
    )  # fmt: skip
    database.execute(
        "CREATE VIRTUAL TABLE rectangles USING rtree_i32(spell, "
        "matter_from, matter_to, shelf_from, shelf_to, valid_from, valid_to, known_from, known_to, +telling)"
    )
    days = ", ".join(f"date({day} + 1721424.5) AS {day}" for day in ("valid_from", "valid_to"))
    known = f"known_from, nullif(known_to, {OPEN_ENDED}) AS known_to"
    database.create_view(
        "spells",
        f"SELECT spell, matter, body, part, subject, value, {days}, {known}, over, said, cites "
        "FROM rectangles JOIN tellings USING (telling)",
    )
    for view, (part, fields) in _VIEWS.items():
        told = ", ".join(f"said ->> '{field}' AS {field}" for field in fields)
        shelf_from, shelf_to = shelves_of(part)
        which = "" if part in _ONE_OF_A_KIND else f"subject AS {part}, "
        database.create_view(
            view,
            f"SELECT body, {which}{told}, {days}, said ->> 'entries' AS entries "
            "FROM rectangles JOIN tellings USING (telling) "
            f"WHERE shelf_from >= {shelf_from} AND shelf_to <= {shelf_to} AND known_to = {OPEN_ENDED}",
        )


def entry_row(entry: Entry) -> Row:
    """An entry as a row of the audit history."""
    event = entry.event
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
        "data": orjson.dumps(entry.event.data()).decode(),
        "event_id": bytes.fromhex(entry.event_id),
    }


def apply(connection: sqlite3.Connection, entries: Sequence[Entry], matters: Mapping[str, Sequence[Entry]]) -> None:
    """Bring the tables up to these entries, in the open transaction. ``matters`` are their matters, up to them."""
    first = entries[0].position
    rows = [entry_row(entry) for entry in entries]
    _insert(connection, "entries", rows[0], rows)
    texts = "SELECT position, kind, text FROM texts WHERE position >= ?"
    connection.execute(f"INSERT INTO entries_fts (rowid, kind, text) {texts}", [first])
    begun, told = list[Row](), dict[Same, int]()
    for matter, own in matters.items():
        since = next(entry.position for entry in own if entry.position >= first)
        if any(isinstance(entry.event, Amendment) for entry in own if entry.position >= since):
            lines = Versions(own)
            stands = [(int(lines.is_in_force(entry.event_id)), entry.position) for entry in own]
            connection.executemany("UPDATE entries SET stands = ? WHERE position = ?", stands)
        stored = known_still(connection, matter) if own[0].position < first else []
        told |= {told_in(row): row["telling"] for row in stored}
        for row in turns(matter, own, since, stored):
            if "spell" in row:
                ended = [row["known_to"], row["spell"]]
                connection.execute("UPDATE rectangles SET known_to = ? WHERE spell = ?", ended)
            else:
                begun.append(row)
    _begin(connection, begun, told)


def known_still(connection: sqlite3.Connection, matter: str) -> list[Row]:
    """The spells of a matter that are stored as known still."""
    found = connection.execute(KNOWN_OPEN_ENDED, [matter_number(matter, body_of(matter)), matter])
    return [dict(zip(_STORED, row, strict=True)) for row in found]


def _begin(connection: sqlite3.Connection, begun: Iterable[Row], told: dict[Same, int]) -> None:
    """Add the spells that begin; what is ``told`` already has its number, and is not told again."""
    ((last,),) = connection.execute("SELECT coalesce(max(telling), 0) FROM tellings")
    numbers, tellings, rectangles = count(last + 1), list[Row](), list[tuple[int, ...]]()
    for row in begun:
        same = told_in(row)
        if same not in told:
            told[same] = next(numbers)
            tellings.append({"telling": told[same], **row})
        rectangles.append((*place(row), told[same]))
    _insert(connection, "tellings", ("telling", *TELLING), tellings)
    connection.executemany("INSERT INTO rectangles VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rectangles)


def _insert(connection: sqlite3.Connection, table: str, columns: Iterable[str], rows: Iterable[Row]) -> None:
    """Add rows; for so many, sqlite-utils takes longer than SQLite."""
    names = tuple(columns)
    values = ", ".join(f":{name}" for name in names)
    connection.executemany(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({values})", rows)


def turns(matter: str, own: Sequence[Entry], since: int = 0, stored: Iterable[Row] = ()) -> Iterator[Row]:
    """What ends and what begins in a matter with its entries from a position on, where these spells are stored as
    known still: what is no longer so as known from an entry on is ended there; what has a number is stored already.
    Of a matter from its beginning, all its spells."""
    known: dict[SubjectKey, dict[Same, Row]] = {}
    for row in stored:
        known.setdefault((row["part"], row["subject"]), {})[_same(row)] = row
    lines = Versions(entry for entry in own if entry.position < since)
    before = list(substreams(matter, lines.in_force()))
    for entry in own:
        if entry.position < since:
            continue
        lines.add(entry)
        now = list(substreams(matter, lines.in_force()))
        for key, machine, facts in _changed(before, now):
            was, new = known.get(key, {}), {_same(row): row for row in _spells(matter, key, machine, facts)}
            yield from (was[same] | {"known_to": entry.position} for same in was if same not in new)
            begun = {"known_from": entry.position, "known_to": None}
            known[key] = {same: was.get(same) or new[same] | begun for same in new}
        before = now
    yield from (row for rows in known.values() for row in rows.values() if "spell" not in row)


def _changed(before: Iterable[Substream], now: Iterable[Substream]) -> Iterator[Substream]:
    """The substreams that are not what they were; of those that are no more, without facts."""
    had = {key: (machine, facts) for key, machine, facts in before}
    for key, machine, facts in now:
        if had.pop(key, (machine, None))[1] != facts:
            yield Substream(key, machine, facts)
    yield from (Substream(key, machine, []) for key, (machine, _) in had.items())


def _spells(matter: str, key: SubjectKey, machine: StateMachine[Any], facts: Iterable[Entry]) -> Iterator[Row]:
    """The spells of a subject with these facts, without the positions that bound their knowledge."""
    part, id = key
    for state in intervals(Solver(machine, facts).spells):
        yield {
            "matter": matter,
            "body": body_of(matter),
            "part": part,
            "subject": id,
            "value": state.summary,
            "over": int(state.over),
            "said": orjson.dumps(state.data).decode(),
            "cites": orjson.dumps(state.cites).decode(),
            "valid_from": state.first.toordinal(),
            "valid_to": state.until.toordinal(),
        }


def place(row: Row) -> tuple[int, ...]:
    """The sides of a spell in the R-tree."""
    matter, shelf = matter_number(row["matter"], row["body"]), shelf_of(row["part"], over=row["over"])
    known_to = OPEN_ENDED if row["known_to"] is None else row["known_to"]
    return (matter, matter + 1, *shelf, row["valid_from"], row["valid_to"], row["known_from"], known_to)
