"""The entries that an earlier audit checked: their tables are copied as they are, and every entry is hashed.

The rules of newer entries ask what these say. So all is read from the copy: what answers is what was hashed.
"""

import re
from contextlib import closing
from hashlib import sha256
from itertools import islice
from pathlib import Path

from events.entry import payload_of
from ledger.audit.database import opened, unprotected
from ledger.audit.report import Report
from ledger.audit.tables import LedgerTables
from ledger.audit.walk import Start
from ledger.errors import NotVerified
from ledger.log.tree import TILE_WIDTH, leaf_hash
from ledger.store.form import read_entry
from ledger.store.reader import StoredEntry
from ledger.store.schema import LAST_IN_TILE

_MATTER = re.compile(rb'"matter":"([^"]+)","version":')
_SEQUENCE = re.compile(rb'"sequence":([0-9]+),"submission":')
"""These bytes are in every envelope. A text cannot contain them: its quotation marks are escaped."""
_SAYS_WHO_SIGNS = re.compile(rb"ledger$|recorder/")
_FIRST = """
    SELECT position, CAST(matter AS BLOB), sequence, event_id, entry, salted
    FROM entries LEFT JOIN data USING (position) WHERE position < ? ORDER BY position
"""


def copy_earlier(tables: LedgerTables, size: int, path: Path, report: Report) -> Start:
    """Copy a ledger to a new file, which then has only the first entries, as many as an earlier audit checked. Each is
    hashed, with its data; only those that say who may sign are parsed.

    Raises ValueError, or an SQLite error, for rows that no ledger has.
    """
    tables.copy_to(path)
    start = _read(path, size, report)
    with unprotected(path) as cursor:
        cursor.execute("DROP TABLE IF EXISTS sqlite_stat1")  # statistics that nobody checks could slow all queries
        for table in ("refs", "data", "entries"):
            cursor.execute(f"DELETE FROM {table} WHERE position >= ?", (size,))
        cursor.execute(f"DELETE FROM tiles WHERE {LAST_IN_TILE.format('')} >= ?", (size,))
        head = (start.frontier.size, start.frontier.root(), start.frontier.to_bytes())
        cursor.execute("UPDATE head SET size = ?, root = ?, frontier = ?", head)
    return start


def _read(path: Path, size: int, report: Report) -> Start:
    start = Start()
    position, envelope = -1, b""
    with closing(opened(path)) as copy:
        rows = copy.execute(_FIRST, [size])
        while page := list(islice(rows, TILE_WIDTH)):
            start.frontier.extend([leaf_hash(row[4]) for row in page])
            for position, matter, sequence, event_id, envelope, salted in page:
                columns = _columns_of(envelope)
                if (matter, sequence, event_id) != columns:
                    report.wrong("stored", "its columns: not what the entries give", position)
                if columns and _SAYS_WHO_SIGNS.match(columns[0]):
                    start.authority.add(read_entry(StoredEntry(position, envelope, None)))
                try:
                    start.data.read(StoredEntry(position, envelope, salted))
                except NotVerified as error:
                    report.wrong("form", error.problems[0].message, position)
    start.last = read_entry(StoredEntry(position, envelope, None)) if position >= 0 else None
    return start


def _columns_of(envelope: bytes) -> tuple[bytes, int, bytes] | None:
    """Matter, sequence and event id of an entry, by which rules find it; None for bytes that are no entry."""
    matter, sequence = _MATTER.search(envelope), _SEQUENCE.search(envelope)
    if not (matter and sequence):
        return None
    return matter[1], int(sequence[1]), sha256(payload_of(envelope)).digest()
