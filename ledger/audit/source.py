"""What is audited: the file of a ledger, or a published log. It is only read, and nothing that it names is run.

Both give the bytes of the entries on end, and the signed checkpoints; and compare whatever else they hold with what is
made anew from these bytes.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

from ledger.audit.database import Row, Unreadable, asked, compare_schema, opened
from ledger.audit.report import Report
from ledger.errors import NotFound
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint
from ledger.log.note import SignedNote
from ledger.log.tiles import ENTRIES, Tile, decode_bundle, tiles_of
from ledger.store import schema
from ledger.store.ledger import Reader, check_is_a_ledger

_LEAST = -(2**63)
"""The least number that SQLite has: what stands before the first entry must be seen too."""


class Source(Protocol):
    """Something to audit. Raises Unreadable wherever it cannot be read on."""

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
    """The SQLite file of a ledger. Use it as a context manager. Raises NotFound where there is none.

    It is read as it lies there, if it seems to lie still; ``moved`` tells whether somebody wrote to it after all, so
    that it must be read again.
    """

    def __init__(self, path: Path, *, still: bool = True) -> None:
        check_is_a_ledger(path)
        self.path = path
        self._found = self._stamp()
        self._connection = opened(path, still=still)

    def __enter__(self) -> "LedgerFile":
        return self

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
            ((number,),) = self._rows(f"PRAGMA {pragma}")
            if number != is_ours:
                report.wrong("file", f"its {pragma} is {number}, not {is_ours}")
        with closing(_fresh()) as ours:
            if not compare_schema(self._connection, ours, report, "file"):
                return False
        troubles = [trouble for (trouble,) in self._rows("PRAGMA integrity_check(20)") if trouble != "ok"]
        for trouble in troubles:
            report.wrong("file", f"SQLite says: {trouble}")
        return not troubles

    def size(self) -> int:
        ((size,),) = self._rows("SELECT coalesce(max(position) + 1, 0) FROM entries")
        return int(size)

    def entries(self, first: int = 0) -> Iterator[bytes]:
        query = "SELECT position, entry FROM entries WHERE position >= ? ORDER BY position"
        for expected, (position, data) in enumerate(self._rows(query, (first or _LEAST,)), first):
            if position != expected:
                raise Unreadable(f"there is no such entry, and the next is #{position}", expected)
            yield data

    def rows(self, table: str, before: int) -> Iterator[Row]:
        """The rows of a table that tell of the entries before a position, in the order in which they were written."""
        position = {"tiles": "(number + 1) * (1 << (8 * (level + 1))) - 1"}.get(table, "position")
        return self._rows(f"SELECT * FROM {table} WHERE {position} < ? ORDER BY {position}", (before,))

    def notes(self) -> list[bytes]:
        return [note for (note,) in self._rows("SELECT note FROM checkpoints ORDER BY number")]

    def compare(self, rebuilt: Reader, report: Report, since: int) -> None:
        """Every row of every table, but for the bytes themselves: they are what the rest is made of."""
        for query, what, position in (
            ("SELECT position, matter, sequence, topic, event_id, entry FROM entries", "its columns or bytes", 0),
            ("SELECT target, position FROM refs", "the index of what it refers to", 1),
            ("SELECT level, number, root, hashes FROM tiles", "a tile", None),
            ("SELECT only_one, size, root, frontier FROM head", "the head", None),
        ):
            tail = f" WHERE position >= {since}" if since and position is not None else ""
            ours = {tuple(row) for row in rebuilt.rows(query + tail)}
            theirs = set(self._rows(query + tail))
            at = {row[position] if position is not None else None for row in ours ^ theirs}
            for number in sorted(at, key=lambda number: number or 0):
                report.wrong("stored", f"{what}: stored otherwise than the entries make it", number)
        self._compare_checkpoints(report)
        report.check("stored", "columns, index, tiles and head are what the entries make")

    def _compare_checkpoints(self, report: Report) -> None:
        for expected, (number, size, note) in enumerate(self._rows("SELECT * FROM checkpoints ORDER BY number"), 1):
            try:
                said = Checkpoint.parse(SignedNote.parse(note).text).size
            except LogError:
                continue  # the check of the checkpoints says so
            if (number, size) != (expected, said):
                report.wrong("stored", f"the checkpoint {number} is stored otherwise than its note says")

    def _rows(self, query: str, params: Sequence[Any] = ()) -> Iterator[Row]:
        return asked(self._connection, query, params)

    def _stamp(self) -> tuple[int, int]:
        found = self.path.stat()
        return found.st_size, found.st_mtime_ns


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
                break
            try:
                decode_bundle(self._bytes(tile.path), tile.width)
            except (LogError, OSError) as error:
                report.wrong("file", f"{tile.path}: {error}", tile.number * 256)
                return False  # a checkpoint can claim any size
        return True

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


def _first_entry(tile: Tile) -> int:
    return tile.number << 8 * (max(tile.level, 0) + 1)


def _fresh() -> sqlite3.Connection:
    """A database with the tables of a ledger, and nothing in them."""
    connection = sqlite3.connect(":memory:")
    for statement in schema.STATEMENTS:
        connection.execute(statement)
    return connection
