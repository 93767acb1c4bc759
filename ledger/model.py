"""The read model of a ledger: a disposable SQLite file, followed by position.

It holds nothing that cannot be rebuilt. The tracking of the eventsourcing library commits with the tables, so that a
crash in the middle of an update is caught up at the next start, nothing lost and nothing doubled. A file of another
version, or of another ledger, is thrown away and made anew.
"""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from eventsourcing.persistence import PersistenceError, Tracking
from eventsourcing.sqlite import SQLiteTrackingRecorder
from sqlite_utils import Database

from events.correction import EntryWithheld
from ledger.errors import Damaged
from ledger.glance import asking as asking
from ledger.glance import beside, come
from ledger.store.ledger import Reader
from ledger.store.sqlite import LedgerDatastore
from projections import tables
from projections.rectangles import VERSION

_AT_ONCE = 500  # entries in a transaction: one commit for each would be twenty times slower


class Withdrawn(Exception):
    """Something was withheld that the tables may still hold: they are of no more use."""


class ReadModel(SQLiteTrackingRecorder):
    """The tables of `projections.tables` in a file, and how far they have come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        super().__init__(LedgerDatastore(f"{path.absolute().as_uri()}?mode=rwc"))

    beside = staticmethod(beside)

    def close(self) -> None:
        """Close the file."""
        self.datastore.close()

    def follow(self, reader: Reader, *, anew: bool = False) -> int:
        """Bring the tables up to the ledger as the reader sees it; how many entries that took.

        Raises Withdrawn where something was withheld since, unless they are made ``anew``.
        """
        taken = 0
        origin, size = reader.origin(), reader.head().size
        while step := self._step(reader, origin, size, anew=anew):
            taken += step
        return taken

    def _step(self, reader: Reader, origin: str, size: int, *, anew: bool) -> int:
        """Take the next entries, in one transaction with the tracking; another follower waits for its turn."""
        with self.datastore.transaction(commit=True) as cursor:
            come = self._max_tracking_id(origin, cursor) or 0  # ids count from 1, so this is the next position
            entries = reader.at(range(come, min(come + _AT_ONCE, size)))
            matters = reader.matters(dict.fromkeys(entry.matter for entry in entries))
            database = Database(cursor.sqlite_cursor.connection)
            if not anew and any(isinstance(entry.event, EntryWithheld) for entry in entries):
                raise Withdrawn
            if entries:
                last = entries[-1].position
                tables.apply(
                    database, entries, {m: [e for e in own if e.position <= last] for m, own in matters.items()}
                )
                self._insert_tracking(cursor, Tracking(origin, come + len(entries)))
        return len(entries)


def followed(path: Path, reader: Reader) -> Path:
    """The read model beside the path of a ledger, at least as far as its reader sees; made where it is missing or of no
    use."""
    beside = ReadModel.beside(path)
    if not _is_of_use(beside, reader):
        rebuild(path, reader)
        return beside
    model = ReadModel(beside)
    try:
        model.follow(reader)
    except Withdrawn:  # into a new file, so that nothing of it stays in the old one
        rebuild(path, reader)
    finally:
        model.close()
    return beside


def rebuild(ledger: Path, reader: Reader) -> int:
    """Make the read model anew in a new file, and put it in place while readers go on; the number of entries."""
    path = ReadModel.beside(ledger)
    building = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with sqlite3.connect(building) as connection:
            tables.create(Database(connection))
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.close()
        model = ReadModel(building)
        try:
            model.create_table()
            number = model.follow(reader, anew=True)
        finally:
            model.close()
        for tail in ("-wal", "-shm"):  # those who read the old file keep theirs
            path.with_name(path.name + tail).unlink(missing_ok=True)
        building.replace(path)
    except (sqlite3.Error, PersistenceError) as error:
        raise Damaged(f"the read model {path} cannot be made: {error}", hint="check its folder and the disk") from error
    finally:
        for left in _left_behind(path):
            left.unlink(missing_ok=True)
    return number


def _left_behind(path: Path) -> Iterator[Path]:
    """What is left of read models in the making, by this process or one that was killed: it may hold what was
    withheld since."""
    for left in path.parent.glob(f".{path.name}.*.new*"):
        maker = int(left.name.removeprefix(f".{path.name}.").partition(".")[0])
        if maker == os.getpid() or not _runs(maker):
            yield left


def _runs(process: int) -> bool:
    """Whether a process runs; where that cannot be told it may."""
    if os.name == "posix":
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
    return True


def _is_of_use(path: Path, reader: Reader) -> bool:
    """Whether a file is a read model of this version, and of this ledger."""
    try:
        with asking(path) as model:
            return come(model, reader.rows) > 0
    except sqlite3.OperationalError:  # there is none
        return False
