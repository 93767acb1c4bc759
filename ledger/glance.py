"""A glance at a ledger in a file: its read model, asked as it stands.

A model that holds all that the ledger holds answers by itself. That needs neither the kinds of event nor the library
that records them, which take ten times as long to load as an answer takes to find.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from ledger.errors import Damaged
from ledger.store.head import Head
from projections.rectangles import VERSION

Rows = Callable[..., list[tuple[Any, ...]]]
"""What a query, with its parameters, finds in the tables of a ledger."""


class Glance(NamedTuple):
    """A read model that holds all of its ledger, and the head of the ledger."""

    model: sqlite3.Connection
    head: Head

    def recorded_at(self, position: int) -> datetime:
        """When the entry at a position was recorded."""
        query = "SELECT recorded_at FROM entries WHERE position = ?"
        (moment,) = self.model.execute(query, [position]).fetchone()
        return datetime.fromisoformat(moment)


def beside(ledger: Path) -> Path:
    """Where the read model of a ledger is kept: beside its file, or what stands for it (`Database.cached`)."""
    return ledger.with_name(f"{ledger.stem}.model.db")


@contextmanager
def asking(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that can only read, to a read model."""
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        yield connection


@contextmanager
def glance(ledger: Path) -> Iterator[Glance | None]:
    """The read model of the ledger in a file; None where it does not hold all of it, or either cannot be read.

    Raises Damaged where the model turns out to be so later.
    """
    with ExitStack() as stack:
        found = _whole(ledger, stack)
        try:
            yield found
        except sqlite3.DatabaseError as error:
            remedy = "throw it away with `force-ledger rebuild`"
            raise Damaged(f"the read model {beside(ledger)} cannot be read: {error}", hint=remedy) from error


def come(model: sqlite3.Connection, rows: Rows) -> int:
    """How many entries of a ledger its read model holds; 0 where it is of no use: of another version, or of another
    ledger, as where a backup has taken the place of this one."""
    query = "SELECT position, event_id, recorded_at FROM entries ORDER BY position DESC LIMIT 1"
    try:
        (version,) = model.execute("PRAGMA user_version").fetchone()
        last = model.execute(query).fetchone() if version == VERSION else None
    except sqlite3.DatabaseError:
        return 0
    if last is None:
        return 0
    position, *said = last
    for event_id, entry in rows("SELECT event_id, entry FROM entries WHERE position = ?", (position,)):
        if said == [bytes(event_id).hex(), json.loads(bytes(entry))["recorded_at"]]:
            return int(position) + 1
    return 0


def _whole(ledger: Path, stack: ExitStack) -> Glance | None:
    try:
        model = stack.enter_context(asking(beside(ledger)))
        uri = f"{ledger.absolute().as_uri()}?mode=rw"  # read only, it would leave files beside it
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as tables:
            tables.execute("BEGIN")
            head = Head(*tables.execute("SELECT size, root FROM head").fetchone())
            holds = come(model, lambda *query: tables.execute(*query).fetchall())
    except (sqlite3.Error, ValueError, LookupError, TypeError):  # the ledger itself will say what is wrong
        return None
    return Glance(model, head) if holds == head.size > 0 else None
