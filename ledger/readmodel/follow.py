"""The read model of a ledger: a disposable SQLite file that follows the ledger by position.

Everything in it can be rebuilt. The eventsourcing library tracks its last position in the same transaction as the
tables. So after a crash the next start resumes there, and reads no entry twice. If another version of this program made
the file, or it belongs to another ledger, it is rebuilt.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from eventsourcing.persistence import PersistenceError, Tracking
from eventsourcing.sqlite import SQLiteTrackingRecorder

from events.amendment import EntryWithheld
from ledger import files
from ledger.errors import Refused
from ledger.progress import Progress, no_progress
from ledger.readmodel.place import (
    check_can_be_kept,
    model_beside,
    of_any_version,
    remove_outdated,
    replace,
    replacement_lock,
)
from ledger.readmodel.query import entries_covered, trouble
from ledger.readmodel.version import current_version
from ledger.replay import ties_in, with_what_they_need
from ledger.store.reader import Reader
from ledger.store.schema import WITHHOLDS
from ledger.store.sqlite import LedgerDatastore, empty_wal
from projections import tables

_PATIENCE = 30  # seconds
_AT_ONCE = 500  # entries in a transaction, if a submission has no more: one commit for each would be 20 times slower
_MATTERS_AT_ONCE = 100


class Withdrawn(Exception):
    """Something was withheld that the tables may still have, so the file must be rebuilt."""


class ReadModel(SQLiteTrackingRecorder):
    """The tables of `projections.tables` in a file, and their last position."""

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
        self.datastore.close()

    def entries_covered(self, reader: Reader) -> int:
        """How many entries of the reader's ledger it covers; 0 if it is unusable or missing."""
        try:
            with self.datastore.transaction(commit=False) as cursor:
                return entries_covered(cursor.sqlite_cursor, reader.rows)
        except (sqlite3.DatabaseError, PersistenceError):
            return 0

    def follow(self, reader: Reader, *, anew: bool = False, tell: Progress = no_progress) -> int:
        """Bring the tables up to the ledger as the reader sees it; returns how many entries were new. Raises Withdrawn
        if something was withheld since, unless the tables are being built ``anew``.
        """
        taken = 0
        origin, size = reader.origin(), reader.head().size
        while step := self._step(reader, origin, size, anew=anew, tell=tell):
            taken += len(step)
            if step.stop == size:
                break
        return taken

    def _step(self, reader: Reader, origin: str, size: int, *, anew: bool, tell: Progress) -> range:
        """Take in the next submissions, in one transaction with the tracking; returns their positions. Others wait."""
        with self.datastore.transaction(commit=True) as cursor:
            connection = cursor.sqlite_cursor.connection
            first = self._max_tracking_id(origin, cursor) or 0  # ids count from 1, so this is the next position
            ends = [entry.submitted_with.stop for entry in reader.entries_at([min(first + _AT_ONCE, size) - 1])]
            step = range(first, max(ends, default=first))
            for start in step[::_AT_ONCE]:
                entries = reader.entries_at(step[start - first :][:_AT_ONCE])
                if not anew and any(entry.kind == EntryWithheld.kind for entry in entries):
                    raise Withdrawn
                tables.add(connection, entries)
            seen = reader.up_to(step.stop - 1)
            ties = ties_in(seen)
            matters = ties.affected_by(seen.names_at(step))
            for start in range(0, len(matters), _MATTERS_AT_ONCE):
                part = matters[start : start + _MATTERS_AT_ONCE]
                tables.fold(connection, with_what_they_need(part, ties, seen), first)
                tell(first + len(step) * (start + len(part)) // len(matters), size)
            if step:
                self._insert_tracking(cursor, Tracking(origin, step.stop))
        return step


def followed(ledger: Path, reader: Reader, *, exactly: bool = False, tell: Progress = no_progress) -> Path:
    """The read model beside the path of a ledger, with at least what the reader sees; built if none is usable. It may
    cover more, if another process sees more. With ``exactly`` it is then rebuilt, since it may also be left from a
    ledger that a backup has replaced. Raises Busy, Damaged or Unusable if none can be made.
    """
    path, reader = model_beside(ledger), reader.up_to(reader.head().size)
    check_can_be_kept(path)
    with replacement_lock(path, shared=True):
        if _caught_up(path, reader, exactly=exactly, tell=tell):
            return path
    with _made_anew(path, reader, tell) as (building, _), replacement_lock(path):
        if not _caught_up(path, reader, exactly=exactly, tell=tell):  # no other process rebuilt it first
            replace(path, building)
        ((withheld_at,),) = reader.rows(f"SELECT coalesce(max(position), -1) FROM entries WHERE {WITHHOLDS}")
        remove_outdated(path, withheld_at)
    return path


def rebuild(ledger: Path, reader: Reader, tell: Progress = no_progress) -> int:
    """Rebuild the read model while others read the old one; returns the number of entries."""
    path = model_beside(ledger)
    check_can_be_kept(path)
    with _made_anew(path, reader, tell) as (building, number), replacement_lock(path):
        replace(path, building)
    return number


def _caught_up(path: Path, reader: Reader, *, exactly: bool, tell: Progress) -> bool:
    """Bring a read model up to the ledger; False if it is unusable, or has what was withheld since."""
    try:
        files.check_plain(path)
    except Refused:
        return False
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
    """A new read model under another name, so that no withheld bytes stay in the file; and its number of entries."""
    building = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with _errors_explained(path):
            ReadModel.create(building)
            with closing(ReadModel(building)) as model:
                number = model.follow(reader, anew=True, tell=tell)
            empty_wal(building)  # which is not renamed with it
        yield building, number
    finally:
        for leftover in _leftovers(path):
            leftover.unlink(missing_ok=True)


@contextmanager
def _errors_explained(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, PersistenceError) as error:
        raise trouble(path, error) from error


def _leftovers(path: Path) -> Iterator[Path]:
    """Unfinished read models of this process, or of one that was killed. They may have what was withheld since."""
    for leftover in path.parent.glob(f".{of_any_version(path)}*.new*"):
        maker = int(leftover.name.partition(".new")[0].rpartition(".")[2])
        if maker == os.getpid() or not _may_run(maker):
            yield leftover


def _may_run(process: int) -> bool:
    """Whether a process runs; True if that cannot be determined."""
    if os.name == "posix":
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
    return True
