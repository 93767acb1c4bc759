"""For every row and column of the database and every byte of every entry: after a change, `verify` finds something, or
what is exported is what it was. All bytes of the file are tried by `make tamper`; here are some."""

import random
import sqlite3
from collections.abc import Iterable
from contextlib import closing

import pytest

from ledger.cli import run
from tests.audit.damage import SEED, Damage, escaping, in_bytes, in_cells, in_entries, in_rows
from tests.audit.forging import found, put, signed, tampered, verified
from tests.audit.small import SECRET, Small, document


def escaped(small: Small, damages: Iterable[Damage]) -> list[str]:
    """The damages that are not found, and change what is exported."""
    return [words for words in escaping(small.path, damages, small.path.parent) if words]


def test_every_cell(small: Small) -> None:
    assert escaped(small, in_cells(small.path)) == []


def test_every_row(small: Small) -> None:
    assert escaped(small, in_rows(small.path)) == []


@pytest.mark.parametrize("position", [5, SECRET])
def test_every_byte_of_an_entry(small: Small, position: int) -> None:
    """One in the middle of its submission; what is left of one that is withheld."""
    assert escaped(small, in_entries(small.path, [position])) == []


def test_some_bytes_of_the_file(small: Small) -> None:
    size = small.path.stat().st_size
    at = random.Random(SEED).sample(range(size), 400)
    assert escaped(small, in_bytes(small.path, [*range(0, 100, 3), *at])) == []


def test_a_full_tile(small: Small) -> None:
    """The tables of the tree, in a ledger that has more entries than a tile."""
    entries = small.entries
    more = signed(*(document(f"letter-{n}") for n in range(256)), by=small.clerk, onto=entries)
    assert found(put(small.path, entries + more)) == {}
    for column in ("root", "hashes"):
        with closing(sqlite3.connect(small.path)) as connection:
            ((value,),) = connection.execute(f"SELECT {column} FROM tiles")
        changed = f"x'{(value[:-1] + bytes([value[-1] ^ 1])).hex()}'"
        assert found(tampered(small.path, f"UPDATE tiles SET {column} = {changed}")) == {"stored": []}
        assert found(tampered(small.path, f"UPDATE tiles SET {column} = x'{value.hex()}'")) == {}
    for change in ("UPDATE tiles SET level = 1", "UPDATE tiles SET number = 1", "DELETE FROM tiles"):
        assert found(tampered(small.path, change))["stored"] == []


# The schema


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DROP TRIGGER entries_are_never_deleted", "the trigger entries_are_never_deleted is missing"),
        ("CREATE TRIGGER x AFTER INSERT ON refs BEGIN DELETE FROM refs; END", "the trigger x does not belong here"),
        ("CREATE VIEW x AS SELECT 1", "the view x does not belong here"),
        ("CREATE TABLE x (y)", "the table x does not belong here"),
        ("CREATE INDEX x ON entries (hex(entry))", "the index x does not belong here"),
        ("ALTER TABLE entries ADD COLUMN x ANY", "the table entries is missing or differs"),
        ("ALTER TABLE head RENAME TO tail", "the table head is missing or differs"),
    ],
)
def test_another_schema(small: Small, change: str, told: str) -> None:
    with closing(sqlite3.connect(small.path)) as connection, connection:
        connection.execute(change)
    report = verified(small.path)
    assert list(found(report)) == ["file"]
    assert told in report.checks["file"].detail


def test_a_trigger_with_the_name_of_statistics(small: Small) -> None:
    """What ANALYZE leaves behind is of no account; what only sounds like it is."""
    with closing(sqlite3.connect(small.path)) as connection, connection:
        connection.execute("ANALYZE")
    assert found(verified(small.path)) == {}
    with closing(sqlite3.connect(small.path)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        trigger = "CREATE TRIGGER sqlite_stat1 AFTER INSERT ON refs BEGIN SELECT 1; END"
        connection.execute(f"INSERT INTO sqlite_master VALUES ('trigger', 'sqlite_stat1', 'refs', 0, '{trigger}')")
    assert list(found(verified(small.path))) == ["file"]


def test_entries_replaced_by_a_view(small: Small) -> None:
    """A view could be made to give whatever is asked for, for ever; it is not read."""
    with closing(sqlite3.connect(small.path)) as connection, connection:
        connection.execute("ALTER TABLE entries RENAME TO hidden")
        connection.execute(
            "CREATE VIEW entries AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) "
            "SELECT i AS position, '' AS matter, 0 AS sequence, '' AS topic, x'' AS event_id, x'' AS entry FROM n"
        )
    assert list(found(verified(small.path))) == ["file"]


def test_columns_of_other_types(small: Small) -> None:
    with closing(sqlite3.connect(small.path)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, ') STRICT', ')') WHERE type = 'table'")
    assert list(found(tampered(small.path, "UPDATE entries SET entry = 1.5 WHERE position = 5"))) == ["file"]


def test_a_head_that_claims_to_be_huge(small: Small) -> None:
    report = tampered(small.path, f"UPDATE head SET size = {2**63 - 1}")
    assert found(report) == {"stored": []}


def test_a_blob_that_is_huge(small: Small) -> None:
    assert not tampered(small.path, "UPDATE entries SET entry = zeroblob(50000000) WHERE position = 5").ok
    assert not tampered(small.path, "UPDATE checkpoints SET note = zeroblob(50000000)").ok


@pytest.mark.parametrize("keep", [0, 10, 71, 72, 8191, 8192, 30_000])
def test_a_file_that_is_cut_short(small: Small, keep: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Too short to begin like a ledger, it is none (exit 6); else it is one that is not sound (exit 5)."""
    small.path.write_bytes(small.path.read_bytes()[:keep])
    assert run(["--ledger", str(small.path), "verify"]) == (6 if keep < 72 else 5)
    told = capsys.readouterr()
    assert ("is not a ledger of ours" in told.err) if keep < 72 else ("SQLite says: " in told.out)
