"""What is audited: the tables of a ledger (`tables`), or a published log. Nothing that it names is run.

Both give the bytes of the entries on end, and the signed checkpoints; and compare whatever else they hold with what is
made anew from these bytes.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from ledger.audit.database import Row
from ledger.audit.report import Report
from ledger.errors import NotFound
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint
from ledger.log.note import SignedNote
from ledger.log.tiles import CHECKPOINT, ENTRIES, Tile, decode_bundle, tiles_of
from ledger.store.reader import Reader


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


class PublishedLog:
    """The folder of a published log, as `publish` writes it. Raises NotFound where there is none."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / CHECKPOINT).is_file():
            raise NotFound(f"{folder} holds no published log", hint="name the folder that `publish` wrote")
        self._note = self._bytes(CHECKPOINT)

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
