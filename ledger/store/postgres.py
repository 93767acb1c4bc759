"""A ledger in a database on a PostgreSQL server, for many writers on many machines.

The row `head` is the write lock: a writer locks it first. A reader sees one snapshot. Only `create` makes tables.
Positions are assigned under the lock, never by a sequence, which would leave gaps.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from platformdirs import user_cache_path, user_data_path

from events import Entry
from ledger.errors import (
    AlreadyThere,
    Busy,
    Damaged,
    DiskFull,
    LedgerError,
    NotFound,
    Problem,
    Unreachable,
    install_extra,
)
from ledger.store import schema_postgres as schema
from ledger.store.database import ADDRESS, Cursor
from ledger.store.schema import SCHEMA_VERSION, of_another_version, without_triggers

try:
    import psycopg
    from eventsourcing.postgres import ConnectionPool, PostgresDatastore
    from psycopg.conninfo import conninfo_to_dict, make_conninfo
    from psycopg.rows import tuple_row
except ImportError as error:
    raise Unreachable(
        "a ledger on a PostgreSQL server needs the driver psycopg", hint=install_extra("postgres")
    ) from error

_READING = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_WRITING = """
    SET TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE;
    SET LOCAL lock_timeout = '{}s';
    SET LOCAL idle_in_transaction_session_timeout = '10min'; -- a writer that stalls loses the lock
    SELECT set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off';
    NOTIFY {}; -- wakes those who follow the ledger
    SELECT size FROM head FOR UPDATE
"""
_TRIGGERS = """
    SELECT tgname FROM pg_trigger JOIN pg_class ON tgrelid = pg_class.oid
    WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(?) AND tgenabled IN ('O', 'A')
"""
_CHANNEL = "entries"
_CONNECT_TIMEOUT = 10  # seconds
_PATIENCE = {  # so that a connection that was cut without a word ends within a minute; the URL may say otherwise
    "connect_timeout": _CONNECT_TIMEOUT,
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 45_000,  # milliseconds
}
_TRY_AGAIN = "check the address and the server, and try again: nothing is recorded twice"


class PostgresDatabase:
    """A database on a server, by its URL; a `Database`. Its tables are in the first schema of the search path."""

    def __init__(self, url: str) -> None:
        """Raises NotFound for a URL that cannot be read. The message omits it: any part may be a password."""
        try:
            fields = conninfo_to_dict(url)
        except psycopg.ProgrammingError:
            raise NotFound("the URL of the ledger cannot be read", hint=ADDRESS) from None
        ports = str(fields.get("port", "")).split(",")
        if "@" in str(fields.get("host", "")) or not all(port.isdigit() or not port for port in ports):
            raise NotFound("the URL of the ledger cannot be read", hint=ADDRESS)
        if not fields.keys() & {"dbname", "service"}:
            raise NotFound("the URL of the ledger names no database", hint=ADDRESS)
        self.url = url
        self._fields = fields
        self._conninfo = make_conninfo(url, **{name: fields.get(name, value) for name, value in _PATIENCE.items()})
        self._origin = ""

    def __str__(self) -> str:
        host, port, user = (str(self._fields.get(name, "")) for name in ("host", "port", "user"))
        name = self._fields.get("dbname", f"?service={self._fields.get('service')}")
        where = f"{user}@" if user else ""
        schema = re.search(r"search_path=([^\s,]+)", str(self._fields.get("options", "")))
        named = f" (schema {schema[1]})" if schema else ""
        return f"postgresql://{where}{host.replace('/', '%2F')}{f':{port}' if port else ''}/{name}{named}"

    def exists(self) -> bool:
        """Whether a ledger with entries is there. Empty tables, from an interrupted `init`, do not count."""
        with self.connected() as connection:
            if not _version_in(connection):
                return False
            return connection.execute("SELECT size > 0 FROM head").fetchone() == (True,)

    def check(self) -> None:
        """Raise NotFound unless our tables are there, Unreachable where the server does not answer."""
        with self.connected() as connection:
            version = _version_in(connection)
            if not version:
                raise NotFound(
                    f"there is no ledger at {self}",
                    hint="name another with --ledger, or create one with `force-ledger --ledger URL init`",
                )
            if version != str(SCHEMA_VERSION):
                raise of_another_version(self, int(version) if version.isdecimal() else 0)
            self._origin = _origin_of(connection)

    def create(self) -> None:
        self._refuse_to_replace()
        with self.connected() as connection, connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(hashtext('force-ledger init'))")
            if _version_in(connection):
                return
            if connection.execute("SHOW server_encoding").fetchone() != ("UTF8",):
                raise Unreachable(f"{self} cannot hold every text", hint="make the database with --encoding UTF8")
            try:
                for statement in schema.STATEMENTS:
                    connection.execute(statement)
            except (psycopg.errors.DuplicateTable, psycopg.errors.DuplicateFunction) as error:
                raise AlreadyThere(
                    f"{self} holds something else: {_first_line(error)}", hint="give the ledger a database of its own"
                ) from None

    @contextmanager
    def creating(self) -> Iterator["PostgresDatabase"]:
        """This database itself: a ledger without entries does not count as one."""
        self._refuse_to_replace()
        yield self

    def _refuse_to_replace(self) -> None:
        if self.exists():
            raise AlreadyThere(f"there is a ledger at {self} already", hint="use it, or name another with --ledger")

    @contextmanager
    def watch(self) -> Iterator[Callable[[float], bool]]:
        """Listens (LISTEN, NOTIFY) on a connection of its own."""
        with self.connected() as connection:
            connection.execute(f"LISTEN {_CHANNEL}".encode())

            def wait(seconds: float) -> bool:
                try:
                    for _ in connection.notifies(timeout=seconds, stop_after=1):
                        pass
                except psycopg.OperationalError:
                    return False
                return True

            yield wait

    def check_triggers(self, cursor: Cursor) -> None:
        cursor.execute(_TRIGGERS, (list(schema.TABLES),))
        found = {name for (name,) in cursor.fetchall()}
        if missing := schema.TRIGGERS.keys() - found:
            raise without_triggers(self, missing)

    @contextmanager
    def without_triggers(self, cursor: Cursor) -> Iterator[None]:
        """Only the owner of the tables may."""
        for table in schema.TABLES:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        for table in schema.TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")

    def datastore(self, lock_timeout: int) -> "LedgerDatastore":
        return LedgerDatastore(self._conninfo, lock_timeout)

    def purge(self) -> Problem:
        """Removes dead rows, if this role may."""
        with self.connected() as connection:
            connection.execute("VACUUM data, refs")
        what = "what was withheld may stay in pages and the WAL of the server"
        return Problem(what, "have their owner run VACUUM FULL data, refs; see `force-ledger help operations`")

    def as_ledger_error(self, error: Exception) -> LedgerError:
        """Busy where another writer holds the lock for too long, Unreachable where the server cannot be reached or
        refuses."""
        cause = error.__cause__ if isinstance(error.__cause__, psycopg.Error) else error
        state, text = getattr(cause, "sqlstate", None) or "", _first_line(cause)
        if state == "55P03":
            return Busy(f"another writer holds {self}", hint="try again in a moment")
        if state == "53100":
            return DiskFull(f"{self}, on the disk of the server")
        if state == "42501":
            return Unreachable(
                f"{self} does not allow this: {text}", hint="see the roles in `force-ledger help operations`"
            )
        if state.startswith("XX"):
            return Damaged(f"{self} is damaged: {text}", hint="restore a backup")
        if re.search('database ".*" does not exist$', text):
            return NotFound(f"there is no database {self}", hint="create it first; `init` makes its tables")
        if isinstance(cause, psycopg.OperationalError):
            return Unreachable(f"{self} cannot be reached: {text}", hint=_TRY_AGAIN)
        return Unreachable(f"{self} refuses: {text}", hint=_TRY_AGAIN)

    @property
    def evidence_folder(self) -> Path:
        """In the user's data folder, by a hash of the ledger's origin."""
        return user_data_path("force-ledger") / self._folder_name() / "ledger.evidence"

    @property
    def cache_path(self) -> Path:
        """In the user's cache folder, named the same way; creates that folder."""
        folder = user_cache_path("force-ledger") / self._folder_name()
        folder.mkdir(parents=True, exist_ok=True)
        return folder / "ledger"

    def _folder_name(self) -> str:
        if not self._origin:
            with self.connected() as connection:
                self._origin = _origin_of(connection)
        return sha256(self._origin.encode()).hexdigest()[:16]

    @contextmanager
    def connected(self) -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
        """A connection in autocommit mode. Raises NotFound, Unreachable or Busy for any error."""
        try:
            with psycopg.connect(self._conninfo, autocommit=True) as connection:
                yield connection
        except psycopg.Error as error:
            raise self.as_ledger_error(error) from None


class LedgerCursor:
    """A cursor that takes ``?`` for a parameter, as SQLite does, and can insert whole rows."""

    def __init__(self, cursor: "psycopg.Cursor[tuple[Any, ...]]") -> None:
        self._cursor = cursor

    def execute(self, query: str, params: Sequence[Any] = ()) -> None:
        self._cursor.execute(query.replace("?", "%s").encode(), params)

    def insert(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        """Uses COPY, because a pipeline hangs on large batches."""
        with self._cursor.copy(f"COPY {table} FROM STDIN".encode()) as copy:
            for row in rows:
                copy.write_row(row)

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._cursor.fetchall()

    def fetchone(self) -> tuple[Any, ...] | None:
        return self._cursor.fetchone()

    def server_time(self) -> datetime:
        ((now,),) = self._cursor.execute("SELECT clock_timestamp()").fetchall()
        return cast(datetime, now).astimezone(UTC)


class LedgerDatastore(PostgresDatastore):
    """The library's datastore, with our transactions."""

    def __init__(self, conninfo: str, lock_timeout: int) -> None:
        super().__init__("", "", "", "", "", lock_timeout=lock_timeout, originator_id_type="text")
        self.pool = ConnectionPool(
            conninfo,
            connection_class=psycopg.Connection,
            kwargs={"autocommit": True},
            min_size=1,
            max_size=10,
            open=False,
            timeout=_CONNECT_TIMEOUT,
        )

    def register_type_adapters(self) -> None:
        """Does nothing: we define no types."""

    @contextmanager
    def transaction(self, *, commit: bool = False) -> Iterator[Any]:
        with (
            self.get_connection() as connection,
            connection.transaction(force_rollback=not commit),
            connection.cursor(row_factory=tuple_row) as cursor,
        ):
            cursor.execute((_WRITING.format(self.lock_timeout, _CHANNEL) if commit else _READING).encode())
            yield LedgerCursor(cursor)


def _version_in(connection: "psycopg.Connection[tuple[Any, ...]]") -> str:
    """The version of our tables in the first schema of the search path; empty where there are none."""
    query = "SELECT obj_description(to_regclass(quote_ident(current_schema()) || '.head'), 'pg_class')"
    ((comment,),) = connection.execute(query).fetchall()
    return comment.removeprefix(schema.MARK) if comment and comment.startswith(schema.MARK) else ""


def _origin_of(connection: "psycopg.Connection[tuple[Any, ...]]") -> str:
    first = connection.execute("SELECT entry FROM entries WHERE position = 0").fetchone()
    return Entry.read(0, first[0], None).ledger if first else ""


def _first_line(error: object) -> str:
    return str(error).strip().partition("\n")[0]
