"""The read model of a ledger: a disposable SQLite file that follows the ledger by position.

It holds nothing that cannot be rebuilt. The eventsourcing library tracks how far it has come, in one transaction with
the tables: after a crash the next start goes on from there, and takes no entry twice. A file that another version of
this program made, or that belongs to another ledger, is thrown away and made anew.
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
from ledger.readmodel.version import current_version
from ledger.store.reader import Reader
from ledger.store.sqlite import LedgerDatastore
from projections import tables

_PATIENCE = 30  # seconds
_AT_ONCE = 500  # entries in a transaction: one commit for each would be twenty times slower


class Withdrawn(Exception):
    """Something was withheld that the tables may still hold, so the file must go."""


class ReadModel(SQLiteTrackingRecorder):
    """The tables of `projections.tables` in a file, and how far they have come."""

    def __init__(self, path: Path) -> None:
        self.path = path
        uri = f"{path.absolute().as_uri()}?mode=rw"
        super().__init__(LedgerDatastore(uri, lock_timeout=_PATIENCE, synchronous="NORMAL"))

    @classmethod
    def create(cls, path: Path) -> None:
        """Make the file of an empty read model."""
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("PRAGMA page_size = 8192")
            tables.create(connection)
            connection.execute(f"PRAGMA user_version = {current_version()}")
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
        """Take the next entries, in one transaction with the tracking; their positions. Others wait for their turn."""
        with self.datastore.transaction(commit=True) as cursor:
            first = self._max_tracking_id(origin, cursor) or 0  # ids count from 1, so this is the next position
            matters = reader.matters_at(range(first, min(first + _AT_ONCE, size)))
            entries = sorted(
                (entry for own in matters.values() for entry in own if entry.position >= first),
                key=attrgetter("position"),
            )
            if not anew and any(isinstance(entry.event, EntryWithheld) for entry in entries):
                raise Withdrawn
            if entries:
                tables.apply(cursor.sqlite_cursor.connection, entries, matters)
                self._insert_tracking(cursor, Tracking(origin, first + len(entries)))
        return range(first, first + len(entries))


def followed(ledger: Path, reader: Reader, *, exactly: bool = False, tell: Progress = no_progress) -> Path:
    """The read model beside the path of a ledger, with at least what the reader sees; made where there is none of use.

    It may hold more, if another process sees more. With ``exactly`` it is made anew then, for it may also be that of a
    ledger that a backup has replaced. Raises Busy or Damaged where there can be none.
    """
    path, reader = model_beside(ledger), reader.up_to(reader.head().size)
    with _replacement_lock(path, shared=True):
        if _caught_up(path, reader, exactly=exactly, tell=tell):
            return path
    with _made_anew(path, reader, tell) as (building, _), _replacement_lock(path):
        if not _caught_up(path, reader, exactly=exactly, tell=tell):  # nobody else was quicker
            _replace(path, building)
    return path


def rebuild(ledger: Path, reader: Reader, tell: Progress = no_progress) -> int:
    """Make the read model anew and put it in place while readers go on; the number of entries."""
    path = model_beside(ledger)
    with _made_anew(path, reader, tell) as (building, number), _replacement_lock(path):
        _replace(path, building)
    return number


def _caught_up(path: Path, reader: Reader, *, exactly: bool, tell: Progress) -> bool:
    """Whether a read model could be brought up to the ledger; not if it is of no use, or holds what was withheld."""
    with closing(ReadModel(path)) as model:
        covered, size = model.entries_covered(reader), reader.head().size
        if covered == 0 or (exactly and covered > size):
            return False
        try:
            with _errors_explained(path):
                if covered < size:
                    model.follow(reader, tell=tell)
        except Withdrawn:
            return False
    return True


@contextmanager
def _made_anew(path: Path, reader: Reader, tell: Progress) -> Iterator[tuple[Path, int]]:
    """A new read model under another name, so that nothing withheld stays in the file; and how many entries it has."""
    building = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with _errors_explained(path):
            ReadModel.create(building)
            with closing(ReadModel(building)) as model:
                number = model.follow(reader, anew=True, tell=tell)
        yield building, number
    finally:
        for leftover in _leftovers(path):
            leftover.unlink(missing_ok=True)


def _replace(path: Path, building: Path) -> None:
    """Give a new read model its name; who has the old file open goes on with that. The old file goes first: killed in
    between, there is none, and never a new file with the WAL of the old one."""
    for tail in ("", "-wal", "-shm"):
        path.with_name(path.name + tail).unlink(missing_ok=True)
    building.replace(path)


def _replacement_lock(path: Path, *, shared: bool = False) -> AbstractContextManager[None]:
    """Lock during replacement; otherwise the old WAL could be applied to the new file."""
    return atomic.locked(path.with_name(f".{path.name}.lock"), shared=shared)


@contextmanager
def _errors_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, PersistenceError) as error:
        raise trouble(path, error) from error


def _leftovers(path: Path) -> Iterator[Path]:
    """Unfinished read models of this process, or of one that was killed. They may hold what was withheld since."""
    for leftover in path.parent.glob(f".{path.name}.*.new*"):
        maker = int(leftover.name.removeprefix(f".{path.name}.").partition(".")[0])
        if maker == os.getpid() or not _may_run(maker):
            yield leftover


def _may_run(process: int) -> bool:
    """Whether a process runs; True where that cannot be found out."""
    if os.name == "posix":
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
    return True
