"""A ledger in an SQLite file.

A writer takes the lock at once (BEGIN IMMEDIATE), a commit is on disk when it returns (synchronous=FULL), and nothing
but `create` makes a file or tables.
"""

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

from eventsourcing.persistence import InfrastructureFactory, OperationalError
from eventsourcing.sqlite import (
    SQLITE3_DEFAULT_LOCK_TIMEOUT,
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
    SQLiteTransaction,
)
from eventsourcing.utils import Environment

from ledger import atomic
from ledger.errors import AlreadyThere, Busy, Damaged, LedgerError, NotFound
from ledger.store import schema
from ledger.store.database import Cursor
from ledger.store.recorder import EntryRecorder

_LOOK = 0.05  # seconds between looks for what was written


class SQLiteFile:
    """The file of a ledger; a `Database`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __str__(self) -> str:
        return str(self.path)

    def exists(self) -> bool:
        """Whether a file, or anything else, has the name already."""
        return self.path.exists()

    def check(self) -> None:
        """Raise NotFound unless the file begins like an SQLite database of ours."""
        remedy = f"name another with --ledger, or create one with `force-ledger --ledger {self.path} init`"
        try:
            with self.path.open("rb") as file:
                start = file.read(100)
        except (FileNotFoundError, NotADirectoryError):
            raise NotFound(f"there is no ledger at {self.path}", hint=remedy) from None
        except IsADirectoryError:
            raise NotFound(f"{self.path} is a folder, not a ledger", hint="name the file in it with --ledger") from None
        if start[:16] != b"SQLite format 3\x00" or int.from_bytes(start[68:72], "big") != schema.APPLICATION_ID:
            raise NotFound(f"{self.path} is not a ledger of ours", hint="name another with --ledger")

    def create(self) -> None:
        """Make the file, with the tables of an empty ledger. Raises AlreadyThere where there is one."""
        self._refuse_to_replace()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with closing(sqlite3.connect(self.path, isolation_level=None)) as connection:
                # In the file at once, not in the WAL.
                connection.execute(f"PRAGMA application_id = {schema.APPLICATION_ID}")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute("BEGIN IMMEDIATE")
                for statement in schema.STATEMENTS:
                    connection.execute(statement)
                connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise self.trouble(error) from error

    @contextmanager
    def creating(self) -> Iterator["SQLiteFile"]:
        """A file beside, that is given this name when it is finished. Raises AlreadyThere where something has it."""
        self._refuse_to_replace()
        building = SQLiteFile(self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}.new"))
        try:
            yield building
            building._settle()
            try:
                os.link(building.path, self.path)
            except FileExistsError:
                self._refuse_to_replace()
            try:
                atomic.sync(self.path.parent)
            except OSError:  # a ledger that may not last is none
                self.path.unlink()
                raise
        finally:
            for leftover in self.path.parent.glob(f"{building.path.name}*"):
                with suppress(OSError):  # it is in nobody's way
                    leftover.unlink()

    def _settle(self) -> None:
        """Have all of it in the one file: the last connection that closes does that, and does not tell if it fails."""
        try:
            with closing(sqlite3.connect(self.path)) as connection:
                if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() != (0, 0, 0):
                    raise Busy(f"another process has {self} open", hint="try again in a moment")
        except sqlite3.Error as error:
            raise self.trouble(error) from error

    def _refuse_to_replace(self) -> None:
        if self.exists():
            raise AlreadyThere(f"there is a file {self} already", hint="use it, or name another with --ledger")

    @contextmanager
    def watching(self) -> Iterator[Callable[[float], bool]]:
        """Looks at ``data_version``, which counts what other connections wrote; and whether this is still the file."""
        with closing(sqlite3.connect(f"{self.path.absolute().as_uri()}?mode=rw", uri=True)) as connection:
            file, seen = self._file(), _version(connection)

            def wait(seconds: float) -> bool:
                nonlocal seen
                until = time.monotonic() + seconds
                while (is_same := self._file() == file) and _version(connection) == seen and time.monotonic() < until:
                    time.sleep(_LOOK)
                seen = _version(connection)
                return is_same

            yield wait

    def _file(self) -> tuple[int, int] | None:
        """Which file has the name now; None where there is none."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def factory(self, env: Environment, lock_timeout: int) -> InfrastructureFactory[Any]:
        """The library's factory, with our datastore and recorder."""
        env["SQLITE_DBNAME"] = f"{self.path.absolute().as_uri()}?mode=rw"
        return LedgerFactory(env, lock_timeout)

    def trouble(self, error: Exception) -> LedgerError:
        """Busy where another writer holds the pen for too long, else Damaged."""
        if not isinstance(error, OperationalError | sqlite3.OperationalError):
            return Damaged(f"{self} is damaged: {error}", hint="restore a backup")
        if "locked" in str(error) or "busy" in str(error):
            return Busy(f"another writer holds {self}", hint="try again in a moment")
        remedy = "check the disk, and the rights to its folder: SQLite writes beside it even to read"
        return Damaged(f"{self} cannot be used: {error}", hint=remedy)

    @property
    def kept(self) -> Path:
        """The file: documents are kept beside it."""
        return self.path

    @property
    def cached(self) -> Path:
        """The file: the read model is beside it."""
        return self.path


class LedgerCursor(SQLiteCursor):
    """The library's cursor, which can also insert whole rows."""

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Add whole rows to a table, in their order."""
        rows = iter(rows)
        for first in rows:  # the rest goes with it
            self.executemany(f"INSERT INTO {table} VALUES ({','.join('?' * len(first))})", chain([first], rows))


class LedgerPool(SQLiteConnectionPool):
    """Connections on which a commit is durable once it returns; or, of what can be made anew, whole or not at all."""

    durable = True

    def _create_connection(self) -> SQLiteConnection:
        """As the library's own, which remembers but one statement: each would be compiled anew, with its triggers."""
        timeout = self.lock_timeout or SQLITE3_DEFAULT_LOCK_TIMEOUT
        connection = sqlite3.connect(
            self.db_name, uri=True, isolation_level=None, check_same_thread=False, timeout=timeout
        )
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if self.durable else 'NORMAL'}")
        except sqlite3.Error:  # it is no database
            connection.close()
            raise
        return SQLiteConnection(connection, max_age=self.max_age)


class LedgerTransaction(SQLiteTransaction):
    """A transaction that, if it is going to write, holds the only pen from its first statement on."""

    def __enter__(self) -> LedgerCursor:
        cursor = LedgerCursor(self.connection.cursor().sqlite_cursor)
        try:
            cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error
        return cursor


class LedgerDatastore(SQLiteDatastore):
    """The library's datastore, with the connections and transactions above."""

    def __init__(self, db_name: str, *, lock_timeout: int | None = None, durable: bool = True, **kwargs: Any) -> None:
        super().__init__(db_name, lock_timeout=lock_timeout, originator_id_type="text")
        self.pool = LedgerPool(db_name=db_name, lock_timeout=lock_timeout, pool_size=1)
        self.pool.durable = durable

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[LedgerCursor]:
        with (
            self.get_connection(commit=commit) as connection,
            LedgerTransaction(connection, commit=commit) as cursor,
            cursor,
        ):
            yield cursor


class LedgerRecorder(EntryRecorder, SQLiteApplicationRecorder):  # type: ignore[misc]  # whose ids are never None
    """Records stored events as entries of the ledger."""

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "entries") -> None:
        super().__init__(datastore, events_table_name)

    def construct_create_table_statements(self) -> list[str]:
        return schema.STATEMENTS

    def withhold_in_transaction(self, c: Cursor, position: int, remains: bytes, targets: Sequence[str]) -> None:
        c.execute("PRAGMA secure_delete = ON")
        super().withhold_in_transaction(c, position, remains, targets)

    def sweep(self) -> None:
        """Leave nothing in the file beside the database."""
        with self.datastore.get_connection(commit=False) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")


class LedgerFactory(SQLiteFactory):
    """The library's factory, with our datastore and recorder."""

    application_recorder_class = LedgerRecorder

    def __init__(self, env: Environment, lock_timeout: int) -> None:
        super().__init__(env)
        self.datastore.close()
        self.datastore = LedgerDatastore(self.env[self.SQLITE_DBNAME], lock_timeout=lock_timeout)


def _version(connection: sqlite3.Connection) -> int:
    ((version,),) = connection.execute("PRAGMA data_version").fetchall()
    return int(version)
