"""What can be audited: the tables of a ledger (`tables`, `server`), or a published log. Nothing in it is executed."""

from pathlib import Path
from typing import Protocol

from ledger.audit.report import Report
from ledger.errors import LedgerError
from ledger.log import LogError
from ledger.log.tiles import Tile, tiles_of
from ledger.replicate.snapshot import Folder, PublishedLog, Snapshot, checkpoint_in
from ledger.store.reader import Reader


class Audited(Protocol):
    """Something to audit: a snapshot, and whatever else is stored beside its entries."""

    @property
    def snapshot(self) -> Snapshot:
        """Its entries and signed checkpoints, once `check_outside` found that they can be read."""

    def check_outside(self, report: Report, rebuilt: Reader) -> bool:
        """Check what shows before any entry is read; whether the entries can be read at all.

        ``rebuilt`` is an empty ledger of this version.
        """

    def size(self) -> int:
        """How many entries it seems to have."""

    def compare(self, rebuilt: Reader, report: Report, since: int) -> None:
        """Compare what it stores of the entries from a position on with what they make."""


class PublishedFolder:
    """The folder of a published log, as `publish` writes it; an `Audited`. Raises NotFound where there is none."""

    snapshot: PublishedLog

    def __init__(self, folder: Path) -> None:
        self._files = Folder(folder)
        self._note = checkpoint_in(self._files)

    def check_outside(self, report: Report, rebuilt: Reader) -> bool:
        """Whether its checkpoint can be read, and every bundle that belongs to it: a checkpoint can claim any size."""
        report.check("file", "every bundle of the checkpoint is there")
        expected = None
        try:
            self.snapshot = PublishedLog(self._files, self._note)
            expected = 0
            for position, _ in self.snapshot.entries():
                expected = position + 1
        except (LedgerError, LogError) as error:
            report.wrong("file", str(error), expected)
            return False
        return True

    def size(self) -> int:
        return self.snapshot.head().size

    def compare(self, rebuilt: Reader, report: Report, since: int) -> None:
        """Compare every tile; its checkpoint is checked like those of a ledger."""
        report.check("stored", "every tile is what the entries make")
        for tile in tiles_of(self.size()):
            try:
                if self.snapshot.tile(tile) != rebuilt.tile(tile):
                    report.wrong("stored", f"{tile.path} is not what the entries make", _first_entry(tile))
            except (LedgerError, LogError) as error:
                report.wrong("stored", f"{tile.path}: {error}", _first_entry(tile))


def _first_entry(tile: Tile) -> int:
    return tile.number << 8 * (max(tile.level, 0) + 1)
