"""A ledger: an eventsourcing Application whose recorder also keeps the tree and the index of references.

Nothing but `create` makes a ledger; a mistyped path is an error, never a new empty one.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

from eventsourcing.application import Application
from eventsourcing.persistence import InfrastructureFactory, IntegrityError, Mapper, PersistenceError
from eventsourcing.utils import Environment, EnvType

from ledger.store import URLS
from ledger.store.database import Cursor, Database
from ledger.store.mapper import EntryMapper
from ledger.store.reader import Reader, Writer
from ledger.store.recorder import EntryRecorder
from ledger.store.sqlite import SQLiteFile

Where = Path | str | Database
"""Where a ledger is: the path of a file, the URL of a database on a server, or the database itself."""


class Store(Application[str]):
    """A ledger, open. Use it as a context manager, or close it."""

    name = "force-ledger"

    def __init__(self, where: Where, *, lock_timeout: int = 30) -> None:
        """Open the ledger in a file or on a server. Raises NotFound where there is none."""
        self.database = database_of(where)
        self.database.check()
        self._lock_timeout = lock_timeout
        super().__init__({"CREATE_TABLE": "n"})

    @classmethod
    def create(cls, where: Where) -> "Store":
        """Make a new ledger, which holds nothing yet. Raises AlreadyThere where anything has the place."""
        database = database_of(where)
        database.create()
        return cls(database)

    @property
    def path(self) -> Path:
        """The path beside which documents are kept for it; the file itself, where it is in one."""
        return self.database.kept

    @property
    def ledger_recorder(self) -> EntryRecorder:
        """The application's recorder, by its own type."""
        return cast(EntryRecorder, self.recorder)

    @contextmanager
    def reading(self) -> Iterator[Reader]:
        """A view of the ledger as it is now, unmoved by what is appended meanwhile."""
        with self._transaction(commit=False) as cursor:
            yield Reader(cursor)

    @contextmanager
    def writing(self) -> Iterator[Writer]:
        """Hold the only pen. What was appended is durable when the block ends, and nothing of it if it raises.

        Raises Busy where another writer holds the pen for too long.
        """
        with self._transaction(commit=True) as cursor:
            writer = Writer(cursor, self.mapper, self.ledger_recorder)
            yield writer
        if writer.withheld:
            self.ledger_recorder.sweep()

    @contextmanager
    def _transaction(self, *, commit: bool) -> Iterator[Cursor]:
        try:
            with self.ledger_recorder.datastore.transaction(commit=commit) as cursor:
                yield cursor
        except (PersistenceError, sqlite3.DatabaseError) as error:
            if isinstance(error, IntegrityError | sqlite3.IntegrityError):
                raise
            raise self.database.trouble(error) from error

    def construct_env(self, name: str, env: EnvType | None = None) -> Environment:
        """Only what we say: the library would let any environment variable redirect the ledger."""
        return Environment(name, env)

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        return self.database.factory(env, self._lock_timeout)

    def construct_mapper(self) -> Mapper[str]:
        return self.factory.mapper(mapper_class=EntryMapper)


def database_of(where: Where) -> Database:
    """The database that is meant: by a URL one on a PostgreSQL server, by a path an SQLite file."""
    if isinstance(where, str) and where.startswith(URLS):
        from ledger.store.postgres import PostgresDatabase  # its driver is an extra, and slow to load

        return PostgresDatabase(where)
    return SQLiteFile(Path(where)) if isinstance(where, str | Path) else where
