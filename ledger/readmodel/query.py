"""A glance at a ledger in a file: its read model, asked as it stands.

A model that holds all that the ledger holds answers by itself. That needs neither the kinds of event nor the library
that records them, which take ten times as long to load as an answer takes to find.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ledger.errors import Busy, Damaged, LedgerError
from ledger.store.head import Head
from projections.rectangles import VERSION

_NOT_TO_BE_READ = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_CORRUPT,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_NOTADB,
}

Rows = Callable[..., list[tuple[Any, ...]]]
"""What a query, with its parameters, finds in the tables of a ledger."""


class UpToDateModel(NamedTuple):
    """A read model that holds all of its ledger, and the head of the ledger."""

    model: sqlite3.Connection
    head: Head

    def recorded_at(self, position: int) -> datetime:
        """When the entry at a position was recorded."""
        query = "SELECT recorded_at FROM entries WHERE position = ?"
        (moment,) = self.model.execute(query, [position]).fetchone()
        return datetime.fromisoformat(moment)


def model_beside(ledger: Path) -> Path:
    """Where the read model of a ledger is kept: beside its file, or what stands for it (`Database.cache_path`)."""
    return ledger.with_name(f"{ledger.stem}.model.db")


@contextmanager
def asking(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that can only read, to a read model: to the file that has the name when it has begun to read, for
    another may take its place. Raises Damaged or Busy where that is not to be read at all; what is wrong
    with a question is told by SQLite's own errors."""
    with closing(_opened(path)) as connection:
        try:
            yield connection
        except sqlite3.DatabaseError as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in _NOT_TO_BE_READ:
                raise trouble(path, error) from error
            raise


def trouble(path: Path, error: Exception) -> LedgerError:
    """What an error of a read model's database means: nothing that would touch the ledger."""
    if "locked" in str(error):
        return Busy(f"another process holds the read model {path}", hint="try again in a moment")
    remedy = "check its folder and the disk; throw it away with `force-ledger rebuild`"
    return Damaged(f"the read model {path} cannot be used: {error}", hint=remedy)


def _opened(path: Path) -> sqlite3.Connection:
    while True:
        was = _number(path)
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        with suppress(sqlite3.Error):  # whoever asks will be told
            connection.execute("PRAGMA user_version").fetchone()
        if _number(path) == was:
            return connection
        connection.close()


def _number(path: Path) -> int:
    """The number of the file that has a name; 0 where none has it."""
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


@contextmanager
def up_to_date_model(ledger: Path) -> Iterator[UpToDateModel | None]:
    """The read model of the ledger in a file; None where it does not hold all of it and no more, or either cannot be
    read. Raises Damaged where the model turns out to be so later."""
    with ExitStack() as stack:
        found = _whole(ledger, stack)
        try:
            yield found
        except sqlite3.DatabaseError as error:  # the questions are our own, so it is not they that are wrong
            raise trouble(model_beside(ledger), error) from error


def entries_covered(model: sqlite3.Connection | sqlite3.Cursor, rows: Rows) -> int:
    """How many entries a read model holds; 0 where it is of no use: of another version, or of another ledger, as where
    a backup has taken the place of this one. Looked at is the last entry that both have."""
    try:
        (version,) = model.execute("PRAGMA user_version").fetchone()
        (last,) = model.execute("SELECT max(position) FROM entries").fetchone() if version == VERSION else (None,)
    except sqlite3.DatabaseError:
        return 0
    ((size,),) = rows("SELECT size FROM head")
    if last is None or size == 0:
        return 0
    both = min(last, size - 1)
    said = model.execute("SELECT event_id, recorded_at FROM entries WHERE position = ?", [both]).fetchone()
    for event_id, entry in rows("SELECT event_id, entry FROM entries WHERE position = ?", (both,)):
        if said == (bytes(event_id), json.loads(bytes(entry))["recorded_at"]):
            return int(last) + 1
    return 0


def _whole(ledger: Path, stack: ExitStack) -> UpToDateModel | None:
    try:
        model = stack.enter_context(asking(model_beside(ledger)))
        uri = f"{ledger.absolute().as_uri()}?mode=rw"  # read only, it would leave files beside it
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as tables:
            tables.execute("BEGIN")
            head = Head(*tables.execute("SELECT size, root FROM head").fetchone())
            holds = entries_covered(model, lambda *query: tables.execute(*query).fetchall())
    except (sqlite3.Error, LedgerError, ValueError, LookupError, TypeError):  # the ledger itself will say what is wrong
        return None
    return UpToDateModel(model, head) if holds == head.size > 0 else None
