"""A ledger in an SQLite file.

A writer takes the write lock at once (BEGIN IMMEDIATE), a commit is on disk when it returns (synchronous=FULL), and
only `create` makes a file or tables.
"""

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any

from eventsourcing.persistence import OperationalError
from eventsourcing.sqlite import (
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteTransaction,
)

from ledger import atomic, files
from ledger.errors import AlreadyThere, Busy, Damaged, DiskFull, LedgerError, NotFound, Problem, Unusable, is_full
from ledger.store import schema_sqlite as schema
from ledger.store.database import Cursor, real_path
from ledger.store.schema import SCHEMA_VERSION, of_another_version, without_triggers

_MAGIC = b"SQLite format 3\x00"
_POLL = 0.05  # seconds between two checks for writes


def is_ledger(path: Path) -> bool:
    """Whether a file begins as our ledgers do."""
    return path.is_file() and _header(path)[0] == schema.APPLICATION_ID


def _header(path: Path) -> tuple[int, int]:
    """The application id and the user version of an SQLite file, from its bytes; zeros for another file."""
    with files.opened(path) as file:
        start = file.read(72)
    if not start.startswith(_MAGIC):
        return 0, 0
    return int.from_bytes(start[68:72], "big"), int.from_bytes(start[60:64], "big")


class SQLiteFile:
    """The file of a ledger; a `Database`."""

    def __init__(self, path: Path, name: Path | None = None) -> None:
        """The file at a path; messages call it by that, or by the ``name`` that it is going to have."""
        self.path = real_path(path)
        self._name = name or self.path

    def __str__(self) -> str:
        return str(self._name)

    def exists(self) -> bool:
        return self.path.exists()

    def check(self) -> None:
        """Reads the header of the file: it has our application id and the version of the schema."""
        remedy = f"name another with --ledger, or create one with `force-ledger --ledger {self.path} init`"
        files.check_plain(self.path)
        try:
            application, version = self._numbers()
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(f"there is no ledger at {self.path}", hint=remedy) from None
        except IsADirectoryError:
            raise NotFound(f"{self.path} is a folder, not a ledger", hint="name the file in it with --ledger") from None
        if application != schema.APPLICATION_ID:
            raise NotFound(f"{self.path} is not a ledger of ours", hint="name another with --ledger")
        if version != SCHEMA_VERSION:
            raise of_another_version(self, version)

    def _numbers(self) -> tuple[int, int]:
        """As `_header`. The file is opened past SQLite only if SQLite cannot read it, so that no connection of this
        process has locks on it: closing it would drop them (`check_plain`)."""
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as connection,
        ):
            ((application,),) = connection.execute("PRAGMA application_id").fetchall()
            ((version,),) = connection.execute("PRAGMA user_version").fetchall()
            return application, version
        return _header(self.path)

    def create(self) -> None:
        self._refuse_to_replace()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
                connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")  # in the file, not in the WAL
                connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN IMMEDIATE")
                for statement in schema.STATEMENTS:
                    connection.execute(statement)
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self.as_ledger_error(error) from error

    @contextmanager
    def creating(self) -> Iterator["SQLiteFile"]:
        """A file in the same folder, which gets this name when the block ends."""
        self._refuse_to_replace()
        building = SQLiteFile(self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.new"), self.path)
        try:
            yield building
            building._empty_wal()
            try:
                os.link(building.path, self.path)
            except FileExistsError:
                self._refuse_to_replace()
            try:
                atomic.sync(self.path.parent)
            except OSError:  # the new name might not be durable
                self.path.unlink()
                raise
        finally:
            for leftover in self.path.parent.glob(f"{building.path.name}*"):
                with suppress(OSError):
                    leftover.unlink()

    def _empty_wal(self) -> None:
        try:
            if not empty_wal(self.path):
                raise Busy(f"another process has {self} open", hint="try again in a moment")
        except sqlite3.Error as error:
            raise self.as_ledger_error(error) from error

    def _refuse_to_replace(self) -> None:
        if self.exists():
            raise AlreadyThere(f"there is a file {self} already", hint="use it, or name another with --ledger")

    @contextmanager
    def watch(self) -> Iterator[Callable[[float], bool]]:
        """Polls ``data_version``, which changes when another connection writes, and whether the file was replaced."""
        with closing(sqlite3.connect(self._uri(), uri=True)) as connection:
            opened = self._identity()

            def version() -> int:
                try:
                    ((found,),) = connection.execute("PRAGMA data_version").fetchall()
                except sqlite3.Error as error:
                    raise self.as_ledger_error(error) from error
                return int(found)

            seen = version()

            def wait(seconds: float) -> bool:
                nonlocal seen
                until = time.monotonic() + seconds
                while self._identity() == opened and version() == seen and time.monotonic() < until:
                    time.sleep(_POLL)
                seen = version()
                return self._identity() == opened

            yield wait

    def _identity(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def check_triggers(self, cursor: Cursor) -> None:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        found = dict(cursor.fetchall())
        if missing := schema.TRIGGERS.items() - found.items():
            raise without_triggers(self, (name for name, _ in missing))

    @contextmanager
    def without_triggers(self, cursor: Cursor) -> Iterator[None]:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in cursor.fetchall():
            cursor.execute('DROP TRIGGER "{}"'.format(name.replace('"', '""')))
        yield
        for statement in schema.TRIGGERS.values():
            cursor.execute(statement)

    def datastore(self, lock_timeout: int) -> "LedgerDatastore":
        return LedgerDatastore(self._uri(), lock_timeout)

    def _uri(self) -> str:
        """How SQLite opens it. Where nothing can be written, as on a read-only medium or share, it is only read: then
        SQLite makes no files beside it, which it otherwise does even to read."""
        beside = self._beside()
        if os.access(self.path, os.W_OK) and (os.access(self.path.parent, os.W_OK) or all(beside)):
            how = "rw"
        else:
            how = "ro" if any(beside) else "ro&immutable=1"
        return f"{self.path.absolute().as_uri()}?mode={how}"

    def _beside(self) -> list[bool]:
        """Whether a WAL is beside the file, and its index."""
        return [self.path.with_name(f"{self.path.name}-{tail}").exists() for tail in ("wal", "shm")]

    def purge(self) -> Problem | None:
        """Empties the WAL, which has the withheld bytes, unless another process is reading."""
        try:
            self._empty_wal()
        except Busy:
            what = f"another process reads {self}; until it ends, what was withheld stays in {self.path.name}-wal"
            return Problem(what, "end it, then run any command: the last one to close the ledger removes that file")
        return None

    def as_ledger_error(self, error: Exception) -> LedgerError:
        """Busy where another writer holds the lock for too long, DiskFull where there is no room, else Damaged."""
        if is_full(error):
            return DiskFull(self)
        if not isinstance(error, OperationalError | sqlite3.OperationalError):
            return Damaged(f"{self} is damaged: {error}", hint="restore a backup")
        if "locked" in str(error) or "busy" in str(error):
            return Busy(f"another writer holds {self}", hint="try again in a moment")
        if "mode=ro" in self._uri():
            wal = "; a WAL is beside it: copy both to a disk first" if any(self._beside()) else ""
            remedy = f"its file, medium or share can only be read{wal}"
        else:
            remedy = "check the disk, and the rights to its folder: SQLite writes beside it even to read"
        return Unusable(f"{self} cannot be used: {error}", hint=remedy)

    @property
    def evidence_folder(self) -> Path:
        return self.path.with_name(f"{self.path.stem}.evidence")

    @property
    def cache_path(self) -> Path:
        """The file itself. If its folder can only be read, a path in the user's cache folder, if that can be made."""
        if not os.access(self.path.parent, os.W_OK):
            from platformdirs import user_cache_path

            name = sha256(bytes(self.path.absolute())).hexdigest()[:16]
            with suppress(OSError):
                folder = user_cache_path("force-ledger") / name
                folder.mkdir(parents=True, exist_ok=True)
                return folder / self.path.name
        return self.path


def empty_wal(path: Path) -> bool:
    """Move all of the WAL to its file; False if another connection prevents that. The last connection does that too
    when it closes, but hides a failure."""
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0))


class LedgerCursor(SQLiteCursor):
    """The library's cursor, which can also insert whole rows."""

    def server_time(self) -> None:
        """A file has no clock."""

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        rows = iter(rows)
        for first in rows:  # its length is the number of columns; `chain` takes all other rows
            self.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(first))})", chain([first], rows))


class LedgerPool(SQLiteConnectionPool):
    """Connections. With ``synchronous`` FULL a commit is on disk when it returns; with NORMAL it may be lost, but only
    as a whole."""

    def __init__(self, db_name: str, lock_timeout: int, synchronous: str) -> None:
        super().__init__(db_name=db_name, pool_size=1)
        self._timeout, self._synchronous = lock_timeout, synchronous

    def _create_connection(self) -> SQLiteConnection:
        """Like the library's, but with sqlite3's statement cache on; the library sets it to 1."""
        connection = sqlite3.connect(
            self.db_name, uri=True, isolation_level=None, check_same_thread=False, timeout=self._timeout
        )
        try:
            if "mode=ro" not in self.db_name:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(f"PRAGMA synchronous = {self._synchronous}")
                connection.execute("PRAGMA secure_delete = ON")  # so that no withheld bytes stay in free space
        except sqlite3.Error:
            connection.close()
            raise
        return SQLiteConnection(connection, max_age=self.max_age)


class LedgerTransaction(SQLiteTransaction):
    """A transaction that holds the write lock from its first statement on, if it is going to commit."""

    def __enter__(self) -> LedgerCursor:
        cursor = LedgerCursor(self.connection.cursor().sqlite_cursor)
        try:
            cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error
        return cursor


class LedgerDatastore(SQLiteDatastore):
    """The library's datastore, with the connections and transactions above."""

    def __init__(self, db_name: str, lock_timeout: int, synchronous: str = "FULL") -> None:
        super().__init__(db_name, originator_id_type="text")
        self.pool = LedgerPool(db_name, lock_timeout, synchronous)

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[LedgerCursor]:
        with (
            self.get_connection(commit=commit) as connection,
            LedgerTransaction(connection, commit=commit) as cursor,
            cursor,
        ):
            yield cursor
