"""Read a database that may be damaged or hostile. Its errors become Unreadable."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import Any

from ledger import files
from ledger.audit.report import Report
from ledger.errors import check_room
from ledger.store.database import Cursor
from ledger.store.sqlite import LedgerCursor, SQLiteFile

SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE NOT (type = 'table' AND name = 'sqlite_stat1')"
"""Finds the schema of an SQLite database, for `compare_schema`."""
_LONGEST = 1 << 20
"""Bytes: more than any row of a ledger has. SQLite refuses to read a longer row."""
_MOST = 1_000  # differing rows in memory
_ROLL_BACK = (
    "; beside it is the journal of a write that was interrupted: run `force-ledger log`, which rolls it back as every "
    "other command does, and verify again"
)

Row = tuple[Any, ...]


class Unreadable(Exception):
    """The audited ledger cannot be read further; the position from which on is given if it is known."""

    def __init__(self, why: object, position: int | None = None) -> None:
        super().__init__(str(why))
        self.position = position


class UntrustedCursor:
    """A cursor that raises Unreadable for these errors of the database."""

    def __init__(self, cursor: Cursor, database: str, *errors: type[Exception]) -> None:
        self._cursor, self._database, self._errors = cursor, database, errors

    def execute(self, query: str, params: Sequence[Any] = ()) -> None:
        self._try(self._cursor.execute, query, params)

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        raise NotImplementedError("an audit writes nothing")

    def fetchall(self) -> list[Row]:
        rows: list[Row] = self._try(self._cursor.fetchall)
        return rows

    def fetchone(self) -> Row | None:
        row: Row | None = self._try(self._cursor.fetchone)
        return row

    def server_time(self) -> None:
        """An audit records nothing."""

    def _try(self, act: Callable[..., Any], *args: Any) -> Any:
        try:
            return act(*args)
        except self._errors as error:
            check_room(error)
            hint = _ROLL_BACK if getattr(error, "sqlite_errorname", "") == "SQLITE_READONLY_ROLLBACK" else ""
            raise Unreadable(f"{self._database} says: {error}{hint}") from None


def opened(path: Path, *, immutable: bool = True) -> sqlite3.Connection:
    """A read-only connection that does not run code from the database. By default, a file that nobody seems to write to
    is opened as immutable: then SQLite takes no lock, creates no files beside it, and would ignore a WAL or a journal.
    """
    files.check_plain(path)
    as_is = "&immutable=1" if immutable and not is_open(path) else ""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{as_is}", uri=True)
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


@contextmanager
def unprotected(path: Path) -> Iterator[LedgerCursor]:
    """The copy of a ledger in a file, to change its rows in one transaction without the triggers."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        cursor = LedgerCursor(connection.cursor())
        cursor.execute("BEGIN")
        with SQLiteFile(path).without_triggers(cursor):
            yield cursor
        cursor.execute("COMMIT")


def is_open(path: Path) -> bool:
    """Whether a process seems to have the database open for writing, or ended while it wrote."""
    return any(path.with_name(f"{path.name}-{journal}").exists() for journal in ("wal", "journal"))


def differing(ours: Iterable[Row], theirs: Iterable[Row]) -> set[Row]:
    """The rows that only one side has, or the first thousand or so. Only these are in memory if both have one order."""
    found: set[Row] = set()
    for pair in zip_longest(ours, theirs):
        if pair[0] != pair[1]:
            found ^= {row for row in pair if row is not None}
            if len(found) > _MOST:
                break
    return found


def compare_schema(theirs: Iterable[Row], ours: Iterable[Row], report: Report, check: str) -> bool:
    """Compare the SCHEMA of a database with that of a new one; whether its tables can be read.

    An extra trigger or view is reported, and is harmless to readers. Another table or index could run any code.
    """
    expected, found = set(ours), set(theirs)
    for row in sorted(expected - found, key=repr):
        report.wrong(check, f"the {row[0]} {row[1]} is missing or differs")
    for row in sorted(found - expected, key=repr):
        report.wrong(check, f"the {row[0]} {row[1]} does not belong here")
    return {row[0] for row in expected ^ found} <= {"trigger", "view"}
