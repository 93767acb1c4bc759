"""Audit a ledger on a PostgreSQL server. Its tables are read in one snapshot. Columns, triggers and their functions are
checked. Constraints and indexes are not, because every row is compared. The pages of the database are not: that is up
to the server.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from ledger.audit.database import UntrustedCursor, unprotected
from ledger.audit.report import Report
from ledger.audit.tables import LedgerTables
from ledger.store import schema_postgres as schema
from ledger.store.postgres import LedgerCursor, PostgresDatabase
from ledger.store.reader import Reader
from ledger.store.sqlite import SQLiteFile

_AT_ONCE = 2000  # rows that the server sends at once

_COLUMNS = """
    SELECT relname, attname, format_type(atttypid, NULL)
    FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
    WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s) AND attnum > 0 AND NOT attisdropped
        AND relkind = 'r' AND NOT relhasrules AND NOT relrowsecurity
"""
_TRIGGERS = """
    SELECT tgname, pg_get_triggerdef(pg_trigger.oid), tgenabled, prosrc
    FROM pg_trigger JOIN pg_class ON tgrelid = pg_class.oid JOIN pg_proc ON tgfoid = pg_proc.oid
    WHERE relnamespace = current_schema()::regnamespace AND relname = ANY(%s) AND NOT tgisinternal
"""


class LedgerOnServer(LedgerTables):
    """The tables of a ledger on a server. Raises NotFound where there is none."""

    def __init__(self, database: PostgresDatabase) -> None:
        database.check()
        self._open = ExitStack()
        self._server = self._open.enter_context(database.connected())
        self._server.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor = self._open.enter_context(self._server.cursor(name="audit"))
        cursor.itersize = _AT_ONCE
        damaged = (psycopg.DataError, psycopg.InternalError)  # errors from damaged pages
        self.snapshot = Reader(UntrustedCursor(_InSteps(cursor), "PostgreSQL", *damaged))

    def __exit__(self, *raised: Any) -> None:
        self._open.__exit__(*raised)

    def check_outside(self, report: Report) -> bool:
        """Whether its columns are ours, and every trigger is there and enabled."""
        report.check(
            "file", "its columns and triggers are those of this version; the server itself must check its pages"
        )
        tables = list(schema.TABLES)
        columns = {(table, *column) for table in tables for column in _columns(schema.TABLES[table])}
        found = set(self._server.execute(_COLUMNS, (tables,)))
        for table, name, _ in sorted(columns ^ found):
            report.wrong("file", f"the column {name} of {table} is missing, has another type, or does not belong here")
        missing = dict(schema.TRIGGERS)
        for name, definition, enabled, body in self._server.execute(_TRIGGERS, (tables,)):
            when, expected = missing.pop(name, ("", ""))
            if not when or enabled not in "OA" or _squeezed(body) != f"BEGIN {_squeezed(expected)} END":
                report.wrong("file", f"the trigger {name} was changed, is disabled, or does not belong here")
            elif _squeezed(when) not in _squeezed(re.sub(r"\bON \w+\.", "ON ", definition)):
                report.wrong("file", f"the trigger {name} fires at another time")
        for name in missing:
            report.wrong("file", f"the trigger {name} is missing")
        return columns <= found

    def copy_to(self, path: Path) -> None:
        SQLiteFile(path).create()
        with unprotected(path) as cursor:
            for table in ("entries", "data", "refs", "tiles"):
                cursor.insert(table, self.snapshot.iter_rows(f"SELECT * FROM {table}"))


class _InSteps(LedgerCursor):
    """The server sends the rows in steps, so that a table need not fit in memory."""

    _rows: Iterator[Any]

    def execute(self, query: str, params: Sequence[Any] = ()) -> None:
        super().execute(query, params)
        self._rows = iter(self._cursor)

    def fetchone(self) -> tuple[Any, ...] | None:
        return next(self._rows, None)


def _columns(table: str) -> list[tuple[str, str]]:
    """The names and types of the columns of a table."""
    return re.findall(r"^ *([a-z_]+) (\w+)", table, re.MULTILINE)


def _squeezed(sql: str) -> str:
    return " ".join(sql.split())
