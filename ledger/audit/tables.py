"""Audit the tables of a ledger: of an SQLite file here, on a server in `server`."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from ledger.audit.database import SCHEMA, UntrustedCursor, compare_schema, differing, is_open, opened
from ledger.audit.report import Report
from ledger.errors import is_full
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.store.reader import Reader
from ledger.store.schema import SCHEMA_VERSION
from ledger.store.schema_sqlite import APPLICATION_ID, STATEMENTS
from ledger.store.sqlite import LedgerCursor, SQLiteFile

_MAY_NOT_WRITE = ("SQLITE_CANTOPEN", "SQLITE_READONLY_RECOVERY", "SQLITE_READONLY_CANTINIT")


class LedgerTables(ABC):
    """The tables of a ledger, on either kind of database. Use it as a context manager."""

    withholds_at_once = True
    """Whether withheld data are removed together with the decision."""

    snapshot: Reader
    """Its entries and signed checkpoints. Read nothing of it before `check_outside` has found that it can be read."""

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(self, *raised: Any) -> None: ...

    @abstractmethod
    def check_outside(self, report: Report) -> bool:
        """Check the schema before any entry is read; returns whether the entries can be read."""

    @abstractmethod
    def copy_to(self, path: Path) -> None:
        """Copy its rows, as they are, to a new SQLite file."""

    @property
    def moved(self) -> bool:
        """Whether what was read may have changed meanwhile."""
        return False

    def size(self) -> int:
        """How many entries it seems to have."""
        ((size,),) = self.snapshot.rows("SELECT coalesce(max(position) + 1, 0) FROM entries")
        return int(size)

    def notes(self) -> Iterator[bytes]:
        """Its signed checkpoints, in the order in which they were stored. Read nothing else before their end."""
        return (note for (note,) in self.snapshot.iter_rows("SELECT note FROM checkpoints ORDER BY number"))

    def compare(self, rebuilt: Reader, report: Report, since: int) -> None:
        """Compare every row with those of the rebuilt ledger; of entries and references those from a position on; of
        references not those of entries that a later version wrote, as it may index them in another way."""
        for columns, table, order, what, position in (
            ("position, matter, sequence, topic, event_id, entry", "entries", "position", "its columns or bytes", 0),
            ("position, salted", "data", "position", "its data", 0),
            ("target, position", "refs", "target, position", "the index of what it refers to", 1),
            ("level, number, root, hashes", "tiles", "level, number", "a tile", None),
            ("only_one, size, root, frontier", "head", "only_one", "the head", None),
        ):
            known = f"WHERE position >= {since}" if since and position is not None else "WHERE true"
            if table == "refs" and report.later:
                known += f" AND position < {report.later.position}"
            query = f"SELECT {columns} FROM {table} {known} ORDER BY {order}"
            others = differing(rebuilt.iter_rows(query), self.snapshot.iter_rows(query))
            at = {row[position] if position is not None else None for row in others}
            for number in sorted(at, key=lambda number: number or 0):
                report.wrong("stored", f"{what}: not what the entries give", number)
        self._compare_checkpoints(report)
        report.check("stored", "columns, index, tiles and head are what the entries give")

    def _compare_checkpoints(self, report: Report) -> None:
        rows = self.snapshot.iter_rows("SELECT number, size, note FROM checkpoints ORDER BY number")
        for expected, (number, size, note) in enumerate(rows, 1):
            try:
                signed = SignedCheckpoint.parse(note).size
            except LogError:
                continue  # the check of the checkpoints reports it
            if (number, size) != (expected, signed):
                report.wrong("stored", f"checkpoint {number}: its columns are not what its note says")


class LedgerFile(LedgerTables):
    """The SQLite file of a ledger. Raises NotFound where there is none.

    It is read without a lock if nobody seems to write to it. If somebody wrote after all, ``moved`` is true: read it
    again.
    """

    def __init__(self, path: Path, *, immutable: bool = True) -> None:
        file = SQLiteFile(path)
        file.check()
        self.path = file.path
        self._found = self._stamp()
        self.immutable = immutable and not is_open(self.path)
        self._connection = opened(self.path, immutable=self.immutable)
        self._check_can_be_read(file)
        cursor = LedgerCursor(self._connection.cursor())
        self.snapshot = Reader(UntrustedCursor(cursor, "SQLite", sqlite3.Error, UnicodeError))

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def moved(self) -> bool:
        return self._stamp() != self._found

    def check_outside(self, report: Report) -> bool:
        """If SQLite finds it unsound, nothing more is read: reading pages that form a circle would never end."""
        report.check("file", "its tables and triggers are those of this version, and the database is sound")
        self._connection.execute("BEGIN")  # one snapshot
        rows = self.snapshot.rows
        for pragma, is_ours in (("user_version", SCHEMA_VERSION), ("application_id", APPLICATION_ID)):
            ((number,),) = rows(f"PRAGMA {pragma}")
            if number != is_ours:
                report.wrong("file", f"its {pragma} is {number}, not {is_ours}")
        with closing(sqlite3.connect(":memory:")) as blank:
            for statement in STATEMENTS:
                blank.execute(statement)
            if not compare_schema(rows(SCHEMA), blank.execute(SCHEMA), report, "file"):
                return False
        faults = [fault for (fault,) in rows("PRAGMA integrity_check(20)") if fault != "ok"]
        for fault in faults:
            report.wrong("file", f"SQLite says: {fault}")
        return not faults

    def copy_to(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as copy:
            self._connection.backup(copy)

    def _check_can_be_read(self, file: SQLiteFile) -> None:
        """Raise Unusable or DiskFull where SQLite would first have to write beside it, and cannot: that says nothing
        about the ledger."""
        try:
            self._connection.execute("PRAGMA schema_version")
        except sqlite3.Error as error:
            if is_full(error) or getattr(error, "sqlite_errorname", "").startswith(_MAY_NOT_WRITE):
                self._connection.close()
                raise file.as_ledger_error(error) from error

    def _stamp(self) -> tuple[int, int]:
        found = self.path.stat()
        return found.st_size, found.st_mtime_ns
