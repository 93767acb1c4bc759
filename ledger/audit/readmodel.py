"""The read model of a ledger, compared with a replay matter by matter, without rebuilding or sorting it.

This takes longer than all other checks together. For a large ledger a second process does it at the same time. It reads
a ledger that is not verified yet, so its result counts only if the ledger is sound.
"""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TypeGuard

from eventsourcing.persistence import PersistenceError

from events import Entry
from ledger.audit.database import SCHEMA, Unreadable, check_room, compare_schema, opened
from ledger.audit.report import Check, Report
from ledger.audit.tables import LedgerFile
from ledger.errors import Refused
from ledger.readmodel.follow import ReadModel
from ledger.readmodel.query import open_model, trouble
from ledger.readmodel.version import current_version
from ledger.replay import ties_in, with_what_they_need
from ledger.store.reader import Reader
from ledger.store.schema import WITHHOLDS
from ledger.store.sqlite import LedgerCursor
from projections import tables
from projections.amendments import Versions

_LARGE = 5_000  # entries; with half as many, starting a second process takes the time that it saves
_REMEDY = "replace it with `force-ledger rebuild`"


@contextmanager
def comparing(model: Path | None, audited: object, folder: Path) -> Iterator[Callable[[Reader, Report], None]]:
    """Yields a function that reports how a read model compares with the ledger; call it if the ledger is sound. For a
    large ledger a second process starts at once, and ends with the block. The folder is for temporary files."""
    model = model if model and model.exists() else None
    process = _start_process(model, audited.path, folder) if model and _is_for_two(audited) else None

    def compare(reader: Reader, report: Report) -> None:
        output = process.communicate()[0] if process else b""
        if process and process.returncode == 0:
            report.checks["model"] = Check(**json.loads(output))
        elif model:
            check_model(model, reader, folder, report)

    try:
        yield compare
    finally:
        if process:
            with process:
                process.kill()


def check_model(path: Path, reader: Reader, folder: Path, report: Report) -> None:
    """Check that a read model is equal to a replay of the ledger, for the entries that it covers."""
    try:
        with closing(opened(path)) as model:
            (version,) = model.execute("PRAGMA user_version").fetchone()
            if version != current_version():
                report.note("model", "the read model is of another version, and will be rebuilt")
            elif _is_sound(model, folder, report):
                _compare(model, reader, report)
    except (sqlite3.Error, UnicodeError, Unreadable, Refused) as error:
        check_room(error)
        report.wrong("model", f"the read model cannot be read: {error}; {_REMEDY}")
    report.check("model", "the read model is equal to a replay")


def _is_sound(model: sqlite3.Connection, folder: Path, report: Report) -> bool:
    """Whether it has our tables and indexes, and passes SQLite's integrity check."""
    blank = folder / "blank.model.db"
    try:
        ReadModel.create(blank)
    except (sqlite3.Error, PersistenceError) as error:
        raise trouble(blank, error) from error
    with open_model(blank) as ours:
        if not compare_schema(model.execute(SCHEMA), ours.execute(SCHEMA), report, "model"):
            return False
    (sound,) = model.execute("PRAGMA integrity_check(1)").fetchone()
    if sound != "ok":
        report.wrong("model", f"SQLite says: {sound}; {_REMEDY}")
    return bool(sound == "ok")


def _compare(model: sqlite3.Connection, reader: Reader, report: Report) -> None:
    ((covered,),) = model.execute("SELECT coalesce(max(position) + 1, 0) FROM entries")
    if reader.rows(f"SELECT 1 FROM entries WHERE position >= ? AND {WITHHOLDS}", (covered,)):
        report.note("model", "something was withheld since the read model was made, and it will be rebuilt")
        return
    entries = spells = 0
    wrong: set[tuple[str, int]] = set()
    covering = reader.up_to(covered - 1)
    ties = ties_in(covering)
    for own in _matters(reader, covered):
        versions = Versions(own)
        for entry in own:
            row = tables.entry_row(entry, in_force=versions.is_in_force(entry.event_id))
            if model.execute("SELECT * FROM entries WHERE position = ?", row[:1]).fetchone() != row:
                wrong.add(("entries", row[0]))
        entries += len(own)
        if not ties.needs(own[0].matter):
            spells += _compare_spells(model, own[0].matter, own, wrong)
    for matter, needed in with_what_they_need(covering.matters(ties.of()), covering).items():
        spells += _compare_spells(model, matter, needed, wrong)
    beyond = model.execute("SELECT position FROM entries WHERE position NOT BETWEEN 0 AND ? - 1", (entries,))
    wrong |= {("entries", position) for (position,) in beyond}
    for table, position in sorted(wrong):
        report.wrong("model", f"its {table} are not those of a replay; {_REMEDY}", position)
    if model.execute("SELECT count(*) FROM spells").fetchone() != (spells,):
        report.wrong(
            "model", f"it has duplicate spells, or spells of a matter that the ledger does not have; {_REMEDY}"
        )


def _compare_spells(model: sqlite3.Connection, matter: str, own: list[Entry], wrong: set[tuple[str, int]]) -> int:
    """Compare the spells of a matter, and add the positions of those that differ; the number that there should be."""
    stored = model.execute("SELECT * FROM spells WHERE matter = ?", (matter,))
    ours = {row[1:] for row in tables.spell_rows(matter, own)}  # all but their numbers
    differing = ours ^ {row[1:] for row in stored}
    wrong |= {("spells", known_from) for *_, known_from, _ in differing if isinstance(known_from, int)}
    return len(ours)


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


def _start_process(model: Path, ledger: Path, folder: Path) -> "subprocess.Popen[bytes] | None":
    """Check a read model in another process, which imports nothing from the current folder; None where no process can
    be started."""
    command = [sys.executable, "-P", "-c", f"from {__name__} import main; main()"]
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
    model, ledger, folder = map(Path, sys.argv[1:])
    report = Report()
    with closing(opened(ledger)) as connection:
        check_model(model, Reader(LedgerCursor(connection.cursor())), folder, report)
    print(json.dumps(asdict(report.checks["model"])))
