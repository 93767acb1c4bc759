"""Audit a published log from its files."""

from collections.abc import Sequence
from pathlib import Path

from ledger.audit.report import Report
from ledger.errors import LedgerError
from ledger.log import LogError
from ledger.log.tiles import is_same_but_withheld, tiles_of
from ledger.log.tree import TILE_HEIGHT
from ledger.replicate.snapshot import Folder, PublishedLog, checkpoint_in
from ledger.store.reader import Reader


class PublishedFolder:
    """The folder of a published log. It has the methods of `LedgerTables`. Raises NotFound where there is none."""

    withholds_at_once = False
    snapshot: PublishedLog

    def __init__(self, folder: Path) -> None:
        self._files = Folder(folder)
        self._note = checkpoint_in(self._files)

    @property
    def moved(self) -> bool:
        """Whether it was published again: that may remove or replace files."""
        return checkpoint_in(self._files) != self._note

    def check_outside(self, report: Report) -> bool:
        """Whether its checkpoint and every bundle can be read. A checkpoint can claim any size."""
        report.check("file", "every bundle of the checkpoint is there")
        expected = None
        try:
            self.snapshot = PublishedLog(self._files, self._note)
            expected = 0
            for stored in self.snapshot.entries():
                expected = stored.position + 1
        except (LedgerError, LogError) as error:
            report.wrong("file", str(error), expected)
            return False
        return True

    def size(self) -> int:
        return self.snapshot.head().size

    def notes(self) -> Sequence[bytes]:
        return self.snapshot.notes_after(None)

    def compare(self, rebuilt: Reader, report: Report, since: int) -> None:
        """Compare every tile."""
        report.check("stored", "every tile is what the entries give")
        for tile in tiles_of(self.size()):
            first = tile.number << TILE_HEIGHT * (max(tile.level, 0) + 1)
            try:
                if not is_same_but_withheld(tile, self.snapshot.tile(tile), rebuilt.tile(tile)):
                    report.wrong("stored", f"{tile.path} is not what the entries give", first)
            except (LedgerError, LogError) as error:
                report.wrong("stored", f"{tile.path}: {error}", first)
