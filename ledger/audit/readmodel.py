"""The read model of a ledger, held against the ledger matter by matter: none of it is made anew, none is sorted.

That takes longer than all other checks together, and asks for nothing that they find. So of a large ledger another
process does it meanwhile. It reads a ledger that nobody has proved yet, and its answer counts if that turns out sound.
"""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from events import Entry
from ledger.audit.audited import Audited
from ledger.audit.database import SCHEMA, Row, Unreadable, compare_schema, opened
from ledger.audit.report import Check, Report
from ledger.audit.tables import LedgerFile
from ledger.readmodel.follow import ReadModel
from ledger.readmodel.query import asking
from ledger.store.reader import Reader
from ledger.store.schema import WITHHOLDS
from ledger.store.sqlite import LedgerCursor
from projections import tables
from projections.amendments import Versions
from projections.body import body_of
from projections.rectangles import VERSION, matter_number

_LARGE = 5_000  # entries; at half of that another process saves no more time than it takes to start
_REMEDY = "throw it away with `rebuild`"
_SPELLS = f"""
    SELECT telling, known_from, {", ".join(tables.TELLING)},
        matter_from, matter_to, shelf_from, shelf_to, valid_from, valid_to, known_from, known_to
    FROM rectangles JOIN tellings USING (telling) WHERE matter_from = ? AND matter = ?
"""


class Comparison:
    """The comparison of a read model, if there is one, with what is audited: begun at once beside all else, if that is
    worth it. Use it as a context manager, for it ends with the block."""

    def __init__(self, model: Path | None, audited: Audited, folder: Path) -> None:
        """The folder is for what is thrown away."""
        self._model = model if model and model.exists() else None
        self._folder = folder
        ledger = _worth_two(audited) if self._model else None
        self._process = _beside(self._model, ledger, folder) if self._model and ledger else None

    def __enter__(self) -> "Comparison":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            with self._process as process:
                process.kill()

    def end(self, reader: Reader, report: Report) -> None:
        """Say what it found, once all that the reader sees is sound. What another process could not do is done here."""
        said = self._process.communicate()[0] if self._process else b""
        if self._process and self._process.returncode == 0:
            report.checks["model"] = Check(**json.loads(said))
        elif self._model:
            check_model(self._model, reader, self._folder, report)


def check_model(path: Path, reader: Reader, folder: Path, report: Report) -> None:
    """The read model says what a replay of the ledger says, as far as it has come."""
    try:
        with closing(opened(path)) as model:
            (version,) = model.execute("PRAGMA user_version").fetchone()
            if version != VERSION:
                report.note("model", "the read model is of another version, and will be made anew")
            elif _is_ours(model, folder, report):
                _check_tables(model, reader, report)
    except (sqlite3.Error, UnicodeError, Unreadable) as error:
        report.wrong("model", f"the read model cannot be read: {error}; {_REMEDY}")
    report.check("model", "the read model is equal to a replay")


def _is_ours(model: sqlite3.Connection, folder: Path, report: Report) -> bool:
    """Whether its tables can be read: they are ours, and SQLite finds them sound."""
    blank = folder / "blank.model.db"
    ReadModel.create(blank)
    with asking(blank) as ours:
        if not compare_schema(model.execute(SCHEMA), ours.execute(SCHEMA), report, "model"):
            return False
    for question in ("PRAGMA integrity_check(1)", "SELECT rtreecheck('rectangles')"):
        (sound,) = model.execute(question).fetchone()
        if sound != "ok":
            report.wrong("model", f"SQLite says: {sound}; {_REMEDY}")
            return False
    return True


def _check_tables(model: sqlite3.Connection, reader: Reader, report: Report) -> None:
    ((come,),) = model.execute("SELECT coalesce(max(position) + 1, 0) FROM entries")
    if reader.rows(f"SELECT 1 FROM entries WHERE position >= ? AND {WITHHOLDS}", (come,)):
        report.note("model", "something was withheld since the read model was made, and it will be made anew")
        return
    entries = spells = tellings = 0
    wrong: set[tuple[str, int]] = set()
    for own in _matters(reader, come):
        wrong |= {("entries", entry.position) for entry, row in _rows(own) if row != _stored_row(model, entry.position)}
        entries += len(own)
        matter = own[0].matter
        stored = model.execute(_SPELLS, (matter_number(matter, body_of(matter)), matter)).fetchall()
        ours = {(row["known_from"], *tables.told_in(row), *tables.place(row)) for row in tables.turns(matter, own)}
        wrong |= {("spells", at) for at, *_ in ours ^ {row[1:] for row in stored}}
        spells += len(ours)
        tellings += len({telling for telling, *_ in stored})
    beyond = model.execute("SELECT position FROM entries WHERE position NOT BETWEEN 0 AND ? - 1", (entries,))
    wrong |= {("entries", position) for (position,) in beyond}
    for table, at in sorted(wrong):
        report.wrong("model", f"its {table} are not those of a replay; {_REMEDY}", at)
    counted = model.execute("SELECT (SELECT count(*) FROM rectangles), (SELECT count(*) FROM tellings)").fetchone()
    if counted != (spells, tellings):
        report.wrong("model", f"it has spells that are of no matter, or of none of their subjects; {_REMEDY}")


def _matters(reader: Reader, come: int) -> Iterator[list[Entry]]:
    """The matters of a ledger, by their names, each up to a position."""
    rows = reader.iter_rows("SELECT matter, position, entry FROM entries ORDER BY matter, sequence")
    for _, own in groupby((row for row in rows if row[1] < come), itemgetter(0)):
        yield [Entry.read(position, data) for _, position, data in own]


def _rows(own: Sequence[Entry]) -> Iterator[tuple[Entry, Row]]:
    """The rows of the entries of a matter, as a replay has them."""
    lines = Versions(own)
    for entry in own:
        row = tables.entry_row(entry) | {"stands": int(lines.is_in_force(entry.event_id))}
        yield entry, tuple(row.values())


def _stored_row(model: sqlite3.Connection, position: int) -> Row:
    return model.execute("SELECT * FROM entries WHERE position = ?", (position,)).fetchone() or ()


def _worth_two(audited: Audited) -> Path | None:
    """The file of a ledger that two processes can read and find the same, where there is another processor for the
    second, and enough to do."""
    if not (isinstance(audited, LedgerFile) and audited.immutable and (os.cpu_count() or 1) > 1):
        return None
    return audited.path if audited.size() >= _LARGE else None


def _beside(model: Path, ledger: Path, folder: Path) -> "subprocess.Popen[bytes] | None":
    """Check a read model in another process, which imports what this one does, and nothing from where it is started;
    None where there can be none."""
    command = [sys.executable, "-P", "-c", f"from {__name__} import main; main()"]
    try:
        return subprocess.Popen(
            [*command, *map(str, (model, ledger, folder))],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # of a ledger that is not sound anything may come
        )
    except OSError:
        return None


def main() -> None:
    """Check a read model against the file of a ledger, and write the finding as JSON."""
    model, ledger, folder = map(Path, sys.argv[1:])
    report = Report()
    with closing(opened(ledger)) as connection:
        check_model(model, Reader(LedgerCursor(connection.cursor())), folder, report)
    print(json.dumps(asdict(report.checks["model"])))
