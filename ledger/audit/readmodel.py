"""The read model of a ledger, compared with a replay matter by matter, without rebuilding or sorting it.

This takes longer than all other checks together. For a large ledger a second process does it at the same time. It reads
a ledger that is not verified yet, so its result counts only if the ledger is sound.
"""

import json
import os
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TypeGuard

from eventsourcing.persistence import PersistenceError

from events import Entry
from ledger.audit.database import SCHEMA, Unreadable, compare_schema, opened
from ledger.audit.report import Check, Report
from ledger.audit.tables import LedgerFile
from ledger.errors import Refused, check_room
from ledger.readmodel.follow import ReadModel
from ledger.readmodel.query import open_model, trouble
from ledger.readmodel.version import current_version
from ledger.replay import ties_in, with_what_they_need
from ledger.store.reader import Reader
from ledger.store.schema import WITHHOLDS
from ledger.store.sqlite import LedgerCursor
from projections import tables
from projections.amendments import Versions
from projections.body import body_of

_SAMPLE = 200  # entries
_LARGE = 5_000  # entries; with half as many, starting a second process takes the time that it saves
_REMEDY = "replace it with `force-ledger rebuild`"


@contextmanager
def comparing(
    model: Path | None, audited: object, folder: Path, since: int
) -> Iterator[Callable[[Reader, Report], None]]:
    """Yields a function that reports how a read model compares with the ledger; call it if the ledger is sound. For a
    large ledger a second process starts at once, and ends with the block. The folder is for temporary files. Of the
    entries before ``since`` only a sample is compared."""
    model = model if model and model.exists() else None
    process = _start_process(model, audited.path, folder, since) if model and _is_for_two(audited) else None

    def compare(reader: Reader, report: Report) -> None:
        output = process.communicate()[0] if process else b""
        if process and process.returncode == 0:
            report.checks["model"] = Check(**json.loads(output))
        elif model:
            check_model(model, reader, folder, report, since)

    try:
        yield compare
    finally:
        if process:
            with process:
                process.kill()


def check_model(path: Path, reader: Reader, folder: Path, report: Report, since: int = 0) -> None:
    """Check that a read model is equal to a replay of the ledger, for the entries that it covers; with ``since``, for
    the matters of the entries from that position on, and for a sample of the others."""
    try:
        with closing(opened(path)) as model:
            (version,) = model.execute("PRAGMA user_version").fetchone()
            if version != current_version():
                report.note("model", "the read model is of another version, and will be rebuilt")
            elif _is_sound(model, folder, report, "quick_check" if since else "integrity_check"):
                _compare(model, reader, report, since)
    except (sqlite3.Error, UnicodeError, Unreadable, Refused) as error:
        check_room(error)
        report.wrong("model", f"the read model cannot be read: {error}; {_REMEDY}")
    sample = f": the matters of what is new, and of {_SAMPLE} entries taken at random" if since else ""
    report.check("model", f"the read model is equal to a replay{sample}")


def _is_sound(model: sqlite3.Connection, folder: Path, report: Report, check: str) -> bool:
    """Whether it has our tables and indexes, and passes a check of SQLite."""
    blank = folder / "blank.model.db"
    try:
        ReadModel.create(blank)
    except (sqlite3.Error, PersistenceError) as error:
        raise trouble(blank, error) from error
    with open_model(blank) as ours:
        if not compare_schema(model.execute(SCHEMA), ours.execute(SCHEMA), report, "model"):
            return False
    (sound,) = model.execute(f"PRAGMA {check}(1)").fetchone()
    if sound != "ok":
        report.wrong("model", f"SQLite says: {sound}; {_REMEDY}")
    return bool(sound == "ok")


def _compare(model: sqlite3.Connection, reader: Reader, report: Report, since: int) -> None:
    ((covered,),) = model.execute("SELECT coalesce(max(position) + 1, 0) FROM entries")
    if reader.rows(f"SELECT 1 FROM entries WHERE position >= ? AND {WITHHOLDS}", (covered,)):
        report.note("model", "something was withheld since the read model was made, and it will be rebuilt")
        return
    found = dict.fromkeys(tables.NAMES, 0)
    wrong: set[tuple[str, int]] = set()
    covering = reader.up_to(covered - 1)
    ties = ties_in(covering)
    for own in _sample(covering, since, covered) if since else _matters(reader, covered):
        versions, is_amended = Versions(own), any(entry.amends for entry in own)
        for entry in own:
            row = tables.entry_row(entry, versions if is_amended else None)
            if model.execute("SELECT * FROM entries WHERE position = ?", row[:1]).fetchone() != row:
                wrong.add(("entries", row[0]))
        found["entries"] += len(own)
        rows = {"cited": tables.first_cited(own)}
        if not ties.needs(own[0].matter):
            rows |= tables.rows_of(own[0].matter, own)
        _compare_rows(model, own[0].matter, own, rows, found, wrong)
    for matter, needed in with_what_they_need(ties.affected_by(ties.of()), ties, covering).items():
        _compare_rows(model, matter, needed, tables.rows_of(matter, needed), found, wrong)
    beyond = model.execute("SELECT position FROM entries WHERE position < 0 OR position >= ?", (reader.head().size,))
    wrong |= {("entries", position) for (position,) in beyond}
    for table, position in sorted(wrong):
        report.wrong("model", f"its {table} are not those of a replay; {_REMEDY}", position)
    for table, number in found.items():
        if not since and model.execute(f"SELECT count(*) FROM {table}").fetchone() != (number,):
            what = f"it has duplicate {table}, or {table} of a matter that the ledger does not have"
            report.wrong("model", f"{what}; {_REMEDY}")


def _compare_rows(
    model: sqlite3.Connection,
    matter: str,
    own: list[Entry],
    rows: Mapping[str, tuple[str, set[tables.Row]]],
    found: dict[str, int],
    wrong: set[tuple[str, int]],
) -> None:
    """Compare the rows that tables should have of a matter. Count them, and add the positions of those that differ, or
    of the matter's last entry."""
    for table, (columns, ours) in rows.items():
        query = f"SELECT {columns} FROM {table} WHERE matter = ? AND body IS ?"
        for row in ours ^ {*model.execute(query, (matter, body_of(matter)))}:
            position = dict(zip(columns.split(", "), row, strict=True)).get("known_from", own[-1].position)
            wrong.add((table, position if isinstance(position, int) else own[-1].position))
        found[table] += len(ours)


def _sample(reader: Reader, since: int, covered: int) -> Iterator[list[Entry]]:
    """The matters of the entries since a position, and of some others."""
    others = random.sample(range(min(since, covered)), min(_SAMPLE, since, covered))
    entries = reader.entries_at([*others, *range(since, covered)])
    yield from reader.matters(dict.fromkeys(entry.matter for entry in entries)).values()


def _matters(reader: Reader, covered: int) -> Iterator[list[Entry]]:
    """The matters of a ledger in the order of their names, each with the entries that the read model covers."""
    query = "SELECT matter, position, entry, salted FROM entries LEFT JOIN data USING (position)"
    rows = reader.iter_rows(f"{query} ORDER BY matter, sequence")
    for _, own in groupby((row for row in rows if row[1] < covered), itemgetter(0)):
        yield [Entry.read(*stored) for _, *stored in own]


def _is_for_two(audited: object) -> TypeGuard[LedgerFile]:
    """Whether two processes can read the ledger, and it is large enough."""
    if not isinstance(audited, LedgerFile) or not audited.immutable:
        return False
    return (os.cpu_count() or 1) > 1 and audited.size() >= _LARGE


def _start_process(model: Path, ledger: Path, folder: Path, since: int) -> "subprocess.Popen[bytes] | None":
    """Check a read model in another process, which imports nothing from the current folder; None where no process can
    be started."""
    command = [sys.executable, "-P", "-c", f"from {__name__} import main; main()", str(since)]
    try:
        return subprocess.Popen(
            [*command, *map(str, (model, ledger, folder))],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # an unsound ledger can cause any error
        )
    except OSError:
        return None


def main() -> None:
    """Check a read model against the file of a ledger, and write the result as JSON."""
    since, (model, ledger, folder) = int(sys.argv[1]), map(Path, sys.argv[2:])
    report = Report()
    with closing(opened(ledger)) as connection:
        check_model(model, Reader(LedgerCursor(connection.cursor())), folder, report, since)
    print(json.dumps(asdict(report.checks["model"])))
