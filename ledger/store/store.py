"""The store of a ledger, over the persistence layer of the eventsourcing library.

Only `create` makes one; a mistyped path is an error, never a new empty ledger. docs/decisions/0015 says what of the
library is used.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from eventsourcing.persistence import IntegrityError, PersistenceError

from events.entry import ContentMissing
from ledger.errors import Damaged
from ledger.store.database import Cursor, Database, place_of
from ledger.store.reader import Reader, Writer
from ledger.store.sqlite import SQLiteFile

Where = Path | str | Database
"""Where a ledger is: the path of a file, the URL of a database on a server, or the database itself."""


class Store:
    """An open ledger. Use it as a context manager, or close it. It writes only through a `Writer`."""

    def __init__(self, where: Where, *, lock_timeout: int = 30) -> None:
        """Open the ledger in a file or on a server; a writer waits ``lock_timeout`` seconds for another. Raises
        NotFound where there is none."""
        self.database = database_of(where)
        self.database.check()
        self._datastore = self.database.datastore(lock_timeout)

    @classmethod
    def create(cls, where: Where) -> Self:
        """Create an empty ledger. Raises AlreadyThere if the place is taken."""
        database = database_of(where)
        database.create()
        return cls(database)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._datastore.close()

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """One snapshot of the ledger; later appends do not change it."""
        with self._transaction(commit=False) as cursor:
            yield Reader(cursor)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Hold the write lock. What was appended is durable when the block ends. If the block raises, nothing is
        written.

        Raises Busy where another writer holds the lock for too long, Damaged where a trigger is missing. See `Writer`
        for who may append.
        """
        with self._transaction(commit=True) as cursor:
            self.database.check_triggers(cursor)
            yield (writer := Writer(cursor))
        if writer.has_withheld:
            writer.left_behind = self.database.purge()

    @contextmanager
    def rebuilding(self) -> Iterator[Writer]:
        """Hold the write lock, with no trigger that refuses to change what can be derived from the entries. Check these
        first."""
        with self._transaction(commit=True) as cursor, self.database.without_triggers(cursor):
            yield Writer(cursor)

    @contextmanager
    def _transaction(self, *, commit: bool) -> Iterator[Cursor]:
        try:
            with self._datastore.transaction(commit=commit) as cursor:
                yield cursor
        except ContentMissing as error:
            raise Damaged(f"{error}, and they are needed", hint="see `force-ledger verify`") from error
        except (PersistenceError, sqlite3.DatabaseError) as error:
            if isinstance(error, IntegrityError | sqlite3.IntegrityError):
                raise
            raise self.database.as_ledger_error(error) from error


def database_of(where: Where) -> Database:
    """The database at a place: a URL means a PostgreSQL server, a path an SQLite file. Raises as `place_of`."""
    if not isinstance(where, str | Path):
        return where
    if isinstance(place := place_of(where), Path):
        return SQLiteFile(place)
    from ledger.store.postgres import PostgresDatabase  # its driver is an extra, and slow to load

    return PostgresDatabase(place)
