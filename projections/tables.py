"""The tables of the read model: one disposable SQLite file, which sqlite-utils and Datasette can open.

    entries     every entry as it was recorded, with full-text search
    spells      what was true when, as known when: each state of a subject, over days and positions
    evidence    what each entry behind a phase or a concern records of it
    stays       the times in Engage and with a concern open, as known now
    cited       which documents the entries of a matter cite, and since which position
    phases, concerns, due …   views of what is known now: `projections.views`

A spell holds on the days from ``valid_from`` up to, not including, ``valid_to``. It was known from position
``known_from`` up to, not including, ``known_to``, which is empty while it is still known. A subject has at most one
spell on a day at a position. An entry changes the spells of its own matter, and of those
that need it (`projections.handover`).

A submission is recorded as a whole, so the spells say what was known at the end of each. A change is known from the
last entry of the submission that bears on the matter. Only a replay says what a part of a submission amounts to.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby, zip_longest
from operator import attrgetter
from typing import Any, NamedTuple

import orjson

from events import Entry, WorldEvent
from events.dates import instant
from projections.amendments import Versions
from projections.body import Substream, body_of, substreams
from projections.concern import CONCERN
from projections.days import FIRST_DAY, LAST_DAY, span
from projections.durations import stays_of
from projections.fact import cited_by, dated
from projections.machine import StateMachine
from projections.monitoring import MONITORING
from projections.solver import Solver
from projections.spell import Spells
from projections.subject import SubjectKey
from projections.summary import evidence_of, intervals_without_evidence
from projections.views import VIEWS

_ENTRIES = {
    "position": int, "recorded_at": str, "recorded_by": str, "kind": str, "body": str, "matter": str, "sequence": int,
    "effective": str, "effective_from": str, "effective_to": str, "in_force": int, "data": str, "event_id": bytes,
    "rules": int, "submission": int, "before": str,
}  # fmt: skip
_SPELLS = {
    "spell": int, "matter": str, "body": str, "subject": str, "id": str, "value": str, "summary": str, "data": str,
    "over": int, "cites": str, "valid_from": str, "valid_to": str, "known_from": int, "known_to": int,
}  # fmt: skip
_EVIDENCE = {
    "evidence": int, "matter": str, "body": str, "entry": int, "data": str, "known_from": int, "known_to": int,
}  # fmt: skip
_STAYS = {"matter": str, "body": str, "subject": str, "id": str, "began": str, "data": str}
_INDEXES = (
    ("body", "subject", "over", "valid_from", "valid_to", "known_from", "known_to"),  # a state, the board
    ("matter", "known_to"),  # following an append; a document
    ("subject", "known_to"),  # a view
)
NAMES = ("entries", "spells", "evidence", "stays", "cited")
# + keeps SQLite from the index by body: the one by matter finds fewer rows
STILL_KNOWN = {
    "spells": "SELECT * FROM spells WHERE matter = ? AND +body IS ? AND known_to IS NULL",
    "evidence": "SELECT * FROM evidence WHERE matter = ? AND body IS ? AND known_to IS NULL",
}

Row = tuple[Any, ...]
_ANY: SubjectKey = ("", "")
"""Stands for the key of a subject in tables that have none."""


class _Known(NamedTuple):
    """A row without its number, and the positions from which, and up to which, it was known."""

    values: Row
    first: int
    until: int | None = None


def create(connection: sqlite3.Connection) -> None:
    """Make the tables, indexes and views in an empty database."""
    from sqlite_utils import Database  # imported here: the import takes longer than following an append

    database = Database(connection)
    database.table("entries").create(_ENTRIES, pk="position").create_index(["body"])
    not_a_hash = "NOT (length(value) = 64 AND value NOT GLOB '*[^0-9a-f]*')"  # nobody searches for a hash
    text = f"SELECT group_concat(value, ' ') FROM json_tree(data) WHERE type = 'text' AND {not_a_hash}"
    database.create_view("texts", f"SELECT position, kind, ({text}) AS text FROM entries")
    database.execute(
        "CREATE VIRTUAL TABLE entries_fts USING fts5("
        "kind, text, content='texts', content_rowid='position', tokenize='porter unicode61')"
    )
    spells = database.table("spells").create(_SPELLS, pk="spell")
    for columns in _INDEXES:
        spells.create_index(columns)
    database.table("evidence").create(_EVIDENCE, pk="evidence").create_index(["body", "matter"])
    database.table("stays").create(_STAYS).create_index(["body", "began"]).create_index(["matter"])
    cited = "body TEXT, matter TEXT, document TEXT, known_from INTEGER, PRIMARY KEY (body, matter, document)"
    database.execute(f"CREATE TABLE cited ({cited}) WITHOUT ROWID")
    for view, sql in VIEWS.items():
        database.create_view(view, sql)


def add(connection: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Add entries that follow the last one, in the open transaction. Then `fold` their matters."""
    _insert(connection, "entries", [entry_row(entry) for entry in entries])
    connection.executemany("INSERT OR IGNORE INTO cited VALUES (?, ?, ?, ?)", cited_rows(entries))
    texts = "SELECT position, kind, text FROM texts WHERE position >= ?"
    connection.execute(f"INSERT INTO entries_fts (rowid, kind, text) {texts}", [entries[0].position])


def fold(connection: sqlite3.Connection, matters: Mapping[str, Sequence[Entry]], first: int) -> None:
    """Bring the other tables up to the entries of these matters from position ``first`` on, the first one of a
    submission, in the open transaction. Each matter is given with the entries that it needs, by position."""
    new: dict[str, list[Row]] = {"spells": [], "evidence": [], "stays": []}
    ended: dict[str, list[Row]] = {"spells": [], "evidence": []}
    for matter, own in matters.items():
        since = next(entry.position for entry in own if entry.position >= first)
        if any(entry.amends for entry in own if entry.position >= since):
            _mark_versions(connection, own)
        stored = {}
        if own[0].position < first:
            of = (matter, body_of(matter))
            stored = {table: connection.execute(query, of).fetchall() for table, query in STILL_KNOWN.items()}
        for table, row in told_rows(matter, own, since, stored):
            if row[0] is None:
                new[table].append(row)
            else:
                ended[table].append((row[-1], row[0]))
        new["stays"] += stay_rows(matter, own)
        connection.execute("DELETE FROM stays WHERE matter = ?", [matter])
    for table, rows in ended.items():
        connection.executemany(f"UPDATE {table} SET known_to = ? WHERE rowid = ?", rows)
    for table, rows in new.items():
        _insert(connection, table, rows)


def entry_row(entry: Entry, versions: Versions | None = None) -> Row:
    """The row of an entry in the table ``entries``; without data if they were withheld. Give the versions of its
    matter, if it was amended."""
    event, (in_force, before) = entry.content, _marks(entry, versions) if versions else (1, "[]")
    effective, first, last = None, None, None
    if isinstance(event, WorldEvent):
        effective, (first, last) = event.effective.text, (span(day, day) or None for day in dated(entry))
    return (
        entry.position,
        instant(entry.recorded_at),
        entry.recorded_by,
        entry.kind,
        body_of(entry.matter),
        entry.matter,
        entry.sequence,
        effective,
        first,
        last,
        in_force,
        _data(entry),
        bytes.fromhex(entry.event_id),
        entry.rules,
        entry.submitted_with.start,
        before,
    )


def _marks(entry: Entry, versions: Versions) -> tuple[int, str]:
    """Whether an entry is in force; and the documents that it cites which say only what the record said before."""
    before = [document for document in cited_by(entry) if versions.says(entry, document) == "before"]
    return int(versions.is_in_force_or_upheld(entry.event_id)), orjson.dumps(before).decode()


def _data(entry: Entry) -> str | None:
    """Its fields as JSON: the stored bytes, unless an earlier version of its kind has others."""
    if entry.content is not None and entry.content.version != entry.version:
        return orjson.dumps(entry.fields).decode()
    return entry.data.decode() or None


def rows_of(matter: str, own: Sequence[Entry]) -> dict[str, tuple[str, set[Row]]]:
    """The rows that the tables made by a fold should have of a matter, and their columns, without their numbers;
    ``own`` are its entries, and those that it needs."""
    found: dict[str, tuple[str, set[Row]]] = {
        "spells": (", ".join([*_SPELLS][1:]), set()),
        "evidence": (", ".join([*_EVIDENCE][1:]), set()),
        "stays": (", ".join(_STAYS), {*stay_rows(matter, own)}),
    }
    for table, row in told_rows(matter, own):
        found[table][1].add(row[1:])
    return found


def first_cited(own: Iterable[Entry]) -> tuple[str, set[Row]]:
    """The rows of ``cited`` that a matter with these entries should have, and their columns."""
    first = {row[:3]: row for row in reversed([*cited_rows(own)])}
    return "body, matter, document, known_from", {*first.values()}


def cited_rows(entries: Iterable[Entry]) -> Iterator[Row]:
    """The rows of ``cited``; of each document of a matter the first counts."""
    for entry in entries:
        if body := body_of(entry.matter):
            for target in entry.refers_to():
                matter, _, document = target.partition("/")
                if matter == "document":
                    yield body, entry.matter, document, entry.position


def stay_rows(matter: str, own: Sequence[Entry]) -> Iterator[Row]:
    """The rows of ``stays`` of a matter."""
    if "/" in matter and matter.split("/")[1] in ("monitoring", "concern"):
        for substream in substreams(matter, Versions(own).in_force()):
            body, solver = body_of(matter), substream.solver()
            for stay in stays_of(substream.key, solver.spells, solver.whole):
                yield matter, body, stay.subject, stay.id, stay.began, orjson.dumps(stay.data).decode()


def told_rows(
    matter: str, own: Sequence[Entry], since: int = 0, stored: Mapping[str, Iterable[Row]] | None = None
) -> Iterator[tuple[str, Row]]:
    """The rows of ``spells`` and ``evidence`` that a matter's entries from position ``since`` on begin or end, each
    with its table. ``own`` are its entries and those that it needs, by position.

    ``stored`` are the matter's rows that were known until then. Of these, the rows that end are yielded with their
    number and ``known_to``; new rows have no number. With ``since`` 0 these are all its rows.
    """
    known: dict[tuple[str, SubjectKey], dict[Row, Row]] = {}
    for table, rows in (stored or {}).items():
        for row in rows:
            key = (row[3], row[4]) if table == "spells" else _ANY
            known.setdefault((table, key), {})[row[1:-2]] = row
    versions = Versions(entry for entry in own if entry.position < since)
    before = list(substreams(matter, versions.in_force()))
    new = (entry for entry in own if entry.position >= since)
    todo = [[*one] for _, one in groupby(new, attrgetter("submitted_with"))]
    while todo:
        some = todo[: _at_once(matter, before, todo)]
        todo = todo[len(some) :]
        added = {entry: submission[-1].position for submission in some for entry in submission}
        for entry in added:
            versions.add(entry)
        now = list(substreams(matter, versions.in_force()))
        for had, substream in _changed(before, now):
            for table, key, told in _rows_of_subject(
                matter, had, substream, known.get(("spells", substream.key), {}), added
            ):
                known[table, key], ended = _compared(known.get((table, key), {}), told, some[0][-1].position)
                yield from ((table, row) for row in ended)
        before = now
    yield from ((table, row) for (table, _), rows in known.items() for row in rows.values() if row[0] is None)


def _at_once(matter: str, before: Sequence[Substream], todo: Sequence[Sequence[Entry]]) -> int:
    """How many of these submissions can be folded at once: those that only continue a settled history, each entry on a
    later known day, so that the states of each day are what was known from its entry on. Folded one by one, a long
    history would be folded as often as it has submissions."""
    if not (matter.endswith("/monitoring") or "/concern/" in matter):
        return 1
    facts = [entry for own in before for entry in own.entries]
    number = _continuing(matter, max((dated(fact)[1] for fact in facts), default=FIRST_DAY), todo)
    if number <= 1 or any(fact.contradicted for fact in facts) or any(own.handovers for own in before):
        return 1
    return number if all(_is_settled(own.machine, own.entries) for own in before) else 1


def _continuing(matter: str, day: date, todo: Sequence[Sequence[Entry]]) -> int:
    """How many of these submissions have only facts of the matter itself, each on a known day after the one before."""
    for number, submission in enumerate(todo):
        for entry in submission:
            is_simple = entry.content and entry.matter == matter and not entry.amends
            first, last = dated(entry) if is_simple else (FIRST_DAY, LAST_DAY)
            if not day < first == last:
                return number
            day = last
    return len(todo)


def _is_settled(machine: StateMachine[Any], entries: Sequence[Entry]) -> bool:
    """Whether facts are on known days, in an order that nothing later can change."""
    known = all(first == last for first, last in map(dated, entries))  # else what is possible says until when
    return known and Solver(machine, entries).totally_ordered


def _rows_of_subject(
    matter: str, had: Substream | None, now: Substream, was: Iterable[Row], added: Mapping[Entry, int]
) -> Iterator[tuple[str, SubjectKey, list[_Known]]]:
    """The rows of a subject with these entries added, by their table; ``was`` are its spells before. ``added`` says of
    each entry from which position on it is known."""
    first = next(iter(added.values()))
    spells, same = now.solver().spells, _same_before(had, now).isoformat()
    kept = [values for values in was if values[-1] <= same]
    start = max((date.fromisoformat(values[-1]) for values in kept), default=FIRST_DAY)
    told = [_Known(values, first) for values in kept]
    yield "spells", now.key, [*told, *_one_by_one([*_values(matter, now.key, spells, start)], added)]
    if evidence := evidence_of(spells):
        known, body = {entry.position: at for entry, at in added.items()}, body_of(matter)
        yield (
            "evidence",
            _ANY,
            [
                _Known((matter, body, position, orjson.dumps(data).decode()), known.get(position, first))
                for position, data in evidence.items()
            ],
        )
    elif had and now.machine in (MONITORING, CONCERN):
        yield "evidence", _ANY, []


def _one_by_one(rows: Sequence[Row], added: Mapping[Entry, int]) -> Iterator[_Known]:
    """The rows that these spells would have if the submissions had been folded one by one: each spell is the last one,
    without an end, from the submission that begins it, and has its end from the one that begins the next."""
    first, *others = dict.fromkeys(added.values())
    begins = {dated(entry)[0].isoformat(): known for entry, known in added.items()} if others else {}
    for row, following in zip_longest(rows, rows[1:]):
        known = begins.get(row[-2], first)
        ended = begins.get(following[-2], known) if following else known
        if ended > known:
            yield _Known((*row[:-1], LAST_DAY.isoformat()), known, ended)
        yield _Known(row, ended)


def _compared(was: Mapping[Row, Row], told: Iterable[_Known], position: int) -> tuple[dict[Row, Row], list[Row]]:
    """The rows of a subject that are known now, and those that ended: those that are told no more end at this position.
    A row that ``was`` known keeps its number and its first position."""
    now, ended, left = dict[Row, Row](), list[Row](), dict(was)
    for values, first, until in told:
        row = left.pop(values, (None, *values, first, None))
        if until is None:
            now[values] = row
        else:
            ended.append((*row[:-1], until))
    return now, [*ended, *((*row[:-1], position) for row in left.values())]


def _changed(before: Iterable[Substream], now: Iterable[Substream]) -> Iterator[tuple[Substream | None, Substream]]:
    """The substreams whose entries differ, as they were, if they were there before, and as they are; one that is no
    longer there has no entries."""
    had = {substream.key: substream for substream in before}
    for substream in now:
        if (was := had.pop(substream.key, None)) is None or was.entries != substream.entries:
            yield was, substream
    yield from ((gone, Substream(gone.key, gone.machine, [])) for gone in had.values())


def _same_before(had: Substream | None, now: Substream) -> date:
    """A day before which the states of a subject are the same as before its entries changed: all facts until then are
    the same, and settled. So a new fact does not make a long history be told again."""
    if had is None or had.handovers or now.handovers:
        return FIRST_DAY
    changed = {*had.entries} ^ {*now.entries}
    day = min(dated(entry)[0] for entry in changed)
    earlier = [entry for entry in now.entries if dated(entry)[0] < day]
    undisputed = not any(entry.contradicted for entry in changed)
    return day if undisputed and _is_settled(now.machine, earlier) else FIRST_DAY


def _values(matter: str, key: SubjectKey, spells: Spells[Any], start: date) -> Iterator[Row]:
    """The columns of a subject's spells from a day on, from ``matter`` to ``valid_to``."""
    for state in intervals_without_evidence(spells, start):
        yield (
            matter,
            body_of(matter),
            *key,
            state.value,
            state.summary,
            orjson.dumps(state.data).decode(),
            int(state.over),
            orjson.dumps(state.cites).decode(),
            state.first.isoformat(),
            state.until.isoformat(),
        )


def _mark_versions(connection: sqlite3.Connection, own: Sequence[Entry]) -> None:
    versions = Versions(own)
    marks = [(*_marks(entry, versions), entry.position) for entry in own]
    connection.executemany("UPDATE entries SET in_force = ?, before = ? WHERE position = ?", marks)


def _insert(connection: sqlite3.Connection, table: str, rows: Sequence[Row]) -> None:
    """Add whole rows; for so many, sqlite-utils is slower than SQLite."""
    if rows:
        connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
