"""Reading a database that nobody vouches for: whatever SQLite says of it, there is one error, Unreadable."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

from ledger.audit.report import Report

_LONGEST = 1 << 20
"""Bytes: far more than any row of ours has; SQLite reads none that is longer."""

_AT_ONCE = 10_000  # rows

Row = tuple[Any, ...]


class Unreadable(Exception):
    """What is audited cannot be read on; the message says why, and the position where, if it is known."""

    def __init__(self, why: object, position: int | None = None) -> None:
        super().__init__(str(why))
        self.position = position


def opened(path: Path, *, still: bool = True) -> sqlite3.Connection:
    """A connection that runs nothing that a database names, and writes nothing.

    ``still`` says that nobody writes to it, so that it can be read without a lock, and without the files that SQLite
    would put beside it.
    """
    immutable = "&immutable=1" if still and lies_still(path) else ""
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{immutable}", uri=True)
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
    for pragma in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def lies_still(path: Path) -> bool:
    """Whether nobody seems to have a database open to write to it: SQLite puts files beside it for that."""
    return not path.with_name(f"{path.name}-wal").exists()


def asked(connection: sqlite3.Connection, query: str, params: Sequence[Any] = ()) -> Iterator[Row]:
    """What a query finds. Raises Unreadable where that cannot be said."""
    try:
        yield from connection.execute(query, params)
    except (sqlite3.Error, UnicodeError) as error:  # what SQLite says of damage can be damaged text
        raise Unreadable(f"SQLite says: {error}") from None


def differing(ours: Iterable[Row], theirs: Iterable[Row]) -> set[Row]:
    """The rows that only one of two has. Both come in one order: so of what is alike no more than a step is held."""
    found: set[Row] = set()
    for our, their in zip_longest(_steps(ours), _steps(theirs), fillvalue=()):
        if our != their:
            found ^= {*our} ^ {*their}
    return found


def _steps(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    rows = iter(rows)
    while step := [*islice(rows, _AT_ONCE)]:
        yield step


def compare_schema(theirs: sqlite3.Connection, ours: sqlite3.Connection, report: Report, check: str) -> bool:
    """Hold the schema of a database against one that was just made; whether its tables can be read.

    A trigger or view too many does nothing to those who only read, and is reported; with other tables and indexes
    nobody knows what reading them would run.
    """
    expected, found = _schema(ours), _schema(theirs)
    for row in sorted(expected - found, key=repr):
        report.wrong(check, f"the {row[0]} {row[1]} is missing, or another")
    for row in sorted(found - expected, key=repr):
        report.wrong(check, f"the {row[0]} {row[1]} does not belong here")
    return {row[0] for row in expected ^ found} <= {"trigger", "view"}


def _schema(connection: sqlite3.Connection) -> set[Row]:
    query = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE NOT (type = 'table' AND name = 'sqlite_stat1')"
    return set(asked(connection, query))
