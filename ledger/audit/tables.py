"""The tables of a ledger, to be audited: those of an SQLite file here, those on a server in `server`."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from ledger.audit.database import Row, Unreadable, asked, compare_schema, differing, lies_still, opened
from ledger.audit.report import Report
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint
from ledger.log.note import SignedNote
from ledger.store import schema
from ledger.store.reader import Reader
from ledger.store.sqlite import SQLiteFile

_LEAST = -(2**63)
"""The least number that a database has: what stands before the first entry must be seen too."""


class LedgerTables(ABC):
    """The tables of a ledger, on either kind of database; a `Source`, and a context manager."""

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(self, *raised: Any) -> None: ...

    @abstractmethod
    def look(self, report: Report) -> bool:
        """Look at the schema; whether the tables can be read at all."""

    @abstractmethod
    def query(self, query: str, params: Sequence[Any] = ()) -> Iterator[Row]:
        """What a query finds, read as it is needed. Raises Unreadable."""

    @property
    def moved(self) -> bool:
        """Whether what was read may have changed under the reader: never in a snapshot."""
        return False

    def size(self) -> int:
        ((size,),) = self.query("SELECT coalesce(max(position) + 1, 0) FROM entries")
        return int(size)

    def entries(self, first: int = 0) -> Iterator[bytes]:
        query = "SELECT position, entry FROM entries WHERE position >= ? ORDER BY position"
        for expected, (position, data) in enumerate(self.query(query, (first or _LEAST,)), first):
            if position != expected:
                raise Unreadable(f"there is no such entry, and the next is #{position}", expected)
            yield data

    def rows(self, table: str, before: int) -> Iterator[Row]:
        """The rows of a table that tell of the entries before a position, in the order in which they were written."""
        position = {"tiles": "(number + 1) * (1 << CAST(8 * (level + 1) AS integer)) - 1"}.get(table, "position")
        return self.query(f"SELECT * FROM {table} WHERE {position} < ? ORDER BY {position}", (before,))

    def notes(self) -> list[bytes]:
        return [note for (note,) in self.query("SELECT note FROM checkpoints ORDER BY number")]

    def compare(self, rebuilt: Reader, report: Report, since: int) -> None:
        """Every row of every table, but for the bytes themselves: they are what the rest is made of."""
        for columns, table, order, what, position in (
            ("position, matter, sequence, topic, event_id, entry", "entries", "position", "its columns or bytes", 0),
            ("target, position", "refs", "target, position", "the index of what it refers to", 1),
            ("level, number, root, hashes", "tiles", "level, number", "a tile", None),
            ("only_one, size, root, frontier", "head", "only_one", "the head", None),
        ):
            known = f"WHERE position >= {since}" if since and position is not None else ""
            query = f"SELECT {columns} FROM {table} {known} ORDER BY {order}"
            others = differing(rebuilt.each(query), self.query(query))
            at = {row[position] if position is not None else None for row in others}
            for number in sorted(at, key=lambda number: number or 0):
                report.wrong("stored", f"{what}: stored otherwise than the entries make it", number)
        self._compare_checkpoints(report)
        report.check("stored", "columns, index, tiles and head are what the entries make")

    def _compare_checkpoints(self, report: Report) -> None:
        for expected, (number, size, note) in enumerate(self.query("SELECT * FROM checkpoints ORDER BY number"), 1):
            try:
                said = Checkpoint.parse(SignedNote.parse(note).text).size
            except LogError:
                continue  # the check of the checkpoints says so
            if (number, size) != (expected, said):
                report.wrong("stored", f"the checkpoint {number} is stored otherwise than its note says")


class LedgerFile(LedgerTables):
    """The SQLite file of a ledger. Use it as a context manager. Raises NotFound where there is none.

    It is read as it lies there, if it seems to lie still; ``moved`` tells whether somebody wrote to it after all, so
    that it must be read again.
    """

    def __init__(self, path: Path, *, still: bool = True) -> None:
        SQLiteFile(path).check()
        self.path = path
        self._found = self._stamp()
        self.still = still and lies_still(path)
        self._connection = opened(path, still=self.still)

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    @property
    def moved(self) -> bool:
        """Whether it was written to since it was opened."""
        return self._stamp() != self._found

    def look(self, report: Report) -> bool:
        """Whether its tables are ours, with every trigger, and the database finds itself sound.

        Where it does not, nothing more is read: pages that lead in circles would never end.
        """
        report.check("file", "its tables and triggers are those of this version, and the database is sound")
        self._connection.execute("BEGIN")  # one view of it, whatever is appended meanwhile
        for pragma, is_ours in (("user_version", schema.SCHEMA_VERSION), ("application_id", schema.APPLICATION_ID)):
            ((number,),) = self.query(f"PRAGMA {pragma}")
            if number != is_ours:
                report.wrong("file", f"its {pragma} is {number}, not {is_ours}")
        with closing(_fresh()) as ours:
            if not compare_schema(self._connection, ours, report, "file"):
                return False
        troubles = [trouble for (trouble,) in self.query("PRAGMA integrity_check(20)") if trouble != "ok"]
        for trouble in troubles:
            report.wrong("file", f"SQLite says: {trouble}")
        return not troubles

    def query(self, query: str, params: Sequence[Any] = ()) -> Iterator[Row]:
        return asked(self._connection, query, params)

    def _stamp(self) -> tuple[int, int]:
        found = self.path.stat()
        return found.st_size, found.st_mtime_ns


def _fresh() -> sqlite3.Connection:
    """A database with the tables of a ledger, and nothing in them."""
    connection = sqlite3.connect(":memory:")
    for statement in schema.STATEMENTS:
        connection.execute(statement)
    return connection
