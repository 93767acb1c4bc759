"""The read model of a ledger: a disposable SQLite file, followed by position.

It holds nothing that cannot be rebuilt. The tracking of the eventsourcing library commits with the tables, so that a
crash in the middle of an update is caught up at the next start, nothing lost and nothing doubled. A file of another
version, or of another ledger, is thrown away and made anew.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from operator import attrgetter
from pathlib import Path

from eventsourcing.persistence import PersistenceError, Tracking
from eventsourcing.sqlite import SQLiteTrackingRecorder

from events.amendment import EntryWithheld
from ledger import atomic
from ledger.progress import Progress, no_progress
from ledger.readmodel.query import entries_covered, model_beside, trouble
from ledger.store.reader import Reader
from ledger.store.sqlite import LedgerDatastore
from projections import tables
from projections.rectangles import VERSION

_PATIENCE = 30  # seconds
_AT_ONCE = 500  # entries in a transaction: one commit for each would be twenty times slower


class Withdrawn(Exception):
    """Something was withheld that the tables may still hold: they are of no more use."""


class ReadModel(SQLiteTrackingRecorder):
    """The tables of `projections.tables` in a file, and how far they have come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        uri = f"{path.absolute().as_uri()}?mode=rw"
        super().__init__(LedgerDatastore(uri, lock_timeout=_PATIENCE, synchronous="NORMAL"))

    @classmethod
    def create(cls, path: Path) -> None:
        """Make the file of a read model that has taken no entry yet."""
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA page_size = 8192")  # three nodes of an R-tree in a page, not one
            tables.create(connection)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        with closing(cls(path)) as model:
            model.create_table()

    def close(self) -> None:
        """Close the file."""
        self.datastore.close()

    def entries_covered(self, reader: Reader) -> int:
        """How many entries of the reader's ledger it holds; 0 where it is of no use, or there is none."""
        try:
            with self.datastore.transaction(commit=False) as cursor:
                return entries_covered(cursor.sqlite_cursor, reader.rows)
        except (sqlite3.DatabaseError, PersistenceError):
            return 0

    def follow(self, reader: Reader, *, anew: bool = False, tell: Progress = no_progress) -> int:
        """Bring the tables up to the ledger as the reader sees it; how many entries that took.

        Raises Withdrawn where something was withheld since, unless they are made ``anew``.
        """
        taken = 0
        origin, size = reader.origin(), reader.head().size
        while step := self._step(reader, origin, size, anew=anew):
            taken += len(step)
            tell(step.stop, size)
            if step.stop == size:
                break
        return taken

    def _step(self, reader: Reader, origin: str, size: int, *, anew: bool) -> range:
        """Take the next entries, in one transaction with the tracking; another follower waits for its turn. Their
        positions."""
        with self.datastore.transaction(commit=True) as cursor:
            come = self._max_tracking_id(origin, cursor) or 0  # ids count from 1, so this is the next position
            matters = reader.matters_at(range(come, min(come + _AT_ONCE, size)))
            entries = sorted(
                (entry for own in matters.values() for entry in own if entry.position >= come),
                key=attrgetter("position"),
            )
            if not anew and any(isinstance(entry.event, EntryWithheld) for entry in entries):
                raise Withdrawn
            if entries:
                tables.apply(cursor.sqlite_cursor.connection, entries, matters)
                self._insert_tracking(cursor, Tracking(origin, come + len(entries)))
        return range(come, come + len(entries))


def followed(path: Path, reader: Reader, *, exactly: bool = False, tell: Progress = no_progress) -> Path:
    """The read model beside the path of a ledger, at least as far as the reader's transaction sees; made where it is
    missing or of no use. It may have come further, with another who sees more; ``exactly`` makes it anew then, for it
    may also be that of a ledger whose place a backup has taken. Raises Busy or Damaged where that cannot be."""
    beside, reader = model_beside(path), reader.up_to(reader.head().size)
    with _held(beside, shared=True):
        if _caught_up(beside, reader, exactly=exactly, tell=tell):
            return beside
    with _made(path, reader, tell) as (building, _), _held(beside):
        if not _caught_up(beside, reader, exactly=exactly, tell=tell):  # nobody else was quicker
            _put_in_place(building, beside)
    return beside


def _caught_up(path: Path, reader: Reader, *, exactly: bool, tell: Progress) -> bool:
    """Whether a read model could be brought up to the ledger; not where it is of no use, or holds what was withheld."""
    with closing(ReadModel(path)) as model:
        has, size = model.entries_covered(reader), reader.head().size
        if has == 0 or (exactly and has > size):
            return False
        try:
            with _told(path):
                if has < size:
                    model.follow(reader, tell=tell)
        except Withdrawn:
            return False
    return True


def rebuild(ledger: Path, reader: Reader, tell: Progress = no_progress) -> int:
    """Make the read model anew in a new file, and put it in place while readers go on; the number of entries."""
    beside = model_beside(ledger)
    with _made(ledger, reader, tell) as (building, number), _held(beside):
        _put_in_place(building, beside)
    return number


@contextmanager
def _made(ledger: Path, reader: Reader, tell: Progress) -> Iterator[tuple[Path, int]]:
    """A new read model under another name, so that nothing withheld stays in the file; and how many entries it has."""
    path = model_beside(ledger)
    building = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with _told(path):
            ReadModel.create(building)
            with closing(ReadModel(building)) as model:
                number = model.follow(reader, anew=True, tell=tell)
        yield building, number
    finally:
        for left in _left_behind(path):
            left.unlink(missing_ok=True)


def _put_in_place(building: Path, path: Path) -> None:
    """Give a new read model its name; those who read the old file keep theirs. A name with nothing under it is no
    model: so a kill in between leaves none that is half the old one's."""
    for tail in ("", "-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)
    building.replace(path)


def _held(path: Path, *, shared: bool = False) -> AbstractContextManager[None]:
    """Nobody writes to a read model while another takes its name: SQLite would write to the one what is the other's."""
    return atomic.locked(path.with_name(f".{path.name}.lock"), shared=shared)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Any error of a read model's database, told as what it means."""
    try:
        yield
    except (sqlite3.Error, PersistenceError) as error:
        raise trouble(path, error) from error


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
