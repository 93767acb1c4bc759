"""What is audited: the file of a ledger, or a published log. It is only read, and nothing that it names is run.

Both give the bytes of the entries on end, and the signed checkpoints; and compare whatever else they hold with what is
made anew from these bytes.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from ledger.audit.report import Report
from ledger.errors import NotFound
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint
from ledger.log.note import SignedNote
from ledger.log.tiles import ENTRIES, Tile, decode_bundle, tiles_of
from ledger.store import schema
from ledger.store.ledger import Reader, check_is_a_ledger

Row = tuple[Any, ...]


class Source(Protocol):
    """Something to audit."""

    def look(self, report: Report) -> bool:
        """Look at it from outside; whether its entries can be read at all."""

    def size(self) -> int:
        """How many entries it says it has."""

    def entries(self, first: int = 0) -> Iterator[bytes]:
        """The bytes of the entries from a position on."""

    def notes(self) -> list[bytes]:
        """The signed checkpoints, the earliest first."""

    def compare(self, rebuilt: Reader, report: Report, since: int) -> None:
        """Compare what it stores of the entries from a position on with what they make."""


class LedgerFile:
    """The SQLite file of a ledger. Use it as a context manager. Raises NotFound where there is none."""

    def __init__(self, path: Path) -> None:
        check_is_a_ledger(path)
        self.path = path
        self._connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        self._connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
            self._connection.execute(f"PRAGMA {pragma}")

    def __enter__(self) -> "LedgerFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def look(self, report: Report) -> bool:
        """Whether its tables are ours, with every trigger, and the database finds itself sound."""
        report.check("file", "its tables and triggers are those of this version, and the database is sound")
        try:
            self._connection.execute("BEGIN")  # one view of it, whatever is appended meanwhile
            names = (
                "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%' ORDER BY 1, 2"
            )
            expected, found = _fresh(names), self._connection.execute(names).fetchall()
            for row in [row for row in expected if row not in found]:
                report.wrong("file", f"the {row[0]} {row[1]} is missing, or another")
            for row in [row for row in found if row not in expected]:
                report.wrong("file", f"the {row[0]} {row[1]} does not belong here")
            (version,) = self._connection.execute("PRAGMA user_version").fetchone()
            if version != schema.SCHEMA_VERSION:
                report.wrong("file", f"it is of schema version {version}, not {schema.SCHEMA_VERSION}")
            for (trouble,) in self._connection.execute("PRAGMA integrity_check(20)").fetchall():
                if trouble != "ok":
                    report.wrong("file", f"SQLite says: {trouble}")
        except sqlite3.DatabaseError as error:
            report.wrong("file", f"SQLite says: {error}")
            return False
        return all(row in found for row in expected if row[0] == "table")

    def size(self) -> int:
        ((size,),) = self._connection.execute("SELECT coalesce(max(position) + 1, 0) FROM entries")
        return int(size)

    def entries(self, first: int = 0) -> Iterator[bytes]:
        query = "SELECT entry FROM entries WHERE position >= ? ORDER BY position"
        for (data,) in self._connection.execute(query, (first,)):
            yield data if isinstance(data, bytes) else str(data).encode("utf-8", "surrogateescape")

    def rows(self, table: str, before: int) -> Iterator[Row]:
        """The rows of a table that tell of the entries before a position, in the order in which they were written."""
        position = {"tiles": "(number + 1) * (1 << (8 * (level + 1))) - 1"}.get(table, "position")
        query = f"SELECT * FROM {table} WHERE {position} < ? ORDER BY {position}"
        return self._connection.execute(query, (before,))

    def notes(self) -> list[bytes]:
        return [note for (note,) in self._connection.execute("SELECT note FROM checkpoints ORDER BY number")]

    def compare(self, rebuilt: Reader, report: Report, since: int) -> None:
        """Every row of every table, but for the bytes themselves: they are what the rest is made of."""
        report.check("stored", "columns, index, tiles and head are what the entries make")
        for query, what, position in (
            ("SELECT position, matter, sequence, topic, event_id, entry FROM entries", "its columns or bytes", 0),
            ("SELECT target, position FROM refs", "the index of what it refers to", 1),
            ("SELECT level, number, root, hashes FROM tiles", "a tile", None),
            ("SELECT only_one, size, root, frontier FROM head", "the head", None),
        ):
            tail = "" if position is None else f" WHERE position >= {since}"
            ours = {tuple(row) for row in rebuilt.rows(query + tail)}
            theirs = {tuple(row) for row in self._connection.execute(query + tail)}
            at = {row[position] if position is not None else None for row in ours ^ theirs}
            for number in sorted(at, key=_by_number):
                report.wrong("stored", f"{what}: stored otherwise than the entries make it", number)
        self._compare_checkpoints(report)

    def _compare_checkpoints(self, report: Report) -> None:
        for expected, (number, size, note) in enumerate(self._connection.execute("SELECT * FROM checkpoints"), 1):
            try:
                said = Checkpoint.parse(SignedNote.parse(note).text).size
            except LogError:
                continue  # the check of the checkpoints says so
            if (number, size) != (expected, said):
                report.wrong("stored", f"the checkpoint {number} is stored otherwise than its note says")


class PublishedLog:
    """The folder of a published log, as `publish` writes it. Raises NotFound where there is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / "checkpoint").is_file():
            raise NotFound(f"{folder} holds no published log", hint="name the folder that `publish` wrote")
        self._note = self._bytes("checkpoint")

    def __enter__(self) -> "PublishedLog":
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is kept open."""

    def look(self, report: Report) -> bool:
        """Whether its checkpoint can be read, and every bundle that belongs to it."""
        report.check("file", "every bundle of the checkpoint is there")
        try:
            self._size = Checkpoint.parse(SignedNote.parse(self._note).text).size
        except LogError as error:
            report.wrong("file", f"checkpoint: {error}")
            return False
        for tile in tiles_of(self._size):
            if tile.level != ENTRIES:
                return report.checks["file"].ok
            try:
                decode_bundle(self._bytes(tile.path), tile.width)
            except (LogError, OSError) as error:
                report.wrong("file", f"{tile.path}: {error}", tile.number * 256)
        return report.checks["file"].ok

    def size(self) -> int:
        return self._size

    def entries(self, first: int = 0) -> Iterator[bytes]:
        for tile in tiles_of(self._size):
            start = tile.number * 256
            if tile.level == ENTRIES and start + tile.width > first:
                yield from decode_bundle(self._bytes(tile.path), tile.width)[max(first - start, 0) :]

    def rows(self, table: str, before: int) -> Iterator[Row]:
        raise NotFound("a published log is audited whole", hint="leave --since out")

    def notes(self) -> list[bytes]:
        return [self._note]

    def compare(self, rebuilt: Reader, report: Report, since: int) -> None:
        """Every tile, and the size and root of the checkpoint."""
        report.check("stored", "every tile is what the entries make")
        for tile in tiles_of(self._size):
            try:
                if self._bytes(tile.path) != rebuilt.tile(tile):
                    report.wrong("stored", f"{tile.path} is not what the entries make", _first_entry(tile))
            except OSError as error:
                report.wrong("stored", f"{tile.path}: {error.strerror}", _first_entry(tile))

    def _bytes(self, path: str) -> bytes:
        return (self.folder / path).read_bytes()


def _by_number(number: Any) -> int:
    return int(number) if isinstance(number, int) else -1


def _first_entry(tile: Tile) -> int:
    return tile.number << 8 * (max(tile.level, 0) + 1)


def _fresh(query: str) -> Sequence[Row]:
    """What a query finds in a database that was just made."""
    connection = sqlite3.connect(":memory:")
    try:
        for statement in schema.STATEMENTS:
            connection.execute(statement)
        found: list[Row] = connection.execute(query).fetchall()
        return found
    finally:
        connection.close()
