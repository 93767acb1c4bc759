"""The recorder on SQLite: entries, index of references, and Merkle tree, in one transaction.

What the library's stock recorder leaves open is settled here: a writer takes the lock at once (BEGIN IMMEDIATE), a
commit is on disk when it returns (synchronous=FULL), positions and sequences have no gaps, and nothing but
`create` makes tables. Notification ids, which the library counts from 1, are positions plus one.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from eventsourcing.persistence import Notification, OperationalError, StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
    SQLiteFactory,
    SQLiteTransaction,
)

from ledger.log.tree import EMPTY_ROOT, TILE_WIDTH, Frontier, full_tile_root
from ledger.store import schema
from ledger.store.mapper import leaf_of

Index = tuple[bytes | None, Sequence[str]]
"""What the database keeps of an entry for finding it: its event id, and the targets that it refers to."""

_COLUMNS = "position + 1 AS id, matter AS originator_id, sequence AS originator_version, topic, entry AS state"


class LedgerPool(SQLiteConnectionPool):
    """Connections on which a commit is durable once it returns."""

    def _create_connection(self) -> SQLiteConnection:
        connection = super()._create_connection()
        connection.cursor().execute("PRAGMA synchronous = FULL")
        return connection


class LedgerTransaction(SQLiteTransaction):
    """A transaction that, if it is going to write, holds the only pen from its first statement on."""

    def __enter__(self) -> SQLiteCursor:
        cursor = self.connection.cursor()
        try:
            cursor.execute("BEGIN IMMEDIATE" if self.commit else "BEGIN")
        except sqlite3.OperationalError as error:
            raise OperationalError(error) from error
        return cursor


class LedgerDatastore(SQLiteDatastore):
    """The library's datastore, with the connections and transactions above."""

    def __init__(self, db_name: str, *, lock_timeout: int | None = None, **kwargs: Any) -> None:
        super().__init__(db_name, lock_timeout=lock_timeout, originator_id_type="text")
        self.pool = LedgerPool(db_name=db_name, lock_timeout=lock_timeout, pool_size=1)

    @contextmanager
    def transaction(self, *, commit: bool) -> Iterator[SQLiteCursor]:
        with (
            self.get_connection(commit=commit) as connection,
            LedgerTransaction(connection, commit=commit) as cursor,
            cursor,
        ):
            yield cursor


class LedgerRecorder(SQLiteApplicationRecorder):
    """Records stored events as entries of the ledger."""

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "entries") -> None:
        super().__init__(datastore, events_table_name)
        self.select_events_statement = f"SELECT {_COLUMNS} FROM entries WHERE matter = ? "
        self.select_max_notification_id_statement = "SELECT nullif(size, 0) FROM head"

    def construct_create_table_statements(self) -> list[str]:
        return schema.STATEMENTS

    def _create_table(self, c: SQLiteCursor) -> None:
        super()._create_table(c)
        c.execute("INSERT INTO head VALUES (1, 0, ?, ?)", (EMPTY_ROOT, b""))

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], *, index: Sequence[Index] = (), **_: Any
    ) -> Sequence[int]:
        """Append entries at the next positions, in the transaction of the cursor."""
        c.execute("SELECT size, frontier FROM head")
        size, frontier_bytes = c.fetchone()
        frontier = Frontier.from_bytes(size, frontier_bytes)
        index = index or [(None, ())] * len(stored_events)
        rows = [
            (position, s.originator_id, s.originator_version, s.topic, event_id, s.state)
            for position, (s, (event_id, _)) in enumerate(zip(stored_events, index, strict=True), size)
        ]
        c.executemany("INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)", rows)
        references = [
            (target, position) for position, (_, targets) in enumerate(index, size) for target in dict.fromkeys(targets)
        ]
        c.executemany("INSERT INTO refs VALUES (?, ?)", references)
        for s in stored_events:
            frontier.append(leaf_of(s.state))
            if frontier.size % TILE_WIDTH == 0:
                self._insert_tiles(c, frontier.size)
        if stored_events:
            c.execute(
                "UPDATE head SET size = ?, root = ?, frontier = ?",
                (frontier.size, frontier.root(), frontier.to_bytes()),
            )
        return list(range(size + 1, frontier.size + 1))

    def insert_in_transaction(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], index: Sequence[Index]
    ) -> None:
        """Append entries in a transaction that has already read what they rest on."""
        self._insert_events(c, stored_events, index=index)

    def withhold_in_transaction(self, c: SQLiteCursor, position: int, remains: bytes, targets: Sequence[str]) -> None:
        """Put what is left of an entry in the place of its bytes, and forget to which targets it referred; the database
        refuses both unless that is on record."""
        c.execute("PRAGMA secure_delete = ON")
        c.execute("UPDATE entries SET entry = ? WHERE position = ?", (remains, position))
        c.executemany("DELETE FROM refs WHERE target = ? AND position = ?", [(target, position) for target in targets])

    def _insert_tiles(self, c: SQLiteCursor, size: int) -> None:
        """Write the tiles that have just become full: that of the leaves, and any above it."""
        level, number = 0, size // TILE_WIDTH - 1
        c.execute(
            "SELECT entry FROM entries WHERE position >= ? AND position < ? ORDER BY position",
            (size - TILE_WIDTH, size),
        )
        hashes = b"".join(leaf_of(row[0]) for row in c.fetchall())
        while True:
            c.execute("INSERT INTO tiles VALUES (?, ?, ?, ?)", (level, number, full_tile_root(hashes), hashes))
            if (number + 1) % TILE_WIDTH:
                return
            level, number = level + 1, number // TILE_WIDTH
            first = number * TILE_WIDTH
            c.execute(
                "SELECT root FROM tiles WHERE level = ? AND number >= ? AND number < ? ORDER BY number",
                (level - 1, first, first + TILE_WIDTH),
            )
            hashes = b"".join(row[0] for row in c.fetchall())

    def select_events(
        self,
        originator_id: Any,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """The entries of a matter, as notifications: they say at which position they stand."""
        statement, params = self.select_events_statement, [str(originator_id)]
        for condition, bound in (("AND sequence > ? ", gt), ("AND sequence <= ? ", lte)):
            if bound is not None:
                statement, params = statement + condition, [*params, bound]  # type: ignore[list-item]
        statement += f"ORDER BY sequence {'DESC' if desc else 'ASC'} LIMIT ?"
        with self.datastore.transaction(commit=False) as c:
            return _notifications(c, statement, (*params, -1 if limit is None else limit))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """The entries from notification id ``start`` on, in the order of their positions."""
        first = 0 if start is None else start - 1 if inclusive_of_start else start
        statement = f"SELECT {_COLUMNS} FROM entries WHERE position >= ? "
        params: list[Any] = [first]
        if stop is not None:
            statement += "AND position < ? "
            params.append(stop)
        if topics:
            statement += f"AND topic IN ({','.join('?' * len(topics))}) "
            params += topics
        with self.datastore.transaction(commit=False) as c:
            return _notifications(c, statement + "ORDER BY position LIMIT ?", (*params, limit))


class LedgerFactory(SQLiteFactory):
    """The library's factory, with our datastore and recorder."""

    application_recorder_class = LedgerRecorder

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.datastore.close()
        timeout = self.env.get(self.SQLITE_LOCK_TIMEOUT)
        self.datastore = LedgerDatastore(self.env[self.SQLITE_DBNAME], lock_timeout=int(timeout) if timeout else None)


def _notifications(c: SQLiteCursor, statement: str, params: Sequence[Any]) -> list[Notification]:
    c.execute(statement, params)
    return [
        Notification(
            id=row["id"],
            originator_id=row["originator_id"],
            originator_version=row["originator_version"],
            topic=row["topic"],
            state=row["state"],
        )
        for row in c.fetchall()
    ]
