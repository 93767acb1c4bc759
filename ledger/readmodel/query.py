"""Query the read model of a ledger.

An up-to-date read model is queried directly, without importing the kinds of event or the eventsourcing library. Loading
these takes ten times as long as the query.
"""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ledger import files
from ledger.errors import Busy, Damaged, DiskFull, LedgerError, Refused, is_full
from ledger.readmodel.place import model_beside
from ledger.readmodel.version import current_version
from ledger.store.database import Head
from ledger.store.schema import SCHEMA_VERSION
from projections.clock import Times

_NOT_THE_QUESTION = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOTADB,
}
"""Errors that are about the file, not about the query."""

_LONGEST = 16 << 20  # bytes of a value: a function that makes one is not interrupted
_READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
_PRAGMAS = {"table_info", "table_xinfo", "table_list", "index_list", "index_info", "index_xinfo"} | {"data_version"}
"""The pragmas that read the schema, and the one that full-text search asks."""

Rows = Callable[..., list[tuple[Any, ...]]]
"""Runs a query with parameters on the tables of a ledger; returns its rows."""


class UpToDateModel(NamedTuple):
    """A read model that covers exactly the entries of its ledger; and the head and the tables of the ledger."""

    model: sqlite3.Connection
    head: Head
    tables: Rows

    def times(self) -> Times:
        """The times of all entries."""
        return Times(self._recorded_at, self._clock_corrections)

    def _recorded_at(self, position: int) -> datetime:
        query = "SELECT recorded_at FROM entries WHERE position = ?"
        (moment,) = self.model.execute(query, [position]).fetchone()
        return datetime.fromisoformat(moment)

    def _clock_corrections(self) -> list[int]:
        query = "SELECT position FROM entries WHERE kind = 'ledger.clock_corrected' ORDER BY position"
        return [position for (position,) in self.model.execute(query)]


@contextmanager
def up_to_date_model(ledger: Path) -> Iterator[UpToDateModel | None]:
    """The read model of the ledger in a file; None if it is behind, ahead, unusable, or cannot be read. Raises Damaged
    if a query of it fails.
    """
    with ExitStack() as stack:
        found = _up_to_date(ledger, stack)
        try:
            yield found
        except sqlite3.DatabaseError as error:
            raise trouble(model_beside(ledger), error) from error


@contextmanager
def open_model(path: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection to a read model, for any SQL. Raises Damaged or Busy if the file cannot be read, and
    SQLite's own error if the query is wrong.
    """
    with closing(_connection(path)) as connection:
        try:
            yield connection
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_THE_QUESTION:
                raise trouble(path, error) from error
            raise


@contextmanager
def limited(model: sqlite3.Connection, seconds: float) -> Iterator[None]:
    """Let a connection only read, and only so long. Raises Refused for anything else, KeyboardInterrupt for Ctrl-C."""
    model.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    end = time.monotonic() + seconds

    def may(action: int, name: str | None, *_: str | None) -> int:
        pragma = action == sqlite3.SQLITE_PRAGMA and str(name).lower() in _PRAGMAS
        declared = (
            action == sqlite3.SQLITE_UPDATE and name == "sqlite_master"
        )  # asked for a virtual table; not writable
        return sqlite3.SQLITE_OK if action in _READS or pragma or declared else sqlite3.SQLITE_DENY

    model.set_authorizer(may)
    model.set_progress_handler(lambda: time.monotonic() > end, 10_000)
    try:
        yield
    except sqlite3.DatabaseError as error:
        match getattr(error, "sqlite_errorcode", None):
            case sqlite3.SQLITE_AUTH:
                message = (
                    "a query may only read the tables of the read model: it may not write, ATTACH, or set a PRAGMA"
                )
                raise Refused(message, hint="see `force-ledger help model`") from None
            case sqlite3.SQLITE_INTERRUPT if time.monotonic() > end:
                message = f"the query took longer than {seconds:g} seconds"
                raise Refused(message, hint="narrow it, or give it more time with --timeout") from None
            case sqlite3.SQLITE_INTERRUPT:  # sqlite3 drops the KeyboardInterrupt in the handler
                raise KeyboardInterrupt from None
        raise
    finally:
        model.set_authorizer(None)
        model.set_progress_handler(None, 0)


def trouble(path: Path, error: Exception) -> LedgerError:
    """The LedgerError for an error of a read model's database."""
    if "locked" in str(error):
        return Busy(f"another process holds the read model {path}", hint="try again in a moment")
    if is_full(error):
        return DiskFull(f"the read model {path}")
    remedy = "check its folder and the disk; replace it with `force-ledger rebuild`"
    return Damaged(f"the read model {path} cannot be used: {error}", hint=remedy)


def entries_covered(model: sqlite3.Connection | sqlite3.Cursor, rows: Rows) -> int:
    """How many entries a read model covers; 0 if it is unusable.

    It is unusable if another version of this program made it, or if it belongs to another ledger, for example because a
    backup has replaced this one. To find out, the last entry that both have is compared.
    """
    try:
        (version,) = model.execute("PRAGMA user_version").fetchone()
        if version != current_version():
            return 0
        (last,) = model.execute("SELECT max(position) FROM entries").fetchone()
    except sqlite3.DatabaseError:
        return 0
    ((size,),) = rows("SELECT size FROM head")
    if last is None or size == 0:
        return 0
    both = min(last, size - 1)
    ours = model.execute("SELECT event_id, recorded_at FROM entries WHERE position = ?", [both]).fetchone()
    for event_id, entry in rows("SELECT event_id, entry FROM entries WHERE position = ?", (both,)):
        if ours == (bytes(event_id), json.loads(bytes(entry))["recorded_at"]):
            return int(last) + 1
    return 0


def _up_to_date(ledger: Path, stack: ExitStack) -> UpToDateModel | None:
    try:
        model = stack.enter_context(open_model(model_beside(ledger)))
        files.check_plain(ledger)
        uri = f"{ledger.absolute().as_uri()}?mode=rw"  # a read-only connection would leave files beside the ledger
        tables = stack.enter_context(closing(sqlite3.connect(uri, uri=True, isolation_level=None)))

        def rows(*query: Any) -> list[tuple[Any, ...]]:
            return tables.execute(*query).fetchall()

        with tables:  # the transaction ends with the block
            tables.execute("BEGIN")
            if rows("PRAGMA user_version") != [(SCHEMA_VERSION,)]:
                return None
            ((size, root),) = rows("SELECT size, root FROM head")
            covered = entries_covered(model, rows)
    except (sqlite3.Error, LedgerError, ValueError, LookupError, TypeError):
        return None  # opening the ledger reports what is wrong
    return UpToDateModel(model, Head(size, root), rows) if covered == size > 0 else None


def _connection(path: Path) -> sqlite3.Connection:
    """A connection to the file that has this name after opening it, since another process may replace the file
    meanwhile."""
    while True:
        files.check_plain(path)
        before = _inode(path)
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        with suppress(sqlite3.Error):  # the first query raises it again
            connection.execute("PRAGMA user_version").fetchone()
        if _inode(path) == before:
            return connection
        connection.close()


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return None
