"""A ledger on a PostgreSQL server, to be audited.

Its tables are read like those of a file, in one snapshot. From outside, its columns, triggers and their functions are
looked at; constraints and indexes are not, for every row is compared, nor the pages, which are the server's affair.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import Any

import psycopg

from ledger.audit.database import Row, Unreadable
from ledger.audit.report import Report
from ledger.audit.tables import LedgerTables
from ledger.store import schema_postgres as schema
from ledger.store.postgres import PostgresDatabase

_AT_ONCE = 2000  # rows that the server sends

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
    """The tables of a ledger on a server. Use it as a context manager. Raises NotFound where there is none."""

    def __init__(self, database: PostgresDatabase) -> None:
        database.check()
        self._database = database
        self._open = ExitStack()
        self._server = self._open.enter_context(database.connected())
        self._server.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")

    def __exit__(self, *raised: Any) -> None:
        self._open.__exit__(*raised)

    def look(self, report: Report) -> bool:
        """Whether its tables are ours, and every trigger is there and awake."""
        report.check("file", "its columns and triggers are those of this version; the pages are the server's affair")
        tables = list(schema.TABLES)
        columns = {(table, *column) for table in tables for column in _columns(schema.TABLES[table])}
        found = set(self._server.execute(_COLUMNS, (tables,)))
        for table, name, _ in sorted(columns ^ found):
            report.wrong("file", f"the column {name} of {table} is missing, or another, or does not belong here")
        triggers = {name: (when, body) for name, (when, body) in schema.TRIGGERS.items()}
        for name, defined, enabled, body in self._server.execute(_TRIGGERS, (tables,)):
            when, expected = triggers.pop(name, ("", ""))
            if not when or enabled not in "OA" or _said(body) != f"BEGIN {_said(expected)} END":
                report.wrong("file", f"the trigger {name} was changed, is asleep, or does not belong here")
            elif _said(when) not in _said(re.sub(r"\bON \w+\.", "ON ", defined)):
                report.wrong("file", f"the trigger {name} fires at another time")
        for name in triggers:
            report.wrong("file", f"the trigger {name} is missing")
        return columns <= found

    def query(self, query: str, params: Sequence[Any] = ()) -> Iterator[Row]:
        cursor = self._server.cursor(name="audit", withhold=False)
        cursor.itersize = _AT_ONCE
        try:
            with cursor:
                cursor.execute(query.replace("?", "%s").encode(), params)
                yield from cursor
        except (psycopg.DataError, psycopg.InternalError) as error:  # pages that do not bear reading
            raise Unreadable(f"PostgreSQL says: {error}") from None


def _columns(table: str) -> list[tuple[str, str]]:
    """The names and types of the columns of a table."""
    return re.findall(r"^ *([a-z_]+) (\w+)", table, re.MULTILINE)


def _said(text: str) -> str:
    """A text of SQL, whatever its spaces."""
    return " ".join(text.split())
