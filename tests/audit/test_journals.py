"""What lies beside the file is part of the database: `verify` reads what every other command reads, or says why not."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copy

import pytest

from ledger.audit.report import Report
from ledger.audit.verify import AuditOptions, audit_ledger
from ledger.store.sqlite import SQLiteFile
from ledger.store.store import Store
from tests.audit.forging import found, tampered
from tests.audit.small import SIZE, Small, document

pytestmark = pytest.mark.skipif(os.name != "posix", reason="it kills a process")

_INTERRUPTED = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in ("journal_mode = DELETE", "cache_size = 1", "cache_spill = 1", "synchronous = FULL"):
    connection.execute(f"PRAGMA {statement}").fetchall()
for statement in sys.argv[2:]:
    connection.execute(statement)
connection.execute("CREATE TABLE many AS WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n LIMIT 999) "
    "SELECT randomblob(999) FROM n")  # more than the cache holds: pages are written before the commit
os.kill(os.getpid(), signal.SIGKILL)
"""


def interrupted(path: Path, *statements: str) -> None:
    """Begin a transaction in rollback mode, without triggers, and die once pages of it are in the file."""
    with closing(sqlite3.connect(path)) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    said = ["BEGIN", *(f"DROP TRIGGER {name}" for (name,) in names), *statements]
    done = subprocess.run([sys.executable, "-c", _INTERRUPTED, str(path), *said], check=False)
    assert done.returncode < 0
    assert path.with_name(f"{path.name}-journal").stat().st_size > 0


def verified(path: Path) -> Report:
    return audit_ledger(SQLiteFile(path), AuditOptions(), lambda _origin: None)


def size_for_all_others(path: Path) -> int:
    with Store(path) as ledger, ledger.reading() as reader:
        return reader.head().size


def linked(path: Path) -> Path:
    (path.parent / "links").mkdir()
    link = path.parent / "links" / "linked.db"
    link.symlink_to(path)
    return link


def itself(path: Path) -> Path:
    return path


@pytest.mark.parametrize("named", [itself, linked])
def test_an_interrupted_write_is_rolled_back_first(small: Small, named: Callable[[Path], Path]) -> None:
    interrupted(small.path, "UPDATE head SET size = 5")
    path = named(small.path)
    report = verified(path)
    assert not report.ok
    assert "run `force-ledger log`, which rolls it back as every other command does" in report.checks["file"].detail
    assert size_for_all_others(path) == SIZE
    assert verified(path).ok
    assert verified(path).size == SIZE


def test_a_sound_file_with_the_journal_of_a_forged_one(small: Small) -> None:
    """`verify` would pass the file as it is, and every other command first turns it into the forged one."""
    sound = small.path.read_bytes()
    assert not tampered(small.path, "UPDATE head SET size = 5").ok
    interrupted(small.path, f"UPDATE head SET size = {SIZE}")
    small.path.write_bytes(sound)
    assert found(verified(small.path)) == {"file": []}
    assert size_for_all_others(small.path) == 5
    assert not verified(small.path).ok


def test_a_journal_that_is_finished_is_no_obstacle(small: Small) -> None:
    """With `journal_mode = PERSIST` or TRUNCATE an empty or blank journal stays; SQLite ignores it."""
    journal = small.path.with_name(f"{small.path.name}-journal")
    for data in (b"", bytes(512)):
        journal.write_bytes(data)
        assert verified(small.path).ok


def test_a_wal_that_was_left_over_is_read(small: Small, tmp_path: Path) -> None:
    with closing(sqlite3.connect(small.path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM head").fetchall()
        small.append(document("another"), by=small.keeper)
        left = tmp_path / "left"
        left.mkdir()
        for file in (small.path, small.path.with_name(f"{small.path.name}-wal")):
            copy(file, left)
    report = verified(left / small.path.name)
    assert (report.ok, report.size) == (True, SIZE + 1)
    assert size_for_all_others(left / small.path.name) == SIZE + 1
